"""Settling on PostgreSQL: whole groups, locked, as they are once the locks are had."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.settling import PostgresSettlementStore
from cashback_core.delivery import Actor, DeliveryPolicy, Status
from cashback_core.identity import new_id
from cashback_core.settlement import Margin, Statement, StatementLine
from contract.builders import (
    NOTHING_SENT,
    UNANSWERED,
    a_cpf,
    a_sale,
    accepted,
    ended,
    leased,
    submitted,
)
from integration.stores import ApiAndWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from cashback_core.documents import Cpf
    from cashback_core.ports import Claim

POLICY = DeliveryPolicy(deadline_s=0.01, lease_s=0.02, backoff_base_s=0.01)
MARGIN = Margin(freeze_s=0.0, provider_delay_s=0.0, clock_skew_s=3.0)
LEASE_S = 60.0


@pytest.fixture
async def store(dsn: str) -> AsyncIterator[ApiAndWorker]:
    store = ApiAndWorker(dsn, POLICY)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def settler(dsn: str) -> PostgresSettlementStore:
    return PostgresSettlementStore(dsn, POLICY, MARGIN)


async def in_doubt(store: ApiAndWorker, document: Cpf) -> Claim:
    claim = await leased(store, a_sale(document=document, sale_id=str(new_id())))
    assert (await store.conclude(ended(claim, UNANSWERED))).status is Status.IN_DOUBT
    return claim


async def statement(store: ApiAndWorker, *claims: Claim, paid: int = 0) -> Statement:
    """A true statement that is complete just beyond the margin of these, and of nothing younger."""
    histories = [await store.history(claim.merchant_id, claim.id) for claim in claims]
    starts = [a.started_at for history in histories if history for a in history.attempts]
    line = StatementLine(
        document=claims[0].document, cashback_centavos=500, credited_at=min(starts)
    )
    return Statement(
        since=min(starts) - timedelta(days=1),
        complete_through=MARGIN.after(max(starts), POLICY) + timedelta(microseconds=1),
        lines=paid * (line,),
        declared_count=paid,
        declared_centavos=500 * paid,
    )


async def status_of(store: ApiAndWorker, claim: Claim) -> Status:
    record = await store.find(claim.merchant_id, claim.id)
    assert record is not None
    return record.status


async def test_a_statement_is_asked_for_from_before_the_groups_first_attempt_by_any_clock(
    store: ApiAndWorker, settler: PostgresSettlementStore
) -> None:
    assert await settler.doubtful_since() is None
    claim = await in_doubt(store, a_cpf())
    history = await store.history(claim.merchant_id, claim.id)
    assert history is not None
    since = await settler.doubtful_since()
    assert since == history.attempts[0].started_at - timedelta(seconds=3)


async def test_a_group_is_settled_by_its_number_of_credits_and_told_in_events(
    store: ApiAndWorker, settler: PostgresSettlementStore
) -> None:
    document = a_cpf()
    older, newer = await in_doubt(store, document), await in_doubt(store, document)
    told = await statement(store, older, newer, paid=1)
    found = await settler.settle(told, echoes_reference=False)
    assert found.distrust is None
    assert [await status_of(store, c) for c in (older, newer)] == [Status.APPLIED, Status.PENDING]
    history = await store.history(newer.merchant_id, newer.id)
    assert history is not None
    assert history.events[-1].actor is Actor.SETTLER
    assert (await settler.settle(told, echoes_reference=False)).settled == ()


async def test_an_attempt_made_while_the_settler_waited_for_a_lock_is_not_overlooked(
    dsn: str, store: ApiAndWorker, settler: PostgresSettlementStore
) -> None:
    """A waits for its lock, B is sent meanwhile: B's new attempt may be paid any moment."""
    document = a_cpf()
    first = await in_doubt(store, document)
    second = await leased(store, a_sale(document=document, sale_id="second"))
    await store.conclude(ended(second, NOTHING_SENT))
    assert first.id < second.id, "locks are taken in this order"
    told = await statement(store, first, second)
    await make_due(dsn)
    async with await psycopg.AsyncConnection.connect(dsn) as blocker:
        await lock(blocker, first.id)
        settling = asyncio.create_task(settler.settle(told, echoes_reference=False))
        await until_somebody_waits(dsn)
        await send_again(store, second)
        await blocker.rollback()
    found = await settling
    assert found.settled == ()
    statuses = [await status_of(store, c) for c in (first, second)]
    assert statuses == [Status.IN_DOUBT, Status.IN_DOUBT]


async def test_a_cashback_first_tried_while_the_settler_waited_keeps_its_group_open(
    dsn: str, store: ApiAndWorker, settler: PostgresSettlementStore
) -> None:
    document = a_cpf()
    first = await in_doubt(store, document)
    record = await accepted(
        store, submitted(a_sale(document=document, sale_id="later"), lease_s=None)
    )
    told = await statement(store, first)
    async with await psycopg.AsyncConnection.connect(dsn) as blocker:
        await lock(blocker, first.id)
        settling = asyncio.create_task(settler.settle(told, echoes_reference=False))
        await until_somebody_waits(dsn)
        (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert claim.id == record.id
        await blocker.rollback()
    assert (await settling).settled == ()
    assert await status_of(store, first) is Status.IN_DOUBT


async def send_again(store: ApiAndWorker, claim: Claim) -> None:
    """The cashback's second attempt: sent, and nothing heard."""
    (again,) = await store.claim_due(limit=10, lease_s=LEASE_S)
    assert again == replace(claim, attempt=2)
    standing = await store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))
    assert standing.status is Status.IN_DOUBT


async def make_due(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("update cashbacks set due_at = now() where due_at is not null")


async def lock(connection: psycopg.AsyncConnection, cashback_id: UUID) -> None:
    await connection.execute(
        "select 1 from cashbacks where cashback_id = %s for no key update", [cashback_id]
    )


async def until_somebody_waits(dsn: str) -> None:
    """Wait until a connection of this database waits for a lock."""
    async with (
        asyncio.timeout(10),
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
    ):
        while True:
            found = await connection.execute(
                "select 1 from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )
            if await found.fetchone():
                return
            await asyncio.sleep(0.01)
