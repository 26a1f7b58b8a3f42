"""Reconciling a merchant's day on three sides: the merge judges what is not plainly alike.

The store gives what is not plainly alike on all sides, and what all sides add up to; the merge
judges the former, and what is left of the latter is alike. What needs somebody becomes a
difference, which stands until a later run, of this file or a newer one, no longer finds it.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import TypeVar
from uuid import UUID

from cashback_core.reconciliation.days_compared import (
    MAX_KEPT,
    DayAsked,
    DayCompared,
    DaySides,
    DifferencesKept,
    FoundDifference,
    NotCompared,
    ThreeSides,
    Unlike,
)
from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.reckoning import Reckoned
from cashback_core.reconciliation.spools import Spool
from cashback_core.reconciliation.three_side_totals import SideTotals, ThreeTotals
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_core.reconciliation.three_sides import (
    NEED_SOMEBODY,
    Compared,
    DayRecord,
    ErpClass,
    WhyDiffers,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDay:
    """Reconciles a merchant's day on three sides; `tell` is told how many unlike things came."""

    store: ThreeSides
    tell: Callable[[int], object] = field(default=lambda _count: None)

    async def __call__(self, asked: DayAsked) -> DayCompared | NotCompared:
        """Compare, keep what differs, note the run. Raises StoreUnavailable."""
        with DiskSpools() as spools:
            found: Spool[Compared] = spools()
            async with self.store.compared(asked) as sides:
                if isinstance(sides, NotCompared):
                    return sides
                facts = sides.facts
                merge = ThreeSidedMerge(facts.arrival, spool=spools)
                await self._take(sides, merge)
                async for batch in _batches(merge.findings()):
                    for one in await _explained(batch, sides):
                        found.put(one)
                totals = merge.totals
                _add_alike(totals, await sides.whole(), facts.alike)
            # Told once the snapshot is gone: what is written holds nothing back for long.
            kept = DifferencesKept()
            ordered = _as_kept(found.in_order(_place))
            async for some in _batches(ordered if facts.is_newest else iter(())):
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


def _place(one: Compared) -> tuple[datetime, str, int]:
    """By instant, then by id: so they are kept, and so they are listed."""
    record, line = one.record or one.about, one.line
    return one.key, "" if record is None else record.id.hex, 0 if line is None else line.number


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
