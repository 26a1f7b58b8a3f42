"""A merchant's day out of one snapshot: what is not plainly alike on all sides, by one statement.

The statement is a full outer join of the file's lines, by the sales that their numbers name, with
the day's records; what it leaves out is told and recorded alike, to the letter, and credited once.
All else goes whole to the merge of the core, which alone says what it is.
"""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.sales import records
from adapters.postgres.sales.terms import read_terms
from cashback_core.delivery.states import Status
from cashback_core.reconciliation.days_compared import DaySides, Unlike
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.reckoning import Reckoned
from cashback_core.reconciliation.three_side_totals import SideTotals
from cashback_core.reconciliation.three_sides import Credited, DayRecord, ErpLine

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Callable,
        Collection,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.days_compared import DayFacts
    from cashback_core.sales.terms import Terms

SILENT_S: Final = 615.0
"""How long an answer is waited for: longer than the server lets a statement of it run."""

PATIENCE_S: Final = 600
AT_ONCE: Final = 2_000
"""Rows that are fetched at once."""

# A number goes with its store where each store counts by itself; an access key, of 44 characters,
# does not: `cashback_core.sales.same_sale.number_name`.
_LINES: Final[LiteralString] = """
    select e.line, e.name, n.cashback_id as record_id, e.store, e.document, e.customer_name,
        e.sold_at, e.total_centavos, e.discount_centavos, e.cashback_centavos, e.problem
    from erp_lines as e
    left join sale_names as n
        on n.merchant_id = %(merchant_id)s and n.kind = e.name_kind
        and n.name = case
            when %(by_store)s and e.name_kind = 'sale_id' and length(e.name) <> 44
                then e.store || ' ' || e.name
            else e.name
        end
    where e.file_id = %(file_id)s
"""
_RECORDS: Final[LiteralString] = """
    select s.cashback_id, s.document, s.name as customer_name, s.store,
        s.sold_at, s.total_centavos, s.discount_centavos, s.difference_centavos, s.same_content_as,
        c.cashback_centavos, c.status, c.applied_at
    from sales as s
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    where s.merchant_id = %(merchant_id)s
"""
_OF_THE_DAY: Final[LiteralString] = (
    _RECORDS + " and s.sold_at >= %(begins_at)s and s.sold_at < %(ends_at)s"
)
_COLUMNS: Final[LiteralString] = """
    l.line, l.name, l.record_id, l.store, l.document, l.customer_name, l.sold_at,
    l.total_centavos, l.discount_centavos, l.cashback_centavos, l.problem,
    r.cashback_id, r.document, r.customer_name, r.store, r.sold_at, r.total_centavos,
    r.discount_centavos, r.difference_centavos, r.same_content_as, r.cashback_centavos,
    r.status, r.applied_at
"""
# What is told is told as it is recorded, to the letter; what is spelt otherwise the core judges, as
# a foreign document, which is stored behind "F:".
_ALIKE: Final[LiteralString] = """
    l.line is not null and r.cashback_id is not null and l.problem is null
    and (l.document is null or l.document = r.document)
    and (l.customer_name is null or l.customer_name = r.customer_name)
    and (l.store is null or r.store is null or l.store = r.store)
    and (l.sold_at is null or l.sold_at = r.sold_at)
    and (l.total_centavos is null or l.total_centavos = r.total_centavos)
    and (l.discount_centavos is null or l.discount_centavos = r.discount_centavos)
    and (l.cashback_centavos is null or l.cashback_centavos = r.cashback_centavos)
"""
# By the statement: in the account's book, and none of those that are not plainly credited.
_CREDITED: Final[LiteralString] = """
    r.status = 'applied' and r.applied_at >= %(applied_since)s
    and not (r.cashback_id = any(%(apart)s))
"""
UNLIKE: Final[LiteralString] = f"""
    select {_COLUMNS}
    from ({_LINES}) as l
    full join ({_OF_THE_DAY}) as r on r.cashback_id = l.record_id
    where (({_ALIKE}) and (not %(is_credited)s or ({_CREDITED}))) is not true
"""  # noqa: S608 (made of literals)
"""The one statement that matches a day."""

_LINES_OF: Final[LiteralString] = f"""
    select l.* from ({_LINES}) as l where l.record_id = any(%(ids)s)
"""  # noqa: S608 (made of literals)
# Two lines of one sale, both of which read as it does.
_TOLD_TWICE: Final[LiteralString] = f"""
    select l.record_id from ({_LINES}) as l where l.record_id is not null
    group by l.record_id having count(*) > 1
"""  # noqa: S608 (made of literals)
_OF_THESE: Final[LiteralString] = _RECORDS + " and s.cashback_id = any(%(ids)s)"
_WHOLE_LINES: Final[LiteralString] = """
    select count(*), coalesce(sum(total_centavos), 0), coalesce(sum(cashback_centavos), 0)
    from erp_lines where file_id = %(file_id)s
"""
_WHOLE_RECORDS: Final[LiteralString] = f"""
    select count(*), coalesce(sum(r.total_centavos), 0), coalesce(sum(r.cashback_centavos), 0)
    from ({_OF_THE_DAY}) as r
"""  # noqa: S608 (made of literals)


async def streamed(
    connection: AsyncConnection[Any], query: LiteralString, values: Mapping[str, Any]
) -> AsyncGenerator[list[tuple[Any, ...]], None]:
    """Rows of a statement, some at once; by no cursor, of which no plan is parallel."""
    rows: list[tuple[Any, ...]] = []
    with watched(connection, SILENT_S):
        async with connection.cursor() as cursor:
            async for row in cursor.stream(query, values):
                rows.append(row)
                if len(rows) == AT_ONCE:
                    yield rows
                    rows = []
    if rows:
        yield rows


class PostgresDaySides(DaySides):
    """A day, read over a connection with a snapshot of its own that names the merchant.

    `credited` is what the provider's side tells of those that are not plainly credited; whatever
    was applied since `applied_since` and is not among them is.
    """

    def __init__(
        self,
        connection: AsyncConnection[Any],
        merchant_id: int,
        facts: DayFacts,
        credited: Mapping[UUID, Credited | None],
        applied_since: datetime | None,
    ) -> None:
        self._connection = connection
        self._merchant_id = merchant_id
        self._facts = facts
        self._credited = credited
        self._applied_since = applied_since
        self._elsewhere = SideTotals()
        self._by_store = False
        self._whole: tuple[tuple[Any, ...], tuple[Any, ...]] | None = None
        self._terms: Terms | None = None

    @property
    def facts(self) -> DayFacts:
        return self._facts

    async def unlike(self) -> AsyncGenerator[Unlike, None]:
        self._by_store = await self._counts_by_store()
        seen = _Seen()
        with translated():
            async for rows in streamed(self._connection, UNLIKE, self._values()):
                yield seen.told(rows, self._record)
            async for some in self._recalled(seen):
                yield some

    async def whole(self) -> SideTotals:
        with translated():
            lines, own = await self._sums()
        whole = SideTotals(
            lines=lines[0],
            line_centavos=int(lines[1]),
            line_cashback_centavos=int(lines[2]),
            records=own[0],
            record_centavos=int(own[1]),
            record_cashback_centavos=int(own[2]),
        )
        whole.add(self._elsewhere)
        return whole

    async def reckoned(self, ids: Collection[UUID]) -> Mapping[UUID, Reckoned]:
        with translated(), watched(self._connection, SILENT_S):
            if self._terms is None:
                self._terms = await read_terms(self._connection, self._merchant_id)
            found = await self._connection.execute(
                records.MANY, records.many(self._merchant_id, list(ids))
            )
            rows = await found.fetchall()
        terms = self._terms
        assert terms is not None
        recorded = [records.record(row) for row in rows]
        return {
            one.id: Reckoned(
                sale=one.sale,
                cashback=one.cashback,
                programme=terms.programme,
                rules=terms.rules,
            )
            for one in recorded
        }

    async def _recalled(self, seen: _Seen) -> AsyncGenerator[Unlike, None]:
        """Records of other days that lines name; and those that are told twice, with their lines.

        As many lines as records are left where nothing is told twice: then nobody looks for it.
        """
        lines, own = await self._sums()
        if lines[0] - seen.lines != own[0] - seen.records:
            twice = [row[0] for row in await self._all(_TOLD_TWICE)]
            for ids in _slices(twice):
                rows = await self._all(_LINES_OF, ids=ids)
                some = [_line(row) for row in rows if row[0] not in seen.paired_lines]
                left = [id_ for id_ in ids if id_ not in seen.paired and id_ not in seen.far]
                theirs = [self._record(row) for row in await self._all(_OF_THESE, ids=left)]
                yield Unlike(lines=some, records=theirs)
        for ids in _slices(seen.far):
            theirs = [self._record(row) for row in await self._all(_OF_THESE, ids=ids)]
            for one in theirs:
                self._elsewhere.records += 1
                self._elsewhere.record_centavos += one.total_centavos
                self._elsewhere.record_cashback_centavos += one.cashback_centavos
            yield Unlike(records=theirs)

    async def _sums(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        if self._whole is None:
            lines, own = await self._one(_WHOLE_LINES), await self._one(_WHOLE_RECORDS)
            self._whole = lines, own
        return self._whole

    def _record(self, row: Sequence[Any]) -> DayRecord:
        (
            id_, document, name, store, sold_at, total, discount, difference, equal_to, cashback,
            status, applied_at,
        ) = row  # fmt: skip
        return DayRecord(
            id=id_,
            document=None if document is None else document.removeprefix("F:"),
            customer_name=name,
            store=store,
            sold_at=sold_at,
            total_centavos=total,
            discount_centavos=discount,
            difference_centavos=difference or 0,
            cashback_centavos=cashback,
            equal_to=equal_to,
            provider=self._provider(id_, cashback, status, applied_at),
        )

    def _provider(
        self, id_: UUID, cashback: int, status: str, applied_at: datetime | None
    ) -> Credited | None:
        since = self._applied_since
        if id_ in self._credited or since is None or status != Status.APPLIED:
            return self._credited.get(id_)
        if applied_at is None or applied_at < since:
            return None
        return Credited(cls=FindingClass.MATCHED, lines=1, centavos=cashback)

    def _values(self) -> dict[str, Any]:
        facts = self._facts
        return {
            "merchant_id": self._merchant_id,
            "file_id": facts.file_id,
            "begins_at": facts.begins_at,
            "ends_at": facts.ends_at,
            "by_store": self._by_store,
            "is_credited": self._applied_since is not None,
            "applied_since": self._applied_since,
            "apart": list(self._credited),
        }

    async def _counts_by_store(self) -> bool:
        row = await self._one(
            "select numbers = 'store' from merchants where merchant_id = %(merchant_id)s"
        )
        return bool(row[0])

    async def _one(self, query: LiteralString) -> tuple[Any, ...]:
        (row,) = await self._all(query)
        return row

    async def _all(
        self, query: LiteralString, *, ids: Collection[UUID] = ()
    ) -> list[tuple[Any, ...]]:
        with watched(self._connection, SILENT_S):
            found = await self._connection.execute(query, {**self._values(), "ids": list(ids)})
            return await found.fetchall()


@dataclass(slots=True)
class _Seen:
    """What of both sides has been told: how much, and of what is paired which."""

    lines: int = 0
    records: int = 0
    paired: set[UUID] = field(default_factory=set["UUID"])
    paired_lines: set[int] = field(default_factory=set[int])
    far: dict[UUID, None] = field(default_factory=dict["UUID", None])
    """Records of another day that lines name, each once."""

    def told(
        self, rows: Sequence[tuple[Any, ...]], record: Callable[[Sequence[Any]], DayRecord]
    ) -> Unlike:
        lines: list[ErpLine] = []
        records_: list[DayRecord] = []
        for row in rows:
            number, named, id_ = row[0], row[2], row[_RECORD]
            if number is not None:
                lines.append(_line(row))
                if id_ is not None:
                    self.paired_lines.add(number)
                elif named is not None:
                    self.far[named] = None
                    self.paired_lines.add(number)
            if id_ is None or id_ in self.paired:
                continue
            if number is not None:
                self.paired.add(id_)
            records_.append(record(row[_RECORD:]))
        self.lines += len(lines)
        self.records += len(records_)
        return Unlike(lines=lines, records=records_)


_RECORD: Final = 11
"""Where in a row the record's columns begin."""


def _line(row: Sequence[Any]) -> ErpLine:
    (
        number, name, record, store, document, customer_name, sold_at, total, discount, cashback,
        problem, *_,
    ) = row  # fmt: skip
    return ErpLine(
        number=number,
        name=name,
        record=record,
        store=store,
        document=document,
        customer_name=customer_name,
        sold_at=sold_at,
        total_centavos=total,
        discount_centavos=discount,
        cashback_centavos=cashback,
        problem=problem,
    )


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some
