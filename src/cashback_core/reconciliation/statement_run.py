"""One reconciliation of statements that were read to their end: what is stored of it, and when."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from cashback_core.reconciliation import Reconciliation, Window, id_in, line_key
from cashback_core.reconciliation.found_incidents import FoundIncident
from cashback_core.reconciliation.ledger import LedgerKept, ToldLine, is_fit
from cashback_core.reconciliation.schedule import MAX_STORED, Moved, RunEnded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules, Spool, Totals
    from cashback_core.reconciliation.disk_spools import DiskSpools
    from cashback_core.reconciliation.found_incidents import OpenIncidents
    from cashback_core.reconciliation.schedule import ReconciliationRuns
    from cashback_core.reconciliation.statement_reader import Readings

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run found, as somebody who asked for it is told."""

    since: datetime
    through: datetime
    totals: Totals
    moved: Moved
    distrust: str | None
    remarks: tuple[str, ...]
    opened: int = 0
    closed: int = 0
    """Incidents."""
    kept: LedgerKept | None = None
    """What changed in the provider's ledger; None where the statement has defects of its own."""


@dataclass(slots=True, kw_only=True)
class StatementRun:
    """One reconciliation of statements that were read to their end.

    What takes long is done in a thread, in slices; all files are closed when it is given up.
    """

    runs: ReconciliationRuns
    rules: Rules
    readings: Readings
    spools: DiskSpools

    async def __call__(self) -> RunResult:
        """Put aside, tell, move, and take into the provider's ledger. Raises StoreUnavailable."""
        told, asked_at = self.readings.told, self.readings.asked_at
        standing = await self.runs.standing()
        reconciliation = Reconciliation(
            told,
            self.rules,
            explanations := await self.runs.explanations(),
            told_anew_from=await self.runs.told_anew_from(
                Window.of(told, self.rules.margin), asked_at
            ),
            taken_back=standing.taken_back_after(asked_at),
            spool=self.spools,
        )
        named: Spool[UUID] = self.spools()
        await asyncio.to_thread(self._take, reconciliation, explanations, named)
        entered: Spool[UUID] = self.spools()

        def enter(entry: BookEntry) -> None:
            reconciliation.enter(entry)
            entered.put(entry.id)

        ids = self._not_entered(named, entered)
        async with self.runs.book(reconciliation.book_since, ids) as book:
            async for batch in book:
                await asyncio.to_thread(_each, enter, batch)
        incidents: Spool[Finding] = self.spools()
        moves: Spool[Finding] = self.spools()
        about: set[str | UUID] = set()
        parted = _parted(reconciliation, incidents, moves, about, standing)
        async for lines in _slices(parted):
            await self.runs.put_aside(lines)
        # Told before anything moves: what dies in between is told, and found again.
        opened = await self._tell(reconciliation, incidents)
        closed = await self.runs.close_explained(about, asked_at)
        if not reconciliation.window.distrust:
            closed += await self.runs.close_unfound(reconciliation.window, asked_at)
        moved = await self._move(moves)
        if opened or closed:
            _log.warning("incidents of the statement: %d opened, %d closed", opened, closed)
        kept = None
        if is_fit(reconciliation.window):
            kept = await self.runs.take_in(reconciliation.window, asked_at)
        await self.runs.end(
            RunEnded(
                asked_at=asked_at,
                window=reconciliation.window,
                distrust=reconciliation.distrust,
                totals=reconciliation.totals,
                moved=moved,
            )
        )
        return RunResult(
            since=reconciliation.window.since,
            through=reconciliation.window.through,
            totals=reconciliation.totals,
            moved=moved,
            distrust=reconciliation.distrust,
            remarks=reconciliation.window.remarks,
            opened=opened,
            closed=closed,
            kept=kept,
        )

    def _take(
        self, reconciliation: Reconciliation, explanations: Explanations, named: Spool[UUID]
    ) -> None:
        for whose in explanations.lines.values():
            _each(named.put, [id_ for id_ in whose if id_ is not None])
        for line in self.readings.lines():
            reconciliation.take(line)
            spelt = id_in(line.reference)
            if spelt is not None:
                named.put(UUID(hex=spelt))

    async def _not_entered(
        self, named: Spool[UUID], entered: Spool[UUID]
    ) -> AsyncGenerator[Collection[UUID], None]:
        """What was named and is not in the book, each once; to be asked for at the book's end."""
        async for batch in _slices(_left_out(named, entered)):
            yield batch

    async def _tell(self, reconciliation: Reconciliation, incidents: Spool[Finding]) -> int:
        window, opened = reconciliation.window, 0
        found = (
            FoundIncident.of(finding, self.rules, window, self.readings.asked_at)
            for finding in incidents.in_order(_known_by)
        )
        async for batch in _slices(found, together=lambda one: one.line_key or one.cashback_id):
            opened += await self.runs.tell(batch)
        return opened

    async def _move(self, moves: Spool[Finding]) -> Moved:
        moved = Moved()
        async for batch in _slices(moves.in_order(_group), together=_group):
            moved += await self.runs.move(batch)
        return moved


def _parted(
    reconciliation: Reconciliation,
    incidents: Spool[Finding],
    moves: Spool[Finding],
    about: set[str | UUID],
    standing: OpenIncidents,
) -> Iterator[ToldLine]:
    """Put aside what is told, what moves, and what open incidents are about and is explained.

    What is given is for the provider's ledger: nothing, of a statement with defects of its own.
    """
    is_kept = is_fit(reconciliation.window)
    for finding in reconciliation.findings():
        if finding.needs_a_person:
            incidents.put(finding)
        elif (explained := standing.explained_by(finding)) is not None:
            about.add(explained)
        if finding.move is not None:
            moves.put(finding)
        if is_kept and (line := ToldLine.of(finding)) is not None:
            yield line


def _left_out(named: Spool[UUID], entered: Spool[UUID]) -> Iterator[UUID]:
    """Those of one side that are not of the other: nothing that an id tells of its age decides."""
    known = entered.in_order(lambda id_: id_.int)
    last = next(known, None)
    for id_, _ in groupby(named.in_order(lambda id_: id_.int)):
        while last is not None and last.int < id_.int:
            last = next(known, None)
        if last != id_:
            yield id_


def _each(act: Callable[[T], object], items: Iterable[T]) -> None:
    for item in items:
        act(item)


async def _slices(
    items: Iterator[T], *, together: Callable[[T], object] | None = None
) -> AsyncGenerator[list[T], None]:
    """About a thousand at once, made in a thread; those of one key are never parted."""
    held: list[T] = []
    while more := await asyncio.to_thread(lambda: list(islice(items, MAX_STORED))):
        held += more
        cut = len(held)
        if together is not None:
            while cut and together(held[cut - 1]) == together(held[-1]):
                cut -= 1
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _known_by(finding: Finding) -> str:
    return str(finding.cashback_id) if finding.line is None else line_key(finding.line)


def _group(finding: Finding) -> tuple[str, int]:
    assert finding.entry is not None
    return finding.entry.document, finding.entry.cashback_centavos
