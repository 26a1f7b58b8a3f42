"""Brakes against what is being committed at the same moment, on a real database."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.administration.stops import PostgresStops
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.examination import holders_of_the_brakes_lock
from adapters.postgres.sales.brakes import LOCK
from cashback_core.administration.resources import Caller, Done
from cashback_core.administration.stops import NewStop
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.intake.acceptance import NotRecorded
from cashback_core.values.availability import StoreUnavailable
from contract.builders import LEASE_S, a_sale, accepted, submitted
from integration.stopping import put_stop

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.administration.stops import Stop
    from cashback_core.delivery.record import Record

ADMIN = Caller(actor="user:adam", merchant_id=1)
PLATFORM = Caller(actor="user:petra", merchant_id=None)
LEASED_AFTER = """
    select count(*) from attempts as a join stops as t on t.merchant_id = a.merchant_id
    where a.started_at > t.stopped_at
"""


@pytest.fixture
def stops(database: Database) -> PostgresStops:
    return PostgresStops(Administration(database))


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


def a_stop(reason: str, *, merchant: str | None = None, type_: str | None = None) -> NewStop:
    return NewStop(by="adam", reason=reason, merchant=merchant, type=type_)


async def stopped(stops: PostgresStops, type_: str | None = "A", by: Caller = ADMIN) -> Stop:
    merchant = "demo" if by.merchant_id is None else None
    outcome = await stops.create(by, a_stop("wrong rate", merchant=merchant, type_=type_))
    assert isinstance(outcome, Done)
    return outcome.resource


async def test_a_sale_waits_for_a_stop_that_is_being_committed_and_sees_it(
    dsn: str, store: PostgresCashbackStore
) -> None:
    await accepted(store, submitted(a_sale()))  # connected
    with psycopg.connect(dsn) as connection:
        put_stop(connection, 1, "A")
        selling = asyncio.create_task(accepted(store, submitted(a_sale())))
        await waited_for(dsn)
        assert not selling.done()
        connection.commit()
        assert (await selling).status is Status.PENDING


async def test_what_no_sale_could_hold_is_looked_for_beside_a_stop(
    stops: PostgresStops, store: PostgresCashbackStore
) -> None:
    await stopped(stops)
    sale = a_sale()
    odd = replace(sale, lines=(replace(sale.lines[0], type="A\0"),))
    submission = replace(submitted(sale), sale=odd, lease_s=None, replay_only=True)
    assert await store.accept(submission) == NotRecorded()


async def test_a_claim_waits_for_a_stop_that_is_being_committed_and_sees_it(
    dsn: str, store: PostgresCashbackStore
) -> None:
    await accepted(store, submitted(a_sale(), lease_s=None))
    with psycopg.connect(dsn) as connection:
        put_stop(connection, 1, None)
        claiming = asyncio.create_task(store.claim_due(limit=10, lease_s=LEASE_S))
        await waited_for(dsn)
        assert not claiming.done()
        connection.commit()
        assert await claiming == ()


async def test_a_stop_waits_for_what_leases_at_that_moment(
    dsn: str, store: PostgresCashbackStore, stops: PostgresStops
) -> None:
    record = await accepted(store, submitted(a_sale(), lease_s=None))
    with psycopg.connect(dsn) as holder:
        # Its group has begun, and read that nothing stands.
        holder.execute(LOCK)
        stopping = asyncio.create_task(stopped(stops))
        await waited_for(dsn)
        assert not stopping.done()
        holder.commit()
        stop = await stopping
    assert stop.type == "A"
    assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
    assert (await store.find(1, record.id) or record).waiting is not None


async def test_no_attempt_begins_after_a_stop_that_comes_in_the_middle_of_sales(
    dsn: str, store: PostgresCashbackStore, stops: PostgresStops
) -> None:
    other_process = PostgresCashbackStore(store_database(store), DeliveryPolicy())
    records: list[Record] = []

    async def sell(through: PostgresCashbackStore) -> None:
        for _ in range(40):
            record = await accepted(through, submitted(a_sale(), lease_s=LEASE_S))
            records.append(record)

    selling = [asyncio.create_task(sell(each)) for each in (store, other_process) * 4]
    while len(records) < 60:
        await asyncio.sleep(0)
    await stopped(stops)
    already = len(records)
    await asyncio.gather(*selling)
    with psycopg.connect(dsn) as connection:
        assert connection.execute(LEASED_AFTER).fetchone() == (0,)
    statuses = {record.status for record in records[already + 8 :]}
    assert statuses == {Status.PENDING}


async def test_the_sum_of_a_day_is_right_whoever_sells_at_once(
    dsn: str, store: PostgresCashbackStore
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update merchants set max_day_centavos = 20000 where merchant_id = 1")
    other_process = PostgresCashbackStore(store_database(store), DeliveryPolicy())
    records = await asyncio.gather(
        *(
            accepted(through, submitted(a_sale(), lease_s=None))
            for _ in range(50)
            for through in (store, other_process)
        )
    )
    passed = [record for record in records if record.status is Status.PENDING]
    assert len(passed) == 40  # of 500 each
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select centavos from day_sums").fetchall()
    assert found == [(20_000,)]


async def test_what_a_stop_put_off_comes_back_in_parts(
    dsn: str, store: PostgresCashbackStore, stops: PostgresStops
) -> None:
    for _ in range(30):
        await accepted(store, submitted(a_sale(), lease_s=None))
    stop = await stopped(stops, None)
    assert await store.claim_due(limit=1, lease_s=LEASE_S) == ()
    assert not await store.resume(limit=100)
    assert isinstance(await stops.lift(ADMIN, stop.id, by="adam", reason="right"), Done)
    while await store.resume(limit=7):
        pass
    assert len(await store.claim_due(limit=100, lease_s=LEASE_S)) == 30
    with psycopg.connect(dsn) as connection:
        late = connection.execute("select count(*) from cashbacks where due_at > now()").fetchone()
    assert late == (0,)


async def test_a_stop_is_in_the_audit_trail_and_stays_as_it_was(
    dsn: str, stops: PostgresStops
) -> None:
    stop = await stopped(stops)
    await stops.lift(ADMIN, stop.id, by="adam", reason="right")
    with psycopg.connect(dsn) as connection:
        lines = connection.execute(
            "select actor, action, after ->> 'reason', after ->> 'lift_reason' from audit"
            " where resource = 'stops' order by audit_id"
        ).fetchall()
        assert lines == [
            ("user:adam", "insert", "wrong rate", None),
            ("user:adam", "update", None, "right"),
        ]
        for statement in (
            "update stops set reason = 'another'",
            "update stops set lifted_by = 'x', lift_reason = 'x'",
            "delete from stops",
        ):
            with suppress(psycopg.Error), connection.transaction():
                connection.execute(statement.encode())
                pytest.fail(statement)


async def test_who_keeps_the_lock_of_the_brakes_is_told_and_nobody_is_ready(
    dsn: str, store: PostgresCashbackStore
) -> None:
    await store.ping()
    assert holders_of_the_brakes_lock(dsn) == []
    with psycopg.connect(dsn) as keeper:
        keeper.execute("select lock_brakes_alone()")
        with pytest.raises(StoreUnavailable):
            await store.ping()
        (holder,) = holders_of_the_brakes_lock(dsn)
        assert (holder.pid, holder.login) == (keeper.info.backend_pid, keeper.info.user)
        assert holder.age is not None
        keeper.rollback()
        await store.ping()


async def test_a_stop_that_is_being_put_on_leaves_a_process_ready(
    dsn: str, store: PostgresCashbackStore
) -> None:
    await store.ping()
    with psycopg.connect(dsn) as connection:
        put_stop(connection, 1, None)
        asking = asyncio.create_task(store.ping())
        await waited_for(dsn)
        assert not asking.done()
        connection.commit()
        await asking


async def test_a_process_that_stands_still_does_not_keep_a_stop_away(
    dsn: str, stops: PostgresStops
) -> None:
    frozen = psycopg.connect(dsn, autocommit=True)
    frozen.execute("set idle_in_transaction_session_timeout = '700ms'")
    frozen.execute("begin")
    frozen.execute(LOCK)
    assert (await stopped(stops)).lifted_at is None
    frozen.close()


async def test_the_list_by_rate_is_read_by_its_index(
    dsn: str, store: PostgresCashbackStore
) -> None:
    await accepted(store, submitted(a_sale(), lease_s=None))
    with psycopg.connect(dsn) as connection:
        connection.execute("set enable_seqscan = off")
        plan: list[tuple[Any, ...]] = connection.execute(
            "explain select distinct l.cashback_id from sale_lines as l where l.merchant_id = 1"
            " and l.type = 'A' and l.rate_version = 1 and l.rate_version > 0"
            " order by l.cashback_id desc limit 3"
        ).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "Index Only Scan Backward using sale_lines_by_rate" in text
    assert "Sort" not in text


async def waited_for(dsn: str) -> None:
    """Until somebody waits for a lock."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            found = await connection.execute(
                "select count(*) from pg_locks where locktype = 'relation' and not granted"
            )
            if await found.fetchone() != (0,):
                return


def store_database(store: PostgresCashbackStore) -> Database:
    return store._writer._sales._database


def test_a_lost_try_tells_its_cause() -> None:
    """`put_on` goes by it."""
    from adapters.postgres.connection.faults import translated

    with pytest.raises(StoreUnavailable) as caught, translated():
        raise psycopg.errors.LockNotAvailable
    assert isinstance(caught.value.__cause__, psycopg.errors.LockNotAvailable)
