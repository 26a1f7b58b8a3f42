"""A statement's file against the whole account's book: what is plainly credited stays in SQL.

All that is not plainly credited (`plain_credits`) goes to the standing `Reconciliation`, which
alone says what it is; a property holds both to the same findings, totals and distrust as that one
over the whole.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.files.lines import line_of
from adapters.postgres.reconciliation.book import bounds, entries_of, unpaid_entries
from adapters.postgres.reconciliation.explanations import read_explanations
from adapters.postgres.reconciliation.plain_credits import (
    APPLIED_OF,
    COUNT_APPLIED,
    LINES_OF,
    LINES_OF_CUSTOMERS,
    NAMED_TWICE,
    NOT_PLAIN,
    NOT_PLAIN_SILENT,
)
from adapters.postgres.reconciliation.statement_head import ToldStatement, read_head
from adapters.postgres.reconciliation.unlike_rows import SILENT_S, streamed
from cashback_core.reconciliation import (
    FindingClass,
    Reconciliation,
    Totals,
    id_in,
)
from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.doubtful_documents import readings_of
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.reconciliation.three_sides import Credited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from psycopg import AsyncConnection

    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules

RECALLED: Final = 50_000
"""Cashbacks that are looked for at once: each time the whole file is read through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSide:
    """The provider's side, of the whole account.

    `credited` is what is not plainly credited; whatever else was applied since `applied_since` is,
    by as many lines, `plain_lines`, which the core has not looked at.
    """

    credited: dict[UUID, Credited]
    applied_since: datetime
    totals: Totals
    distrust: str | None
    plain_lines: int


async def read_statement_side(
    connection: AsyncConnection[Any], file_id: UUID, rules: Rules, seal: Seal | None
) -> StatementSide | None:
    """Match a statement's file with the book, in the snapshot of a transaction; None: no such file.

    The book is what the standing reconciliation reads: `adapters.postgres.reconciliation.book`.
    """
    told = await read_head(connection, file_id)
    if told is None:
        return None
    with DiskSpools() as spools:
        _, explanations = await read_explanations(connection, seal)
        matching = _Matching(
            connection=connection,
            file_id=file_id,
            rules=rules,
            reconciliation=Reconciliation([told.statement], rules, explanations, spool=spools),
            told=told,
        )
        return await matching(explanations)


@dataclass(slots=True, kw_only=True)
class _Matching:
    """One statement, matched: each line and each cashback is given once, or not at all."""

    connection: AsyncConnection[Any]
    file_id: UUID
    rules: Rules
    reconciliation: Reconciliation
    told: ToldStatement
    _lines: set[int] = field(default_factory=set[int])
    _net_centavos: int = 0
    _entered: set[UUID] = field(default_factory=set["UUID"])
    _named: dict[UUID, None] = field(default_factory=dict["UUID", None])
    _documents: set[str] = field(default_factory=set[str])
    _customers: set[str] = field(default_factory=set[str])

    async def __call__(self, explanations: Explanations) -> StatementSide:
        applied = await self._take_unlike()
        for whose in explanations.lines.values():
            self._named.update((id_, None) for id_ in whose if id_ is not None)
        await self._recall(applied)
        await self._enter_unpaid()
        credited, totals = await asyncio.to_thread(_credited, self.reconciliation)
        self._add_plain(totals)
        return StatementSide(
            credited=credited,
            applied_since=self._values()["applied_since"],
            totals=totals,
            distrust=self.reconciliation.distrust,
            plain_lines=self.told.statement.tally.lines - len(self._lines),
        )

    async def _take_unlike(self) -> int:
        """What is not plainly credited; how many of what was applied that is."""
        applied = 0
        query = NOT_PLAIN if self.rules.echoes_reference else NOT_PLAIN_SILENT
        async for rows in streamed(self.connection, query, self._values()):
            await asyncio.to_thread(self._take, rows)
            ids = {row[10]: None for row in rows if row[10] is not None}
            new = [id_ for id_ in ids if id_ not in self._entered]
            applied += len(new)
            self._entered.update(new)
            self._named.update((id_, None) for id_ in new)
        # They are entered with all that is named, by one way of reading.
        self._entered.clear()
        return applied

    async def _recall(self, applied: int) -> None:
        """Give what is named by a line that was given, or named twice, with all lines of theirs."""
        plain = self.told.statement.tally.lines - len(self._lines)
        if plain != await self._count_applied() - applied:
            twice = await self._all(NAMED_TWICE)
            self._named.update((id_, None) for (text,) in twice if (id_ := _uuid(text)))
        if self._documents:
            told = sorted(self._documents)
            stored = [*told, *(f"F:{document}" for document in told)]
            found = await self._all(APPLIED_OF, documents=stored)
            self._named.update((id_, None) for (id_,) in found)
        while new := [id_ for id_ in self._named if id_ not in self._entered]:
            for ids in _slices(new):
                self._entered.update(ids)
                rows = await self._all(LINES_OF, references=[str(id_) for id_ in ids])
                await asyncio.to_thread(self._take, rows)
                entries = await entries_of(self.connection, ids)
                self._enter(entries)
                if not self.rules.echoes_reference:
                    await self._recall_customers({entry.document for entry in entries})

    async def _recall_customers(self, documents: set[str]) -> None:
        """Give whole customers of whom something is given: nothing of theirs is plain any more."""
        new = sorted(documents - self._customers)
        self._customers.update(new)
        if not new:
            return
        rows = await self._all(LINES_OF_CUSTOMERS, documents=new)
        await asyncio.to_thread(self._take, rows)
        stored = [*new, *(f"F:{document}" for document in new)]
        found = await self._all(APPLIED_OF, documents=stored)
        self._named.update((id_, None) for (id_,) in found)

    async def _enter_unpaid(self) -> None:
        since = self._book_since
        async for batch in unpaid_entries(self.connection, self.rules, since):
            new = [entry for entry in batch if entry.id not in self._entered]
            self._entered.update(entry.id for entry in new)
            self._enter(new)

    def _enter(self, entries: Iterable[BookEntry]) -> None:
        for entry in entries:
            self.reconciliation.enter(entry)

    def _take(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if row[0] is None or row[0] in self._lines:
                continue
            line = line_of(row[:10])
            self._lines.add(line.number)
            self._net_centavos += signed_centavos(line)
            self.reconciliation.take(line)
            if (spelt := id_in(line.reference)) is not None:
                self._named[UUID(hex=spelt)] = None
            if line.doubtful is not None:
                self._documents |= readings_of(line.doubtful)

    def _add_plain(self, totals: Totals) -> None:
        """Whatever was not given is matched, one line to one cashback of its amount."""
        tally, matched = self.told.statement.tally, totals.by_class[FindingClass.MATCHED]
        count, centavos = tally.lines - len(self._lines), tally.net_centavos - self._net_centavos
        matched.lines += count
        matched.line_centavos += centavos
        matched.cashbacks += count
        matched.cashback_centavos += centavos

    @property
    def _book_since(self) -> datetime:
        earliest = self.reconciliation.window.since
        if self.told.earliest_at is not None:
            earliest = min(earliest, self.told.earliest_at)
        return earliest - self.rules.precedes

    def _values(self) -> dict[str, Any]:
        rules, since = self.rules, self.reconciliation.window.since
        return {
            **bounds(rules, self._book_since),
            "file_id": self.file_id,
            "precedes": rules.precedes,
            "own_since": since - rules.precedes - rules.margin.skew,
            "skew": rules.margin.skew,
            "told_within": timedelta(seconds=rules.margin.provider_delay_s) + rules.margin.skew,
        }

    async def _count_applied(self) -> int:
        ((count,),) = await self._all(COUNT_APPLIED)
        return int(count)

    async def _all(self, query: LiteralString, **more: Any) -> list[tuple[Any, ...]]:
        with watched(self.connection, SILENT_S):
            found = await self.connection.execute(query, {**self._values(), **more})
            return await found.fetchall()


def _credited(reconciliation: Reconciliation) -> tuple[dict[UUID, Credited], Totals]:
    """What the findings say of each cashback, its further lines counted with it."""
    credited: dict[UUID, Credited] = {}
    more: dict[UUID, list[int]] = {}
    for finding in reconciliation.findings():
        count, centavos = _of_line(finding)
        if finding.entry is not None:
            credited[finding.entry.id] = Credited(cls=finding.cls, lines=count, centavos=centavos)
        elif finding.about is not None:
            others = more.setdefault(finding.about.id, [0, 0])
            others[0] += count
            others[1] += centavos
    for id_, (count, centavos) in more.items():
        own = credited.get(id_)
        if own is not None:
            credited[id_] = Credited(
                cls=own.cls, lines=own.lines + count, centavos=own.centavos + centavos
            )
    return credited, reconciliation.totals


def _of_line(finding: Finding) -> tuple[int, int]:
    return (0, 0) if finding.line is None else (1, signed_centavos(finding.line))


def _uuid(text: str) -> UUID | None:
    spelt = id_in(text)
    return None if spelt is None else UUID(hex=spelt)


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while some := list(islice(rest, RECALLED)):
        yield some
