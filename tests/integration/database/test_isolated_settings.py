"""The stores name the merchants of each transaction, and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import READING, Database, DatabasePool
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted
from cashback_core.operators.open_cashbacks import OpenFilter
from cashback_core.values.availability import StoreUnavailable
from contract.builders import a_sale, submitted
from integration.two_merchants import MINE, THEIRS, fill, one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integration.two_merchants import Records

Transaction = Callable[
    [DatabasePool, int], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]
]


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
async def both(store: PostgresCashbackStore, dsn: str) -> Records:
    return await fill(store, dsn)


async def test_two_merchants_sales_go_in_one_group_and_each_sees_its_own(
    store: PostgresCashbackStore, dsn: str
) -> None:
    sales = [submitted(a_sale(), key=f"k{n}", merchant_id=1 + n % 2) for n in range(40)]
    acceptances = await asyncio.gather(*map(store.accept, sales))
    assert all(isinstance(a, Accepted) for a in acceptances)
    with psycopg.connect(dsn) as owner:
        shared = (
            "select count(*) from (select xmin::text from cashbacks group by 1"
            " having count(distinct merchant_id) = 2) as t"
        )
        assert one(owner, shared) >= 1, "some transaction held both"
    for merchant_id in (1, 2):
        page = await store.page(merchant_id, RecordFilter(), limit=100, after=None)
        own = {s.id for s in sales if s.merchant_id == merchant_id}
        assert {r.id for r in page.records} == own


async def test_a_group_that_is_halved_names_its_merchants_anew(
    store: PostgresCashbackStore, dsn: str
) -> None:
    with psycopg.connect(dsn) as owner:  # a rule that our own checks do not know
        owner.execute("alter table sales add check (sale_id <> 'poison')")
    sales = [
        submitted(
            a_sale(sale_id="poison" if n == 3 else f"s{n}"), key=f"k{n}", merchant_id=1 + n % 2
        )
        for n in range(8)
    ]
    answers = await asyncio.gather(*map(store.accept, sales), return_exceptions=True)
    assert [isinstance(a, Accepted) for a in answers] == [n != 3 for n in range(8)]


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[DatabasePool]:
    """One connection for everybody: whatever stays behind, the next one has."""
    async with Database(dsn, reading=1) as database:
        yield database.pool(READING)


async def seen_by(connection: psycopg.AsyncConnection[Any]) -> list[int]:
    found = await connection.execute("select merchant_id from merchants order by 1")
    return [merchant_id for (merchant_id,) in await found.fetchall()]


async def seen_next(pool: DatabasePool) -> list[int]:
    async with pool.connection() as connection:
        return await seen_by(connection)


@pytest.mark.parametrize("transaction", [DatabasePool.acting_for, DatabasePool.reading_for])
async def test_no_setting_outlives_its_transaction(
    pool: DatabasePool, transaction: Transaction
) -> None:
    async def ask(query: LiteralString) -> None:
        async with transaction(pool, THEIRS) as connection:
            assert await seen_by(connection) == [THEIRS]
            found = await connection.execute(query)
            await found.fetchall()

    async def fail_ourselves() -> None:
        async with transaction(pool, THEIRS) as connection:
            assert await seen_by(connection) == [THEIRS]
            raise ZeroDivisionError

    async def lose_patience() -> None:
        async with asyncio.timeout(0.2):
            await ask("select pg_sleep(60)")

    assert await seen_next(pool) == []
    await ask("select 1")
    assert await seen_next(pool) == []
    with pytest.raises(ZeroDivisionError):
        await fail_ourselves()
    assert await seen_next(pool) == []
    with pytest.raises(psycopg.errors.DivisionByZero):
        await ask("select 1 / 0")
    assert await seen_next(pool) == []
    with pytest.raises(TimeoutError):
        await lose_patience()
    assert await seen_next(pool) == []


async def test_the_pool_of_reads_carries_no_merchant_over(dsn: str, both: Records) -> None:
    async with Database(dsn, reading=1) as database:
        store = PostgresCashbackStore(database, DeliveryPolicy())
        for merchant_id, other in ((MINE, THEIRS), (THEIRS, MINE), (MINE, THEIRS)):
            mine, theirs = both[merchant_id][0], both[other][0]
            assert await store.find(merchant_id, mine.id) is not None
            assert await store.history(merchant_id, mine.id) is not None
            assert await store.find(merchant_id, theirs.id) is None
            assert await store.terms(merchant_id) is not None


async def test_operators_of_one_merchant_reach_its_own_and_of_the_platform_all(
    database: Database, both: Records
) -> None:
    operators = PostgresOperatorStore(database)
    for merchant_id, expected in (
        (MINE, {both[MINE][1].id}),
        (THEIRS, {both[THEIRS][1].id}),
        (None, {both[MINE][1].id, both[THEIRS][1].id}),
    ):
        page = await operators.open_page(merchant_id, OpenFilter(), limit=10, after=None)
        assert {item.id for item in page.items} == expected, merchant_id


async def test_a_login_that_may_not_take_the_role_serves_nobody(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("drop role if exists nobody_in_particular")
        owner.execute("create role nobody_in_particular login password 'secret'")
        owner.execute(
            f"grant connect on database {owner.info.dbname} to nobody_in_particular".encode()
        )
    stranger = make_conninfo(dsn, user="nobody_in_particular", password="secret")
    try:
        async with Database(stranger) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            with pytest.raises(StoreUnavailable):
                await store.accept(submitted(a_sale()))
            with psycopg.connect(dsn, autocommit=True) as owner:
                owner.execute("grant cashback_serving to nobody_in_particular")
            assert isinstance(await store.accept(submitted(a_sale())), Accepted)
    finally:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("drop owned by nobody_in_particular")
            owner.execute("drop role nobody_in_particular")
