"""A session is what it should be, or it is none; and what is stale is left for a new one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection import sessions
from adapters.postgres.connection.database import READING, Database
from adapters.postgres.connection.logins import ensure_app_login
from adapters.postgres.connection.sessions import DatabaseRole, Session, UnusableSession
from adapters.postgres.connection.startup_checks import API_ROLES, UnsafeDatabase, refuse_unsafe
from adapters.postgres.schema.migration import migrate, pending
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.local.demo_data import load_merchant
from contract.builders import a_sale, submitted
from integration.stalling_proxy import stalling_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVING = Session(application="test", role=DatabaseRole.SERVING)


@pytest.fixture
def stranger(dsn: str) -> Iterator[str]:
    """A login that may take one of the roles, and is told to bear longer statements."""
    name = "stranger_to_most"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"drop role if exists {name}".encode())
        owner.execute(f"create role {name} login password 'secret'".encode())
        owner.execute(f"grant cashback_serving to {name}".encode())
        owner.execute(f"alter role {name} set statement_timeout = '1h'".encode())
        owner.execute(f"grant connect on database {owner.info.dbname} to {name}".encode())
    yield make_conninfo(dsn, user=name, password="secret")
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"drop owned by {name}".encode())
        owner.execute(f"drop role {name}".encode())


async def test_role_and_limits_are_set_whatever_the_login_has(
    database: Database, stranger: str
) -> None:
    async with database.connection(SERVING) as connection:
        found = await connection.execute("select current_user, current_setting('lock_timeout')")
        assert await found.fetchone() == ("cashback_serving", "1s")
    async with Database(stranger).connection(SERVING) as connection:
        found = await connection.execute("show statement_timeout")
        assert await found.fetchone() == ("3s",)


@pytest.mark.parametrize(
    "setting",
    [
        "search_path = nowhere",
        "default_transaction_isolation = 'serializable'",
        "row_security = off",
        "idle_session_timeout = '3s'",
        "client_encoding = 'LATIN1'",
        "datestyle = 'German'",
        "intervalstyle = 'sql_standard'",
        "transaction_timeout = '20ms'",
    ],
)
async def test_what_a_login_sets_for_itself_stops_no_sale(
    dsn: str, stranger: str, setting: str
) -> None:
    with psycopg.connect(stranger, autocommit=True) as itself:
        itself.execute("select")
        if setting.startswith("transaction_timeout") and itself.info.server_version < 170_000:
            pytest.skip("it came with 17")
        itself.execute(f"alter role current_user set {setting}".encode())
    name, _, value = setting.partition(" = ")
    async with Database(stranger).connection(SERVING) as connection:
        found = await connection.execute("select current_setting(%s)", [name])
        assert await found.fetchone() != (value.strip("'"),)
        await connection.execute("select count(*) from sales")
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create schema elsewhere")
        owner.execute(f"alter database {owner.info.dbname} set search_path = elsewhere".encode())
    async with Database(stranger).connection(SERVING) as connection:
        found = await connection.execute("show search_path")
        assert await found.fetchone() == ("elsewhere",), "the database's is the owner's word"


async def test_who_may_not_take_a_role_gets_no_session(stranger: str) -> None:
    with pytest.raises(UnusableSession, match="cashback_worker"):
        await Database(stranger).connect(Session(application="test", role=DatabaseRole.WORKER))
    with pytest.raises(UnsafeDatabase, match="cashback_identity"):
        refuse_unsafe(stranger, API_ROLES)
    refuse_unsafe(stranger, [DatabaseRole.SERVING])


async def test_a_session_that_something_changes_on_the_way_is_none(
    database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a pooler does that drops what is set, or hands the next statement to another session."""
    dropped = "select name, value from json_each_text(%s::json) as s (name, value)"
    monkeypatch.setattr(sessions, "SET", dropped)
    with pytest.raises(UnusableSession, match="cashback_serving"):
        await database.connect(SERVING)
    with pytest.raises(UnusableSession, match="statement_timeout"):
        await database.connect(Session(application="test"))
    with pytest.raises(StoreUnavailable), sessions.opened(dsn, SERVING):
        pass


@pytest.mark.timeout(30)
def test_whoever_migrates_makes_logins_or_loads_data_waits_for_no_silent_server(dsn: str) -> None:
    with stalling_proxy(dsn) as proxy, ThreadPoolExecutor() as others:
        proxy.fall_silent(new_too=True)
        silent = make_conninfo(proxy.dsn, connect_timeout=2)
        doing: list[Future[Any]] = [
            others.submit(migrate, silent),
            others.submit(ensure_app_login, silent, "app_of_test", "a-password-of-tests"),
            others.submit(load_merchant, silent),
            others.submit(pending, silent),
        ]
        for done in doing:
            assert isinstance(done.exception(timeout=20), StoreUnavailable)


async def test_a_database_that_could_lose_what_it_acknowledged_gets_no_sale(
    database: Database,
) -> None:
    careless = Session(
        application="test",
        settings={"synchronous_commit": "off"},
        vouched=True,
        role=DatabaseRole.SERVING,
    )
    with pytest.raises(UnusableSession, match="synchronous_commit is off"):
        await database.connect(careless)


async def alter(dsn: str, statement: str) -> None:
    """As a migration does, which makes the views of that column anew; here nobody asks them."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as owner:
        await owner.execute("drop schema reporting cascade")
        await owner.execute(statement.encode())


async def test_a_column_altered_under_load_costs_no_sale(database: Database, dsn: str) -> None:
    store = PostgresCashbackStore(database, DeliveryPolicy())
    for n in range(3):
        assert isinstance(await store.accept(submitted(a_sale(), key=f"a{n}")), Accepted)
    await alter(dsn, "alter table customers alter column name type varchar(200)")
    assert isinstance(await store.accept(submitted(a_sale(), key="b")), Accepted)


async def test_what_was_planned_before_a_column_was_altered_is_asked_anew(dsn: str) -> None:
    async with Database(dsn, reading=1) as database:
        pool = database.pool(READING)

        async def slugs() -> list[Any]:
            async with pool.connection() as connection:
                found = await connection.execute("select slug from merchants", prepare=True)
                return await found.fetchall()

        await slugs()
        await alter(dsn, "alter table merchants alter column slug type varchar(99)")
        with pytest.raises(StoreUnavailable):
            await slugs()
        assert await slugs() == []


@pytest.mark.parametrize("state", ["XX000", "XX001", "25006"])
async def test_a_server_that_is_wrong_in_itself_is_hung_up_on(dsn: str, state: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("grant usage on language plpgsql to cashback_serving")
    async with Database(dsn, reading=1) as database:
        pool = database.pool(READING)

        async def session() -> int:
            async with pool.connection() as connection:
                return connection.info.backend_pid

        async def fails() -> None:
            raising = f"do $$ begin raise exception 'wrong' using errcode = '{state}'; end $$"
            async with pool.connection() as connection:
                await connection.execute(raising.encode())

        before = await session()
        assert await session() == before
        with pytest.raises(StoreUnavailable):
            await fails()
        assert await session() != before


async def test_a_server_that_was_told_to_let_nobody_write_is_away(dsn: str) -> None:
    name = conninfo_to_dict(dsn)["dbname"]
    await alter(dsn, f"alter database {name} set default_transaction_read_only = on")
    async with Database(dsn) as database:
        store = PostgresCashbackStore(database, DeliveryPolicy())
        with pytest.raises(StoreUnavailable):
            await store.accept(submitted(a_sale()))
        with pytest.raises(StoreUnavailable):
            await store.ping()
        with pytest.raises(StoreUnavailable):
            refuse_unsafe(dsn)
