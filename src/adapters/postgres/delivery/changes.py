"""The feed of changes on PostgreSQL: events in the order of the transactions that wrote them.

What may be read is below the oldest transaction that still runs and may write an event: those below
have ended, and no later one comes before them. See `connection/horizon.py`, and `feed` in migration
`0008_cashbacks.sql`.
"""

# ruff: noqa: D102 (the port, cashback_core.changes.changes.ChangeFeed, has the words)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.database import NAME_BOTH, NAME_MERCHANTS, READING, named
from adapters.postgres.connection.horizon import HORIZON
from cashback_core.changes.changes import (
    MAX_CHANGES,
    MAX_PLACES,
    OWN_WORDS,
    START,
    Change,
    ChangeFeed,
    ChangePage,
    FeedPlace,
    FeedPosition,
)
from cashback_core.delivery.states import Actor, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database

STRIDE: Final = 2_000
"""How many changes a page of one group's looks through, and the rest of the last's position."""

_AFTER: Final[LiteralString] = f"""
    from events as e
    where e.merchant_id = %(merchant)s
        and (e.position, e.cashback_id, e.sequence) > (%(position)s, %(id)s, %(sequence)s)
        and e.position < {HORIZON}
"""
_ORDER: Final[LiteralString] = "order by e.position, e.cashback_id, e.sequence limit %(limit)s"

_CHANGES: Final[LiteralString] = f"""
    select e.merchant_id, e.cashback_id, e.sequence, e.position, e.at, e.actor, e.from_status,
        e.to_status, e.attempt, e.reason, s.sale_id, c.cashback_centavos
    from (
        select e.*
        {_AFTER}
            and (%(below)s::bigint is null or e.position < %(below)s)
        {_ORDER}
    ) as e
    join sales as s on s.merchant_id = e.merchant_id and s.cashback_id = e.cashback_id
    join cashbacks as c on c.merchant_id = e.merchant_id and c.cashback_id = e.cashback_id
    order by e.position, e.cashback_id, e.sequence
"""  # noqa: S608 (made of literals)

_STRIDE: Final[LiteralString] = f"""
    select {HORIZON}, (
        select e.position + 1
        {_AFTER}
        order by e.position, e.cashback_id, e.sequence
        offset %(passed)s limit 1
    )
"""
"""Below which positions a group's page looks; they are whole, so the bound is nobody's change."""

_GROWN: Final[LiteralString] = f"""
    select p.place
    from unnest(
        %(merchants)s::bigint[], %(positions)s::bigint[], %(ids)s::uuid[], %(sequences)s::integer[]
    ) with ordinality as p (merchant_id, position, cashback_id, sequence, place)
    cross join lateral (
        select e.position from events as e
        where e.merchant_id = p.merchant_id
            and (e.position, e.cashback_id, e.sequence) > (p.position, p.cashback_id, p.sequence)
            and e.position >= p.position  -- what its partial index can use
        order by e.position, e.cashback_id, e.sequence
        limit 1
    ) as first
    where first.position < {HORIZON}
"""  # noqa: S608 (made of literals)

_IN_ORDER: Final[LiteralString] = """
    select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_seqscan', 'off', true)
"""
"""A page reads no more of the index than it tells, also of a table that was never analysed."""


class PostgresChanges(ChangeFeed):
    """Reads of one merchant as everybody who serves does; a method is one snapshot."""

    def __init__(self, database: Database) -> None:
        self._reads = database.pool(READING)

    async def read(
        self,
        merchant_id: int,
        after: FeedPosition | None,
        *,
        limit: int,
        group: str | None = None,
    ) -> ChangePage:
        if not 1 <= limit <= MAX_CHANGES:
            raise ValueError("a page has between one and MAX_CHANGES changes")
        begun = after or START
        values = {"merchant": merchant_id, **_place(begun)}
        bound, more = None, False
        async with self._reads.reading_for(merchant_id) as connection:
            await connection.execute(_IN_ORDER)
            if group is not None:
                bound, more = await _stride(connection, values)
                await connection.execute(NAME_BOTH, [named([merchant_id]), group])
            below = None if bound is None else bound.position
            found = await connection.execute(_CHANGES, {**values, "below": below, "limit": limit})
            changes = tuple(_change(row) for row in await found.fetchall())
        if len(changes) < limit and bound is not None:
            return ChangePage(changes=changes, next=max(begun, bound), more=more)
        return ChangePage(changes=changes, next=changes[-1].feed_position if changes else begun)

    async def end(self, merchant_id: int) -> FeedPosition:
        async with self._reads.reading_for(merchant_id) as connection:
            found = await connection.execute("select" + HORIZON)
            row = await found.fetchone()
        assert row is not None
        return _before(row[0])

    async def grown(self, places: Collection[FeedPlace]) -> frozenset[FeedPlace]:
        asked = list(places)
        if len(asked) > MAX_PLACES:
            raise ValueError("more than MAX_PLACES places")
        if not asked:
            return frozenset()
        merchants = [place.merchant_id for place in asked]
        async with (
            self._reads.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            await connection.execute(NAME_MERCHANTS, [named(set(merchants))])
            await connection.execute(_IN_ORDER)
            found = await connection.execute(
                _GROWN,
                {
                    "merchants": merchants,
                    "positions": [place.position.position for place in asked],
                    "ids": [place.position.cashback_id for place in asked],
                    "sequences": [place.position.sequence for place in asked],
                },
            )
            rows: list[tuple[int]] = await found.fetchall()
        return frozenset(asked[ordinal - 1] for (ordinal,) in rows)


async def _stride(
    connection: AsyncConnection[Any], values: dict[str, Any]
) -> tuple[FeedPosition, bool]:
    """Before what the look ends, and whether there may be more behind that."""
    found = await connection.execute(_STRIDE, {**values, "passed": STRIDE - 1})
    row = await found.fetchone()
    assert row is not None
    horizon, end = row
    return _before(horizon if end is None else end), end is not None


def _before(position: int) -> FeedPosition:
    """Before the first change that a position may have."""
    return FeedPosition(position=position, cashback_id=START.cashback_id, sequence=0)


def _place(position: FeedPosition) -> dict[str, int | UUID]:
    return {
        "position": position.position,
        "id": position.cashback_id,
        "sequence": position.sequence,
    }


def _change(row: Sequence[Any]) -> Change:
    (
        merchant_id, id_, sequence, position, at, actor, from_status, to_status, attempt, reason,
        sale_id, cashback_centavos,
    ) = row  # fmt: skip
    return Change(
        merchant_id=merchant_id,
        id=id_,
        sequence=sequence,
        position=position,
        at=at,
        actor=Actor(actor),
        from_status=None if from_status is None else Status(from_status),
        status=Status(to_status),
        attempt=attempt,
        reason=reason if actor in OWN_WORDS else None,
        sale_id=sale_id,
        cashback_centavos=cashback_centavos,
    )
