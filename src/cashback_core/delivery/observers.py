"""What is told of requests and deliveries to whoever measures; it changes nothing of them."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cashback_core.delivery.evidence import Evidence, Outcome
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.record import Standing
from cashback_core.delivery.states import Actor
from cashback_core.traces import TraceContext, Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnded:
    """One request from outside that is over.

    `route` is the template, so that no id is in it, and None where no route was found; `status` is
    0 when the client was gone before any answer. `parent` is the caller's span, if it told one.
    """

    method: str
    route: str | None
    status: int
    began_ns: int
    seconds: float
    trail: Trail
    trace: TraceContext
    parent: TraceContext | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt that ended: what was seen, what it means, and the span of the call."""

    claim: Claim
    deliverer: Actor
    evidence: Evidence
    outcome: Outcome
    began_ns: int
    trace: TraceContext
    parent: TraceContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One delivery whose attempt was recorded; `parent` is the request's span, if it had one."""

    claim: Claim
    deliverer: Actor
    standing: Standing
    began_ns: int
    trace: TraceContext
    parent: TraceContext | None


class DeliveryObserver(Protocol):
    """Told of deliveries. What it raises is logged and changes nothing.

    Instants in nanoseconds are of the wall clock, since 1970.
    """

    def samples(self, trace_id: str) -> bool:
        """Whether a trace that begins here is to be exported."""
        ...

    def attempted(self, attempt: Attempted) -> None:
        """A call to the provider ended, or was not made after all."""
        ...

    def delivered(self, delivery: Delivered) -> None:
        """The attempt's result is stored."""
        ...


class Unobserved(DeliveryObserver):
    """Looks away."""

    def samples(self, trace_id: str) -> bool:  # noqa: ARG002 (it says no to all)
        """No trace is exported."""
        return False

    def attempted(self, attempt: Attempted) -> None:
        """Nothing."""

    def delivered(self, delivery: Delivered) -> None:
        """Nothing."""
