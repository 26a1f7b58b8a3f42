"""What lifted stops let go, while others stand over much: on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery import resumption as resuming
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.delivery.waits import Why
from contract.builders import LEASE_S, a_sale, accepted, submitted
from integration.stopping import lift_stops, put_stop

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.record import Record

MANY = 3_000


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


def stop(dsn: str, merchant_id: int, type_: str | None) -> None:
    with psycopg.connect(dsn) as connection:
        put_stop(connection, merchant_id, type_)


def lift(dsn: str, merchant_id: int, type_: str | None) -> None:
    with psycopg.connect(dsn) as connection:
        lift_stops(connection, merchant_id, type_)


def put_off_many(dsn: str, merchant_id: int, type_: str) -> None:
    """As if so many sales of a type had been accepted while it was stopped."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            """
            with ids as (  -- made before all others, by their ids
                select overlay(gen_random_uuid()::text placing '00000000' from 1)::uuid as id
                from generate_series(1, %(many)s)
            ),
            lines as (
                insert into sale_lines (
                    merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos,
                    discount_centavos, rate_bp, rate_version, exact, cashback_centavos
                )
                select %(merchant)s, id, 0, %(type)s, 100000000000, 10000, 1000, 0, 500, 1, '50',
                    50
                from ids
            )
            insert into cashbacks (
                merchant_id, cashback_id, status, version, attempt, cashback_centavos,
                accepted_at, open_since_at, due_at
            )
            select %(merchant)s, id, 'pending', 1, 0, 50, now(), now(), '2099-01-01 00:00:00+00'
            from ids
            """,
            {"many": MANY, "merchant": merchant_id, "type": type_},
        )


async def put_off(store: PostgresCashbackStore, merchant_id: int) -> Record:
    """A sale of type A that a stop holds back."""
    record = await accepted(store, submitted(a_sale(), merchant_id=merchant_id, lease_s=None))
    assert await store.claim_due(limit=1, lease_s=LEASE_S) == ()
    return record


async def lines_read(store: PostgresCashbackStore, dsn: str) -> int:
    """How many rows of sale_lines chores have looked at until now."""
    async with store._chores.connection() as connection:
        await connection.execute("select pg_stat_force_next_flush()")
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
            " from pg_stat_user_tables where relname = 'sale_lines'"
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("standing", ["A", None])
async def test_a_large_stop_that_stands_keeps_no_other_from_resuming(
    dsn: str, store: PostgresCashbackStore, standing: str | None
) -> None:
    stop(dsn, 2, None)
    waiting = await put_off(store, 2)
    stop(dsn, 1, standing)
    put_off_many(dsn, 1, "A")
    lift(dsn, 2, None)
    before = await lines_read(store, dsn)
    await store.resume(limit=100)
    assert [claim.id for claim in await store.claim_due(limit=10, lease_s=LEASE_S)] == [waiting.id]
    most = 0 if standing is None else resuming.STRIDE
    assert await lines_read(store, dsn) - before <= most + 10, "it looks at what cannot be free"


async def test_a_lifted_type_resumes_at_once_among_many_of_another(
    dsn: str, store: PostgresCashbackStore
) -> None:
    stop(dsn, 1, "A")
    stop(dsn, 1, "B")
    waiting = await put_off(store, 1)
    put_off_many(dsn, 1, "B")
    lift(dsn, 1, "A")
    calls = 0
    while await store.resume(limit=100):
        calls += 1
        assert calls <= 2 * (MANY // resuming.STRIDE + 1), "two laps are enough"
    assert [claim.id for claim in await store.claim_due(limit=10, lease_s=LEASE_S)] == [waiting.id]


async def test_without_a_lift_what_stands_is_looked_at_in_strides(
    dsn: str, store: PostgresCashbackStore
) -> None:
    stop(dsn, 1, "A")
    put_off_many(dsn, 1, "A")
    for _ in range(MANY // resuming.STRIDE + 2):
        before = await lines_read(store, dsn)
        assert not await store.resume(limit=100), "the next stride may wait for the next tick"
        assert await lines_read(store, dsn) - before <= resuming.STRIDE + 10


async def test_many_merchants_with_stopped_types_are_all_come_to(
    dsn: str, store: PostgresCashbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "MAX_MERCHANTS", 1)
    monkeypatch.setattr(resuming, "STRIDE", 2)
    for merchant_id in (1, 2):
        stop(dsn, merchant_id, "A")
        stop(dsn, merchant_id, "B")
    waiting = {(await put_off(store, merchant_id)).id for merchant_id in (1, 2, 1, 2, 1, 2)}
    for merchant_id in (1, 2):
        lift(dsn, merchant_id, "A")
    while await store.resume(limit=100):
        pass
    claims = await store.claim_due(limit=10, lease_s=LEASE_S)
    assert {claim.id for claim in claims} == waiting


async def test_what_was_put_off_and_is_let_go_is_told_as_due(
    dsn: str, store: PostgresCashbackStore
) -> None:
    stop(dsn, 1, None)
    record = await put_off(store, 1)
    lift(dsn, 1, None)
    told = (await store.waits(1, [record.id]))[record.id]
    assert (told.why, told.next_try_at) == (Why.DUE, None)
