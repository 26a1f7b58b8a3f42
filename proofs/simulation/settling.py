"""The settler of the simulated world: reads a statement, then the book, decides, and stores.

The decision is the core's. What is read and what is stored are separate transactions, as in
production, with whatever happens in between: the versions that a decision was made of must hold.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.reconciliation import Reconciliation, consecutive, id_in
from cashback_core.reconciliation.statements import StatementUnavailable
from simulation.mix import MARGIN
from simulation.runs import Run
from simulation.untold import misplaced

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from random import Random

    from cashback_core.reconciliation import BookEntry, Explanations, Rules
    from cashback_core.reconciliation.statements import StatementLine
    from simulation.link import Link
    from simulation.papers import Statement
    from simulation.runs import Begun

EVERYTHING: Final = 0.25
"""How often all days are reconciled, whether anything is open or not: else what is open alone."""

JOINED: Final = 0.2
"""How often a statement is taken together with the one before it."""

SLOW: Final = 0.2
LONGEST_DECISION_S: Final = 40.0
"""How often, and how long, others have time to act between reading the book and storing."""


class Publisher(Protocol):
    """Whoever publishes statements."""

    @abstractmethod
    async def statement(self, asked_since: datetime, asked_at: datetime) -> Statement:
        """What is told from an instant on. Raises StatementUnavailable."""


class SimulatedSettler:
    """Reconciles, one statement after the other; `beginning` is the first instant that matters."""

    def __init__(
        self,
        link: Link,
        provider: Publisher,
        rules: Rules,
        *,
        random: Random,
        beginning: datetime,
    ) -> None:
        self._link = link
        self._provider = provider
        self._rules = rules
        self._random = random
        self._beginning = beginning
        self._before: Statement | None = None

    async def __call__(self) -> int:
        """How many cashbacks were moved. Raises StoreUnavailable."""
        return await self._settle()

    async def _settle(self) -> int:
        link, database = self._link, self._link.database
        begun = await link.ask(database.begin)
        since = begun.open_since
        if self._random.random() < EVERYTHING:
            since = self._beginning
        if since is None:
            return 0
        try:
            told = await self._told(since, begun.asked_at)
        except StatementUnavailable:
            return 0
        lines = lines_of(told)
        reconciliation = taken(told, lines, self._rules, begun.explanations)
        named = {id_in(line.reference) for line in lines if line.reference is not None}
        named |= {id_.hex for said in begun.explanations.lines.values() for id_ in said if id_}
        book = await self._book(reconciliation.book_since, named)
        run = decided(reconciliation, book, begun)
        database.found.extend(misplaced(run, lines, book))
        await asyncio.sleep(self._slowness_s())
        return await link.ask(lambda: database.store(run))

    async def _book(self, since: datetime, named: Collection[str | None]) -> Sequence[BookEntry]:
        """The book, in a transaction of its own."""
        return await self._link.ask(lambda: self._link.database.book(since, named))

    def _slowness_s(self) -> float:
        """How long the decision takes; a process may be frozen besides."""
        slow = self._random.random() < SLOW
        return self._random.random() * (LONGEST_DECISION_S if slow else 0.01)

    async def _told(self, since: datetime, asked_at: datetime) -> list[Statement]:
        """One statement, or two that follow each other."""
        before = self._before
        through = None if before is None else before.head.complete_through
        if (
            before is not None
            and through is not None
            and before.head.asked_since <= since < through <= asked_at
            and self._random.random() < JOINED
        ):
            after = await self._provider.statement(through - MARGIN.skew, asked_at)
            return [before, after]
        self._before = await self._provider.statement(since, asked_at)
        return [self._before]


def taken(
    told: Sequence[Statement],
    lines: Sequence[StatementLine],
    rules: Rules,
    explanations: Explanations,
) -> Reconciliation:
    """A reconciliation that has every line of these statements, and no book yet."""
    reconciliation = Reconciliation([one.told for one in told], rules, explanations)
    for line in lines:
        reconciliation.take(line)
    return reconciliation


def lines_of(told: Sequence[Statement]) -> Sequence[StatementLine]:
    """The lines of statements that follow each other, each once."""
    return list(consecutive([one.told for one in told], lambda index: told[index].lines))


def decided(reconciliation: Reconciliation, book: Sequence[BookEntry], begun: Begun) -> Run:
    """Everything that is found."""
    for entry in book:
        reconciliation.enter(entry)
    findings = list(reconciliation.findings())
    return Run(reconciliation=reconciliation, findings=findings, begun=begun)
