"""The login of the processes that serve, made with the migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from adapters.postgres.app_login import ensure_app_login
from cashback_gateway.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGIN = "cashback_app_of_test"


@pytest.fixture
def login(dsn: str) -> Iterator[str]:
    """The name of a login that is gone after the test: roles belong to the whole cluster."""
    yield LOGIN
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(LOGIN)))


def test_it_belongs_to_the_serving_roles_and_owns_nothing(dsn: str, login: str) -> None:
    ensure_app_login(dsn, login, "the-first-password")
    with psycopg.connect(_as(dsn, login, "the-first-password")) as connection:
        for role in ("cashback_serving", "cashback_worker", "cashback_identity"):
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        connection.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter table sales disable row level security")
    with psycopg.connect(dsn) as connection:
        powers = connection.execute(
            "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " from pg_roles where rolname = %s",
            [login],
        ).fetchone()
    assert powers == (False,) * 5


def test_another_password_takes_the_place_of_the_first(dsn: str, login: str) -> None:
    ensure_app_login(dsn, login, "the-first-password")
    assert _verifier(dsn, login).startswith("SCRAM-SHA-256$")
    ensure_app_login(dsn, login, "another-password-2")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(_as(dsn, login, "the-first-password"))
    psycopg.connect(_as(dsn, login, "another-password-2")).close()


def test_migrate_makes_it_and_refuses_a_weak_password(
    dsn: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    file = tmp_path / "password"
    command = ["migrate", f"--app-login={login}", f"--app-password-file={file}"]
    file.write_text("weak\n")
    assert main(command) == 1
    assert _verifier(dsn, login) == ""
    file.write_text("mixed-and-long-enough\n")
    assert main(command) == 0
    assert _verifier(dsn, login)


def _as(dsn: str, user: str, password: str) -> str:
    return make_conninfo(dsn, user=user, password=password)


def _verifier(dsn: str, name: str) -> str:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select rolpassword from pg_authid where rolname = %s", [name])
        return str((found.fetchone() or [""])[0])
