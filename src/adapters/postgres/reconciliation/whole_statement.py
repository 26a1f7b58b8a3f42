"""A statement's file against the whole account's book: what is plainly credited stays in SQL.

A line that spells the id of an applied cashback, to the letter, with its customer and amount, dated
no earlier than its one attempt, is that one's credit if no other line names it: whatever else is on
the statement changes nothing of it (`by_reference`), and it changes nothing of anything else. All
that is not so goes to the standing `Reconciliation`, which alone says what it is; a property holds
both to the same findings, totals and distrust as that one over the whole.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.reconciliation.book import bounds, entries_of, unpaid_entries
from adapters.postgres.reconciliation.explanations import read_explanations
from adapters.postgres.reconciliation.unlike_sides import SILENT_S, streamed
from cashback_core.reconciliation import (
    FindingClass,
    ReadStatement,
    Reconciliation,
    StatementTotals,
    Totals,
    id_in,
)
from cashback_core.reconciliation.disk_spools import DiskSpools
from cashback_core.reconciliation.doubtful_documents import readings_of
from cashback_core.reconciliation.file_heads import BESIDE, FileDates
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.three_sides import Credited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from psycopg import AsyncConnection

    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules

RECALLED: Final = 50_000
"""Cashbacks that are looked for at once: each time the whole file is read through."""

_LINE: Final[LiteralString] = """
    l.line, l.kind, l.document, l.doubtful, l.centavos, l.credited_at, l.reference, l.problem
"""
_APPLIED: Final[LiteralString] = """
    select c.cashback_id, c.attempt, c.cashback_centavos, c.applied_at, s.document, a.started_at
    from cashbacks as c
    join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
    left join attempts as a
        on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
# A foreign document, which is stored behind "F:", is left to the core, too.
# What a person said of a line is known by a hash: whatever is of its amount and instant is asked.
_PLAIN: Final[LiteralString] = """
    l.kind = 'credit' and l.doubtful is null and l.problem is null
    and l.centavos = b.cashback_centavos and l.document = b.document
    and b.attempt = 1 and l.credited_at >= b.started_at - %(precedes)s
    and b.applied_at >= %(own_since)s
    and (l.centavos, l.credited_at) not in (
        select i.centavos, i.credited_at
        from statement_explanations as e join statement_incidents as i using (incident_id)
        where e.line_key is not null and i.credited_at is not null
    )
"""
NOT_PLAIN: Final[LiteralString] = f"""
    select {_LINE}, b.cashback_id
    from (select * from statement_lines where file_id = %(file_id)s) as l
    full join ({_APPLIED}) as b on b.cashback_id::text = l.reference
    where ({_PLAIN}) is not true
"""  # noqa: S608 (made of literals)
"""The one statement that matches a statement's file."""

# Without references: customers each of whose lines is the only one of its amount, and goes with the
# only cashback of that amount, dated as its credit is (`Rules.is_dated_like`); nothing else of
# theirs is open.
_SILENT_PLAIN: Final[LiteralString] = """
    l.lines = 1 and b.cashbacks = 1 and l.is_plain and b.is_plain
    and l.credited_at >= b.started_at - %(precedes)s
    and (
        l.credited_at between b.started_at - %(skew)s and b.applied_at + %(told_within)s
        or l.credited_at = date_trunc('day', l.credited_at) and l.credited_at <= b.started_at
    )
"""
NOT_PLAIN_SILENT: Final[LiteralString] = f"""
    with applied as ({_APPLIED}), plain as (
        select coalesce(l.document, b.document) as document
        from (
            select l.document, l.centavos, count(*) as lines, min(l.credited_at) as credited_at,
                bool_and(
                    l.kind = 'credit' and l.doubtful is null and l.problem is null
                    and l.reference is null and l.credited_at is not null
                    and (l.centavos, l.credited_at) not in (
                        select i.centavos, i.credited_at
                        from statement_explanations as e
                        join statement_incidents as i using (incident_id)
                        where e.line_key is not null and i.credited_at is not null
                    )
                ) as is_plain
            from statement_lines as l where l.file_id = %(file_id)s
            group by l.document, l.centavos
        ) as l
        full join (
            select b.document, b.cashback_centavos, count(*) as cashbacks,
                min(b.started_at) as started_at, min(b.applied_at) as applied_at,
                bool_and(b.attempt = 1 and b.applied_at >= %(own_since)s) as is_plain
            from applied as b group by b.document, b.cashback_centavos
        ) as b on b.document = l.document and b.cashback_centavos = l.centavos
        group by 1 having bool_and(coalesce({_SILENT_PLAIN}, false))
        except
        select s.document
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        where c.status not in ('applied', 'not_due', 'void', 'recorded')
    )
    select {_LINE}, null::uuid as cashback_id
    from statement_lines as l
    where l.file_id = %(file_id)s
        and not exists (select from plain as p where p.document = l.document)
    union all
    select null, null, null, null, null, null, null, null, b.cashback_id
    from applied as b
    where not exists (select from plain as p where p.document = b.document)
"""  # noqa: S608 (made of literals)
"""The same for a provider that echoes no references: whole customers, or nothing of them."""

_LINES_OF_CUSTOMERS: Final[LiteralString] = f"""
    select {_LINE} from statement_lines as l
    where l.file_id = %(file_id)s and l.document = any(%(documents)s)
"""  # noqa: S608 (made of literals)
_LINES_OF: Final[LiteralString] = f"""
    select {_LINE} from statement_lines as l
    where l.file_id = %(file_id)s and l.reference = any(%(references)s)
"""  # noqa: S608 (made of literals)
_NAMED_TWICE: Final[LiteralString] = """
    select reference from statement_lines
    where file_id = %(file_id)s and reference is not null
    group by reference having count(*) > 1
"""
_COUNT_APPLIED: Final[LiteralString] = """
    select count(*) from cashbacks as c
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
_OF_DOCUMENTS: Final[LiteralString] = """
    select s.cashback_id
    from merchants as m
    join sales as s on s.merchant_id = m.merchant_id and s.document = any(%(documents)s)
"""
_APPLIED_OF: Final[LiteralString] = """
    select s.cashback_id
    from merchants as m
    join sales as s on s.merchant_id = m.merchant_id and s.document = any(%(documents)s)
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
_TALLY: Final[LiteralString] = """
    select count(*),
        coalesce(sum(case when kind = 'reversal' then -centavos else centavos end), 0),
        coalesce(sum(centavos), 0), count(*) filter (where centavos is null), min(credited_at),
        max(credited_at),
        count(*) filter (where credited_at < %(first)s or credited_at > %(last)s)
    from statement_lines where file_id = %(file_id)s
"""
_HEAD: Final[LiteralString] = """
    select since, through, told_lines, told_centavos, begun_at from files
    where file_id = %(file_id)s and kind = 'statement' and completed_at is not null
        and refused_at is null and cleared_at is null
"""


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
    told = await _head(connection, file_id)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A statement's head and sums, and its earliest line."""

    statement: ReadStatement
    earliest_at: datetime | None


async def _head(connection: AsyncConnection[Any], file_id: UUID) -> _Told | None:
    with watched(connection, SILENT_S):
        found = await connection.execute(_HEAD, {"file_id": file_id})
        head = await found.fetchone()
        if head is None:
            return None
        since, through, lines, centavos, begun_at = head
        beside = {"first": since - BESIDE, "last": through + BESIDE}
        found = await connection.execute(_TALLY, {"file_id": file_id, **beside})
        sums = await found.fetchone()
    assert sums is not None
    dates = FileDates(since=since, through=through, latest_at=sums[5], outside=sums[6])
    return _Told(
        statement=ReadStatement(
            head=dates.head(
                asked_since=since,
                brought_at=begun_at,
                declared_count=lines,
                declared_centavos=centavos,
            ),
            tally=StatementTotals(
                lines=sums[0],
                net_centavos=int(sums[1]),
                gross_centavos=int(sums[2]),
                unread=sums[3],
            ),
        ),
        earliest_at=sums[4],
    )


@dataclass(slots=True, kw_only=True)
class _Matching:
    """One statement, matched: each line and each cashback is given once, or not at all."""

    connection: AsyncConnection[Any]
    file_id: UUID
    rules: Rules
    reconciliation: Reconciliation
    told: _Told
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
            ids = {row[8]: None for row in rows if row[8] is not None}
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
            twice = await self._all(_NAMED_TWICE)
            self._named.update((id_, None) for (text,) in twice if (id_ := _uuid(text)))
        if self._documents:
            told = sorted(self._documents)
            stored = [*told, *(f"F:{document}" for document in told)]
            found = await self._all(_OF_DOCUMENTS, documents=stored)
            self._named.update((id_, None) for (id_,) in found)
        while new := [id_ for id_ in self._named if id_ not in self._entered]:
            for ids in _slices(new):
                self._entered.update(ids)
                rows = await self._all(_LINES_OF, references=[str(id_) for id_ in ids])
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
        rows = await self._all(_LINES_OF_CUSTOMERS, documents=new)
        await asyncio.to_thread(self._take, rows)
        stored = [*new, *(f"F:{document}" for document in new)]
        found = await self._all(_APPLIED_OF, documents=stored)
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
            line = _line(row)
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
        ((count,),) = await self._all(_COUNT_APPLIED)
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


def _line(row: Sequence[Any]) -> StatementLine:
    number, kind, document, doubtful, centavos, credited_at, reference, problem = row[:8]
    return StatementLine(
        number=number,
        kind=LineKind(kind),
        document=document,
        cashback_centavos=centavos,
        credited_at=credited_at,
        reference=reference,
        problem=problem,
        doubtful=doubtful,
    )


def _uuid(text: str) -> UUID | None:
    spelt = id_in(text)
    return None if spelt is None else UUID(hex=spelt)


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while some := list(islice(rest, RECALLED)):
        yield some
