"""What docker-compose.yml must say, seen without an engine; tests/deploy sees that it works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from cashback_gateway.settings.compose import BY_THE_IMAGE, passing_on
from cashback_gateway.settings.delivery import DeliverySettings
from cashback_gateway.settings.table import SETTINGS

ROOT = Path(__file__).parents[3]
COMPOSE: Final = cast(
    "dict[str, Any]", yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
)
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
FROM_FILES: Final = {each.name for each in SETTINGS.values() if each.kind.secret} - {"DATABASE_URL"}


def test_every_setting_can_be_given_in_the_env_file() -> None:
    given = {**SERVICES["worker"]["environment"], **SERVICES["api1"]["environment"]}
    for row in SETTINGS.values():
        if row.name in FROM_FILES:
            assert given[f"{row.name}_FILE"].startswith("/run/"), row.name
        elif row.name not in BY_THE_IMAGE:
            assert row.name in given, row.name
        value = str(given.get(row.name, ""))
        assert "${" not in value or value.startswith(f"${{{row.name}:"), (row.name, value)


def test_what_is_passed_on_is_every_setting_that_the_file_says_nothing_of() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert passing_on(text) == text, "run: make docs"
    with pytest.raises(LookupError, match="OTEL_EXPORTER_OTLP_HEADERS is secret"):
        passing_on(text.replace("OTEL_EXPORTER_OTLP_HEADERS_FILE", "SOMETHING_ELSE"))


def test_what_the_example_sets_is_read_by_somebody() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    example = (ROOT / ".env.example").read_text("utf-8")
    names = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert names - set(re.findall(r"\$\{([A-Z_]+)", text)) == {"COMPOSE_PROFILES"}


def test_what_the_documents_speak_of_is_a_setting_or_read_by_compose() -> None:
    known = {*SETTINGS, *(each.file_name for each in SETTINGS.values() if each.kind.secret)}
    known |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        spoken = re.findall(r"\b((?:CASHBACK|OTEL)_[A-Z_]+[A-Z])\b", page.read_text("utf-8"))
        assert not set(spoken) - known, page


def test_both_apis_are_alike_and_the_worker_is_told_the_same() -> None:
    assert SERVICES["api1"] == SERVICES["api2"]
    api, worker = SERVICES["api1"]["environment"], SERVICES["worker"]["environment"]
    assert set(api) - set(worker) == {"CASHBACK_SIGNING_KEY_FILE"}
    assert set(worker) - set(api) == {"CASHBACK_CLOSE_KEY_FILE"}
    own = {name for name in worker if name in api and api[name] != worker[name]}
    assert own == {"DATABASE_URL", "CASHBACK_DATABASE_PASSWORD_FILE"}


def test_api_and_worker_have_logins_that_the_migration_makes_and_secrets_of_their_own() -> None:
    made = " ".join(SERVICES["migrate"]["command"])
    for name, login in (("api", "cashback_api"), ("worker", "cashback_delivery")):
        service = SERVICES["api1" if name == "api" else name]
        assert service["environment"]["DATABASE_URL"].startswith(f"postgresql://{login}@")
        password = service["environment"]["CASHBACK_DATABASE_PASSWORD_FILE"]
        assert f"--{name}-login={login} --{name}-password-file={password}" in made
        secrets = {v.split(":")[-2] for v in service["volumes"] if "SECRETS" in v}
        assert secrets == {"/run/secrets", f"/run/{name}-secrets"}


def test_only_nginx_publishes_a_port_by_default() -> None:
    publishing = {name for name, service in SERVICES.items() if "ports" in service}
    assert {name for name in publishing if not SERVICES[name].get("profiles")} == {"nginx"}
    for name in publishing - {"nginx"}:
        assert all("127.0.0.1" in port for port in SERVICES[name]["ports"]), name


def test_every_service_is_locked_down_and_limited() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service, name
        assert "pids_limit" in service, name


def test_the_stop_period_outlasts_a_delivery() -> None:
    for name in ("api1", "api2", "worker"):
        period = re.fullmatch(r"([0-9]+)s", SERVICES[name]["stop_grace_period"])
        assert period is not None
        assert int(period[1]) >= DeliverySettings().deadline_s + 5


def test_it_is_written_in_what_old_and_new_compose_read() -> None:
    assert not {"version", "name"} & set(COMPOSE)
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert "start_interval" not in text
    assert "!reset" not in text


def test_no_secret_is_written_down() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    names = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)
    assert not [name for name in names if re.search(r"PASSWORD|TOKEN|KEY|AUTHORIZATION", name)]
    for name, service in SERVICES.items():
        for key, value in cast("dict[str, str]", service.get("environment", {})).items():
            if re.search(r"PASSWORD|AUTHORIZATION|SIGNING_KEY", key):
                assert value.startswith("/run/"), (name, key)
