"""The part of the store's contract about when not to send, and what that does to giving up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.delivery.evidence import Evidence, OwnError, Phase
from cashback_core.delivery.leases import Pause
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waits import Why
from cashback_core.values.ids import new_id
from contract.builders import (
    LEASE_S,
    NOTHING_SENT,
    UNANSWERED,
    a_cpf,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    seen,
    submitted,
)

if TYPE_CHECKING:
    from cashback_core.intake.store import CashbackStore

DAY_S = 86_400.0


class PausingContract:
    """Pauses of the sender and of a process, and rows on which our own code fails."""

    async def make_due(self, store: CashbackStore) -> None:
        """Let every pending cashback have been due a moment ago, in their order."""
        raise NotImplementedError

    async def pause_sender(self, store: CashbackStore) -> None:
        """Let an operator have paused the sender."""
        raise NotImplementedError

    async def make_open_for(self, store: CashbackStore, days: int) -> None:
        """Let every cashback have been open for so many days."""
        raise NotImplementedError

    async def test_a_paused_sender_leases_nothing(self, store: CashbackStore) -> None:
        old = await accepted(store, submitted(a_sale(), lease_s=None))
        await self.pause_sender(store)
        new = await accepted(store, submitted(a_sale(), lease_s=LEASE_S))
        assert (old.status, new.status) == (Status.PENDING, Status.PENDING)
        assert (await history_of(store, 1, new)).attempts == ()
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()

    async def test_what_waits_says_for_what_and_since_when(self, store: CashbackStore) -> None:
        sent = await leased(store)
        tried = await leased(store)
        refused = await leased(store)
        odd = await leased(store)
        doubtful = await leased(store)
        for claim, evidence in (
            (tried, NOTHING_SENT),
            (refused, seen(401)),
            (odd, seen(404)),
            (doubtful, UNANSWERED),
        ):
            await store.conclude(ended(claim, evidence))
        due = await accepted(store, submitted(a_sale(), lease_s=None))
        ids = [sent.id, tried.id, refused.id, odd.id, doubtful.id, due.id]

        waits = await store.waits(1, [*ids, new_id()])
        assert {ids.index(id_): waiting.why for id_, waiting in waits.items()} == {
            1: Why.RETRY,
            2: Why.CREDENTIALS_REFUSED,
            3: Why.MISCONFIGURED,
            4: Why.PROOF,
            5: Why.DUE,
        }
        for id_, waiting in waits.items():
            history = await store.history(1, id_)
            assert history is not None
            assert waiting.since_at == history.events[-1].at
            next_try_at = waiting.next_try_at
            assert (next_try_at is not None) is (id_ in {tried.id, refused.id, odd.id})
            assert next_try_at is None or next_try_at > waiting.since_at
        assert await store.waits(2, ids) == {}

        await store.note_pause(Pause(id=new_id(), lasted_s=0.5))
        resting = (await store.waits(1, [due.id]))[due.id]
        assert resting.why == Why.BREAKER_OPEN
        assert resting.since_at >= waits[due.id].since_at

        await self.pause_sender(store)
        paused = await store.waits(1, ids)
        assert {paused[id_].why for id_ in (tried.id, refused.id, due.id)} == {Why.PAUSED}
        assert paused[doubtful.id].why == Why.PROOF
        assert paused[due.id].next_try_at is None

    async def test_a_probe_passes_over_the_documents_that_failed(
        self, store: CashbackStore
    ) -> None:
        suspect, other = a_cpf(), a_cpf()
        await accepted(store, submitted(a_sale(document=suspect), lease_s=None))
        await accepted(store, submitted(a_sale(document=other), lease_s=None))
        (probe,) = await store.claim_due(limit=1, lease_s=LEASE_S, excluding={suspect})
        assert probe.document == other
        assert await store.claim_due(limit=10, lease_s=LEASE_S, excluding={suspect}) == ()
        (late,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert late.document == suspect

    async def test_the_next_due_instant_is_told(self, store: CashbackStore) -> None:
        assert await store.next_due_s() is None
        await accepted(store, submitted(a_sale(), lease_s=None))
        assert await store.next_due_s() == 0
        (claim,) = await store.claim_due(limit=1, lease_s=LEASE_S)
        assert await store.next_due_s() is None
        await store.conclude(ended(claim, NOTHING_SENT, deliverer=Actor.WORKER))
        due_s = await store.next_due_s()
        assert due_s is not None
        assert 0 < due_s <= 4

    async def test_what_is_never_sent_for_a_day_is_held(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await self.make_open_for(store, 2)
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.HELD

    async def test_time_paused_does_not_count_towards_giving_up(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await self.make_open_for(store, 2)
        # Two processes paused, mostly at the same time: a day and a half altogether.
        await store.note_pause(Pause(id=new_id(), lasted_s=1.5 * DAY_S))
        await store.note_pause(Pause(id=new_id(), lasted_s=1.0 * DAY_S))
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.PENDING

    async def test_pauses_at_the_same_time_count_once(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await self.make_open_for(store, 2)
        for _ in range(3):
            await store.note_pause(Pause(id=new_id(), lasted_s=0.9 * DAY_S))
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.HELD

    async def test_a_pause_is_prolonged_not_repeated(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await self.make_open_for(store, 2)
        pause = Pause(id=new_id(), lasted_s=0.9 * DAY_S)
        await store.note_pause(pause)
        await store.note_pause(replace(pause, lasted_s=0.91 * DAY_S))
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.HELD

    async def test_a_cashback_on_which_our_code_fails_three_times_is_held(
        self, store: CashbackStore
    ) -> None:
        claim = await leased(store)
        evidence = Evidence(phase=Phase.NOTHING_SENT, reason="our own error: ValueError")
        statuses: list[Status] = []
        for deliverer in (Actor.API, Actor.WORKER, Actor.WORKER):
            result = replace(ended(claim, evidence, deliverer=deliverer), outcome=OwnError())
            statuses.append((await store.conclude(result)).status)
            await self.make_due(store)
            claims = await store.claim_due(limit=1, lease_s=LEASE_S)
            claim = claims[0] if claims else claim
        assert statuses == [Status.PENDING, Status.PENDING, Status.HELD]
        history = await store.history(1, claim.id)
        assert history is not None
        assert [a.result for a in history.attempts] == ["own_error"] * 3
