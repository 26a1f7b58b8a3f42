"""Figures on PostgreSQL: closed days as they are kept, open ones made of their events.

What a day holds, and how it is counted, is laid down in migration `0018_figures.sql`. Each answer
is one snapshot, over connections that nobody else needs.
"""

# ruff: noqa: D102 (the port, cashback_core.figures.figures.FiguresStore, has the words)

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.database import REPORTING
from adapters.postgres.figures.rows import read_rows
from cashback_core.closing.movements import OWED
from cashback_core.delivery.states import Status
from cashback_core.figures.calls import quantiles_of
from cashback_core.figures.figures import (
    Balance,
    Calls,
    Figures,
    FiguresStore,
    StatusSum,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database
    from cashback_core.figures.figures import FiguresQuestion

DEADLINE_S: Final = 12.0
"""A little more than a report's statements may take."""

NEVER: Final = 9_223_372_036_854_775_807
"""A position that none is above: of a day that is open, or that nothing comes late to."""

_OPEN_CALLS: Final[LiteralString] = """
    select calls_of_day(%(merchant)s, o.begins_at, o.ends_at, o.from_position, 9223372036854775807)
    from unnest(
        %(begins)s::timestamptz[], %(ends)s::timestamptz[], %(positions)s::bigint[]
    ) as o (begins_at, ends_at, from_position)
"""
_KEPT_CALLS: Final[LiteralString] = """
    select k.calls from figure_days as k
    where k.merchant_id = %(merchant)s and k.day between %(since)s and %(through)s
"""
_LAST: Final[LiteralString] = """
    select now(), day_zone(%(merchant)s, %(through)s), l.day, l.ends_at, l.below
    from (select) as one
    left join lateral (
        select k.day, k.ends_at, k.below from figure_days as k
        where k.merchant_id = %(merchant)s
        order by k.day desc limit 1
    ) as l on true
"""
_OPEN_DAYS: Final[LiteralString] = """
    select d::date, day_zone(%(merchant)s, d::date), day_begins_at(%(merchant)s, d::date),
        day_ends_at(%(merchant)s, d::date)
    from generate_series(%(first)s::date, %(through)s::date, interval '1 day') as d
    where day_begins_at(%(merchant)s, d::date) <= now()
"""
_STOOD: Final[LiteralString] = """
    select least(now(), %(at)s), k.ends_at, k.below, k.standings, (
        select n.below from figure_days as n
        where n.merchant_id = %(merchant)s and (k.day is null or n.day > k.day)
        order by n.day limit 1
    )
    from (select) as one
    left join lateral (
        select * from figure_days as k
        where k.merchant_id = %(merchant)s and k.ends_at <= %(at)s
        order by k.day desc limit 1
    ) as k on true
"""
_MOVED: Final[LiteralString] = """
    select m.status, m.cashbacks, m.centavos
    from standings_moved(%(merchant)s, %(begins)s, %(at)s, %(position)s, %(below)s) as m
"""
_FIRST: Final = "2000-01-01Z"
"""Before every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """The days of a question: the last that is closed, and those that are open, as columns."""

    as_of: datetime
    zone: str
    closed: date | None
    open_days: Mapping[str, list[Any]] = field(default_factory=dict[str, "list[Any]"])


class PostgresFigures(FiguresStore):
    """Reads as everybody who serves does, in connections of its own."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(REPORTING)

    async def figures(self, merchant_id: int, question: FiguresQuestion) -> Figures:
        reading = self._pool.reading_for(merchant_id, deadline_s=DEADLINE_S)
        async with reading as connection:
            return await _figures(connection, merchant_id, question)

    async def balance(self, merchant_id: int, at: datetime) -> Balance:
        reading = self._pool.reading_for(merchant_id, deadline_s=DEADLINE_S)
        async with reading as connection:
            return await _balance_at(connection, merchant_id, at)

    async def report(
        self, merchant_id: int, questions: Sequence[FiguresQuestion]
    ) -> tuple[tuple[Figures, ...], Balance]:
        deadline_s = DEADLINE_S * (len(questions) + 1)
        reading = self._pool.reading_for(merchant_id, deadline_s=deadline_s)
        async with reading as connection:
            found = [await _figures(connection, merchant_id, one) for one in questions]
            return tuple(found), await _balance_at(connection, merchant_id, found[0].as_of)


async def _figures(
    connection: AsyncConnection[Any], merchant_id: int, question: FiguresQuestion
) -> Figures:
    values: dict[str, Any] = {
        "merchant": merchant_id,
        "since": question.since,
        "through": question.through,
        **{dimension.value: wanted for dimension, wanted in question.only.items()},
    }
    days = await _range(connection, question, values)
    values |= days.open_days
    rows, total = await read_rows(connection, question, values)
    return Figures(
        question=question,
        zone=days.zone,
        rows=rows,
        total=total,
        calls=await _calls(connection, values),
        closed_through=days.closed,
        as_of=days.as_of,
    )


async def _balance_at(connection: AsyncConnection[Any], merchant_id: int, at: datetime) -> Balance:
    values: dict[str, Any] = {"merchant": merchant_id, "at": at}
    found = await connection.execute(_STOOD, values)
    stood = await found.fetchone()
    assert stood is not None
    as_of, begins_at, position, standings, below = stood
    values = {
        "merchant": merchant_id,
        "at": as_of,
        "begins": begins_at or _FIRST,
        "position": NEVER if position is None else position,
        "below": NEVER if below is None else below,
    }
    moved: list[tuple[Any, ...]] = []
    # At a closed day's end stands what its close says; what came late is of the day after.
    if as_of != begins_at:
        found = await connection.execute(_MOVED, values)
        moved = await found.fetchall()
    return _balance(as_of, standings or {}, moved)


async def _range(
    connection: AsyncConnection[Any], question: FiguresQuestion, values: Mapping[str, Any]
) -> _Range:
    found = await connection.execute(_LAST, values)
    last = await found.fetchone()
    assert last is not None
    as_of, zone, closed, ends_at, below = last
    first = question.since if closed is None else max(question.since, closed + timedelta(days=1))
    days: list[tuple[Any, ...]] = []
    if first <= question.through:
        found = await connection.execute(_OPEN_DAYS, {**values, "first": first})
        days = await found.fetchall()
    # What came late is of the first day that is open; without any closed one nothing is late.
    late = [closed is not None and day == closed + timedelta(days=1) for day, *_ in days]
    within = None if closed is None or closed < question.since else min(closed, question.through)
    return _Range(
        as_of=as_of,
        zone=zone,
        closed=within,
        open_days={
            "days": [day for day, *_ in days],
            "zones": [each for _, each, *_ in days],
            "begins": [
                ends_at if is_first else begins_at
                for is_first, (_, _, begins_at, _) in zip(late, days, strict=True)
            ],
            "ends": [end for *_, end in days],
            "positions": [below if is_first else NEVER for is_first in late],
        },
    )


async def _calls(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> Calls:
    found = await connection.execute(_KEPT_CALLS, values)
    told: list[dict[str, Any]] = [calls for (calls,) in await found.fetchall()]
    found = await connection.execute(_OPEN_CALLS, values)
    told += [calls for (calls,) in await found.fetchall()]
    failures: dict[str, int] = {}
    latency: dict[int, int] = {}
    for calls in told:
        for reason, count in calls["failures"].items():
            failures[reason] = failures.get(reason, 0) + count
        for bucket, count in calls["latency"].items():
            latency[int(bucket)] = latency.get(int(bucket), 0) + count
    return Calls(
        attempts=sum(calls["attempts"] for calls in told),
        applied=sum(calls["applied"] for calls in told),
        failures=dict(sorted(failures.items(), key=lambda one: (-one[1], one[0]))),
        latency_s=quantiles_of(latency),
    )


def _balance(
    at: datetime, standings: Mapping[str, Sequence[int]], moved: Sequence[Sequence[Any]]
) -> Balance:
    sums = {status: (cashbacks, centavos) for status, (cashbacks, centavos) in standings.items()}
    for status, cashbacks, centavos in moved:
        before = sums.get(status, (0, 0))
        sums[status] = before[0] + cashbacks, before[1] + centavos
    by_status = {
        status: StatusSum(cashbacks=sums[status][0], centavos=sums[status][1])
        for status in Status
        if sums.get(status, (0, 0)) != (0, 0)
    }
    nothing = StatusSum(cashbacks=0, centavos=0)
    return Balance(
        at=at,
        owed_centavos=sum(by_status[one].centavos for one in by_status if one in OWED),
        paid_centavos=by_status.get(Status.APPLIED, nothing).centavos,
        in_doubt_centavos=by_status.get(Status.IN_DOUBT, nothing).centavos,
        by_status=by_status,
    )
