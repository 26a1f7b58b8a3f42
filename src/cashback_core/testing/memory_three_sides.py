"""Days on three sides in memory: every promise of the port, on what a test puts there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cashback_core.reconciliation.days_compared import (
    DayFacts,
    DayRun,
    DaySides,
    DifferencesKept,
    NotCompared,
    ProviderSource,
    ThreeSides,
    Unlike,
)
from cashback_core.reconciliation.three_side_totals import SideTotals
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from cashback_core.reconciliation.days_compared import DayAsked, FoundDifference
    from cashback_core.reconciliation.reckoning import Reckoned
    from cashback_core.reconciliation.three_side_totals import ThreeTotals
    from cashback_core.reconciliation.three_sided_merge import Arrival
    from cashback_core.reconciliation.three_sides import DayRecord, ErpLine
    from cashback_core.values.pages import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFile:
    """A whole file of a day, the day's bounds, and the records that it is held against."""

    merchant_id: int
    day: date
    begins_at: datetime
    ends_at: datetime
    arrival: Arrival
    lines: tuple[ErpLine, ...] = ()
    records: tuple[DayRecord, ...] = ()
    is_cleared: bool = False
    id: UUID = field(default_factory=new_id)


@dataclass(slots=True, kw_only=True)
class DifferenceRow:
    """A difference as it is kept."""

    merchant_id: int
    day: date
    found: FoundDifference
    opened_at: datetime
    last_seen_at: datetime
    is_closed: bool = False


class MemoryThreeSides(ThreeSides):
    """`files` are in the order in which they were completed; nothing is called plainly alike."""

    def __init__(self) -> None:
        self.files: list[DayFile] = []
        self.differences: list[DifferenceRow] = []
        self.reckonable: dict[UUID, Reckoned] = {}
        self.away = False
        self._runs: list[tuple[int, DayRun]] = []

    @asynccontextmanager
    async def compared(self, asked: DayAsked) -> AsyncGenerator[DaySides | NotCompared, None]:
        """See the port; a statement is none of memory's."""
        self._reach()
        theirs = [
            one
            for one in self.files
            if (one.merchant_id, one.day) == (asked.merchant_id, asked.day)
        ]
        wanted = [one for one in theirs if asked.file_id in {None, one.id}]
        if not wanted:
            yield NotCompared.NO_FILE
        elif asked.statement_id is not None:
            yield NotCompared.NO_STATEMENT
        elif wanted[-1].is_cleared:
            yield NotCompared.FILE_CLEARED
        else:
            file = wanted[-1]
            yield _Sides(file, self.reckonable, is_newest=file is theirs[-1])

    async def keep(
        self, asked: DayAsked, facts: DayFacts, found: Sequence[FoundDifference]
    ) -> DifferencesKept:
        """See the port."""
        self._reach()
        kept, at = DifferencesKept(), facts.arrival.as_of
        for one in found:
            row = self._standing(asked, one.known_by)
            if row is None:
                kept += DifferencesKept(opened=1)
                self.differences.append(
                    DifferenceRow(
                        merchant_id=asked.merchant_id,
                        day=asked.day,
                        found=one,
                        opened_at=at,
                        last_seen_at=at,
                    )
                )
            elif row.last_seen_at <= at:
                kept += DifferencesKept(renewed=1)
                row.found, row.last_seen_at = one, at
        return kept

    async def end(
        self, asked: DayAsked, facts: DayFacts, totals: ThreeTotals, kept: DifferencesKept
    ) -> DifferencesKept:
        """See the port."""
        self._reach()
        at = facts.arrival.as_of
        for row in self.differences if facts.is_newest else ():
            of_the_day = (row.merchant_id, row.day) == (asked.merchant_id, asked.day)
            if of_the_day and not row.is_closed and row.last_seen_at < at:
                row.is_closed = True
                kept += DifferencesKept(closed=1)
        run = DayRun(
            id=facts.run_id,
            day=asked.day,
            file_id=facts.file_id,
            statement_id=asked.statement_id,
            source=facts.source,
            by=asked.by,
            as_of=at,
            totals=totals,
            kept=kept,
            distrust=facts.distrust,
        )
        self._runs.append((asked.merchant_id, run))
        return kept

    async def runs(
        self, merchant_id: int, *, day: date | None, limit: int, after: Position | None
    ) -> tuple[DayRun, ...]:
        """See the port."""
        self._reach()
        theirs = [
            run
            for of, run in self._runs
            if of == merchant_id
            and day in {None, run.day}
            and (after is None or (run.as_of, run.id) < (after.at, after.id))
        ]
        theirs.sort(key=lambda run: (run.as_of, run.id), reverse=True)
        return tuple(theirs[:limit])

    def _standing(self, asked: DayAsked, known_by: str) -> DifferenceRow | None:
        for row in self.differences:
            known = (row.merchant_id, row.day, row.found.known_by)
            if known == (asked.merchant_id, asked.day, known_by) and not row.is_closed:
                return row
        return None

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("the memory is away")


class _Sides(DaySides):
    def __init__(
        self, file: DayFile, reckonable: Mapping[UUID, Reckoned], *, is_newest: bool
    ) -> None:
        self._file = file
        self._reckonable = reckonable
        self._facts = DayFacts(
            run_id=new_id(),
            file_id=file.id,
            begins_at=file.begins_at,
            ends_at=file.ends_at,
            arrival=file.arrival,
            source=ProviderSource.NOTHING,
            is_newest=is_newest,
        )

    @property
    def facts(self) -> DayFacts:
        return self._facts

    async def unlike(self) -> AsyncGenerator[Unlike, None]:
        yield Unlike(lines=self._file.lines, records=self._records)

    async def whole(self) -> SideTotals:
        lines, records = self._file.lines, self._records
        return SideTotals(
            lines=len(lines),
            line_centavos=sum(line.total_centavos or 0 for line in lines),
            line_cashback_centavos=sum(line.cashback_centavos or 0 for line in lines),
            records=len(records),
            record_centavos=sum(one.total_centavos for one in records),
            record_cashback_centavos=sum(one.cashback_centavos for one in records),
        )

    async def reckoned(self, ids: Collection[UUID]) -> Mapping[UUID, Reckoned]:
        return {id_: self._reckonable[id_] for id_ in ids if id_ in self._reckonable}

    @property
    def _records(self) -> tuple[DayRecord, ...]:
        """Those of the day, and those that a line names."""
        file, named = self._file, {line.record for line in self._file.lines}
        return tuple(
            replace(one)
            for one in file.records
            if file.begins_at <= one.sold_at < file.ends_at or one.id in named
        )
