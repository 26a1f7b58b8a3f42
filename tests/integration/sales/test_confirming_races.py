"""Who confirms, cancels and voids one cashback at once: the first to have its row wins."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.intake.confirmation import (
    VOID_GRACE,
    ConfirmationExpired,
    Confirmed,
    NothingToConfirm,
)
from cashback_core.operators.acts import Act, ActKind, Granted, NotFromHere
from contract.builders import LEASE_S, accepted, history_of
from contract.confirming import later

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.record import Record

CANCEL = Act(kind=ActKind.CANCEL, by="ana", reason="they left")


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
def operators(database: Database) -> PostgresOperatorStore:
    return PostgresOperatorStore(database)


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody else's transaction, not committed yet."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        yield connection


async def overdue(store: PostgresCashbackStore, dsn: str) -> Record:
    """One that may become void at any moment."""
    record = await accepted(store, later())
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "update cashbacks set due_at = now() - %s where cashback_id = %s",
            [VOID_GRACE, record.id],
        )
    return record


async def moves(other: psycopg.AsyncConnection[Any], record: Record, to: str, actor: str) -> None:
    """Move it by hand, as whoever came first does."""
    name = "'ana'" if actor == "operator" else "null"
    due = "now()" if to == "pending" else "null"
    at = "now()" if to == "pending" else "null"
    await other.execute(
        f"update cashbacks set status = '{to}', version = 2, due_at = {due},"  # noqa: S608
        f" confirmed_at = {at} where cashback_id = '{record.id}'".encode()
    )
    await other.execute(
        "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"  # noqa: S608
        f" from_status, to_status, attempt, reason) values (1, '{record.id}', 2, now(), '{actor}',"
        f" {name}, 'unconfirmed', '{to}', 0, 'by hand')".encode()
    )


async def somebody_waits(other: psycopg.AsyncConnection[Any]) -> None:
    """Until a transaction waits for ours."""
    for _ in range(2_000):
        found = await other.execute(
            "select count(*) from pg_locks where not granted"  # never from a snapshot
        )
        row = await found.fetchone()
        if row is not None and row[0]:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(
    ("to", "actor", "told"),
    [
        ("void", "worker", ConfirmationExpired),
        ("cancelled", "operator", NothingToConfirm),
        ("pending", "api", NothingToConfirm),
    ],
)
async def test_who_confirms_second_sees_what_the_first_made_of_it(
    store: PostgresCashbackStore,
    other: psycopg.AsyncConnection[Any],
    dsn: str,
    to: str,
    actor: str,
    told: type[object],
) -> None:
    record = await overdue(store, dsn)
    await moves(other, record, to, actor)
    confirming = asyncio.create_task(store.confirm(1, record.id))
    await somebody_waits(other)
    await other.commit()
    assert isinstance(await confirming, told)
    history = await history_of(store, 1, record)
    assert (history.record.status, len(history.events)) == (to, 2)


async def test_what_is_being_confirmed_is_not_made_void(
    store: PostgresCashbackStore, other: psycopg.AsyncConnection[Any], dsn: str
) -> None:
    record = await overdue(store, dsn)
    await moves(other, record, "pending", "api")
    assert await store.void_expired(limit=10) == 0, "it is passed over"
    await other.commit()
    assert await store.void_expired(limit=10) == 0
    (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
    assert claim.id == record.id


async def test_what_is_confirmed_first_is_cancelled_as_a_pending_one(
    store: PostgresCashbackStore,
    operators: PostgresOperatorStore,
    other: psycopg.AsyncConnection[Any],
    dsn: str,
) -> None:
    record = await overdue(store, dsn)
    await moves(other, record, "pending", "api")
    cancelling = asyncio.create_task(operators.act(1, record.id, CANCEL))
    await somebody_waits(other)
    await other.commit()
    assert isinstance(await cancelling, Granted)
    history = await history_of(store, 1, record)
    assert [event.to_status for event in history.events] == [
        *(Status.UNCONFIRMED, Status.PENDING, Status.CANCELLED)
    ]


async def test_what_is_void_is_not_cancelled(
    store: PostgresCashbackStore,
    operators: PostgresOperatorStore,
    other: psycopg.AsyncConnection[Any],
    dsn: str,
) -> None:
    record = await overdue(store, dsn)
    await moves(other, record, "void", "worker")
    cancelling = asyncio.create_task(operators.act(1, record.id, CANCEL))
    await somebody_waits(other)
    await other.commit()
    assert isinstance(await cancelling, NotFromHere)


async def test_everybody_at_once_again_and_again(
    store: PostgresCashbackStore, operators: PostgresOperatorStore, dsn: str
) -> None:
    for _ in range(12):
        record = await overdue(store, dsn)
        first, second, cancelled, voided = await asyncio.gather(
            store.confirm(1, record.id),
            store.confirm(1, record.id),
            operators.act(1, record.id, CANCEL),
            store.void_expired(limit=10),
        )
        confirmed = sum(isinstance(one, Confirmed) for one in (first, second))
        left = await history_of(store, 1, record)
        was = [event.to_status for event in left.events]
        assert confirmed + voided + (was[1] is Status.CANCELLED) == 1, was
        assert isinstance(cancelled, Granted) == (Status.CANCELLED in was)
        assert left.attempts == ()
