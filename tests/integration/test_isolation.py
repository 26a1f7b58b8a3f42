"""Merchants are kept apart by the database too, whatever a query forgets to say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg import sql

from adapters.postgres.connection import Role, serving_dsn
from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivery import DeliveryPolicy
from cashback_core.ports import Accepted
from contract.builders import CREATED, UNANSWERED, a_sale, ended, leased, submitted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EVERYBODYS: Final = {"sender", "sender_pauses", "sender_releases", "schema_migrations"}
"""Tables without a merchant, which hold nobody's data."""

LOG_IN: Final = {"revoked_tokens", "login_failures", "login_places", "rate_buckets"}
"""Tables of the log-in, which no other role may touch."""


NAMED: Final[tuple[tuple[str | None, set[int]], ...]] = (
    (None, set()),
    ("", set()),
    ("{2}", {2}),
    ("{1,2}", {1, 2}),
)
"""What a session names, and which merchants it then sees."""


@pytest.fixture
async def store(dsn: str) -> AsyncIterator[PostgresCashbackStore]:
    store = PostgresCashbackStore(dsn, DeliveryPolicy())
    await store.open()
    yield store
    await store.close()


def owner_rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def tables_of_merchants(dsn: str) -> list[str]:
    found = owner_rows(
        dsn,
        "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace"
        " and a.attname = 'merchant_id' order by 1",
    )
    return [name for (name,) in found]


def acting(dsn: str, role: Role, merchants: str | None) -> psycopg.Connection[Any]:
    connection = psycopg.connect(serving_dsn(dsn, application="a test", role=role))
    if merchants is not None:
        connection.execute("select set_config('cashback.merchants', %s, false)", [merchants])
    return connection


async def fill(store: PostgresCashbackStore) -> None:
    """Two merchants with a row of each kind."""
    for merchant_id in (1, 2):
        acceptance = await store.accept(
            submitted(a_sale(sale_id=f"s-{merchant_id}"), merchant_id=merchant_id)
        )
        assert isinstance(acceptance, Accepted)
    claim = await leased(store)
    await store.conclude(ended(claim, CREATED))
    late = await leased(store)
    await store.conclude(ended(late, UNANSWERED))


def test_every_table_is_protected_or_holds_nobodys_data(dsn: str) -> None:
    tables = owner_rows(
        dsn,
        "select relname, relrowsecurity from pg_class"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    assert {name for name, protected in tables if not protected} <= EVERYBODYS
    assert {name for name, _ in tables} == {*tables_of_merchants(dsn), *EVERYBODYS, *LOG_IN}


def test_the_roles_own_nothing_and_pass_no_policy(dsn: str) -> None:
    found = owner_rows(
        dsn,
        "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin"
        " from pg_roles where rolname like 'cashback#_%' escape '#'",
    )
    assert {str(role) for role in Role} <= {name for name, _ in found}
    assert not any(dangerous for _, dangerous in found)
    owned = owner_rows(
        dsn,
        "select relname from pg_class join pg_roles as r on r.oid = relowner"
        " where rolname like 'cashback#_%' escape '#'",
    )
    assert owned == []


@pytest.mark.parametrize("role", [Role.SERVING, Role.ERASER])
async def test_a_session_sees_the_merchants_it_names_and_no_other(
    store: PostgresCashbackStore, dsn: str, role: Role
) -> None:
    await fill(store)
    for table in tables_of_merchants(dsn):
        for merchants, seen in NAMED:
            with acting(dsn, role, merchants) as session:
                query = sql.SQL("select distinct merchant_id from {}").format(sql.Identifier(table))
                try:
                    found = {m for (m,) in session.execute(query).fetchall()}
                except psycopg.errors.InsufficientPrivilege:
                    break  # it may not read this table at all
                if table == "merchants" and role is Role.ERASER:
                    continue  # it goes through all of them, and sees their ids alone
                assert found <= seen, (table, merchants)
                if table in {"sales", "cashbacks", "customers", "attempts", "events"}:
                    assert found == seen, (table, merchants)


async def test_rows_of_others_are_neither_changed_nor_made(
    store: PostgresCashbackStore, dsn: str
) -> None:
    await fill(store)
    changes = (
        "update cashbacks set status = status where merchant_id = 1",
        "update attempts set reason = 'x' where merchant_id = 1",
        "delete from sale_names where merchant_id = 1",
    )
    for change in changes:
        with acting(dsn, Role.SERVING, "{2}") as session:
            assert session.execute(change.encode()).rowcount == 0, change
    made = (
        """insert into customers (merchant_id, document, name, name_key)
        values (1, '52998224725', 'x', 'x')""",
        """insert into sale_names (merchant_id, kind, name, cashback_id)
        values (1, 'sale_id', 'stolen', gen_random_uuid())""",
        """insert into incidents (merchant_id, cashback_id, attempt, what)
        values (1, gen_random_uuid(), 1, 'x')""",
    )
    for insert in made:
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with acting(dsn, Role.SERVING, "{2}") as session, refused:
            session.execute(insert.encode())


FORBIDDEN: Final = (
    "delete from sales",
    "delete from cashbacks",
    "delete from attempts",
    "delete from events",
    "truncate cashbacks",
    "update sales set total_centavos = 1",
    "update sale_lines set rate_bp = 1",
    "update rates set rate_bp = 1",
    "update cashbacks set cashback_centavos = 1",
    "alter table cashbacks disable row level security",
    "create table x (y integer)",
    "set session_replication_role = replica",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.parametrize("role", list(Role))
def test_what_no_role_needs_no_role_may(dsn: str, role: Role, statement: str) -> None:
    with acting(dsn, role, "{1,2}") as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "select password_hash from users",
        "select secret_hash from client_secrets",
        "select * from login_failures",
    ],
)
def test_what_a_log_in_compares_is_for_the_log_in_alone(dsn: str, statement: str) -> None:
    for role in Role:
        with acting(dsn, role, "{1,2}") as session:
            if role is Role.IDENTITY:
                session.execute(statement.encode())
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement.encode())


def test_the_api_may_pause_the_sender_and_never_release_it(dsn: str) -> None:
    with acting(dsn, Role.SERVING, None) as session:
        session.execute("update sender set paused_at = now(), reason = 'x', actor = 'x'")
        session.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("update sender set paused_at = null, reason = null, actor = null")


async def test_sales_of_two_merchants_share_a_group_and_leave_no_setting_behind(
    store: PostgresCashbackStore, dsn: str
) -> None:
    sales = [submitted(a_sale(), merchant_id=m) for m in (1, 2, 1, 2, 1, 2)]
    accepted = await asyncio.gather(*(store.accept(sale) for sale in sales))
    assert all(isinstance(each, Accepted) for each in accepted)
    writer = store._writer._connection
    assert writer is not None
    row = await (await writer.execute("select count(*) from sales")).fetchone()
    assert row == (0,)  # the transaction is over, and so is what it named
    assert owner_rows(dsn, "select merchant_id, count(*) from sales group by 1 order by 1") == [
        (1, 3),
        (2, 3),
    ]
