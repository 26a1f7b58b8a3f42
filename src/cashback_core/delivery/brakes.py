"""Brakes: what makes a cashback wait for a person, whatever the provider would do with it.

Ceilings hold what is too much, stops hold back a product type or a whole merchant. Decisions only:
the store reads what stands, inside the transaction that accepts, and stores what comes of it.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_CASHBACK_CEILING: Final = 9_999_999_999

MAX_DAY_CEILING: Final = 9_999_999_999_999
"""Highest ceilings, in centavos."""


class WaitsFor(StrEnum):
    """Which brake a cashback waits for."""

    CASHBACK_CEILING = "cashback_ceiling"
    """Held: more than the merchant lets one cashback be."""
    DAY_CEILING = "day_ceiling"
    """Held: with it the merchant's day would be above its ceiling."""
    TYPE_STOPPED = "type_stopped"
    """Pending: a product type of it is stopped."""
    MERCHANT_STOPPED = "merchant_stopped"
    """Pending: the merchant is stopped."""


REASONS: Final[Mapping[WaitsFor, str]] = {
    WaitsFor.CASHBACK_CEILING: "above the merchant's ceiling for one cashback",
    WaitsFor.DAY_CEILING: "above the merchant's ceiling for a day",
    WaitsFor.TYPE_STOPPED: "accepted while a product type of it is stopped",
    WaitsFor.MERCHANT_STOPPED: "accepted while the merchant is stopped",
}
"""What the event of its acceptance says."""

TO_BE_CONFIRMED: Final = "accepted, to be confirmed"
"""The same of what waits for its confirmation: no brake is asked before."""

AS_HISTORY: Final = "recorded as history: settled elsewhere, and never sent from here"
"""The same of what was brought in as it was: no brake is asked, since nothing is sent."""

CONFIRMED_REASONS: Final[Mapping[WaitsFor, str]] = {
    **REASONS,
    WaitsFor.TYPE_STOPPED: "confirmed while a product type of it is stopped",
    WaitsFor.MERCHANT_STOPPED: "confirmed while the merchant is stopped",
}
"""What the event says of what is confirmed later: its brakes are those of that moment."""

HELD: Final = frozenset({WaitsFor.CASHBACK_CEILING, WaitsFor.DAY_CEILING})
"""For these a person releases each cashback; a stop is lifted for all."""

CEILING_REASONS: Final = frozenset(REASONS[why] for why in HELD)
"""What the latest event of a cashback says that a ceiling holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What a merchant lets pass without a person's word, in centavos; None: everything.

    A day is the merchant's, by when cashbacks are accepted.
    """

    max_cashback_centavos: int | None = None
    max_day_centavos: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingBrakes:
    """What stands against a merchant's cashbacks; `merchant_stopped` goes before types.

    Without a zone its day is UTC's.
    """

    ceilings: Ceilings = field(default_factory=Ceilings)
    zone: str = "UTC"
    merchant_stopped: bool = False
    types_stopped: frozenset[str] = frozenset()


NO_BRAKES: Final = StandingBrakes()


def intake(
    centavos: int, types: Collection[str], standing: StandingBrakes, day_centavos: int
) -> WaitsFor | None:
    """What a cashback of these line types waits for when it is accepted; None if for nothing.

    `day_centavos` is what was accepted that day before it, and not held. What is held adds nothing
    to the day: a smaller one may fit after it. What a stop holds back will be paid, and adds, until
    it is cancelled before any attempt.
    """
    if centavos == 0:
        return None
    ceilings = standing.ceilings
    if ceilings.max_cashback_centavos is not None and centavos > ceilings.max_cashback_centavos:
        return WaitsFor.CASHBACK_CEILING
    limit = ceilings.max_day_centavos
    if limit is not None and day_centavos + centavos > limit:
        return WaitsFor.DAY_CEILING
    if standing.merchant_stopped:
        return WaitsFor.MERCHANT_STOPPED
    return None if standing.types_stopped.isdisjoint(types) else WaitsFor.TYPE_STOPPED


def merchant_day(at: datetime, zone: str) -> date:
    """The day that an instant lies in for a merchant; UTC's where the zone is unknown here."""
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return at.astimezone(UTC).date()
