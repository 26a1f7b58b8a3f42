from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.statements import StatementLimits
from adapters.http.app import AppOptions
from cashback_core.delivery.breaker import BreakerPolicy
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.people.tokens import Lifetimes
from cashback_core.privacy.data_subjects import Retention
from cashback_core.reconciliation import Rules
from cashback_gateway.processes.worker_container import build_worker
from cashback_gateway.settings import page as settings_page
from cashback_gateway.settings.declaration import declared_in
from cashback_gateway.settings.environment import SettingsError, read_settings
from cashback_gateway.settings.table import CONCERNS, REQUIRED, SETTINGS

ROOT = Path(__file__).parents[4]
ENOUGH = {
    "DATABASE_URL": "postgresql://cashback:hidden-1@db.example:5432/cashback",
    "CASHBACK_PROVIDER_URL": "https://provider.example/base/",
    "CASHBACK_SIGNING_KEY_FILE": __file__,
    "CASHBACK_ERASURE_KEY": "0f" * 32,
}


def violations(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read_settings(environ)
    return refused.value.violations


def test_the_required_settings_are_enough() -> None:
    settings = read_settings(ENOUGH)
    assert settings.api.port == 8000
    assert settings.api.host == "127.0.0.1"
    assert settings.provider.url == "https://provider.example/base"
    assert settings.provider.authorization is None
    assert settings.delivery.deadline_s == 10
    assert settings.delivery.lease_s == 30


def test_the_margin_is_a_day_unless_told_otherwise() -> None:
    margin = read_settings(ENOUGH).margin
    assert margin.freeze_s + margin.provider_delay_s + margin.clock_skew_s == 86_400


def test_every_default_is_a_value_that_its_own_row_takes() -> None:
    for row in SETTINGS.values():
        text = settings_page.as_text(row.absent)
        if text and not row.required:
            assert row.kind.parse(text) == row.absent, row.name


def test_all_wrong_settings_are_told_at_once() -> None:
    told = violations({"CASHBACK_PORT": "http", "CASHBACK_WAIT_S": "-1", "CASHBACK_HOSTT": "x"})
    assert len(told) == 7
    assert {line.split()[0] for line in told} == {
        "DATABASE_URL",
        "CASHBACK_PROVIDER_URL",
        "CASHBACK_SIGNING_KEY_FILE",
        "CASHBACK_ERASURE_KEY",
        "CASHBACK_PORT",
        "CASHBACK_WAIT_S",
        "CASHBACK_HOSTT",
    }


def test_a_refusal_names_what_came_and_what_is_expected() -> None:
    assert violations({**ENOUGH, "CASHBACK_PORT": "70000"}) == (
        "CASHBACK_PORT is '70000'; expected a whole number from 1 to 65535",
    )


def test_a_secret_is_never_shown() -> None:
    wrong = {
        **ENOUGH,
        "DATABASE_URL": "mysql://root:hidden-2@db/x",
        "CASHBACK_PROVIDER_AUTHORIZATION": "Bearer hidden-3\n",
    }
    told = violations(wrong)
    assert len(told) == 2
    assert "hidden" not in str(told)
    right = read_settings({**ENOUGH, "CASHBACK_PROVIDER_AUTHORIZATION": "Bearer hidden-4"})
    assert "hidden" not in repr(right)


@pytest.mark.parametrize(
    "name",
    [
        "CASHBACK_PROVIDER_URL",
        "CASHBACK_PROVIDER_PROXY_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "DATABASE_URL",
        "CASHBACK_HOST",
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "http://user:geheim123@proxy.example:0",
        "http://user:geheim123@p@proxy.example:99999",
        "http://user:geheim123",
        "user:geheim123@proxy.example:3128",
        "ftp://proxy.example/?token=geheim123",
        "http://" + "u" * 300 + ":geheim123@proxy.example:0",
        "http://" + "u" * 170 + ":geheim123" + "3" * 100 + "@proxy.example:0",
    ],
)
def test_no_user_and_no_password_of_a_url_is_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**ENOUGH, name: value})
    (told,) = [told for told in refused.value.violations if told.startswith(name)]
    assert "geheim" not in told
    assert "user" not in told.partition(";")[0] or "@" not in value


def test_of_a_wrong_url_the_rest_is_shown() -> None:
    with pytest.raises(SettingsError, match=re.escape("'http://…@proxy:0'")):
        read_settings({**ENOUGH, "CASHBACK_PROVIDER_PROXY_URL": "http://user:pass@proxy:0"})
    with pytest.raises(SettingsError, match=re.escape("'http://proxy:0/x'")):
        read_settings({**ENOUGH, "CASHBACK_PROVIDER_PROXY_URL": "http://proxy:0/x"})


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "authorization"
    file.write_text("Bearer hidden-5\n")
    from_file = {**ENOUGH, "CASHBACK_PROVIDER_AUTHORIZATION_FILE": str(file)}
    assert read_settings(from_file).provider.authorization == "Bearer hidden-5"
    file.write_text("\n")
    assert read_settings(from_file).provider.authorization is None
    told = violations({**from_file, "CASHBACK_PROVIDER_AUTHORIZATION_FILE": "/nowhere"})
    why = "is '/nowhere', which cannot be read: No such file or directory"
    assert told == (f"CASHBACK_PROVIDER_AUTHORIZATION_FILE {why}",)
    assert len(violations({"DATABASE_URL_FILE": "/nowhere"})) == 4


def test_the_database_password_may_come_apart_from_the_url(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s/3cr:t@of#16%letters\n")
    given = {
        **ENOUGH,
        "DATABASE_URL": "postgresql://app@db:5432/cashback?sslmode=require",
        "CASHBACK_DATABASE_PASSWORD_FILE": str(file),
    }
    assert read_settings(given).database.url == (
        "postgresql://app:s%2F3cr%3At%40of%2316%25letters@db:5432/cashback?sslmode=require"
    )
    for url in ("postgresql://app:x@db/cashback", "postgresql://db/cashback"):
        assert len(violations({**given, "DATABASE_URL": url})) == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@one:5432,two:5433/cashback",
        "postgresql://app@one,two,[::1]:5432/cashback?sslmode=require",
        "postgresql:///cashback?host=/run/one,/run/two&port=5432,5433",
    ],
)
def test_the_database_may_be_at_several_hosts(url: str) -> None:
    assert read_settings({**ENOUGH, "DATABASE_URL": url}).database.url == url
    if "app@" in url:
        with_password = {"DATABASE_URL": url, "CASHBACK_DATABASE_PASSWORD": "s3crt-of-16-letters"}
        told = read_settings({**ENOUGH, **with_password}).database.url
        assert told == url.replace("app@", "app:s3crt-of-16-letters@")


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "aaaaaaaabbbbbbbb",
        "ChangeMe-ChangeMe-1",
        "example-secret-123",
        "with a space 12345",
    ],
)
def test_a_weak_database_password_and_a_placeholder_are_refused(weak: str) -> None:
    url = {**ENOUGH, "DATABASE_URL": "postgresql://app@db:5432/cashback"}
    assert len(violations({**url, "CASHBACK_DATABASE_PASSWORD": weak})) == 1
    assert len(violations({**ENOUGH, "CASHBACK_PROVIDER_AUTHORIZATION": "Bearer change-me"})) == 1


def test_a_typing_mistake_in_a_name_is_refused_with_the_nearest_name() -> None:
    assert violations({**ENOUGH, "CASHBACK_LEESE_S": "30"}) == (
        "CASHBACK_LEESE_S is not a known setting; did you mean CASHBACK_LEASE_S?",
    )
    assert violations({**ENOUGH, "CASHBACK_COLOUR": "red"}) == (
        "CASHBACK_COLOUR is not a known setting; docs/settings.md lists the known ones",
    )


def test_names_of_other_programs_are_left_alone() -> None:
    read_settings({**ENOUGH, "PGPORT": "x", "cashback_port": "y", "MY_CASHBACK_PORT": "z"})


def test_an_empty_value_counts_as_not_given() -> None:
    settings = read_settings({**ENOUGH, "CASHBACK_PORT": "", "CASHBACK_PROVIDER_AUTHORIZATION": ""})
    assert settings.api.port == 8000
    assert settings.provider.authorization is None
    assert violations({**ENOUGH, "DATABASE_URL": ""})[0].startswith("DATABASE_URL is not set")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"CASHBACK_DEADLINE_S": "30"},
            "CASHBACK_DEADLINE_S is 30; expected less than CASHBACK_LEASE_S, which is 30",
        ),
        (
            {"CASHBACK_BACKOFF_BASE_S": "901"},
            "CASHBACK_BACKOFF_BASE_S is 901; expected at most CASHBACK_BACKOFF_MAX_S, which is 900",
        ),
        (
            {"CASHBACK_ACCESS_TOKEN_S": "11", "CASHBACK_REFRESH_TOKEN_S": "10"},
            "CASHBACK_ACCESS_TOKEN_S is 11; expected at most CASHBACK_REFRESH_TOKEN_S, which is 10",
        ),
        (
            {"CASHBACK_PROVIDER_PROXY_CREDENTIALS": "till:abcdef"},
            (
                "CASHBACK_PROVIDER_PROXY_CREDENTIALS is given; "
                "expected CASHBACK_PROVIDER_PROXY_URL with it"
            ),
        ),
        (
            {"CASHBACK_PROVIDER_KEY_FILE": "/dev/null"},
            (
                "CASHBACK_PROVIDER_KEY_FILE is given; "
                "expected CASHBACK_PROVIDER_CERTIFICATE_FILE with it"
            ),
        ),
    ],
)
def test_settings_are_checked_against_one_another(changed: dict[str, str], told: str) -> None:
    assert violations({**ENOUGH, **changed}) == (told,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASHBACK_PORT", "0"),
        ("CASHBACK_PORT", " 80"),
        ("CASHBACK_PORT", "80\n"),
        ("CASHBACK_PORT", "8e3"),
        ("CASHBACK_PORT", "٨٠٠٠"),
        ("CASHBACK_DEADLINE_S", "nan"),
        ("CASHBACK_DEADLINE_S", "inf"),
        ("CASHBACK_DEADLINE_S", "1_0"),
        ("CASHBACK_DEADLINE_S", "0"),
        ("CASHBACK_HOST", "a b"),
        ("CASHBACK_HOST", "http://x"),
        ("DATABASE_URL", "postgresql://db"),
        ("DATABASE_URL", "postgresql://db:port/name"),
        ("DATABASE_URL", "postgresql://one:5432,two:port/name"),
        ("DATABASE_URL", "postgresql://one:5432,two:0/name"),
        ("DATABASE_URL", "postgresql://one,two"),
        ("DATABASE_URL", "sqlite:///name"),
        ("CASHBACK_PROVIDER_URL", "provider.example"),
        ("CASHBACK_PROVIDER_URL", "ftp://provider.example"),
        ("CASHBACK_PROVIDER_URL", "http://"),
        ("CASHBACK_PROVIDER_URL", "http://me:pw@provider.example"),
        ("CASHBACK_PROVIDER_URL", "http://provider.example?a=1"),
        ("CASHBACK_PROVIDER_URL", "http://provider.example:99999"),
        ("CASHBACK_PROVIDER_URL", "http://provider.example:0"),
        ("CASHBACK_PROVIDER_URL", "http://pro vider"),
        ("CASHBACK_PROVIDER_AUTHORIZATION", "a\r\nX: y"),
        ("CASHBACK_PROVIDER_AUTHORIZATION", "ação"),
        ("CASHBACK_PROVIDER_PROXY_URL", "http://proxy.example"),
        ("CASHBACK_PROVIDER_PROXY_URL", "https://proxy.example:3128"),
        ("CASHBACK_PROVIDER_PROXY_URL", "http://me:pw@proxy.example:3128"),
        ("CASHBACK_PROVIDER_PROXY_URL", "http://proxy.example:3128/path"),
        ("CASHBACK_PROVIDER_PROXY_CREDENTIALS", "no-colon"),
        ("CASHBACK_PROVIDER_PROXY_CREDENTIALS", "till:a\r\nX: y"),
        ("CASHBACK_PROVIDER_CA_FILE", "/dev/null"),
        ("CASHBACK_PROVIDER_CA_FILE", "/nowhere/at/all.pem"),
        ("CASHBACK_PROVIDER_CERTIFICATE_FILE", "/dev/null"),
        ("CASHBACK_PROVIDER_CERTIFICATE_FILE", "/nowhere/at/all.pem"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no value"),
        ("CASHBACK_SIGNING_KEY_FILE", "/nowhere/at/all.pem"),
        ("CASHBACK_SIGNING_KEY_FILE", "/"),
        ("CASHBACK_SIGNING_KEY_FILE", "a\0b"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    told = violations({**ENOUGH, name: value})
    assert len(told) == 1
    assert told[0].startswith(f"{name} is ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://cashback:x@/cashback?host=%2Ftmp%2Fsocket&port=5432"),
        ("DATABASE_URL", "postgres://db/cashback"),
        ("CASHBACK_HOST", "0.0.0.0"),
        ("CASHBACK_HOST", "::1"),
        ("CASHBACK_HOST", "localhost"),
        ("CASHBACK_PROVIDER_URL", "http://[::1]:8081"),
        ("CASHBACK_PROVIDER_PROXY_URL", "http://[::1]:3128"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc, x-tenant=1"),
        ("CASHBACK_DEADLINE_S", "0.25"),
        ("CASHBACK_PROVIDER_AUTHORIZATION", "Bearer abc.def=="),
    ],
)
def test_a_right_value_is_taken(name: str, value: str) -> None:
    read_settings({**ENOUGH, name: value})


def test_a_command_may_do_without_settings_that_it_does_not_need() -> None:
    settings = read_settings({"DATABASE_URL": ENOUGH["DATABASE_URL"]}, needs={"DATABASE_URL"})
    assert not settings.provider.url
    with pytest.raises(SettingsError):
        read_settings({}, needs={"DATABASE_URL"})
    with pytest.raises(SettingsError):
        read_settings({**ENOUGH, "CASHBACK_PROVIDER_URL": "x"}, needs={"DATABASE_URL"})


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_settings(ENOUGH).api.port = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_every_name_is_declared_once() -> None:
    declared = [each for cls in CONCERNS.values() for each in declared_in(cls).values()]
    assert len(declared) == len(SETTINGS)
    assert set(ENOUGH) == REQUIRED


def test_the_page_of_settings_is_what_is_declared() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page.as_markdown(), "run: make docs"


def test_a_setting_that_is_not_given_is_what_its_user_does_by_itself() -> None:
    """Tests and simulations take these defaults; a process must not live by others."""
    settings = read_settings(ENOUGH)
    made = build_worker(settings)
    policy, rules = made.policy(), made.rules()
    assert policy == DeliveryPolicy()
    assert rules == Rules(policy=policy, margin=rules.margin, echoes_reference=False)
    assert made.deliverer().breaker.policy == BreakerPolicy()
    provider, statements = settings.provider, settings.reconciliation
    assert Limits() == Limits(
        deadline_s=settings.delivery.deadline_s,
        connections=provider.connections,
        idle_s=provider.idle_s,
    )
    assert StatementLimits() == StatementLimits(
        lines=statements.statement_lines, deadline_s=statements.statement_deadline_s
    )
    tokens = settings.tokens
    assert Lifetimes() == Lifetimes(access_s=tokens.access_s, refresh_s=tokens.refresh_s)
    assert AppOptions().wait_s == settings.api.wait_s
    assert Retention() == Retention(
        raw_days=settings.retention.raw_days, customer_days=settings.retention.customer_days
    )


def test_a_name_that_the_code_speaks_of_is_a_setting() -> None:
    known = {*SETTINGS, *(each.file_name for each in SETTINGS.values() if each.kind.secret)}
    spoken = re.compile(r'"((?:CASHBACK|OTEL|DATABASE)_[A-Z_]+)"')
    for file in (ROOT / "src" / "cashback_gateway").rglob("*.py"):
        unknown = set(spoken.findall(file.read_text(encoding="utf-8"))) - known
        assert not unknown, file


def test_a_rule_is_about_another_setting() -> None:
    ruled = {row.name: row.rule.other for row in SETTINGS.values() if row.rule is not None}
    assert ruled
    assert set(ruled.values()) <= set(SETTINGS)
    assert not [name for name, other in ruled.items() if name == other]


def test_every_setting_says_what_it_means() -> None:
    for cls in CONCERNS.values():
        assert set(settings_page.meanings(cls)) >= set(declared_in(cls))
