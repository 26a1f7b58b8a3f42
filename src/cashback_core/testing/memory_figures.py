"""Figures in memory: each event of a MemoryStore counted as it says, one after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.closing.movements import OWED, Movement, movements_of
from cashback_core.delivery.states import Actor, Status
from cashback_core.figures.calls import REAPED, bucket_of, failure_of, quantiles_of
from cashback_core.figures.figures import (
    MAX_ROWS,
    Balance,
    Calls,
    Dimension,
    Figures,
    FiguresRow,
    FiguresStore,
    Measures,
    StatusSum,
    TooManyRows,
)
from cashback_core.figures.repricing import StoredSale, StoredSales
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from cashback_core.delivery.record import EventRecord
    from cashback_core.figures.figures import FiguresQuestion
    from cashback_core.testing.memory_rows import Row
    from cashback_core.testing.memory_store import MemoryStore


class MemoryFigures(FiguresStore):
    """Counts what the store was told; no day of it is closed, and its zone never changed."""

    def __init__(self, store: MemoryStore, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._store = store
        self._zone = zone
        self._now = now

    async def figures(self, merchant_id: int, question: FiguresQuestion) -> Figures:
        await self._reach()
        rows: dict[tuple[str, ...], Measures] = {}
        total = Measures()
        for row, event in self._events(merchant_id, question):
            for type_, worth, earned in _parts(row, typed=question.is_typed):
                keys = self._keys(row, event, type_)
                if any(keys[one] != wanted for one, wanted in question.only.items()):
                    continue
                key = tuple(keys[one] for one in question.by)
                measures = _measures(event, worth, earned)
                rows[key] = rows.get(key, Measures()) + measures
                if Dimension.TYPE in question.only:
                    total += measures
            if Dimension.TYPE not in question.only:
                keys = self._keys(row, event, "")
                if all(keys[one] == wanted for one, wanted in question.only.items()):
                    (_, worth, earned), *_ = _parts(row, typed=False)
                    total += _measures(event, worth, earned)
        told = [
            FiguresRow(keys=key, measures=measures)
            for key, measures in sorted(rows.items())
            if not (measures.is_empty and question.by)
        ]
        if len(told) > MAX_ROWS:
            raise TooManyRows
        return Figures(
            question=question,
            zone=str(self._zone),
            rows=tuple(told),
            total=total,
            calls=self._calls(merchant_id, question),
            closed_through=None,
            as_of=self._now(),
        )

    async def balance(self, merchant_id: int, at: datetime) -> Balance:
        await self._reach()
        at = min(at, self._now())
        counts: Counter[Status] = Counter()
        sums: Counter[Status] = Counter()
        for row in self._of(merchant_id):
            past = [event for event in row.events if event.at < at]
            if past:
                counts[past[-1].to_status] += 1
                sums[past[-1].to_status] += row.record.cashback.cashback_centavos
        return Balance(
            at=at,
            owed_centavos=sum(sums[status] for status in OWED),
            paid_centavos=sums[Status.APPLIED],
            in_doubt_centavos=sums[Status.IN_DOUBT],
            by_status={
                status: StatusSum(cashbacks=counts[status], centavos=sums[status])
                for status in Status
                if counts[status]
            },
        )

    async def report(
        self, merchant_id: int, questions: Sequence[FiguresQuestion]
    ) -> tuple[tuple[Figures, ...], Balance]:
        as_of = self._now()
        found = [await self.figures(merchant_id, one) for one in questions]
        told = tuple(replace(one, as_of=as_of) for one in found)
        return told, await self.balance(merchant_id, as_of)

    def _of(self, merchant_id: int) -> Iterator[Row]:
        return (row for (owner, _), row in self._store.rows.items() if owner == merchant_id)

    def _events(
        self, merchant_id: int, question: FiguresQuestion
    ) -> Iterator[tuple[Row, EventRecord]]:
        for row in self._of(merchant_id):
            for event in row.events:
                day = event.at.astimezone(self._zone).date()
                if question.since <= day <= question.through:
                    yield row, event

    def _keys(self, row: Row, event: EventRecord, type_: str) -> dict[Dimension, str]:
        at = event.at.astimezone(self._zone)
        return {
            Dimension.HOUR: f"{at.hour:02d}",
            Dimension.DAY: at.date().isoformat(),
            Dimension.MONTH: f"{at:%Y-%m}",
            Dimension.TYPE: type_,
            Dimension.STORE: row.record.sale.place.store or "",
            Dimension.CLIENT: row.record.submitted_by or "",
            Dimension.STATUS: event.to_status.value,
        }

    def _calls(self, merchant_id: int, question: FiguresQuestion) -> Calls:
        failures: Counter[str] = Counter()
        latency: Counter[int] = Counter()
        attempts = applied = 0
        for row, event in self._events(merchant_id, question):
            if event.from_status is not Status.SENDING:
                continue
            attempts += 1
            call = row.attempts[event.attempt - 1]
            status_code = None if call.provider is None else call.provider.status_code
            reaped = event.actor is Actor.REAPER or call.result is None
            if status_code is not None and not reaped:
                latency[bucket_of(call.elapsed_s or 0.0)] += 1
            if event.to_status is Status.APPLIED:
                applied += 1
            elif reaped or call.result is None:
                failures[REAPED] += 1
            else:
                failures[failure_of(call.result, status_code, call.reason)] += 1
        return Calls(
            attempts=attempts,
            applied=applied,
            failures=dict(sorted(failures.items(), key=lambda one: (-one[1], one[0]))),
            latency_s=quantiles_of(latency),
        )

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self._store.away:
            raise StoreUnavailable("away")


class MemoryStoredSales(StoredSales):
    """The sales that the store has, a few at a time."""

    def __init__(self, store: MemoryStore, zone: ZoneInfo) -> None:
        self._store = store
        self._zone = zone

    async def pages(
        self, merchant_id: int, *, since: date, through: date
    ) -> AsyncIterator[Sequence[StoredSale]]:
        await asyncio.sleep(0)
        if self._store.away:
            raise StoreUnavailable("away")
        found = sorted(
            (
                row.record
                for (owner, _), row in self._store.rows.items()
                if owner == merchant_id and row.record.status is not Status.RECORDED
            ),
            key=lambda record: (record.accepted_at, record.id),
        )
        told = [
            StoredSale(day=day, sale=record.sale, cashback=record.cashback)
            for record in found
            if since <= (day := record.accepted_at.astimezone(self._zone).date()) <= through
        ]
        for first in range(0, len(told), 2):
            yield told[first : first + 2]


def _parts(row: Row, *, typed: bool) -> list[tuple[str, int, int]]:
    """What a sale counts as: type, worth and cashback of it, or of each of its types."""
    cashback = row.record.cashback
    if not typed:
        return [("", row.record.sale.total_centavos, cashback.cashback_centavos)]
    worth: Counter[str] = Counter()
    earned: Counter[str] = Counter()
    for line in cashback.lines:
        worth[line.type] += line.net_centavos
        earned[line.type] += line.cashback_centavos
    return [(type_, worth[type_], earned[type_]) for type_ in {one.type for one in cashback.lines}]


def _measures(event: EventRecord, worth: int, earned: int) -> Measures:
    movements = movements_of(event.from_status, event.to_status)
    sold = event.from_status is None and event.to_status is not Status.RECORDED
    doubted = event.to_status is Status.IN_DOUBT
    tried = event.from_status is Status.SENDING and event.attempt == 1
    told = {movement.value: int(movement in movements) for movement in Movement}
    return Measures(
        sales=int(sold),
        total_centavos=worth * sold,
        not_due=int(event.to_status is Status.NOT_DUE),
        recorded=int(event.to_status is Status.RECORDED),
        doubted=int(doubted),
        doubted_centavos=earned * doubted,
        tried=int(tried),
        accepted=int(tried and event.to_status is Status.APPLIED),
        **told,
        **{f"{name}_centavos": earned * moved for name, moved in told.items()},
    )
