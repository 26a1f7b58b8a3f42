"""The reconciler: on a schedule, both ways, what the provider's statement says of our cashbacks."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation import NEED_A_PERSON
from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.schedule import RunEnded, RunKind, start_of
from cashback_core.reconciliation.statement_reader import read_statements
from cashback_core.reconciliation.statement_run import RunResult, StatementRun
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from cashback_core.reconciliation import Rules, Totals
    from cashback_core.reconciliation.schedule import ReconciliationRuns, ReconciliationStore
    from cashback_core.reconciliation.statements import Statements

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
                run = StatementRun(runs=runs, rules=self.rules, readings=readings, spools=spools)
                found = await run()
        except StatementUnavailable as error:
            await runs.end(RunEnded(error=str(error)))
            raise
        _tell(kind, found)
        return found


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
