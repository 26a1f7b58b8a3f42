"""Reconciling a merchant's day on three sides: what is asked, what comes of it, and the port.

The store gives what is not plainly alike on all sides, and what all sides add up to; the merge
judges the former, and what is left of the latter is alike. What needs somebody becomes a
difference, which stands until a later run, of this file or a newer one, no longer finds it.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, StrEnum
from hashlib import blake2b
from itertools import islice
from typing import Final, Protocol, TypeVar
from uuid import UUID

from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.findings import FindingClass, Totals
from cashback_core.reconciliation.reckoning import Reckoned
from cashback_core.reconciliation.three_sided_merge import Arrival, ThreeSidedMerge
from cashback_core.reconciliation.three_sides import (
    NEED_SOMEBODY,
    Compared,
    DayRecord,
    ErpClass,
    ErpLine,
    SideTotals,
    ThreeTotals,
    WhyDiffers,
)
from cashback_core.values.pages import Position

T = TypeVar("T")

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
        """Open what does not stand open yet, renew what does, in one transaction."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDay:
    """Reconciles a merchant's day on three sides; `tell` is told how many unlike things came."""

    store: ThreeSides
    tell: Callable[[int], object] = field(default=lambda _count: None)

    async def __call__(self, asked: DayAsked) -> DayCompared | NotCompared:
        """Compare, keep what differs, note the run. Raises StoreUnavailable."""
        with DiskSpools() as spools:
            found = spools.kept()
            async with self.store.compared(asked) as sides:
                if isinstance(sides, NotCompared):
                    return sides
                facts = sides.facts
                merge = ThreeSidedMerge(facts.arrival, spool=spools)
                await self._take(sides, merge)
                async for batch in _batches(merge.findings()):
                    found.add(await _explained(batch, sides))
                totals = merge.totals
                _add_alike(totals, await sides.whole(), facts.alike)
            # Told once the snapshot is gone: what is written holds nothing back for long.
            kept = DifferencesKept()
            async for some in _batches(_as_kept(iter(found)) if facts.is_newest else iter(())):
                kept += await self.store.keep(asked, facts, some)
            kept = await self.store.end(asked, facts, totals, kept)
        return DayCompared(facts=facts, totals=totals, kept=kept)

    async def _take(self, sides: DaySides, merge: ThreeSidedMerge) -> None:
        count = 0
        async for some in sides.unlike():
            await asyncio.to_thread(_put, some, merge)
            count += len(some.lines) + len(some.records)
            self.tell(count)


def _put(some: Unlike, merge: ThreeSidedMerge) -> None:
    for line in some.lines:
        merge.take(line)
    for record in some.records:
        merge.enter(record)


def _add_alike(totals: ThreeTotals, whole: SideTotals, provider: FindingClass | None) -> None:
    """What the merge was not given is plainly alike: credited once, where that was looked at."""
    left = whole.less(totals.whole())
    if left.lines or left.records:
        left.credits = 0 if provider is None else left.records
        left.credit_centavos = 0 if provider is None else left.record_cashback_centavos
        totals.add_to((ErpClass.EQUAL, provider), left)


async def _explained(batch: list[Compared], sides: DaySides) -> list[Compared]:
    """What differs in its cashback, explained by reckoning it anew; what needs nobody left out."""
    unknown = [one.record.id for one in batch if one.record and WhyDiffers.UNKNOWN in one.whys]
    reckoned: Mapping[UUID, Reckoned] = {}
    if unknown:
        reckoned = await sides.reckoned(unknown)
    return await asyncio.to_thread(
        lambda: [_reckoned(one, reckoned) for one in batch if one.cls in NEED_SOMEBODY]
    )


def _reckoned(one: Compared, reckoned: Mapping[UUID, Reckoned]) -> Compared:
    line, record = one.line, one.record
    if line is None or record is None or WhyDiffers.UNKNOWN not in one.whys:
        return one
    sale = reckoned.get(record.id)
    why = () if sale is None else sale.leads_to(line.cashback_centavos or 0)
    if not why:
        return one
    whys = {*one.whys, *why} - {WhyDiffers.UNKNOWN}
    return Compared(
        cls=one.cls,
        line=line,
        record=record,
        whys=tuple(each for each in WhyDiffers if each in whys),
    )


def _as_kept(found: Iterator[Compared]) -> Iterator[FoundDifference]:
    """Each under a name of its own: what reads alike is counted."""
    seen: dict[str, int] = {}
    for one in found:
        line, record = one.line, one.record or one.about
        known_by = _known_by(one)
        nth = seen[known_by] = seen.get(known_by, 0) + 1
        yield FoundDifference(
            known_by=f"{known_by}#{nth}",
            cls=one.cls,
            whys=one.whys,
            line=None if line is None else line.number,
            cashback_id=None if record is None else record.id,
            erp_total_centavos=None if line is None else line.total_centavos,
            our_total_centavos=None if one.record is None else one.record.total_centavos,
            erp_centavos=None if line is None else line.cashback_centavos,
            our_centavos=None if one.record is None else one.record.cashback_centavos,
            provider=None if one.record is None else _provider(one.record),
        )


def _provider(record: DayRecord) -> FindingClass | None:
    return None if record.provider is None else record.provider.cls


def _known_by(one: Compared) -> str:
    """What a later file's difference is known again by; nothing in it names a customer."""
    record, line = one.record or one.about, one.line
    if record is not None:
        again = one.cls in {ErpClass.TOLD_TWICE, ErpClass.UNREADABLE}
        return f"{one.cls} {record.id}" if again else f"of {record.id}"
    assert line is not None
    if line.name is not None:
        spelt = f"{line.store} {line.name}"
        return f"line {blake2b(spelt.encode(), digest_size=16).hexdigest()}"
    if line.sold_at is None or line.total_centavos is None:
        return f"{one.cls}"
    return f"line {line.sold_at.isoformat(timespec='seconds')} {line.total_centavos}"


async def _batches(items: Iterator[T]) -> AsyncGenerator[list[T], None]:
    """Some at once, made in a thread."""
    while some := await asyncio.to_thread(lambda: list(islice(items, MAX_KEPT))):
        yield some
