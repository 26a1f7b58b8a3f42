"""A merchant's day out of one snapshot, for the merge: what is unlike, and what all adds up to."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.reconciliation.ledger_side import read_ledger_of
from adapters.postgres.reconciliation.unlike_rows import (
    AT_ONCE,
    LINES_OF,
    OF_THESE,
    RECORD,
    SILENT_S,
    TOLD_TWICE,
    UNLIKE,
    WHOLE_LINES,
    WHOLE_RECORDS,
    erp_line,
    streamed,
)
from adapters.postgres.sales import records
from adapters.postgres.sales.terms import read_terms
from cashback_core.delivery.states import Status
from cashback_core.reconciliation.days_compared import DaySides, ProviderSource, Unlike
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


class PostgresDaySides(DaySides):
    """A day, read over a connection with a snapshot of its own that names the merchant.

    `credited` is what the provider's side tells of those that are not plainly credited; whatever
    was applied since `applied_since` and is not among them is. `skew` is the most that clocks
    differ, where the ledger tells.
    """

    def __init__(
        self,
        connection: AsyncConnection[Any],
        merchant_id: int,
        facts: DayFacts,
        credited: Mapping[UUID, Credited | None],
        applied_since: datetime | None,
        *,
        skew: timedelta = timedelta(0),
    ) -> None:
        self._connection = connection
        self._merchant_id = merchant_id
        self._facts = facts
        self._credited = dict(credited)
        self._applied_since = applied_since
        self._skew = skew
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
            twice = [row[0] for row in await self._all(TOLD_TWICE)]
            for ids in _slices(twice):
                rows = await self._all(LINES_OF, ids=ids)
                some = [erp_line(row) for row in rows if row[0] not in seen.paired_lines]
                left = [id_ for id_ in ids if id_ not in seen.paired and id_ not in seen.far]
                theirs = [self._record(row) for row in await self._all(OF_THESE, ids=left)]
                yield Unlike(lines=some, records=theirs)
        for ids in _slices(seen.far):
            if self._facts.source is ProviderSource.LEDGER:
                self._credited |= await read_ledger_of(
                    self._connection, self._merchant_id, ids, self._skew
                )
            theirs = [self._record(row) for row in await self._all(OF_THESE, ids=ids)]
            for one in theirs:
                self._elsewhere.records += 1
                self._elsewhere.record_centavos += one.total_centavos
                self._elsewhere.record_cashback_centavos += one.cashback_centavos
            yield Unlike(records=theirs)

    async def _sums(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        if self._whole is None:
            lines, own = await self._one(WHOLE_LINES), await self._one(WHOLE_RECORDS)
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
            number, named, id_ = row[0], row[2], row[RECORD]
            if number is not None:
                lines.append(erp_line(row))
                if id_ is not None:
                    self.paired_lines.add(number)
                elif named is not None:
                    self.far[named] = None
                    self.paired_lines.add(number)
            if id_ is None or id_ in self.paired:
                continue
            if number is not None:
                self.paired.add(id_)
            records_.append(record(row[RECORD:]))
        self.lines += len(lines)
        self.records += len(records_)
        return Unlike(lines=lines, records=records_)


def _slices(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some
