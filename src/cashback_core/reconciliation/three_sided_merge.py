"""The merge of an ERP's day file with our records: streaming, over any range of keys.

Two passes over sorted sides, each holding one group at a time: first by the record that a line's
own number names, then what is left by instant and total, where equal ones are interchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cashback_core.reconciliation.comparing import compare, nothing_known
from cashback_core.reconciliation.pairing import Pairs
from cashback_core.reconciliation.spools import MemorySpool, cogroup
from cashback_core.reconciliation.three_side_totals import ThreeTotals
from cashback_core.reconciliation.three_sides import (
    EVERYTHING,
    Compared,
    ErpClass,
    KeyRange,
    WhyDiffers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from cashback_core.reconciliation.comparing import Reckon
    from cashback_core.reconciliation.spools import Spool
    from cashback_core.reconciliation.three_sides import DayRecord, ErpLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How long a sale may still come: it is taken until it is `max_age` old, by our clock."""

    as_of: datetime
    max_age: timedelta

    def class_of(self, line: ErpLine) -> ErpClass:
        """What a line is that no record goes with; without an instant nobody can tell: it waits."""
        if line.sold_at is None or line.sold_at + self.max_age >= self.as_of:
            return ErpClass.NOT_ARRIVED
        return ErpClass.NEVER_ARRIVED


class ThreeSidedMerge:
    """Puts every line and every record of a range in exactly one class.

    Both sides may come in any order; `findings` is read once, to its end, and `totals` are known
    then. Whatever is given of other ranges is left out, so a part may be given the whole; it must
    be given the records that its lines name, and the lines that name its records.
    """

    def __init__(
        self,
        arrival: Arrival,
        *,
        within: KeyRange = EVERYTHING,
        reckon: Reckon = nothing_known,
        spool: Callable[[], Spool[Any]] = MemorySpool,
    ) -> None:
        self.totals: Final = ThreeTotals()
        self._arrival = arrival
        self._within = within
        self._reckon = reckon
        self._spool = spool
        self._lines: Spool[ErpLine] = spool()
        self._records: Spool[DayRecord] = spool()

    def take(self, line: ErpLine) -> None:
        """Put one line aside."""
        self._lines.put(line)

    def enter(self, record: DayRecord) -> None:
        """Put one record aside."""
        self._records.put(record)

    def findings(self) -> Iterator[Compared]:
        """Every line and every record of the range, each in one finding."""
        for found in self._all():
            if self._within.holds(found.key):
                self.totals.add(found)
                yield found

    def _all(self) -> Iterator[Compared]:
        loose: Spool[ErpLine] = self._spool()
        left: Spool[DayRecord] = self._spool()
        sides = cogroup(
            self._lines.in_order(_named_by),
            self._records.in_order(lambda record: record.id.hex),
            _named_by,
            lambda record: record.id.hex,
        )
        for _, lines, records in sides:
            if len(records) > 1:
                raise ValueError("a record comes twice")
            if not records:
                yield from self._without_record(lines, loose)
            elif not lines:
                left.put(records[0])
            else:
                yield from self._named(lines, records[0])
        yield from self._by_content(loose, left)

    def _named(self, lines: list[ErpLine], record: DayRecord) -> Iterator[Compared]:
        """The first readable line of a record is its own."""
        readable = [line for line in lines if line.problem is None]
        readable.sort(key=lambda line: line.number)
        for line in lines:
            if line.problem is not None:
                yield Compared(cls=ErpClass.UNREADABLE, line=line, about=record)
        if not readable:
            yield Compared(cls=ErpClass.NOT_TOLD, record=record, whys=_twice_here(record))
            return
        own, *others = readable
        yield compare(own, record, self._reckon)
        for line in others:
            whys = (WhyDiffers.DUPLICATE,)
            yield Compared(cls=ErpClass.TOLD_TWICE, line=line, about=record, whys=whys)

    def _without_record(
        self, lines: Iterable[ErpLine], loose: Spool[ErpLine]
    ) -> Iterator[Compared]:
        for line in lines:
            if line.problem is not None or line.cannot_be_found:
                yield Compared(cls=ErpClass.UNREADABLE, line=line)
            elif line.name is None:
                loose.put(line)
            else:
                yield Compared(cls=self._arrival.class_of(line), line=line)

    def _by_content(self, loose: Spool[ErpLine], left: Spool[DayRecord]) -> Iterator[Compared]:
        sides = cogroup(
            loose.in_order(_when_and_how_much),
            left.in_order(_when_and_how_much),
            _when_and_how_much,
            _when_and_how_much,
        )
        for _, lines, records in sides:
            pairs = Pairs(lines, records)
            for line, record in pairs.found:
                yield compare(line, record, self._reckon)
            masked: tuple[WhyDiffers, ...] = (WhyDiffers.MASKED,)
            for line in pairs.lines:
                cls, why = self._arrival.class_of(line), masked if pairs.is_overlooked(line) else ()
                yield Compared(cls=cls, line=line, whys=why)
            for record in pairs.records:
                why = _twice_here(record) + (masked if pairs.has_overlooked else ())
                yield Compared(cls=ErpClass.NOT_TOLD, record=record, whys=why)


def _named_by(line: ErpLine) -> str:
    return "" if line.record is None else line.record.hex


def _when_and_how_much(one: ErpLine | DayRecord) -> str:
    assert one.sold_at is not None
    return f"{one.sold_at.replace(microsecond=0).isoformat()} {one.total_centavos}"


def _twice_here(record: DayRecord) -> tuple[WhyDiffers, ...]:
    return () if record.equal_to is None else (WhyDiffers.DUPLICATE,)
