"""What the store in memory keeps of each cashback, and how it looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.delivery.record import AttemptRecord, EventRecord, Record
from cashback_core.delivery.states import Actor, Delivery, Ended, Status

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.intake.acceptance import Submission
    from cashback_core.sales.same_sale import EqualOutcome
    from cashback_core.values.documents import BuyerDocument

RESULTS: Final = {
    Applied: "applied",
    NeverSent: "never_sent",
    RefusedForNow: "refused_for_now",
    Refused: "refused",
    Misconfigured: "misconfigured",
    Unknown: "unknown",
    OwnError: "own_error",
}
"""How an attempt's result is called, by its outcome."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One cashback with everything that hangs on it."""

    record: Record
    submission: Submission
    open_since_at: datetime
    due_at: datetime | None = None
    lease_until_at: datetime | None = None
    attempts: list[AttemptRecord] = field(default_factory=list[AttemptRecord])
    events: list[EventRecord] = field(default_factory=list[EventRecord])

    @property
    def status(self) -> Status:
        return self.record.status


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What somebody must be told."""

    id: UUID
    attempt: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEqual:
    """A request that was refused, because `first` has its content or a name of it."""

    id: UUID
    at: datetime
    first: UUID
    submission: Submission
    outcome: EqualOutcome


def delivery_of(row: Row, paused: timedelta) -> Delivery:
    standing = row.record.standing
    return Delivery(
        status=standing.status,
        attempt=standing.attempt,
        open_since_at=row.open_since_at,
        paused=paused,
        own_errors=sum(
            attempt.result == "own_error" and attempt.started_at >= row.open_since_at
            for attempt in row.attempts
        ),
    )


def confirmed_at(row: Row) -> datetime | None:
    """When its ERP confirmed it, if it was to be confirmed later and has been."""
    return next(
        (
            event.at
            for event in row.events
            if event.from_status is Status.UNCONFIRMED and event.actor is Actor.API
        ),
        None,
    )


def end_of(result: AttemptResult, at: datetime) -> Ended:
    return Ended(
        attempt=result.claim.attempt,
        outcome=result.outcome,
        at=at,
        chance=result.chance,
        deliverer=result.deliverer,
    )


def paid_document(record: Record) -> BuyerDocument:
    """Whom a cashback pays: of nobody's sale none is due."""
    document = record.sale.document
    assert document is not None, "nobody is paid"
    return document
