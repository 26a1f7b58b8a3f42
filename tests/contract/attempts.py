"""The part of the store's contract about attempts: leases, ends, late answers, the reaper."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.evidence import ProviderAnswer
from cashback_core.delivery.states import Actor, Status
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    LEASE_S,
    NOTHING_SENT,
    UNANSWERED,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    seen,
    submitted,
)

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.leases import Claim
    from cashback_core.delivery.record import Record
    from cashback_core.intake.store import CashbackStore

ENDS = [
    (CREATED, "applied", Status.APPLIED),
    (NOTHING_SENT, "never_sent", Status.PENDING),
    (seen(429, retry_after_s=60.0), "refused_for_now", Status.PENDING),
    (seen(422), "refused", Status.REJECTED),
    (seen(401), "misconfigured", Status.PENDING),
    (seen(500), "unknown", Status.IN_DOUBT),
    (UNANSWERED, "unknown", Status.IN_DOUBT),
    (seen(201, b'{"document": "52998224725"}'), "unknown", Status.IN_DOUBT),
]


class AttemptsContract:
    """What becomes of a cashback between its acceptance and its end."""

    async def expire_leases(self, store: CashbackStore) -> None:
        """Let every lease have run out a moment ago."""
        raise NotImplementedError

    async def make_due(self, store: CashbackStore) -> None:
        """Let every pending cashback have been due a moment ago, in their order."""
        raise NotImplementedError

    async def test_the_first_attempt_is_leased_with_the_sale(self, store: CashbackStore) -> None:
        record = await accepted(store, submitted(a_sale(), lease_s=LEASE_S))
        history = await history_of(store, 1, record)
        assert [(e.from_status, e.to_status, e.actor) for e in history.events] == [
            (None, Status.PENDING, Actor.API),
            (Status.PENDING, Status.SENDING, Actor.API),
        ]
        (attempt,) = history.attempts
        assert attempt.deliverer is Actor.API
        assert (attempt.lease_until_at - attempt.started_at).total_seconds() == LEASE_S
        assert (attempt.ended_at, attempt.result, attempt.provider) == (None, None, None)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()

    async def test_without_a_lease_the_sale_is_left_to_a_worker(self, store: CashbackStore) -> None:
        record = await accepted(store, submitted(a_sale(), lease_s=None))
        assert record.status is Status.PENDING
        (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert claim.id == record.id
        assert claim.merchant_id == record.merchant_id
        assert claim.attempt == 1
        assert claim.document == record.sale.document
        assert claim.cashback_centavos == record.cashback.cashback_centavos
        history = await history_of(store, 1, record)
        assert history.events[-1].actor is Actor.WORKER
        assert history.attempts[0].deliverer is Actor.WORKER

    @pytest.mark.parametrize("lease_s", [None, LEASE_S])
    async def test_a_cashback_that_rounds_to_zero_is_never_sent(
        self, store: CashbackStore, lease_s: float | None
    ) -> None:
        record = await accepted(store, submitted(a_sale(centavos=1), lease_s=lease_s))
        assert record.status is Status.NOT_DUE
        await self.make_due(store)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        await self.expire_leases(store)
        assert await store.reap(limit=10) == 0
        assert (await history_of(store, 1, record)).attempts == ()

    @pytest.mark.parametrize(("evidence", "result", "status"), ENDS)
    async def test_an_end_moves_the_cashback_and_stays_with_its_attempt(
        self, store: CashbackStore, evidence: Evidence, result: str, status: Status
    ) -> None:
        claim = await leased(store)
        standing = await store.conclude(ended(claim, evidence))
        assert standing.status is status
        history = await history_of(store, 1, claim)
        assert history.record.standing == standing
        assert history.events[-1].actor is Actor.API
        (attempt,) = history.attempts
        assert attempt.result == result
        assert attempt.reason == evidence.reason
        assert attempt.ended_at is not None
        assert attempt.elapsed_s == pytest.approx(evidence.ended_s)
        code = evidence.status_code
        assert (attempt.provider.status_code if attempt.provider else None) == code
        assert standing.provider == attempt.provider

    async def test_the_providers_words_are_kept(self, store: CashbackStore) -> None:
        claim = await leased(store)
        standing = await store.conclude(ended(claim, CREATED))
        assert standing.provider == ProviderAnswer(
            status_code=201, id="NaN", message="ok", created_at="2026-01-02"
        )
        assert (await find(store, claim)).standing == standing

    async def test_an_odd_body_is_stored(self, store: CashbackStore) -> None:
        claim = await leased(store)
        body = b'{"message": "\\u0000\\ud800 \xc3\xa7", "id": 7}'
        standing = await store.conclude(ended(claim, seen(500, body)))
        assert standing.provider is not None
        assert standing.provider.id == "7"
        claim = await leased(store)
        await store.conclude(ended(claim, seen(400, b"\x00\xff" * 32_768)))

    async def test_the_same_end_told_again_changes_nothing(self, store: CashbackStore) -> None:
        claim = await leased(store)
        result = ended(claim, UNANSWERED)
        first = await store.conclude(result)
        history = await history_of(store, 1, claim)
        assert await store.conclude(result) == first
        assert await history_of(store, 1, claim) == history

    async def test_an_end_told_many_times_at_once_moves_once(self, store: CashbackStore) -> None:
        claim = await leased(store)
        result = ended(claim, CREATED)
        standings = await asyncio.gather(*[store.conclude(result) for _ in range(5)])
        assert {standing.status for standing in standings} == {Status.APPLIED}
        assert len((await history_of(store, 1, claim)).events) == 3

    async def test_an_attempt_keeps_its_first_result(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await store.conclude(ended(claim, seen(422)))
        standing = await store.conclude(ended(claim, CREATED))
        assert standing.status is Status.REJECTED
        assert (await history_of(store, 1, claim)).attempts[0].result == "refused"

    async def test_an_attempt_that_nobody_recorded_cannot_end(self, store: CashbackStore) -> None:
        claim = await leased(store)
        wrong = [
            replace(claim, id=new_id()),
            replace(claim, attempt=2),
            replace(claim, merchant_id=2),
        ]
        for each in wrong:
            with pytest.raises(LookupError):
                await store.conclude(ended(each, CREATED))
        assert (await find(store, claim)).status is Status.SENDING

    async def test_nobody_speaks_for_an_attempt_of_somebody_else(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, submitted(a_sale(), lease_s=None))
        (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert claim.started_at is not None
        came_to_nothing = replace(claim, started_at=claim.started_at - timedelta(microseconds=1))
        never_committed = replace(claim, started_at=None)
        for result in (
            ended(came_to_nothing, NOTHING_SENT, deliverer=Actor.WORKER),
            ended(never_committed, NOTHING_SENT, deliverer=Actor.API),
        ):
            with pytest.raises(LookupError):
                await store.conclude(result)
        assert (await history_of(store, 1, record)).attempts[0].result is None
        standing = await store.conclude(ended(claim, CREATED, deliverer=Actor.WORKER))
        assert standing.status is Status.APPLIED

    async def test_a_retry_waits_until_it_is_due(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await store.conclude(ended(claim, NOTHING_SENT))
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        await self.make_due(store)
        (again,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert again == replace(claim, attempt=2)
        standing = (await find(store, claim)).standing
        assert (standing.status, standing.attempt, standing.provider) == (Status.SENDING, 2, None)
        await store.conclude(ended(again, CREATED, deliverer=Actor.WORKER))
        history = await history_of(store, 1, claim)
        assert [a.result for a in history.attempts] == ["never_sent", "applied"]
        assert history.events[-1].actor is Actor.WORKER

    async def test_claims_come_oldest_first_and_no_more_than_asked(
        self, store: CashbackStore
    ) -> None:
        records = [await accepted(store, submitted(a_sale(), lease_s=None)) for _ in range(5)]
        first = await store.claim_due(limit=2, lease_s=LEASE_S)
        rest = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {c.id for c in first} == {r.id for r in records[:2]}
        assert {c.id for c in rest} == {r.id for r in records[2:]}
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()

    async def test_a_worker_serves_every_merchant(self, store: CashbackStore) -> None:
        await accepted(store, submitted(a_sale(), lease_s=None))
        await accepted(store, submitted(a_sale(), lease_s=None, merchant_id=2))
        claims = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {claim.merchant_id for claim in claims} == {1, 2}

    async def test_two_workers_never_claim_the_same(self, store: CashbackStore) -> None:
        for _ in range(10):
            await accepted(store, submitted(a_sale(), lease_s=None))
        claimed = await asyncio.gather(
            *[store.claim_due(limit=3, lease_s=LEASE_S) for _ in range(6)]
        )
        ids = [claim.id for claims in claimed for claim in claims]
        assert len(ids) == len(set(ids))
        rest = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert len(ids) + len(rest) == 10

    async def test_a_lease_that_still_runs_is_not_reaped(self, store: CashbackStore) -> None:
        claim = await leased(store)
        assert await store.reap(limit=10) == 0
        assert (await find(store, claim)).status is Status.SENDING

    async def test_a_lease_that_ran_out_puts_the_cashback_in_doubt(
        self, store: CashbackStore
    ) -> None:
        claim = await leased(store)
        await self.expire_leases(store)
        assert await store.reap(limit=10) == 1
        history = await history_of(store, 1, claim)
        assert history.record.status is Status.IN_DOUBT
        assert history.events[-1].actor is Actor.REAPER
        assert history.attempts[0].result is None, "its end may still come"
        await self.make_due(store)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == (), "never sent again unproved"
        assert await store.reap(limit=10) == 0

    async def test_the_reaper_takes_no_more_than_asked(self, store: CashbackStore) -> None:
        for _ in range(3):
            await leased(store)
        await self.expire_leases(store)
        assert [await store.reap(limit=2) for _ in range(3)] == [2, 1, 0]

    @pytest.mark.parametrize(
        ("evidence", "result", "status"),
        [(e, r, Status.IN_DOUBT if r == "unknown" else s) for e, r, s in ENDS],
    )
    async def test_a_late_end_after_the_reaper_tells_the_truth(
        self, store: CashbackStore, evidence: Evidence, result: str, status: Status
    ) -> None:
        claim = await leased(store)
        await self.expire_leases(store)
        await store.reap(limit=10)
        standing = await store.conclude(ended(claim, evidence))
        assert standing.status is status
        history = await history_of(store, 1, claim)
        assert history.record.standing == standing
        assert history.attempts[0].result == result
        last = history.events[-1].actor
        assert last is (Actor.REAPER if result == "unknown" else Actor.LATE_ANSWER)

    async def test_an_end_after_its_lease_but_before_the_reaper_counts(
        self, store: CashbackStore
    ) -> None:
        claim = await leased(store)
        await self.expire_leases(store)
        assert (await store.conclude(ended(claim, CREATED))).status is Status.APPLIED
        assert await store.reap(limit=10) == 0

    async def test_an_end_and_the_reaper_at_once_leave_one_story(
        self, store: CashbackStore
    ) -> None:
        claims = [await leased(store) for _ in range(10)]
        await self.expire_leases(store)
        ends = [store.conclude(ended(claim, CREATED)) for claim in claims]
        await asyncio.gather(store.reap(limit=10), *ends)
        for claim in claims:
            history = await history_of(store, 1, claim)
            assert history.record.status is Status.APPLIED


async def find(store: CashbackStore, claim: Claim) -> Record:
    """The record of a claim."""
    record = await store.find(claim.merchant_id, claim.id)
    assert record is not None
    return record
