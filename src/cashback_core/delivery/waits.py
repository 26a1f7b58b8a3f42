"""Why a cashback waits, since when, and when it is tried next: told from what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cashback_core.delivery.states import Status

PAUSE_FRESH: Final = timedelta(seconds=15)
"""A process that sends nothing on purpose says so again within this."""

MAY_WAIT: Final = frozenset(
    {Status.UNCONFIRMED, Status.PENDING, Status.IN_DOUBT, Status.HELD, Status.REJECTED}
)
"""The others are being sent, or have ended."""

_CREDENTIALS: Final = frozenset({401, 403})


class Why(StrEnum):
    """What a cashback waits for."""

    PAUSED = "paused"
    """Somebody paused all sending, or the guard did after a restore."""
    CREDENTIALS_REFUSED = "credentials_refused"
    """The provider answered 401 or 403: it does not take our credentials."""
    MISCONFIGURED = "misconfigured"
    """The provider answered what our own settings must have caused, such as 404."""
    BREAKER_OPEN = "breaker_open"
    """The provider failed several customers in a row: it is given a rest."""
    RETRY = "retry"
    """It was tried, or put off, and its next try is not due yet."""
    DUE = "due"
    """It is to be sent now, as soon as a worker takes it."""
    PROOF = "proof"
    """In doubt: the provider's statement will tell, or a person."""
    CONFIRMATION = "confirmation"
    """Unconfirmed: its ERP says when it was paid for, or it becomes void."""
    PERSON = "person"
    """Held or rejected: an operator decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a cashback waits for and since when; `next_try_at` is None where nobody knows.

    `until_at` is by when it is to be confirmed: after that and `VOID_GRACE` it is void.
    """

    why: str
    since_at: datetime
    next_try_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is recorded of a cashback that may wait; instants are aware UTC.

    `since_at` is its latest event's, `result` and `status_code` are its latest attempt's.
    `paused_at` is since when the sender is paused, `resting_since_at` since when a breaker is open,
    `brake` what else holds it back on purpose and since when: a Why of its own.
    """

    status: Status
    since_at: datetime
    now: datetime
    due_at: datetime | None = None
    result: str | None = None
    status_code: int | None = None
    paused_at: datetime | None = None
    resting_since_at: datetime | None = None
    brake: tuple[str, datetime] | None = None


def why_it_waits(facts: Facts) -> Waiting | None:
    """What it waits for; None when it waits for nothing: it is being sent, or has ended."""
    if facts.status not in MAY_WAIT:
        return None
    if facts.status is Status.UNCONFIRMED:
        return Waiting(why=Why.CONFIRMATION, since_at=facts.since_at, until_at=facts.due_at)
    if facts.brake is not None:
        return Waiting(why=facts.brake[0], since_at=facts.brake[1])
    if facts.status is not Status.PENDING:
        why = Why.PROOF if facts.status is Status.IN_DOUBT else Why.PERSON
        return Waiting(why=why, since_at=facts.since_at)
    return _until_it_is_sent(facts)


def _until_it_is_sent(facts: Facts) -> Waiting:
    if facts.paused_at is not None:
        return Waiting(why=Why.PAUSED, since_at=max(facts.paused_at, facts.since_at))
    later = facts.due_at is not None and facts.due_at > facts.now
    next_try_at = facts.due_at if later else None
    if facts.result == "misconfigured":
        refused = facts.status_code in _CREDENTIALS
        why = Why.CREDENTIALS_REFUSED if refused else Why.MISCONFIGURED
    elif facts.resting_since_at is not None:
        since_at = max(facts.resting_since_at, facts.since_at)
        return Waiting(why=Why.BREAKER_OPEN, since_at=since_at, next_try_at=next_try_at)
    else:
        why = Why.RETRY if later else Why.DUE
    return Waiting(why=why, since_at=facts.since_at, next_try_at=next_try_at)
