"""Reconciling a merchant's day on three sides: what is asked, what comes of it, and the port."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.reconciliation.findings import FindingClass, Totals
from cashback_core.reconciliation.reckoning import Reckoned
from cashback_core.reconciliation.three_side_totals import SideTotals, ThreeTotals
from cashback_core.reconciliation.three_sided_merge import Arrival
from cashback_core.reconciliation.three_sides import DayRecord, ErpClass, ErpLine, WhyDiffers
from cashback_core.values.pages import Position

MAX_KEPT: Final = 1_000
"""Differences that a store is given at once."""


class ProviderSource(StrEnum):
    """Where the provider's side of a run is from."""

    NOTHING = "nothing"
    """It is left out."""
    LEDGER = "ledger"
    """The provider's ledger, as the reconciled statements tell it."""
    STATEMENT = "statement"
    """A statement that was imported as a file, against the whole account's book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAsked:
    """A merchant's day to be reconciled; without `file_id` by the newest whole file of it.

    With `statement_id` the provider's side is that file, which is of the whole account and so for
    the platform alone; else the ledger. `by` is who asks.
    """

    merchant_id: int
    day: date
    by: str
    file_id: UUID | None = None
    statement_id: UUID | None = None


class NotCompared(Enum):
    """Why a day was not reconciled."""

    NO_FILE = "no_file"
    """There is no whole file of that day, or none of that id."""
    NO_STATEMENT = "no_statement"
    """There is no whole statement of that id."""
    FILE_CLEARED = "file_cleared"
    """Its lines were cleared away: only what they added up to is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What a run is of: the file and its bounds in the merchant's zone, our clock's instant.

    `alike` is the provider's class of what is plainly alike, None where that side tells nothing.
    Only the newest whole file of a day opens and closes differences. `statement` are the whole
    statement's totals by class, of the account, and `distrust` why its silence proves nothing;
    both only where a statement was read.
    """

    run_id: UUID
    file_id: UUID
    begins_at: datetime
    ends_at: datetime
    arrival: Arrival
    source: ProviderSource
    is_newest: bool = True
    alike: FindingClass | None = None
    statement: Totals | None = None
    distrust: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlike:
    """Some of what is not plainly alike: each line and each record comes once in a run."""

    lines: Sequence[ErpLine] = ()
    records: Sequence[DayRecord] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDifference:
    """A finding that needs somebody, as a store keeps it.

    `known_by` is the same for it on every file of the day: the cashback, or the sale's own name.
    The amounts are of the sale and of its cashback, None on the side that tells none.
    """

    known_by: str
    cls: ErpClass
    whys: tuple[WhyDiffers, ...]
    line: int | None
    cashback_id: UUID | None
    erp_total_centavos: int | None
    our_total_centavos: int | None
    erp_centavos: int | None
    our_centavos: int | None
    provider: FindingClass | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencesKept:
    """How many differences of the day were opened, found again, and closed."""

    opened: int = 0
    renewed: int = 0
    closed: int = 0

    def __add__(self, other: DifferencesKept) -> DifferencesKept:
        return DifferencesKept(
            opened=self.opened + other.opened,
            renewed=self.renewed + other.renewed,
            closed=self.closed + other.closed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCompared:
    """A run that was done."""

    facts: DayFacts
    totals: ThreeTotals
    kept: DifferencesKept


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRun:
    """A run as it was noted; `totals` holds its cells as `cells_of` writes them."""

    id: UUID
    day: date
    file_id: UUID
    statement_id: UUID | None
    source: ProviderSource
    by: str
    as_of: datetime
    totals: ThreeTotals
    kept: DifferencesKept
    distrust: str | None = None


class DaySides(Protocol):
    """A day as of one instant. Every method raises StoreUnavailable when the database is away."""

    @property
    @abstractmethod
    def facts(self) -> DayFacts:
        """What the run is of."""

    @abstractmethod
    def unlike(self) -> AsyncIterator[Unlike]:
        """All that is not plainly alike on all sides, in batches."""

    @abstractmethod
    async def whole(self) -> SideTotals:
        """What the file, the day's records and those that its lines name add up to.

        Known once `unlike` was read. The provider's side is not counted.
        """

    @abstractmethod
    async def reckoned(self, ids: Collection[UUID]) -> Mapping[UUID, Reckoned]:
        """These recorded sales, to be reckoned anew; at most MAX_KEPT."""


class ThreeSides(Protocol):
    """Where days are compared and what differs is kept.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    def compared(self, asked: DayAsked) -> AbstractAsyncContextManager[DaySides | NotCompared]:
        """The sides of a day as of now; nothing is written meanwhile."""

    @abstractmethod
    async def keep(
        self, asked: DayAsked, facts: DayFacts, found: Sequence[FoundDifference]
    ) -> DifferencesKept:
        """Open what does not stand open yet, renew what does, in one transaction.

        In this order, by which those of one run are listed.
        """

    @abstractmethod
    async def end(
        self, asked: DayAsked, facts: DayFacts, totals: ThreeTotals, kept: DifferencesKept
    ) -> DifferencesKept:
        """Close what this run no longer found, and note the run, in one transaction.

        What it has kept in all. A run of a file that is not the newest closes nothing.
        """

    @abstractmethod
    async def runs(
        self, merchant_id: int, *, day: date | None, limit: int, after: Position | None
    ) -> tuple[DayRun, ...]:
        """Up to `limit` runs of a merchant, newest first, of one day or all, after a position."""
