"""The provider's ledger of the simulated database, held against all that was ever taken in.

What must be in it is found anew from the statements alone: of each line as many as the newest one
that covers it tells, or, of those taken in later that do not cover it, as many as any of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING

from cashback_core.reconciliation import FindingClass, line_key
from cashback_core.reconciliation import ledger as provider_ledger
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.testing.memory_ledger import MemoryLedger
from simulation.mix import MARGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cashback_core.reconciliation import Window
    from cashback_core.reconciliation.statements import StatementLine
    from simulation.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A statement without defects: when it was asked for, what it covers, how often each line."""

    asked_at: datetime
    window: Window
    times: Counter[str]


class SimulatedLedger(MemoryLedger):
    """`taken` are the statements that make it, by their own lines."""

    def __init__(self) -> None:
        super().__init__(skew=MARGIN.skew)
        self.taken: list[Taken] = []
        self.positions: list[int] = []
        """Of every telling, the number of its transaction."""
        self.instants: dict[str, datetime | None] = {}

    def note(self, run: Run, at: datetime, *, position: int) -> None:
        """Take in what a run found, if its statement is fit for it."""
        window, asked_at = run.reconciliation.window, run.begun.asked_at
        lines = [finding.line for finding in run.findings if finding.line is not None]
        if not window.distrust:
            times = Counter(map(line_key, lines))
            self.taken.append(Taken(asked_at=asked_at, window=window, times=times))
            self.instants |= {line_key(line): line.credited_at for line in lines}
        if provider_ledger.is_fit(window):
            told = [line for one in run.findings if (line := provider_ledger.ToldLine.of(one))]
            self.take_in(told, window, asked_at=asked_at, at=at)
            self.positions.append(position)

    def expected(self, key: str) -> int:
        """How many lines of a key there must be, statement by statement, as they came."""
        count, at = 0, self.instants[key]
        assert at is not None
        for nth, one in enumerate(self.taken):
            later = [t for t in self.taken[:nth] if t.asked_at > one.asked_at]
            times = one.times[key]
            if any(_covers(other.window, at) for other in later):
                continue
            may_be_told = any(at >= t.window.since - timedelta(days=3) for t in later)
            is_whole = _covers(one.window, at) and not may_be_told
            count = times if is_whole else max(count, times)
        return count

    def wrong(self) -> Iterator[str]:
        """Invariant 18: every credit once, in one class of one owner, and all of them add up."""
        standing = Counter(line.key for line in self.standing())
        for key, at in self.instants.items():
            if at is not None and standing[key] != (count := self.expected(key)):
                yield f"18: {standing[key]} of the line {key} of {at} in the ledger, not {count}"
        yield from self.matched_twice()
        there = Counter[object]()
        for line in self.standing():
            there[line.cls, line.merchant_id] += line.centavos
        if (moved := _nonzero(self._moved())) != _nonzero(there):
            yield f"18: moves add up to {moved}, the ledger holds {_nonzero(there)}"

    def _moved(self) -> Counter[object]:
        """What all moves together make of each class of each owner."""
        moved = Counter[object]()
        for telling in self.tellings:
            for move in telling.moves:
                if move.before is not None and move.before.cls is not None:
                    moved[move.before.cls, move.before.merchant_id] -= move.before.centavos
                if move.after.cls is not None:
                    moved[move.after.cls, move.after.merchant_id] += move.after.centavos
        return moved

    def matched_twice(self) -> Iterator[str]:
        """Invariant 18: to a cashback one line is matched, in whatever words it was told."""
        matched = Counter(
            line.cashback_id for line in self.standing() if line.cls is FindingClass.MATCHED
        )
        for id_, times in matched.items():
            if times > 1:
                yield f"18: {times} lines of the ledger are matched to {id_}"

    def wrong_in_the_end(self, run: Run, lines: Sequence[StatementLine]) -> Iterator[str]:
        """Invariant 18, after a true statement of all days: what it tells, and nothing else."""
        window = run.reconciliation.window
        if window.distrust:
            return
        told = [line for line in lines if _covers(window, line.credited_at)]
        kept = [line for line in self.standing() if _covers(window, line.credited_at)]
        keys, standing = Counter(map(line_key, told)), Counter(line.key for line in kept)
        if keys != standing:
            yield f"18: in the end {standing - keys} too much, {keys - standing} too little"
        if sum(line.centavos for line in kept) != sum(map(signed_centavos, told)):
            yield "18: in the end the ledger holds other centavos than the provider told"


def _covers(window: Window, at: datetime | None) -> bool:
    """Whether a credit of this instant lies in a window, by whichever clock and in any zone."""
    if at is None:
        return False
    before = after = MARGIN.skew
    if at.time() == time.min:
        before, after = timedelta(days=1), timedelta(days=2)
    return window.since <= at - before and at + after <= window.through


def _nonzero(sums: Counter[object]) -> dict[object, int]:
    return {key: centavos for key, centavos in sums.items() if centavos}
