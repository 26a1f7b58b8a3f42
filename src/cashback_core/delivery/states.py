"""The states of a cashback and who may move it: decisions only, the caller stores them.

Attempts are numbered from 1; only the latest may move the cashback, whatever the state, and each
keeps its own result on its own row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    Outcome,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.values.instants import refuse_naive


class Status(StrEnum):
    """The state of a cashback."""

    NOT_DUE = "not_due"
    """The cashback rounds to zero: nothing is sent."""
    UNCONFIRMED = "unconfirmed"
    """Its ERP will say when it earns: nothing is sent before, and it is void after a time."""
    PENDING = "pending"
    """To be sent when due."""
    SENDING = "sending"
    """An attempt holds the lease."""
    APPLIED = "applied"
    """The provider paid."""
    REJECTED = "rejected"
    """The provider refused this request for good."""
    IN_DOUBT = "in_doubt"
    """Paid or not: nobody here can tell, and nothing is sent until it is proved."""
    HELD = "held"
    """Given up for now, or above a ceiling; an operator decides."""
    CANCELLED = "cancelled"
    """An operator ended it unpaid."""
    VOID = "void"
    """Never confirmed in its time: ended unpaid."""
    RECORDED = "recorded"
    """History: brought in as it was, settled elsewhere, and never sent from here."""


class Actor(StrEnum):
    """Who moved a cashback."""

    API = "api"
    WORKER = "worker"
    REAPER = "reaper"
    LATE_ANSWER = "late_answer"
    SETTLER = "settler"
    OPERATOR = "operator"


DONE: Final = frozenset({Status.APPLIED, Status.NOT_DUE, Status.RECORDED})
"""States whose answer to the ERP is 201 and never changes again."""

CLOSED: Final = DONE | {Status.VOID}
"""What nearly every cashback ends in, and nobody has to do anything about.

The index `cashbacks_open` and every query that is to use it leave out these very states.
"""

ENDED: Final = CLOSED | {Status.CANCELLED}
"""States of which nothing is sent any more, unless a person takes a mark back."""

TRANSITIONS: Final[frozenset[tuple[Status | None, Status, Actor]]] = frozenset(
    (source, target, actor)
    for source, targets, actors in (
        (
            None,
            (
                Status.NOT_DUE,
                Status.PENDING,
                Status.HELD,
                Status.UNCONFIRMED,
                Status.RECORDED,  # and from there nothing leads anywhere
            ),
            (Actor.API,),
        ),
        (Status.UNCONFIRMED, (Status.PENDING, Status.HELD), (Actor.API,)),
        (Status.UNCONFIRMED, (Status.VOID,), (Actor.WORKER,)),
        (Status.UNCONFIRMED, (Status.CANCELLED,), (Actor.OPERATOR,)),
        # Only a database that went back has forgotten that it was confirmed, sent and credited.
        (Status.UNCONFIRMED, (Status.APPLIED,), (Actor.SETTLER,)),
        (Status.PENDING, (Status.SENDING,), (Actor.API, Actor.WORKER)),
        (
            Status.SENDING,
            (Status.APPLIED, Status.REJECTED, Status.PENDING, Status.HELD, Status.IN_DOUBT),
            (Actor.API, Actor.WORKER),
        ),
        (Status.SENDING, (Status.IN_DOUBT,), (Actor.REAPER,)),
        (Status.PENDING, (Status.APPLIED,), (Actor.LATE_ANSWER,)),
        (Status.HELD, (Status.APPLIED,), (Actor.LATE_ANSWER,)),
        (Status.REJECTED, (Status.APPLIED,), (Actor.LATE_ANSWER,)),
        (
            Status.IN_DOUBT,
            (Status.APPLIED, Status.PENDING, Status.REJECTED),
            (Actor.LATE_ANSWER,),
        ),
        (Status.IN_DOUBT, (Status.APPLIED, Status.PENDING, Status.HELD), (Actor.SETTLER,)),
        (Status.PENDING, (Status.APPLIED, Status.IN_DOUBT), (Actor.SETTLER,)),
        (Status.HELD, (Status.APPLIED,), (Actor.SETTLER,)),
        (Status.REJECTED, (Status.APPLIED,), (Actor.SETTLER,)),
        (Status.IN_DOUBT, (Status.APPLIED, Status.PENDING, Status.REJECTED), (Actor.OPERATOR,)),
        (Status.HELD, (Status.PENDING, Status.CANCELLED, Status.APPLIED), (Actor.OPERATOR,)),
        (
            Status.REJECTED,
            (Status.PENDING, Status.CANCELLED, Status.APPLIED, Status.IN_DOUBT),
            (Actor.OPERATOR,),
        ),
        (Status.APPLIED, (Status.IN_DOUBT,), (Actor.OPERATOR,)),
        (Status.PENDING, (Status.CANCELLED,), (Actor.OPERATOR,)),
    )
    for target in targets
    for actor in actors
)
"""Every move there is; the database holds the same list as a constraint."""


MAX_OWN_ERRORS: Final = 3
"""A cashback on which our own code fails this often is held: it must not come back for ever."""

MAX_TIME_S: Final = 10_000_000.0
"""Every time of delivery is below this, some four months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """The times of delivery, in seconds.

    `deadline_s` bounds one call to the provider, `lease_s` the time in which nobody else may
    touch an attempt; a deliverer sends only while the rest of its lease is at least the deadline.
    """

    deadline_s: float = 10.0
    lease_s: float = 30.0
    backoff_base_s: float = 2.0
    backoff_max_s: float = 900.0
    retry_after_max_s: float = 3600.0
    give_up_s: float = 86_400.0

    def __post_init__(self) -> None:
        if not 0 < self.deadline_s < self.lease_s:
            raise ValueError("a lease must be longer than the deadline of a call")
        if not 0 < self.backoff_base_s <= self.backoff_max_s:
            raise ValueError("the backoff's base must be positive and at most its ceiling")
        if not self.backoff_base_s <= self.retry_after_max_s < MAX_TIME_S:
            raise ValueError("the longest Retry-After must be at least the backoff's base")
        if not (
            0 < self.give_up_s < MAX_TIME_S and max(self.lease_s, self.backoff_max_s) < MAX_TIME_S
        ):
            raise ValueError(f"the times of delivery must be below {MAX_TIME_S} s")

    def may_send(self, *, lease_age_s: float) -> bool:
        """Whether a call begun now would end within the lease.

        The age is measured from before the lease was asked for, on a monotonic clock that also
        counts the time in which the process or the machine was suspended.
        """
        return self.lease_s - lease_age_s >= self.deadline_s

    def backoff_s(self, *, attempt: int, chance: float) -> float:
        """Full jitter: uniform in [0, min(ceiling, base x 2^attempt)); `chance` is in [0, 1)."""
        ceiling = min(self.backoff_max_s, self.backoff_base_s * 2.0 ** min(attempt, 64))
        return ceiling * chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a cashback stands. `attempt` is the latest one's number, 0 before the first.

    `open_since_at` is when the present try to deliver began: giving up counts from it, less
    `paused`, the time since then in which nothing was sent on purpose. `own_errors` counts the
    attempts since then that our own code could not make.
    """

    status: Status
    attempt: int
    open_since_at: datetime
    paused: timedelta = timedelta(0)
    own_errors: int = 0

    def __post_init__(self) -> None:
        refuse_naive(self.open_since_at, "when a delivery began")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A state to be stored. `due_at` is set exactly when the cashback returns to pending."""

    to: Status
    actor: Actor
    reason: str
    due_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.to is Status.PENDING) != (self.due_at is not None):
            raise ValueError("what returns to pending is due at an instant, and nothing else is")
        if self.due_at is not None:
            refuse_naive(self.due_at, "when a cashback is due")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What the end of an attempt means: a move or none, and an incident or none."""

    move: Move | None = None
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An attempt's end: its number, its outcome, and the instant by the database's clock.

    `deliverer` is the process that ran it: the API (for a request that waits) or a worker.
    """

    attempt: int
    outcome: Outcome
    at: datetime
    chance: float
    deliverer: Actor

    def __post_init__(self) -> None:
        refuse_naive(self.at, "when an attempt ended")


def conclude(delivery: Delivery, ended: Ended, policy: DeliveryPolicy) -> Conclusion:
    """What the end of an attempt does to its cashback, in whatever order ends arrive."""
    incident = ended.outcome.incident if isinstance(ended.outcome, Unknown) else None
    if ended.attempt > delivery.attempt:
        raise ValueError("an attempt that was never recorded cannot end")
    if ended.attempt < delivery.attempt:
        if isinstance(ended.outcome, Applied):
            incident = f"201 of attempt {ended.attempt}, older than the latest, {delivery.attempt}"
        return Conclusion(incident=incident)
    match delivery.status:
        case Status.SENDING:
            return Conclusion(move=_end_of_sending(delivery, ended, policy), incident=incident)
        case Status.IN_DOUBT:
            return Conclusion(move=_late_evidence(ended, policy), incident=incident)
        case Status.PENDING | Status.HELD | Status.REJECTED:
            move = _late_applied(ended.outcome)
            return Conclusion(move=move, incident=incident)
        case Status.CANCELLED | Status.VOID | Status.UNCONFIRMED | Status.RECORDED:
            if isinstance(ended.outcome, Applied):
                article = "an" if delivery.status is Status.UNCONFIRMED else "a"
                incident = f"201 for {article} {delivery.status} cashback"
            return Conclusion(incident=incident)
        case Status.APPLIED | Status.NOT_DUE:
            return Conclusion(incident=incident)
        case _:
            assert_never(delivery.status)


def _end_of_sending(delivery: Delivery, ended: Ended, policy: DeliveryPolicy) -> Move:
    who = ended.deliverer
    match ended.outcome:
        case Applied():
            return Move(to=Status.APPLIED, actor=who, reason="the provider answered 201")
        case Refused():
            return Move(to=Status.REJECTED, actor=who, reason="the provider refused it for good")
        case Unknown(incident):
            return Move(to=Status.IN_DOUBT, actor=who, reason=incident or "no certain answer")
        case NeverSent() | RefusedForNow() | OwnError() | Misconfigured():
            reason = _why_given_up(delivery, ended, policy)
            if reason is not None:
                return Move(to=Status.HELD, actor=who, reason=reason)
            return _back_to_pending(ended, policy, who)
        case _:
            assert_never(ended.outcome)


def _why_given_up(delivery: Delivery, ended: Ended, policy: DeliveryPolicy) -> str | None:
    if isinstance(ended.outcome, OwnError):
        again = delivery.own_errors + 1 < MAX_OWN_ERRORS
        return None if again else "our own code fails on it"
    if isinstance(ended.outcome, Misconfigured):
        return None  # the fault is ours and hits every row: none is given up for it
    tried = ended.at - delivery.open_since_at - delivery.paused
    over = tried >= timedelta(seconds=policy.give_up_s)
    return "given up after repeated attempts" if over else None


def _late_evidence(ended: Ended, policy: DeliveryPolicy) -> Move | None:
    """The reaper called the attempt doubtful; now its own deliverer tells what happened."""
    late = Actor.LATE_ANSWER
    match ended.outcome:
        case Applied():
            return _late_applied(ended.outcome)
        case Refused():
            return Move(to=Status.REJECTED, actor=late, reason="refused, as was learnt late")
        case NeverSent() | RefusedForNow() | Misconfigured() | OwnError():
            return _back_to_pending(ended, policy, late)
        case Unknown():
            return None
        case _:
            assert_never(ended.outcome)


def _late_applied(outcome: Outcome) -> Move | None:
    if not isinstance(outcome, Applied):
        return None
    return Move(
        to=Status.APPLIED, actor=Actor.LATE_ANSWER, reason="a late 201 of the latest attempt"
    )


def _back_to_pending(ended: Ended, policy: DeliveryPolicy, actor: Actor) -> Move:
    wait_s = policy.backoff_s(attempt=ended.attempt, chance=ended.chance)
    reason = "never sent"
    match ended.outcome:
        case RefusedForNow(retry_after_s):
            reason = "the provider asked to come back later"
            if retry_after_s is not None:
                # In this order a NaN loses every comparison, and the base is left.
                wait_s = min(max(policy.backoff_base_s, retry_after_s), policy.retry_after_max_s)
        case OwnError():
            reason = "our own code failed before anything was sent"
        case Misconfigured():
            reason = "our address, credentials or method are refused"
        case _:
            pass
    due_at = ended.at + timedelta(seconds=wait_s)
    return Move(to=Status.PENDING, actor=actor, reason=reason, due_at=due_at)
