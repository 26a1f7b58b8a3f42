"""The reconciler: on a schedule, both ways, what the provider's statement says of our cashbacks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from cashback_core.reconciliation import NEED_A_PERSON, Reconciliation, Window, id_in, line_key
from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.ledger import LedgerKept, ToldLine, is_fit
from cashback_core.reconciliation.schedule import (
    MAX_STORED,
    FoundIncident,
    Moved,
    RunEnded,
    RunKind,
    start_of,
)
from cashback_core.reconciliation.statement_reader import read_statements
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator
    from datetime import datetime, timedelta

    from cashback_core.reconciliation import (
        BookEntry,
        Explanations,
        Finding,
        Rules,
        Spool,
        Totals,
    )
    from cashback_core.reconciliation.schedule import (
        OpenIncidents,
        ReconciliationRuns,
        ReconciliationStore,
    )
    from cashback_core.reconciliation.statement_reader import Readings
    from cashback_core.reconciliation.statements import Statements

T = TypeVar("T")

RETRY_S: Final = 300.0
"""Who was refused a statement asks again after this, or after its period where that is shorter."""

JITTER: Final = 0.1
"""A period is as much longer or shorter, by chance: not all ask the provider at the same minute."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """How often and how far back statements are read.

    `open_s` and `recent_s` are the periods of the two runs; a recent one reads `recent` days and
    whatever an open incident needs. None is asked for from longer ago than `furthest`.
    """

    open_s: float
    recent_s: float
    recent: timedelta
    furthest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run found, as somebody who asked for it is told."""

    since: datetime
    through: datetime
    totals: Totals
    moved: Moved
    distrust: str | None
    remarks: tuple[str, ...]
    kept: LedgerKept | None = None
    """What changed in the provider's ledger; None where the statement has defects of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Reads statements when it is time, and stores what they prove and what they leave open."""

    store: ReconciliationStore
    statements: Statements
    rules: Rules
    days: Days
    now: Callable[[], datetime]
    chance: Callable[[], float]

    async def __call__(self) -> int:
        """Run what is due; how many cashbacks were moved. Raises StoreUnavailable."""
        moved = 0
        async with self.store.alone() as runs:
            if runs is None:
                return 0  # another worker is at it
            if await self._is_due(runs, RunKind.OPEN, self.days.open_s):
                for since in self._bounded(start_of(await runs.open_entries(), self.rules)):
                    moved += await self._moved_by(runs, RunKind.OPEN, since)
            if await self._is_due(runs, RunKind.RECENT, self.days.recent_s):
                moved += await self._recent(runs)
        return moved

    async def reconcile_from(
        self, since: datetime, *, kind: RunKind = RunKind.ASKED
    ) -> RunResult | None:
        """Run now, from an instant on; None while another one reconciles.

        Raises StatementUnavailable and StoreUnavailable.
        """
        async with self.store.alone() as runs:
            return None if runs is None else await self._run(runs, kind, since)

    async def _is_due(self, runs: ReconciliationRuns, kind: RunKind, period_s: float) -> bool:
        period_s *= 1 + JITTER * (2 * self.chance() - 1)
        return await runs.is_due(kind, period_s=period_s, retry_s=min(RETRY_S, period_s))

    async def _recent(self, runs: ReconciliationRuns) -> int:
        """The last days, and further back for what stands open; at least the last days."""
        recent = self.now() - self.days.recent
        standing = await runs.incidents_since()
        if standing is not None and standing < recent:
            (since,) = self._bounded(standing)
            try:
                return (await self._run(runs, RunKind.RECENT, since)).moved.stored
            except StatementUnavailable as error:
                _log.warning("no statement from %s on: %s", since.isoformat(), error)
        return await self._moved_by(runs, RunKind.RECENT, recent)

    def _bounded(self, since: datetime | None) -> list[datetime]:
        """The start, if there is one, no further back than is allowed."""
        if since is None:
            return []
        earliest = self.now() - self.days.furthest
        if since < earliest:
            _log.warning("what was first tried before %s is left to a person", earliest.isoformat())
        return [max(since, earliest)]

    async def _moved_by(self, runs: ReconciliationRuns, kind: RunKind, since: datetime) -> int:
        try:
            return (await self._run(runs, kind, since)).moved.stored
        except StatementUnavailable as error:
            _log.warning("no statement from %s on: %s", since.isoformat(), error)
            return 0

    async def _run(self, runs: ReconciliationRuns, kind: RunKind, since: datetime) -> RunResult:
        await runs.begin(kind, since)
        try:
            with DiskSpools() as spools:
                readings = await read_statements(
                    self.statements, since, margin=self.rules.margin, spools=spools
                )
                run = _Run(runs=runs, rules=self.rules, readings=readings, spools=spools)
                found = await run()
        except StatementUnavailable as error:
            await runs.end(RunEnded(error=str(error)))
            raise
        _tell(kind, found)
        return found


@dataclass(slots=True, kw_only=True)
class _Run:
    """One reconciliation of statements that were read to their end.

    What takes long is done in a thread, in slices; all files are closed when it is given up.
    """

    runs: ReconciliationRuns
    rules: Rules
    readings: Readings
    spools: DiskSpools

    async def __call__(self) -> RunResult:
        told, asked_at = self.readings.told, self.readings.asked_at
        reconciliation = Reconciliation(
            told,
            self.rules,
            explanations := await self.runs.explanations(),
            told_anew_from=await self.runs.told_anew_from(
                Window.of(told, self.rules.margin), asked_at
            ),
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
        parted = _parted(reconciliation, incidents, moves, about, await self.runs.standing())
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


def _tell(kind: RunKind, found: RunResult) -> None:
    """One line of the classes, and one for whatever somebody should know."""
    counts = ", ".join(_words(found.totals))
    _log.info(
        "reconciled (%s, %s to %s): %s; %d moved, %d left to the next statement",
        kind,
        found.since.isoformat(timespec="seconds"),
        found.through.isoformat(timespec="seconds"),
        counts or "nothing on either side",
        found.moved.stored,
        found.moved.skipped,
    )
    if found.distrust is not None:
        _log.warning("the statement proves no absence: %s", found.distrust)
    for remark in found.remarks:
        _log.warning("the statement: %s", remark)


def _words(totals: Totals) -> Iterator[str]:
    for cls, total in totals.by_class.items():
        rows = max(total.lines, total.cashbacks)
        if rows:
            centavos = total.line_centavos if total.lines else total.cashback_centavos
            worth = f" ({_signed(centavos)})" if cls in NEED_A_PERSON else ""
            yield f"{rows} {cls}{worth}"


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
