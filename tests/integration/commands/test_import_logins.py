"""A file is taken in by the logins of production, each of which lacks what it does not need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from adapters.postgres.connection.logins import ensure_app_login
from adapters.postgres.connection.startup_checks import API_ROLES, WORKER_ROLES
from integration.command_line import call
from integration.running import ERASURE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.postgres.connection.sessions import DatabaseRole

LOGIN = "cashback_import_of_test"
PASSWORD = "long-enough-for-a-test"
SALE = {
    "sale_id": "NF-1",
    "sold_at": "2021-01-02T10:00:00Z",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "41.00",
    "products": [{"type": "A", "value": "41.00", "qty": 1}],
}


@pytest.fixture
def login(dsn: str) -> Iterator[str]:
    """The name of a login that is gone after the test: roles belong to the whole cluster."""
    yield LOGIN
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(LOGIN)))
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(LOGIN)))


@pytest.mark.parametrize("roles", [WORKER_ROLES, API_ROLES], ids=["worker", "api"])
def test_it_is_taken_in_by_the_login_of_a_worker_and_of_the_api(
    dsn: str, login: str, roles: tuple[DatabaseRole, ...], tmp_path: Path
) -> None:
    owner = {"DATABASE_URL": dsn, "CASHBACK_ERASURE_KEY": ERASURE_KEY}
    made = call("clients add ERP --merchant other", owner)
    assert made.returncode == 0, made.stderr
    client = str(json.loads(call("clients list --json", owner).stdout)["items"][0]["id"])
    ensure_app_login(dsn, login, PASSWORD, roles=roles)
    whose = urlsplit(dsn)
    owners, at, where = whose.netloc.rpartition("@")
    assert owners, "the owner's login is in it"
    url = whose._replace(netloc=f"{login}:{PASSWORD}{at}{where}").geturl()
    environ = {**owner, "DATABASE_URL": url}
    file = tmp_path / "past.jsonl"
    file.write_text(json.dumps(SALE), "utf-8")

    def run(*words: str) -> tuple[int, str]:
        done = call(("import", str(file), "--as-recorded", *words), environ)
        return done.returncode, done.stdout + done.stderr

    code, told = run("--merchant", "other", "--dry-run")
    assert code == 0, told
    code, told = run("--merchant", "other", "--client", client, "--as", "ana")
    assert code == 0, told
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select merchant_id, came_under from sales").fetchall()
    assert found == [(2, f"client:{client}")]
    # Another merchant's client is none of this one's, and there is no third merchant.
    code, told = run("--merchant", "demo", "--client", client, "--as", "ana")
    assert (code, f"there is no client '{client}' of 'demo'" in told) == (1, True)
    code, told = run("--merchant", "third", "--as", "ana")
    assert (code, "there is no merchant 'third'" in told) == (1, True)
