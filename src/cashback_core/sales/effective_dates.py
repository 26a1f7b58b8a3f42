"""Effective-dated changes: when one may start, and until when it may be taken back.

A rate and a product's type hold from an instant on, until the next one starts. What has begun, or
is about to, never changes: so whatever an API process keeps of them for up to a minute, and however
far an ERP's clock is ahead, a sale earns what was in force at the instant that counts.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

MIN_NOTICE: Final = timedelta(minutes=10)
"""How far ahead a change starts at least; more than what is kept of rates (60 s), the time a
transaction may take (10 s) and what clocks of our own differ by together. How far a till's clock is
ahead adds nothing: such a sale counts at its acceptance (`counts_at`)."""

BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
END: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Every instant that is stored lies from BEGINNING on and before END."""

MAX_PERIODS: Final = 1000
"""Most rates of a product type, and most types of a product, over all times."""


class ChangeFault(StrEnum):
    """Why a change is not taken."""

    OUT_OF_RANGE = "starts_at_out_of_range"
    NO_NOTICE = "starts_at_without_notice"
    NOT_AFTER_LATEST = "starts_at_not_after_latest"
    TOO_MANY = "too_many_changes"
    UNCONFIRMED = "rate_unconfirmed"
    BEGUN = "change_begun"
    NOT_LATEST = "change_not_latest"


@dataclass(frozen=True, slots=True)
class ChangeRefused:
    """A change that is not taken, and the instant that it fails by, where there is one."""

    fault: ChangeFault
    limit: datetime | None = None


def counts_at(sold_at: datetime, accepted_at: datetime | None) -> datetime:
    """The instant by which the rates and types of a sale are judged.

    A till whose clock is ahead sells no later than it is heard: then its acceptance counts.
    """
    return sold_at if accepted_at is None or sold_at <= accepted_at else accepted_at


def refuse_start(
    starts: Iterable[datetime], *, starts_at: datetime, now: datetime
) -> ChangeRefused | None:
    """Why the next period may not start then; None if it may.

    The first may start anywhere: before it there was nothing to earn. Later ones start at least
    MIN_NOTICE from now, and after every other: versions follow time.
    """
    if not BEGINNING <= starts_at < END:
        return ChangeRefused(ChangeFault.OUT_OF_RANGE)
    others = list(starts)
    if not others:
        return None
    if len(others) >= MAX_PERIODS:
        return ChangeRefused(ChangeFault.TOO_MANY)
    if starts_at < now + MIN_NOTICE:
        return ChangeRefused(ChangeFault.NO_NOTICE, now + MIN_NOTICE)
    if starts_at <= max(others):
        return ChangeRefused(ChangeFault.NOT_AFTER_LATEST, max(others))
    return None


def refuse_withdrawal(
    starts: Iterable[datetime], *, starts_at: datetime, now: datetime
) -> ChangeRefused | None:
    """Why the period that starts then may not be taken back; None if it may.

    Only the latest one may, so that versions stay without gaps, and not once its start is near.
    """
    latest = max(starts, default=starts_at)
    if starts_at < latest:
        return ChangeRefused(ChangeFault.NOT_LATEST, latest)
    if starts_at < now + MIN_NOTICE:
        return ChangeRefused(ChangeFault.BEGUN, starts_at - MIN_NOTICE)
    return None
