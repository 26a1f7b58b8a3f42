"""The one path to the provider: once, within its lease, and never without its result."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.delivery.deliverer import (
    Deliverer,
    DeliveriesUnderWay,
    has_ended,
    suspension_aware_s,
)
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.provider import UnsendablePayment
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import LEASE_S, PROGRAMME, a_sale, buyer_of, leased, submitted
from fakes.scripted_provider import ScriptedProvider, answered, nothing_sent, unanswered
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.record import AttemptRecord, Standing


def now_s() -> float:
    """Seconds of virtual time."""
    return asyncio.get_running_loop().time()


@dataclass(slots=True, kw_only=True)
class World:
    """A store, a provider and a deliverer between them, in virtual time."""

    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    store: MemoryStore = field(
        default_factory=lambda: MemoryStore(
            {1: Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)},
            now=ManualClock().tick,
        )
    )

    @property
    def deliverer(self) -> Deliverer:
        return Deliverer(
            store=self.store,
            provider=self.provider,
            policy=DeliveryPolicy(),
            chance=lambda: 0.5,
            clock_s=now_s,
        )

    async def attempts(self, claim: Claim) -> tuple[AttemptRecord, ...]:
        history = await self.store.history(claim.merchant_id, claim.id)
        assert history is not None
        return history.attempts


def test_a_claim_is_sent_once_and_its_answer_stored() -> None:
    async def main() -> None:
        world = World()
        claim = await leased(world.store)
        standing = await world.deliverer.deliver(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert standing.status is Status.APPLIED
        (payment,) = world.provider.payments
        assert payment.reference == str(claim.id)
        assert payment.document == claim.document
        assert payment.cashback_centavos == claim.cashback_centavos == 500

    run_in_virtual_time(main())


def test_every_attempt_carries_the_same_reference() -> None:
    async def main() -> None:
        world = World(provider=ScriptedProvider([nothing_sent()]))
        claim = await leased(world.store)
        await world.deliverer.deliver(claim, claimed_at_s=now_s(), actor=Actor.API)
        for row in world.store.rows.values():
            row.due_at = row.open_since_at
        (again,) = await world.store.claim_due(limit=1, lease_s=LEASE_S)
        await world.deliverer.deliver(again, claimed_at_s=now_s(), actor=Actor.WORKER)
        assert len({payment.reference for payment in world.provider.payments}) == 1
        assert [a.deliverer for a in await world.attempts(claim)] == [Actor.API, Actor.WORKER]

    run_in_virtual_time(main())


@pytest.mark.parametrize(("age_s", "sent"), [(0, True), (20, True), (20.001, False), (500, False)])
def test_a_lease_too_old_for_a_whole_call_is_not_used(age_s: float, sent: bool) -> None:  # noqa: FBT001
    async def main() -> None:
        world = World()
        claim = await leased(world.store)
        deliver = world.deliverer.deliver(claim, claimed_at_s=now_s() - age_s, actor=Actor.API)
        standing = await deliver
        assert len(world.provider.payments) == sent
        assert standing.status is (Status.APPLIED if sent else Status.PENDING)
        (attempt,) = await world.attempts(claim)
        assert attempt.result == ("applied" if sent else "never_sent")

    run_in_virtual_time(main())


def test_a_result_is_stored_once_the_database_is_back_and_nothing_is_sent_again() -> None:
    async def main() -> None:
        world = World()
        claim = await leased(world.store)
        world.provider.gate.clear()
        deliver = world.deliverer.deliver(claim, claimed_at_s=now_s(), actor=Actor.API)
        task = asyncio.create_task(deliver)
        await world.provider.asked.wait()
        world.store.away = True
        world.provider.gate.set()
        await asyncio.sleep(3600)
        assert not task.done()
        world.store.away = False
        assert (await task).status is Status.APPLIED
        assert now_s() - 3600 <= 1.0, "it looked at least every second"
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


def test_a_claim_of_unknown_fate_that_was_stored_ends_as_never_sent() -> None:
    async def main() -> None:
        world = World()
        claim = await leased(world.store)
        await world.deliverer.disown(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert world.provider.payments == []
        (attempt,) = await world.attempts(claim)
        assert (attempt.result, attempt.deliverer) == ("never_sent", Actor.API)
        found = await world.store.find(1, claim.id)
        assert found is not None
        assert found.status is Status.PENDING

    run_in_virtual_time(main())


def test_a_claim_whose_commit_lands_late_still_ends_as_never_sent() -> None:
    async def main() -> None:
        world = World()
        submission = submitted(a_sale())
        claim = Claim(
            id=submission.id,
            merchant_id=1,
            attempt=1,
            document=buyer_of(submission.sale).document,
            cashback_centavos=500,
        )
        disown = world.deliverer.disown(claim, claimed_at_s=now_s(), actor=Actor.API)
        task = asyncio.create_task(disown)
        await asyncio.sleep(5)
        await world.store.accept(submission)
        await task
        assert now_s() <= 7
        assert [a.result for a in await world.attempts(claim)] == ["never_sent"]

    run_in_virtual_time(main())


def test_a_claim_that_was_never_stored_is_forgotten_when_its_lease_is_over() -> None:
    async def main() -> None:
        world = World()
        claim = await leased(World().store)  # of another store
        await world.deliverer.disown(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert LEASE_S < now_s() <= LEASE_S + 2
        assert world.store.rows == {}

    run_in_virtual_time(main())


def test_deliveries_under_way_are_known_until_they_end() -> None:
    async def main() -> None:
        world = World()
        claim = await leased(world.store)
        under_way = DeliveriesUnderWay(world.deliverer)
        world.provider.gate.clear()
        task = under_way.start(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert under_way.of(claim.id) is task
        assert len(under_way) == 1
        world.provider.gate.set()
        standing = await task
        assert standing is not None
        assert standing.status is Status.APPLIED
        await asyncio.sleep(0)
        assert under_way.of(claim.id) is None
        assert len(under_way) == 0
        assert await under_way.drain(timeout_s=1) == 0

    run_in_virtual_time(main())


def test_draining_waits_for_deliveries_and_tells_how_many_it_left() -> None:
    async def main() -> None:
        quick, stuck = World(), World()
        stuck.provider.gate.clear()
        for world, left in ((quick, 0), (stuck, 1)):
            under_way = DeliveriesUnderWay(world.deliverer)
            claim = await leased(world.store)
            task = under_way.start(claim, claimed_at_s=now_s(), actor=Actor.API)
            assert await under_way.drain(timeout_s=10) == left
            await asyncio.wait({task})
            assert task.cancelled() == bool(left)
            await asyncio.sleep(0)
            assert len(under_way) == 0
        assert now_s() == 10
        (row,) = stuck.store.rows.values()
        assert row.status is Status.SENDING, "its lease will run out"

    run_in_virtual_time(main())


def test_draining_waits_for_what_is_being_taken_in_and_may_yet_be_delivered() -> None:
    async def main() -> None:
        world = World()
        under_way = DeliveriesUnderWay(world.deliverer)
        committed = asyncio.Event()

        async def take_in() -> Standing:
            await committed.wait()
            claim = await leased(world.store)
            return await under_way.deliver_here(claim, claimed_at_s=now_s(), actor=Actor.API)

        under_way.take(take_in())
        assert len(under_way) == 0, "nothing is leased yet"
        drained = asyncio.create_task(under_way.drain(timeout_s=10))
        await asyncio.sleep(2)
        committed.set()
        assert await drained == 0
        assert [row.status for row in world.store.rows.values()] == [Status.APPLIED]
        under_way.take(take_in())
        assert await under_way.drain(timeout_s=10) == 0
        assert (len(under_way), under_way._taking) == (0, set()), "nothing is kept of what ended"

    run_in_virtual_time(main())


def test_nothing_is_delivered_in_a_task_that_its_caller_may_cancel() -> None:
    async def main() -> None:
        world = World()
        under_way = DeliveriesUnderWay(world.deliverer)
        claim = await leased(world.store)
        with pytest.raises(RuntimeError, match="cancelled by whoever holds it"):
            await under_way.deliver_here(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_a_wait_for_a_task_ends_with_it_or_with_the_time_and_cancels_nothing() -> None:
    async def main() -> None:
        gate = asyncio.Event()
        task = asyncio.create_task(gate.wait())
        assert not await has_ended(task, within_s=2)
        assert now_s() == 2
        waiting = asyncio.create_task(has_ended(task, within_s=60))
        left = asyncio.create_task(has_ended(task, within_s=60))
        await asyncio.sleep(1)
        left.cancel()
        await asyncio.wait({left})
        assert not task.done()
        gate.set()
        assert await waiting
        assert await has_ended(task, within_s=0), "of what has ended nothing is waited for"
        assert now_s() == 3
        loop: Any = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = loop._scheduled
        assert [timer for timer in timers if not timer.cancelled()] == [], "no timer is left"

    run_in_virtual_time(main())


def test_draining_waits_for_disowned_claims_too() -> None:
    async def main() -> None:
        world = World()
        under_way = DeliveriesUnderWay(world.deliverer)
        claim = await leased(world.store)
        world.store.away = True
        under_way.disown(claim, claimed_at_s=now_s(), actor=Actor.API)
        drained = asyncio.create_task(under_way.drain(timeout_s=10))
        await asyncio.sleep(2)
        world.store.away = False
        assert await drained == 0
        assert [a.result for a in await world.attempts(claim)] == ["never_sent"]

    run_in_virtual_time(main())


def test_one_ended_returns_with_the_first_or_with_the_time() -> None:
    async def main() -> None:
        world = World()
        under_way = DeliveriesUnderWay(world.deliverer)
        await under_way.one_ended(timeout_s=5)
        assert now_s() == 0, "nothing to wait for"
        world.provider.gate.clear()
        for _ in range(2):
            under_way.start(await leased(world.store), claimed_at_s=now_s(), actor=Actor.API)
        await under_way.one_ended(timeout_s=5)
        assert now_s() == 5
        world.provider.gate.set()
        await under_way.one_ended(timeout_s=5)
        assert now_s() == 5

    run_in_virtual_time(main())


def test_a_bug_while_sending_is_logged_and_leaves_doubt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        world = World(provider=ScriptedProvider([ZeroDivisionError("a bug")]))
        under_way = DeliveriesUnderWay(world.deliverer)
        claim = await leased(world.store)
        task = under_way.start(claim, claimed_at_s=now_s(), actor=Actor.API)
        await asyncio.wait({task})
        await asyncio.sleep(0)
        assert len(under_way) == 0
        (attempt,) = await world.attempts(claim)
        # Bytes may have left before the bug struck.
        assert attempt.result == "unknown"
        standing = task.result()
        assert standing is not None
        assert standing.status is Status.IN_DOUBT
        assert [i.what for i in world.store.incidents] == ["our own error: ZeroDivisionError"]

    with caplog.at_level(logging.ERROR):
        run_in_virtual_time(main())
    assert "a bug" in caplog.text


def test_a_payment_of_which_no_request_can_be_made_is_never_sent() -> None:
    async def main() -> None:
        world = World(provider=ScriptedProvider([UnsendablePayment("a reference")]))
        claim = await leased(world.store)
        standing = await world.deliverer.deliver(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert standing.status is Status.PENDING
        (attempt,) = await world.attempts(claim)
        assert attempt.result == "own_error"

    run_in_virtual_time(main())


@pytest.mark.parametrize(
    ("evidence", "status"),
    [(unanswered(), Status.IN_DOUBT), (answered(422), Status.REJECTED)],
)
def test_what_the_provider_left_behind_decides(evidence: Evidence, status: Status) -> None:
    async def main() -> None:
        world = World(provider=ScriptedProvider([evidence]))
        claim = await leased(world.store)
        standing = await world.deliverer.deliver(claim, claimed_at_s=now_s(), actor=Actor.API)
        assert standing.status is status

    run_in_virtual_time(main())


def test_the_clock_of_a_lease_runs() -> None:
    first = suspension_aware_s()
    assert suspension_aware_s() >= first > 0
