"""The roles that serve own nothing and may do what their work needs, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.delivery.sender import PostgresSender
from cashback_core.delivery.states import DeliveryPolicy
from integration.two_merchants import (
    ERASER,
    IDENTITY,
    MINE,
    PLATFORM,
    ROLES,
    SERVING,
    THEIRS,
    WORKER,
    Table,
    fill,
    one,
    rows,
    session,
    tables_of_merchants,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.postgres.connection.database import Database
    from integration.two_merchants import Records

NEVER: Final = {
    # What no session that serves may do, but for the tables named: theirs are guarded by triggers.
    "delete": {
        "sale_names",  # of a sale that was refused in the same transaction
        "rates",
        "product_types",
        "products",
        "product_type_periods",
        "customers",  # never used
        "webhooks",  # an endpoint that is to be told nothing more; the trail keeps it
    },
    "truncate": set[str](),
    "references": set[str](),
    "trigger": set[str](),
}
DROPPED: Final = {
    "delete": {"webhook_messages", "erp_lines", "differences", "three_side_runs", "files"}
}
"""What a worker may: what ended or was found long ago is kept no longer; triggers keep the rest."""

WRITTEN_ONCE: Final = ("sales", "sale_lines", "sale_names", "events", "incidents", "rates")

FORBIDDEN: Final = (
    "delete from sales",
    "delete from events",
    "delete from cashbacks",
    "delete from sender",
    "truncate events",
    "update cashbacks set cashback_centavos = 1",
    "update cashbacks set accepted_at = now()",
    "update attempts set started_at = now()",
    "update sales set total_centavos = 1",
    "update sale_lines set rate_bp = 1",
    "update rates set rate_bp = 1",
    "update schema_migrations set checksum = ''",
    "insert into audit (actor) values ('somebody else')",
    "select password_hash from users",
    "select secret_hash from client_secrets",
    "select * from login_failures",
    "alter table sales add x int",
    "alter table sales disable row level security",
    "drop policy of_named_merchants on sales",
    "create policy mine on sales to public using (true)",
    "select protect_merchant_table('sales')",
    "set session_replication_role = replica",
)


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
async def both(store: PostgresCashbackStore, dsn: str) -> Records:
    return await fill(store, dsn)


def test_no_role_owns_anything_or_passes_a_policy(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        for role in ROLES:
            flags = owner.execute(
                "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
                " rolcanlogin from pg_roles where rolname = %s",
                [role],
            ).fetchone()
            assert flags == (False,) * 6, role
            owns = "select count(*) from pg_shdepend where deptype = 'o' and refobjid = %s::regrole"
            assert one(owner, owns, role) == 0, role
            member = "select count(*) from pg_auth_members where member = %s::regrole"
            assert one(owner, member, role) == 0, f"{role} is no member of any other"
        assert one(owner, "select count(*) from pg_class where relforcerowsecurity") == 0


def test_a_session_is_its_role_whatever_the_login_may_and_stays_it(dsn: str) -> None:
    with psycopg.connect(dsn) as login:
        assert one(login, "show is_superuser") == "on", "the rights that are to be put down"
    for role in ROLES:
        with session(dsn, role=role) as serving:
            assert one(serving, "select current_user") == role
            assert one(serving, "show is_superuser") == "off"
            serving.execute("reset role")
            assert one(serving, "select current_user") == role
            with pytest.raises(InsufficientPrivilege):
                serving.execute("create table mine (n int)")


def test_a_session_that_serves_deletes_and_truncates_nothing(dsn: str) -> None:
    for verb, but in NEVER.items():
        for role in (SERVING, WORKER):
            of_merchants = {t.name for t in tables_of_merchants(dsn) if t.may(dsn, verb, role)}
            allowed = but if role is SERVING else DROPPED.get(verb, set())
            assert of_merchants == allowed, (role, verb)


@pytest.mark.parametrize("role", [SERVING, WORKER])
def test_what_is_written_once_stays(dsn: str, role: str) -> None:
    for name in WRITTEN_ONCE:
        with session(dsn, MINE, role=role) as serving, pytest.raises(InsufficientPrivilege):
            serving.execute(
                sql.SQL("update {} set merchant_id = merchant_id").format(sql.Identifier(name))
            )


@pytest.mark.parametrize("role", [SERVING, WORKER, ERASER, PLATFORM])
def test_forbidden_statements_are_refused(dsn: str, role: str) -> None:
    with session(dsn, MINE, role=role) as serving:
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.Error) as refused, serving.transaction():
                serving.execute(statement.encode())
            why = refused.value.sqlstate
            assert why == InsufficientPrivilege.sqlstate, f"{statement}: {refused.value}"


async def test_an_api_process_may_pause_the_sender_and_never_release_it(
    database: Database, dsn: str
) -> None:
    api = PostgresSender(database, role=DatabaseRole.SERVING)
    await api.identity()
    assert await api.pause(by="database guard", reason="the log went back")
    await api.alarm(by="database guard", reason="another timeline")
    assert (await api.state()).reason == "the log went back; another timeline"
    with pytest.raises(InsufficientPrivilege):
        await api.release(by="somebody", reason="go on")
    with session(dsn) as serving, pytest.raises(InsufficientPrivilege, match="row-level"):
        serving.execute("update sender set paused_at = null, reason = null, actor = null")
    worker = PostgresSender(database)
    assert await worker.release(by="olga", reason="settled")


def test_the_worker_crosses_merchants_and_the_log_in_knows_users_alone(
    dsn: str, both: Records
) -> None:
    del both
    with session(dsn, role=WORKER) as worker:
        for name in ("merchants", "sales", "cashbacks", "attempts", "events", "incidents"):
            assert set(rows(worker, Table(name))) == {MINE, THEIRS}, name
    with session(dsn, role=IDENTITY) as log_in:
        assert set(rows(log_in, Table("users"))) >= {MINE, THEIRS}
    money = ("sales", "sale_lines", "sale_names", "cashbacks", "attempts", "events", "customers")
    forbidden(dsn, IDENTITY, money)
    forbidden(dsn, WORKER, ("users",))


@pytest.mark.parametrize(
    "statement",
    [
        "select password_hash from users",
        "select secret_hash from client_secrets",
        "select * from login_failures",
    ],
)
def test_what_a_log_in_compares_is_for_the_log_in_alone(dsn: str, statement: LiteralString) -> None:
    for role in ROLES:
        with session(dsn, MINE, role=role) as connection:
            if role == IDENTITY:
                connection.execute(statement)
                continue
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


def forbidden(dsn: str, role: str, names: Iterable[str]) -> None:
    for name in names:
        with session(dsn, MINE, role=role) as connection, pytest.raises(InsufficientPrivilege):
            rows(connection, Table(name))
