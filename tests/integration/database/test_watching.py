"""Whoever lets us wait for too long is hung up on; whoever answered while we stood still is not."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks import lanes
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection import sessions
from adapters.postgres.connection.database import CHORES, READING, Database
from adapters.postgres.connection.deadlines import STOOD_STILL_S, Watch, watched
from adapters.postgres.connection.sessions import DatabaseRole, Session
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.values.availability import StoreUnavailable
from contract.builders import a_sale, submitted
from integration.stalling_proxy import stalling_proxy

if TYPE_CHECKING:
    from psycopg import AsyncConnection

SESSION = Session(application="test", role=DatabaseRole.SERVING, deadline_s=0.2)


async def test_a_statement_that_lasts_ends_with_its_connection(database: Database) -> None:
    lent: list[AsyncConnection] = []

    async def last() -> None:
        async with database.connection(SESSION) as connection:
            lent.append(connection)
            await connection.execute("select pg_sleep(2)")

    began_s = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await last()
    assert time.monotonic() - began_s < 1.5
    assert lent[0].closed


async def test_a_pooled_connection_that_lasts_is_replaced(database: Database) -> None:
    pool = database.pool(READING)
    lent: list[AsyncConnection] = []

    async def last() -> None:
        async with pool.connection(deadline_s=0.2) as connection:
            lent.append(connection)
            await connection.execute("select pg_sleep(2)")

    with pytest.raises(StoreUnavailable):
        await last()
    async with pool.connection() as another:
        assert another not in lent
        await another.execute("select 1")


def test_a_blocking_connection_is_hung_up_on_too(dsn: str) -> None:
    with pytest.raises(StoreUnavailable), sessions.opened(dsn, SESSION) as connection:
        connection.execute("select pg_sleep(2)")


async def test_what_was_answered_while_this_process_stood_still_counts(
    database: Database,
) -> None:
    connection: AsyncConnection
    async with await database.connect(SESSION) as connection:
        with watched(connection, 0.1):
            asked = asyncio.create_task(connection.execute("select pg_sleep(0.2)"))
            await asyncio.sleep(0.02)
            time.sleep(STOOD_STILL_S + 0.3)  # noqa: ASYNC251 (nothing runs, as in a freeze)
            await asked
        await connection.execute("select 1")


async def test_a_watch_that_is_over_before_its_connection_is_there_hangs_up_at_once(
    database: Database,
) -> None:
    async with await database.connect(SESSION) as connection:
        with Watch(0.01) as watch:
            await asyncio.sleep(0.05)
            watch.over(connection)
            with pytest.raises(psycopg.OperationalError):
                await connection.execute("select 1")


async def test_one_silent_connection_is_found_by_whom_it_is_lent_to_and_costs_them_no_answer(
    dsn: str,
) -> None:
    with stalling_proxy(dsn) as proxy:
        async with Database(proxy.dsn, reading=2) as database:
            pool = database.pool(CHORES)
            async with pool.connection():
                pass
            proxy.fall_silent()
            async with pool.connection() as connection:
                await connection.execute("select 1")


async def test_a_sale_is_told_in_time_whatever_the_writer_waits_for(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "DEADLINE_S", 1.1)
    monkeypatch.setattr(lanes, "LAST_S", 0.1)
    database = Database(dsn)
    store = PostgresCashbackStore(database, DeliveryPolicy())

    let_go = asyncio.Event()
    await database.open(before_use=let_go.wait)
    try:
        async with asyncio.timeout(3):
            with pytest.raises(StoreUnavailable):
                await store.accept(submitted(a_sale()))
    finally:
        let_go.set()
        await database.close()
