"""Positions are raised for sessions, too, whose statements were planned before.

The number that is added is a part of their plans: whoever goes on with such a plan must be noticed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, LiteralString

import pytest
from psycopg import AsyncConnection

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import leased

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database

SOON_S: Final = 20.0
EVENT: Final[LiteralString] = (
    "insert into events (merchant_id, cashback_id, sequence, at, actor, from_status, to_status,"
    " attempt, reason) select merchant_id, cashback_id, %s::integer, now(), 'api', 'pending',"
    " 'sending', 1, 'x' from cashbacks returning position"
)


@pytest.fixture
async def writing(database: Database, dsn: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A session that has planned its statement, and keeps the plan."""
    await leased(PostgresCashbackStore(database, DeliveryPolicy()))
    async with await AsyncConnection[Any].connect(dsn, autocommit=True) as writing:
        await writing.execute("set plan_cache_mode = force_generic_plan")
        for sequence in (10, 20, 30):
            await written(writing, sequence)
        yield writing


async def written(connection: AsyncConnection[Any], sequence: int) -> int:
    found = await connection.execute(EVENT, [sequence], prepare=True)
    row = await found.fetchone()
    assert row is not None
    return int(row[0])


async def raised(connection: AsyncConnection[Any]) -> int:
    found = await connection.execute("select raised from feed where renew_feed(true)")
    assert await found.fetchone() is not None
    found = await connection.execute("select raised from feed")
    row = await found.fetchone()
    assert row is not None
    return int(row[0])


async def test_a_session_that_planned_before_is_raised(
    writing: AsyncConnection[Any], dsn: str
) -> None:
    async with await AsyncConnection[Any].connect(dsn, autocommit=True) as raising:
        to = await raised(raising)
    assert to >= 2**40
    assert await written(writing, 40) > to


async def test_whoever_waits_for_the_raising_is_raised(
    writing: AsyncConnection[Any], dsn: str
) -> None:
    async with (
        asyncio.timeout(SOON_S),
        await AsyncConnection[Any].connect(dsn) as raising,
        await AsyncConnection[Any].connect(dsn, autocommit=True) as looking,
    ):
        to = await raised(raising)
        waiting = asyncio.create_task(written(writing, 40))
        while not await is_waiting(looking, writing):
            await asyncio.sleep(0.01)
        await raising.commit()
        assert await waiting > to


async def is_waiting(looking: AsyncConnection[Any], writing: AsyncConnection[Any]) -> bool:
    found = await looking.execute(
        "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
        [writing.info.backend_pid],
    )
    return await found.fetchone() is not None
