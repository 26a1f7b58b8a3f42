"""Reading what the provider tells from an instant on: one statement, or several that follow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation import ReadStatement, StatementTotals, Window, consecutive
from cashback_core.reconciliation.statements import StatementUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cashback_core.reconciliation import Margin
    from cashback_core.reconciliation.disk_spools import DiskList, DiskSpools
    from cashback_core.reconciliation.statements import StatementLine, Statements

MAX_STATEMENTS: Final = 100
"""Statements that are read one after the other, where each tells only of a part of the days."""

BEHIND: Final = timedelta(hours=1)
"""A statement that ends longer than this before it was asked for may go on from its end.

The next one must lead so much further: one that ends a little later, because it was asked for a
little later, comes from a provider who tells everything late.
"""


@dataclass(slots=True, kw_only=True)
class Readings:
    """Consecutive statements as they were read; `lines` gives each line once."""

    told: list[ReadStatement] = field(default_factory=list[ReadStatement])
    kept: list[DiskList[StatementLine]] = field(default_factory=list["DiskList[StatementLine]"])

    def lines(self) -> Iterator[StatementLine]:
        """The lines of all of them, those that two tell only once."""
        return consecutive(self.told, lambda index: iter(self.kept[index]))

    @property
    def asked_at(self) -> datetime:
        """The latest instant of asking."""
        return max(one.head.asked_at for one in self.told)


async def read_statements(
    statements: Statements, since: datetime, *, margin: Margin, spools: DiskSpools
) -> Readings:
    """All that is told from an instant on, put aside on disk.

    A statement that ends well before it was asked for is followed by another one that is asked
    for from its end, less what clocks may differ, as long as each leads BEHIND further; a next one
    that cannot be had, or does not, is left out. Raises StatementUnavailable for the first.
    """
    readings = Readings()
    asked = since
    while len(readings.told) < MAX_STATEMENTS:
        try:
            told, kept = await _read(statements, asked, spools)
        except StatementUnavailable:
            if not readings.told:
                raise
            return readings
        reached = Window.of([*readings.told, told], margin)
        if readings.told and (
            reached.distrust or reached.through - Window.of(readings.told, margin).through < BEHIND
        ):
            return readings
        readings.told.append(told)
        readings.kept.append(kept)
        following = reached.through - margin.skew
        if (
            reached.distrust
            or told.head.asked_at - margin.skew - reached.through < BEHIND
            or following <= asked
        ):
            return readings
        asked = following
    return readings


async def _read(
    statements: Statements, since: datetime, spools: DiskSpools
) -> tuple[ReadStatement, DiskList[StatementLine]]:
    kept: DiskList[StatementLine] = spools.kept()
    tally = StatementTotals()
    async with statements.since(since) as reading:
        async for batch in reading.lines():
            await asyncio.to_thread(_put_aside, batch, tally, kept)
        return ReadStatement(head=reading.head, tally=tally), kept


def _put_aside(
    batch: list[StatementLine], tally: StatementTotals, kept: DiskList[StatementLine]
) -> None:
    """In a thread: a disk may keep whoever writes waiting."""
    for line in batch:
        tally.add(line)
    kept.add(batch)
