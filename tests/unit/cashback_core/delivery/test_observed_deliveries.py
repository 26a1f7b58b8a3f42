"""What observers are told of a delivery, and that they harm none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cashback_core.delivery.deliverer import Deliverer
from cashback_core.delivery.evidence import Applied
from cashback_core.delivery.observers import Attempted, Delivered, DeliveryObserver
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.traces import TRACE, TRAIL, Trail, new_trace
from contract.builders import PROGRAMME, leased
from fakes.scripted_provider import ScriptedProvider
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.leases import Claim
    from cashback_core.delivery.provider import CreditRequest
    from cashback_core.delivery.record import Standing


@dataclass
class Seen(DeliveryObserver):
    attempts: list[Attempted] = field(default_factory=list[Attempted])
    deliveries: list[Delivered] = field(default_factory=list[Delivered])

    def samples(self, trace_id: str) -> bool:
        assert len(trace_id) == 32
        return True

    def attempted(self, attempt: Attempted) -> None:
        self.attempts.append(attempt)

    def delivered(self, delivery: Delivered) -> None:
        self.deliveries.append(delivery)


class Broken(Seen):
    def attempted(self, attempt: Attempted) -> None:  # noqa: ARG002
        raise ZeroDivisionError

    def delivered(self, delivery: Delivered) -> None:  # noqa: ARG002
        raise ZeroDivisionError


class Tracing(ScriptedProvider):
    """Notes the span under way, as the client that tells the provider of it."""

    told: str = ""

    async def credit(self, payment: CreditRequest) -> Evidence:
        trace = TRACE.get()
        self.told = "" if trace is None else trace.traceparent()
        return await super().credit(payment)


async def deliver(observer: DeliveryObserver, provider: ScriptedProvider) -> tuple[Claim, Standing]:
    terms = {1: Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)}
    store = MemoryStore(terms, now=ManualClock().tick)
    claim = await leased(store)
    deliverer = Deliverer(
        store=store,
        provider=provider,
        policy=DeliveryPolicy(),
        chance=lambda: 0.5,
        clock_s=lambda: 0.0,
        observer=observer,
    )
    return claim, await deliverer.deliver(claim, claimed_at_s=0.0, actor=Actor.API)


def test_a_delivery_of_no_request_begins_a_trace_and_tells_the_provider_of_the_calls_span() -> None:
    async def main() -> None:
        seen, provider = Seen(), Tracing()
        claim, standing = await deliver(seen, provider)
        (attempt,), (delivery,) = seen.attempts, seen.deliveries
        assert isinstance(attempt.outcome, Applied)
        assert (delivery.claim, delivery.standing, delivery.parent) == (claim, standing, None)
        assert attempt.parent == delivery.trace
        assert attempt.trace.trace_id == delivery.trace.trace_id
        assert attempt.trace.span_id != delivery.trace.span_id
        assert provider.told == attempt.trace.traceparent()
        assert attempt.trace.sampled
        trail = TRAIL.get()
        assert trail is not None
        assert (trail.cashback_id, trail.merchant_id) == (claim.id, claim.merchant_id)

    run_in_virtual_time(main())


def test_a_requests_delivery_goes_on_with_its_trace_and_its_ids() -> None:
    async def main() -> None:
        request, trail = new_trace(), Trail(request_id="erp-1")
        TRACE.set(request)
        TRAIL.set(trail)
        seen = Seen()
        await deliver(seen, Tracing())
        assert seen.deliveries[0].parent == request
        assert seen.deliveries[0].trace == replace(
            request, span_id=seen.deliveries[0].trace.span_id
        )
        assert TRAIL.get() is trail

    run_in_virtual_time(main())


def test_an_observer_that_fails_changes_nothing() -> None:
    async def main() -> None:
        _, standing = await deliver(Broken(), Tracing())
        assert standing.status is Status.APPLIED

    run_in_virtual_time(main())
