"""The provider's ledger in memory: every promise of the port, on plain lists."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.reconciliation.ledger import (
    LedgerChange,
    LedgerKept,
    LedgerLine,
    LedgerState,
    LedgerTelling,
    LedgerTotal,
    ProviderLedger,
    ToldLine,
    changes,
)
from cashback_core.reconciliation.ledger_reach import NEWEST, LedgerReach
from cashback_core.reconciliation.respelled import respelled
from cashback_core.testing.memory_incidents import SLUGS
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from cashback_core.reconciliation import FindingClass, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingRow:
    """A statement that was taken in: when, what it told, and what it changed."""

    at: datetime
    asked_at: datetime
    window: Window
    moves: tuple[LedgerChange, ...]


class MemoryLedger(ProviderLedger):
    """`lines` are all that ever entered, by their keys; `tellings` all that was taken in."""

    def __init__(self, *, skew: timedelta) -> None:
        self.skew = skew
        self.lines: defaultdict[str, list[LedgerLine]] = defaultdict(list)
        self.tellings: list[TellingRow] = []
        self.away = False

    def take_in(
        self, told: Sequence[ToldLine], window: Window, *, asked_at: datetime, at: datetime
    ) -> LedgerKept:
        """All lines of a statement, at once."""
        asked_at = min(asked_at, at)
        newer = tuple(one.window for one in self.tellings if one.asked_at > asked_at)
        telling = LedgerTelling(window=window, skew=self.skew, newer=newer)
        by_key: defaultdict[str, list[ToldLine]] = defaultdict(list)
        for line in told:
            by_key[line.key].append(line)
        found = [
            change
            for key in {*self.lines, *by_key}
            for change in changes(self.lines[key], by_key[key], telling)
        ]
        there = [line for lines in self.lines.values() for line in lines]
        moves: list[LedgerChange] = []
        for change in respelled(found, there, told, telling):
            after = change.after
            self.lines[after.key][after.nth : after.nth + 1] = [after]
            if change.moves:
                moves.append(change)
        row = TellingRow(at=at, asked_at=asked_at, window=window, moves=tuple(moves))
        self.tellings.append(row)
        entered = sum(one.before is None or one.before.cls is None for one in moves)
        left = sum(one.after.cls is None for one in moves)
        return LedgerKept(entered=entered, moved=len(moves) - entered - left, left=left)

    def standing(self) -> Iterator[LedgerLine]:
        """The lines that are in the ledger."""
        for lines in self.lines.values():
            yield from (line for line in lines if line.cls is not None)

    async def state(self, merchant_id: int | None) -> LedgerState:
        """As of now."""
        if self.away:
            raise StoreUnavailable("away")
        sums: defaultdict[tuple[int | None, FindingClass], list[int]] = defaultdict(lambda: [0, 0])
        for line in self.standing():
            assert line.cls is not None
            if merchant_id is None or line.merchant_id == merchant_id:
                total = sums[line.merchant_id, line.cls]
                total[0] += 1
                total[1] += line.centavos
        totals = [
            LedgerTotal(
                merchant=None if owner is None else SLUGS[owner],
                cls=cls,
                lines=lines,
                centavos=centavos,
            )
            for (owner, cls), (lines, centavos) in sums.items()
        ]
        newest = sorted(self.tellings, key=lambda one: one.asked_at)[-NEWEST:]
        return LedgerState(
            totals=tuple(sorted(totals, key=lambda one: (one.merchant or "", one.cls))),
            told_at=max((one.at for one in self.tellings), default=None),
            reach=LedgerReach.of(one.window for one in newest),
        )
