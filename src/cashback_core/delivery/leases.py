"""A deliverer's right to one attempt, and what comes of it."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cashback_core.delivery.evidence import Evidence, Outcome
from cashback_core.delivery.states import Actor
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import BuyerDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one attempt: nobody else sends for this cashback until the lease is over.

    `started_at` tells a worker's claim from another's of the same number: one whose commit came to
    nothing must not speak for the attempt that somebody else made later. None for the API's first
    attempts, of which each cashback has one at most.
    """

    id: UUID
    merchant_id: int
    attempt: int
    document: BuyerDocument
    cashback_centavos: int
    started_at: datetime | None = field(default=None, compare=False)


class ClaimsUnacknowledged(StoreUnavailable):
    """The commit of these claims was not acknowledged: nothing may be sent for them."""

    def __init__(self, claims: tuple[Claim, ...]) -> None:
        super().__init__(f"{len(claims)} claims were not acknowledged")
        self.claims = claims


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """How a claimed attempt ended, to be recorded whatever became of the cashback meanwhile."""

    claim: Claim
    outcome: Outcome
    evidence: Evidence
    deliverer: Actor
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which a process sent nothing on purpose: `lasted_s` seconds until now, so far."""

    id: UUID
    lasted_s: float
