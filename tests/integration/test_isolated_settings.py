"""The stores name the merchants of each transaction, and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.connection import DatabaseRole, serving_dsn
from adapters.postgres.isolation import reading_of, transaction_of
from adapters.postgres.operating import PostgresOperatorStore
from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivery import DeliveryPolicy
from cashback_core.operating import OpenFilter
from cashback_core.ports import Accepted, RecordFilter, StoreUnavailable
from contract.builders import a_sale, submitted
from integration.stores import ApiAndWorker
from integration.two_merchants import MINE, THEIRS, fill, one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integration.two_merchants import Records


@pytest.fixture
async def store(dsn: str) -> AsyncIterator[ApiAndWorker]:
    store = ApiAndWorker(dsn)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def both(store: ApiAndWorker, dsn: str) -> Records:
    return await fill(store, dsn)


async def test_two_merchants_sales_go_in_one_group_and_each_sees_its_own(
    store: ApiAndWorker, dsn: str
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
    store: ApiAndWorker, dsn: str
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
async def serving(dsn: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    dsn = serving_dsn(dsn, application="test", role=DatabaseRole.SERVING)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        yield connection


Transaction = Callable[
    [psycopg.AsyncConnection[Any], Callable[[], Awaitable[None]]], Awaitable[None]
]


async def in_a_transaction(
    connection: psycopg.AsyncConnection[Any], body: Callable[[], Awaitable[None]]
) -> None:
    async with transaction_of(connection, [THEIRS]):
        await body()


async def in_a_reading(
    connection: psycopg.AsyncConnection[Any], body: Callable[[], Awaitable[None]]
) -> None:
    async with reading_of(connection, THEIRS):
        await body()


async def seen_by(connection: psycopg.AsyncConnection[Any]) -> list[int]:
    found = await connection.execute("select merchant_id from merchants order by 1")
    return [merchant_id for (merchant_id,) in await found.fetchall()]


@pytest.mark.parametrize("transaction", [in_a_transaction, in_a_reading])
async def test_no_setting_outlives_its_transaction(
    serving: psycopg.AsyncConnection[Any], transaction: Transaction
) -> None:
    async def seen() -> None:
        assert await seen_by(serving) == [THEIRS]

    async def error_of_ours() -> None:
        await seen()
        raise ZeroDivisionError

    async def error_of_the_statement() -> None:
        await seen()
        found = await serving.execute("select 1 / 0")
        await found.fetchall()

    await transaction(serving, seen)
    assert await seen_by(serving) == []
    with pytest.raises(ZeroDivisionError):
        await transaction(serving, error_of_ours)
    assert await seen_by(serving) == []
    with pytest.raises(psycopg.errors.DivisionByZero):
        await transaction(serving, error_of_the_statement)
    assert await seen_by(serving) == []
    assert serving.info.transaction_status is psycopg.pq.TransactionStatus.IDLE


async def test_a_transaction_that_is_cancelled_is_undone_and_told_as_cancelled(
    serving: psycopg.AsyncConnection[Any],
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), transaction_of(serving, [MINE]):
            await serving.execute("select pg_sleep(60)")
    assert await seen_by(serving) == []


async def test_a_connection_that_breaks_hides_neither_the_error_nor_itself(dsn: str) -> None:
    connection = await psycopg.AsyncConnection.connect(
        serving_dsn(dsn, application="test", role=DatabaseRole.SERVING), autocommit=True
    )

    async def break_it() -> None:
        with psycopg.connect(dsn, autocommit=True) as owner:
            ended_there = "select pg_terminate_backend(%s, 5000)"
            assert one(owner, ended_there, connection.info.backend_pid)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_a_transaction(connection, break_it)
    assert connection.closed


async def test_the_pool_of_reads_carries_no_merchant_over(dsn: str, both: Records) -> None:
    store = PostgresCashbackStore(dsn, DeliveryPolicy(), role=DatabaseRole.SERVING, pool_size=1)
    await store.open()
    try:
        for merchant_id, other in ((MINE, THEIRS), (THEIRS, MINE), (MINE, THEIRS)):
            mine, theirs = both[merchant_id][0], both[other][0]
            assert await store.find(merchant_id, mine.id) is not None
            assert await store.history(merchant_id, mine.id) is not None
            assert await store.find(merchant_id, theirs.id) is None
            assert await store.terms(merchant_id) is not None
        assert await store.next_due_s() is None, "over all merchants is no API process's business"
        assert await store.claim_due(limit=10, lease_s=30) == ()
        assert await store.reap(limit=10) == 0
    finally:
        await store.close()


async def test_operators_over_http_reach_one_merchant_and_on_the_command_line_all(
    dsn: str, both: Records
) -> None:
    wanted = OpenFilter()
    for role, merchant_id, expected in (
        (DatabaseRole.SERVING, MINE, {both[MINE][1].id}),
        (DatabaseRole.SERVING, None, set()),
        (DatabaseRole.WORKER, MINE, {both[MINE][1].id}),
        (DatabaseRole.WORKER, None, {both[MINE][1].id, both[THEIRS][1].id}),
    ):
        operators = PostgresOperatorStore(dsn, role)
        await operators.open()
        try:
            page = await operators.open_page(merchant_id, wanted, limit=10, after=None)
        finally:
            await operators.close()
        assert {item.id for item in page.items} == expected, (role, merchant_id)


async def test_a_login_that_may_not_take_the_role_serves_nobody(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("drop role if exists nobody_in_particular")
        owner.execute("create role nobody_in_particular login password 'secret'")
    stranger = psycopg.conninfo.make_conninfo(dsn, user="nobody_in_particular", password="secret")
    store = PostgresCashbackStore(stranger, DeliveryPolicy(), role=DatabaseRole.SERVING)
    await store.open()
    try:
        with pytest.raises(StoreUnavailable):
            await store.accept(submitted(a_sale()))
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("grant cashback_serving to nobody_in_particular")
        assert isinstance(await store.accept(submitted(a_sale())), Accepted)
    finally:
        await store.close()
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("drop role nobody_in_particular")
