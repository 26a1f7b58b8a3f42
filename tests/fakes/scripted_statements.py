"""Statements that a test wrote down, told as a provider would tell them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cashback_core.reconciliation import StatementTotals
from cashback_core.reconciliation.statements import (
    StatementHead,
    StatementLine,
    StatementReading,
    Statements,
    StatementUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable


@dataclass(slots=True, kw_only=True)
class ScriptedStatements(Statements):
    """Tells `lines`; of `reach` from what was asked for on, if that is less than everything.

    `lag` is how long before the asking its watermark lies.

    `asked` are the instants that were asked for. `away` refuses, `away_from` from the n-th on.
    """

    now: Callable[[], datetime]
    lines: list[StatementLine] = field(default_factory=list[StatementLine])
    reach: timedelta | None = None
    lag: timedelta = timedelta(0)
    away_from: int | None = None
    asked: list[datetime] = field(default_factory=list[datetime])

    @asynccontextmanager
    async def since(self, instant: datetime) -> AsyncGenerator[StatementReading, None]:
        self.asked.append(instant)
        now = self.now()
        through = now - self.lag
        if self.reach is not None:
            through = min(through, instant + self.reach)
        told = [
            line
            for line in self.lines
            if line.credited_at is None or instant <= line.credited_at <= through
        ]
        tally = StatementTotals()
        for line in told:
            tally.add(line)
        head = StatementHead(
            asked_since=instant,
            asked_at=now,
            since=instant,
            complete_through=through,
            declared_count=tally.lines,
            declared_centavos=tally.net_centavos,
        )
        away = self.away_from is not None and len(self.asked) >= self.away_from
        numbered = [replace(line, number=number) for number, line in enumerate(told, 1)]
        yield _Reading(numbered, head, away=away)

    async def aclose(self) -> None:
        """Nothing is open."""


class _Reading(StatementReading):
    def __init__(self, lines: list[StatementLine], head: StatementHead, *, away: bool) -> None:
        self._lines = lines
        self._head = head
        self._away = away

    async def lines(self) -> AsyncIterator[list[StatementLine]]:
        await asyncio.sleep(0)
        if self._away:
            raise StatementUnavailable("the provider answers 503")
        yield self._lines

    @property
    def head(self) -> StatementHead:
        return self._head
