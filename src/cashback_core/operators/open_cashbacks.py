"""What waits for somebody, and an act on all that a filter means: counted first, all or none."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from cashback_core.delivery.brakes import CEILING_REASONS
from cashback_core.delivery.states import Actor, Status
from cashback_core.operators.acts import Act, ActKind, RiskNotAccepted, goes_with
from cashback_core.values.documents import BuyerDocument
from cashback_core.values.pages import Position

MAX_AT_ONCE: Final = 5_000
"""Most cashbacks that one act moves: it is one transaction, and others wait for its rows."""

MANY: Final[Mapping[ActKind, tuple[Status, ...]]] = {
    ActKind.RESEND: goes_with(ActKind.RESEND),
    ActKind.CANCEL: goes_with(ActKind.CANCEL),
    ActKind.MARK_APPLIED: (Status.IN_DOUBT,),
    ActKind.MARK_REJECTED: (Status.IN_DOUBT,),
}
"""The acts that are done to many at once, each with the statuses from which.

What else is marked, or taken back, needs evidence, or another operator's mark, of each.
"""


def refuse_many(wanted: OpenFilter, kind: ActKind) -> None:
    """Raise ValueError unless an act may be done to everything that such a filter means."""
    allowed = MANY.get(kind, ())
    if not wanted.statuses <= set(allowed):
        raise ValueError(f"{kind} of many goes with {', '.join(allowed) or 'nothing'} only")


ATTENTION: Final = frozenset({Status.HELD, Status.IN_DOUBT, Status.REJECTED})
"""What waits for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFilter:
    """Which cashbacks an operator means; instants are bounds, from inclusive, to exclusive.

    `reason` is a part of the latest event's, whatever its case, `status_code` what the provider
    answered to the latest attempt; `ids` None means whichever. For what is done to all that it
    means, `above_ceiling` says that what a ceiling holds is among them: a person releases that one
    by one. In lists it always is.
    """

    statuses: frozenset[Status] = ATTENTION
    document: BuyerDocument | None = None
    sold_from: datetime | None = None
    sold_to: datetime | None = None
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    reason: str | None = None
    status_code: int | None = None
    ids: frozenset[UUID] | None = None
    above_ceiling: bool = False


def is_above_ceiling(status: Status, actor: Actor, reason: str) -> bool:
    """Whether a ceiling holds it: its status, and who made its latest event, and why."""
    return status is Status.HELD and actor is Actor.API and reason in CEILING_REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCashback:
    """A cashback as an operator needs to see it: the latest event says why it stands here.

    `status_code` is what the provider answered to the latest attempt, if it answered. `suspected`
    says that it may be paid whatever its status says: an open incident of a statement is about
    it, its line may be its credit, or an operator's mark alone calls it unpaid.
    """

    id: UUID
    merchant: str
    status: Status
    reason: str
    actor: Actor
    actor_name: str | None
    since_at: datetime
    attempt: int
    status_code: int | None
    document: BuyerDocument
    cashback_centavos: int
    sale_id: str | None
    sold_at: datetime
    accepted_at: datetime
    risk_accepted_at: datetime | None
    suspected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """Cashbacks and the position to go on from, None at the end."""

    items: tuple[OpenCashback, ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTally:
    """How many of those are in one status, and what they are worth."""

    status: Status
    count: int
    centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cashbacks a filter means, what they are worth, and how many are at risk.

    `in_doubt` counts those for which an act asks that RISK is taken (`is_risky`), `above_ceiling`
    what a ceiling holds: these are in the other numbers only where the filter asks for them.
    `by_status` adds up to count and worth, in the order of `Status`; where it is told. `token`
    names what was looked at (`token_of`).
    """

    count: int
    cashback_centavos: int
    in_doubt: int
    above_ceiling: int = 0
    by_status: tuple[StatusTally, ...] = field(default=(), compare=False)
    token: str = field(default="", compare=False)


def token_of(kind: ActKind, versions: Iterable[tuple[UUID, int]]) -> str:
    """Names just these cashbacks, each as it stood at that version, for one act; 8 hex digits.

    Whatever has moved since makes it another, though it be back where it was. Of more than
    MAX_AT_ONCE it names the first by id, for nothing is done to so many.
    """
    told = hashlib.sha256(kind.encode())
    for id_, version in sorted(versions)[:MAX_AT_ONCE]:
        told.update(f"\n{id_} {version}".encode())
    return told.hexdigest()[:8]


def tally_by_status(each: Iterable[tuple[Status, int]]) -> tuple[StatusTally, ...]:
    """Of cashbacks, each by its status and what it is worth in centavos."""
    counts: Counter[Status] = Counter()
    centavos: Counter[Status] = Counter()
    for status, worth in each:
        counts[status] += 1
        centavos[status] += worth
    return by_status_of({status: (counts[status], centavos[status]) for status in counts})


def by_status_of(counts: Mapping[Status, tuple[int, int]]) -> tuple[StatusTally, ...]:
    """Counts and centavos in the order of `Status`; a status that none has is left out."""
    return tuple(
        StatusTally(status=status, count=counts[status][0], centavos=counts[status][1])
        for status in Status
        if counts.get(status, (0, 0))[0]
    )


@dataclass(frozen=True, slots=True)
class MeantChanged:
    """Not what the operator looked at, or moved since: look again before acting."""

    tally: Tally


@dataclass(frozen=True, slots=True)
class TooMany:
    """More than MAX_AT_ONCE: narrow the filter."""

    tally: Tally


ManyDecision = Tally | MeantChanged | TooMany | RiskNotAccepted


def may_act_on_all(tally: Tally, act: Act, *, token: str) -> ManyDecision:
    """Whether an act may be done to everything that a filter means; the tally itself if so.

    `token` is that of the tally that was looked at: as many, worth as much, may be others.
    """
    if tally.token != token:
        return MeantChanged(tally)
    if tally.count > MAX_AT_ONCE:
        return TooMany(tally)
    if tally.in_doubt and not act.accept_risk:
        return RiskNotAccepted(tally.in_doubt)
    return tally
