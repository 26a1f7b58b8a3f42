"""The login of the processes that serve, made with the migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from adapters.postgres.connection import sessions
from adapters.postgres.connection.logins import ensure_app_login
from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.connection.startup_checks import (
    API_ROLES,
    WORKER_ROLES,
    UnsafeDatabase,
    refuse_unsafe,
)
from adapters.postgres.operators.examination import logins_with_settings
from adapters.postgres.schema.migration import migrate
from cashback_gateway.commands.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGIN = "cashback_app_of_test"
PASSWORD = "the-first-password"
SERVING = Session(application="test", role=DatabaseRole.SERVING)


@pytest.fixture
def login(dsn: str) -> Iterator[str]:
    """The name of a login that is gone after the test: roles belong to the whole cluster."""
    yield LOGIN
    with psycopg.connect(dsn) as connection:
        if connection.execute("select 1 from pg_roles where rolname = %s", [LOGIN]).fetchone():
            connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(LOGIN)))
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(LOGIN)))


def test_it_may_take_each_of_our_roles_and_owns_nothing(dsn: str, login: str) -> None:
    ensure_app_login(dsn, login, PASSWORD)
    with psycopg.connect(_as(dsn, login, PASSWORD)) as connection:
        for role in DatabaseRole:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        connection.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter table public.sales disable row level security")
    assert _powers(dsn, login) == []


def test_it_has_no_right_of_its_own_before_it_takes_a_role_and_after_it_resets_it(
    dsn: str, login: str
) -> None:
    ensure_app_login(dsn, login, PASSWORD)
    with psycopg.connect(dsn) as owner:
        tables = owner.execute(
            "select oid::regclass::text from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        ).fetchall()
        rights = "select bool_or(has_any_column_privilege(%s, %s, v)) from unnest(%s::text[]) as v"
        verbs = ["select", "insert", "update", "references"]
        asked = [(t, owner.execute(rights, [login, t, verbs]).fetchone()) for (t,) in tables]
    assert [name for name, held in asked if held != (False,)] == []
    with sessions.opened(_as(dsn, login, PASSWORD), SERVING) as connection:
        connection.execute("select count(*) from sales")
        connection.execute("reset role")
        # Not even by its name: the schema is our roles' alone.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from public.merchants")


def test_it_may_take_the_roles_that_are_named_and_no_other_that_is_called_alike(
    dsn: str, login: str
) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("create role cashback_of_others_of_test")
    try:
        ensure_app_login(dsn, login, PASSWORD)
        assert _roles(dsn, login) == sorted(DatabaseRole)
    finally:
        with psycopg.connect(dsn) as owner:
            owner.execute("drop role cashback_of_others_of_test")


def test_what_somebody_granted_beyond_that_is_taken_back(dsn: str, login: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(f"create role {login} login createdb createrole inherit".encode())
        owner.execute(f"grant cashback_platform, pg_read_all_data to {login}".encode())
        owner.execute(f"grant cashback_worker to {login} with admin option".encode())
    ensure_app_login(dsn, login, PASSWORD, roles=WORKER_ROLES)
    assert _roles(dsn, login) == sorted(WORKER_ROLES)
    assert _powers(dsn, login) == []
    with psycopg.connect(dsn) as owner:
        inherits = (
            "select bool_or(pg_has_role(%s, rolname, 'usage'))"
            " from pg_roles where rolname = any(%s)"
        )
        assert owner.execute(inherits, [login, list(DatabaseRole)]).fetchone() == (False,)
        admin = "select count(*) from pg_auth_members where admin_option and member = %s::regrole"
        assert owner.execute(admin, [login]).fetchone() == (0,)


def test_nobody_connects_but_our_logins_and_the_owner(dsn: str, login: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        name = sql.Identifier(owner.info.dbname)
        owner.execute(sql.SQL("grant connect on database {} to public").format(name))
        owner.execute(f"create role {login} login password '{PASSWORD}'".encode())
    psycopg.connect(_as(dsn, login, PASSWORD)).close()
    assert migrate(dsn) == []
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(_as(dsn, login, PASSWORD))
    ensure_app_login(dsn, login, PASSWORD)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            sql.SQL("revoke connect on database {} from {}").format(name, sql.Identifier(login))
        )
        owner.execute(sql.SQL("grant connect on database {} to public").format(name))
    assert migrate(dsn) == []
    psycopg.connect(_as(dsn, login, PASSWORD)).close()


def test_what_a_login_had_its_sessions_begin_with_is_forgotten(dsn: str, login: str) -> None:
    ensure_app_login(dsn, login, PASSWORD)
    with psycopg.connect(_as(dsn, login, PASSWORD), autocommit=True) as itself:
        itself.execute("alter role current_user set search_path = nowhere")
        itself.execute(
            f"alter role current_user in database {itself.info.dbname} set jit = on".encode()
        )
    assert logins_with_settings(dsn) == [(login, "jit"), (login, "search_path")]
    ensure_app_login(dsn, login, PASSWORD)
    assert logins_with_settings(dsn) == []


@pytest.mark.parametrize(("mine", "others"), [(API_ROLES, WORKER_ROLES), (WORKER_ROLES, API_ROLES)])
def test_a_login_of_one_kind_starts_that_kind_and_not_the_other(
    dsn: str, login: str, mine: tuple[DatabaseRole, ...], others: tuple[DatabaseRole, ...]
) -> None:
    ensure_app_login(dsn, login, PASSWORD, roles=mine)
    refuse_unsafe(_as(dsn, login, PASSWORD), mine)
    with pytest.raises(UnsafeDatabase, match="permission denied to set role"):
        refuse_unsafe(_as(dsn, login, PASSWORD), others)


def test_another_password_takes_the_place_of_the_first(dsn: str, login: str) -> None:
    ensure_app_login(dsn, login, PASSWORD)
    assert _verifier(dsn, login).startswith("SCRAM-SHA-256$")
    ensure_app_login(dsn, login, "another-password-2")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(_as(dsn, login, PASSWORD))
    psycopg.connect(_as(dsn, login, "another-password-2")).close()


def test_migrate_makes_them_and_refuses_a_weak_password(
    dsn: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    file = tmp_path / "password"
    for kind, roles in (("api", API_ROLES), ("worker", WORKER_ROLES), ("app", tuple(DatabaseRole))):
        command = ["migrate", f"--{kind}-login={login}", f"--{kind}-password-file={file}"]
        file.write_text("weak\n")
        before = _verifier(dsn, login)
        assert main(command) == 1
        assert _verifier(dsn, login) == before
        file.write_text("mixed-and-long-enough\n")
        assert main(command) == 0
        assert _verifier(dsn, login) != before
        assert _roles(dsn, login) == sorted(roles)


def _roles(dsn: str, name: str) -> list[str]:
    """What it is a member of."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select roleid::regrole::text from pg_auth_members where member = %s::regrole", [name]
        )
        return sorted(str(role) for (role,) in found.fetchall())


def _powers(dsn: str, name: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select key from pg_roles as r cross join lateral jsonb_each_text(to_jsonb(r))"
            " where rolname = %s and key in ('rolsuper', 'rolcreatedb', 'rolcreaterole',"
            "  'rolreplication', 'rolbypassrls', 'rolinherit') and value = 'true'",
            [name],
        )
        return [str(key) for (key,) in found.fetchall()]


def _as(dsn: str, user: str, password: str) -> str:
    return make_conninfo(dsn, user=user, password=password)


def _verifier(dsn: str, name: str) -> str:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select rolpassword from pg_authid where rolname = %s", [name])
        return str((found.fetchone() or [""])[0])
