"""Brakes: what makes a cashback wait for a person, whatever the provider would do with it.

Ceilings hold what is too much, stops hold back a product type or a whole merchant. Decisions only:
the store reads what stands, inside the transaction that accepts, and stores what comes of it.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice

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
class Standing:
    """What stands against a merchant's cashbacks; `merchant_stopped` goes before types.

    Without a zone its day is UTC's.
    """

    ceilings: Ceilings = field(default_factory=Ceilings)
    zone: str = "UTC"
    merchant_stopped: bool = False
    types_stopped: frozenset[str] = frozenset()


NO_BRAKES: Final = Standing()


def intake(
    centavos: int, types: Collection[str], standing: Standing, day_centavos: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop of one product type of a merchant, or of all of it (`type` None).

    While it stands sales are recorded and nothing of it is sent. `by_platform`: lifted by the
    platform alone. `version` is 1 while it stands and 2 once it is lifted.
    """

    id: UUID
    merchant: str
    type: str | None
    by_platform: bool
    stopped_at: datetime
    stopped_by: str
    reason: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_reason: str | None = None

    @property
    def version(self) -> int:
        """How often it was changed, from 1."""
        return 1 if self.lifted_at is None else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStop:
    """A stop to be put on by a person, in their words; without `merchant` of the caller's own."""

    by: str
    reason: str
    merchant: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFilter:
    """Which stops are wanted; None wants all."""

    merchant: str | None = None
    standing: bool | None = None


class StopStore(Protocol):
    """Stops: a merchant's administrators have their own merchant's, the platform's all.

    One method is one transaction, and its change is in the audit trail. Every method raises
    StoreUnavailable.
    """

    @abstractmethod
    async def create(self, caller: Caller, new: NewStop) -> Done[Stop] | Refusal:
        """Stop at once: no attempt begins after this has returned, or after its commit.

        What is under way ends. Taken when such a stop of the caller's stands already; Invalid for
        an unknown merchant or type.
        """

    @abstractmethod
    async def lift(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002 (the domain's word)
        *,
        by: str,
        reason: str,
    ) -> Done[Stop] | Refusal:
        """Let what waits go on, within seconds; InUse once lifted, or if only the platform may."""

    @abstractmethod
    async def page(self, caller: Caller, wanted: Slice, which: StopFilter) -> Page[Stop]:
        """Some of them, sorted by `stopped_at`; the key is the id."""

    @abstractmethod
    async def find(self, caller: Caller, id: UUID) -> Stop | None:  # noqa: A002
        """The one of that id, unless there is none for the caller."""
