"""Letting go what a stop put off, once none holds it back: merchant by merchant, in strides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

from adapters.postgres.sales.brakes import PUT_OFF

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.postgres.sales.acceptance import Cursor

STRIDE: Final = 1_000
"""Most rows of merchants with a stopped type that one call looks at."""

MAX_MERCHANTS: Final = 50
"""Most merchants whose rows one call looks at, a statement each."""

NONE_YET: Final = UUID(int=0)

LATE_PUT_OFF: Final = timedelta(seconds=15)
"""So long after a stop was lifted somebody who still saw it may commit what is put off for it."""

_OFF: Final[LiteralString] = f"c.status = 'pending' and c.due_at >= {PUT_OFF}"

_MERCHANTS: Final[LiteralString] = f"""
    with recursive waiting as (
        (select c.merchant_id from cashbacks as c where {_OFF} order by c.merchant_id limit 1)
        union all
        select (
            select c.merchant_id from cashbacks as c
            where {_OFF} and c.merchant_id > w.merchant_id
            order by c.merchant_id limit 1
        )
        from waiting as w where w.merchant_id is not null
    )
    select w.merchant_id,
        coalesce(bool_or(t.type is null) filter (where t.lifted_at is null), false),
        array_agg(t.type) filter (where t.lifted_at is null), max(t.lifted_at), now()
    from waiting as w
    left join stops as t on t.merchant_id = w.merchant_id
    where w.merchant_id is not null
    group by w.merchant_id
    order by w.merchant_id
"""  # noqa: S608 (made of literals)
"""Who has something put off; whether it is stopped as a whole, and what else is; its latest lift.

Whatever number of rows is put off, one entry of the index is read for each merchant.
"""


@dataclass(slots=True)
class Resumption:
    """Where one process is on its way through what is put off.

    A merchant without a stop gets back everything, one that is stopped as a whole nothing, and no
    row is looked at. Of one with a stopped type each row is: by laps, of strides.
    """

    _after: tuple[int, UUID] | None = None
    _lap_began_at: datetime | None = None
    _clear_at: datetime | None = None
    """When the latest lap began that has ended: what was free then has been let go."""

    async def resume(self, cursor: Cursor, *, limit: int) -> bool:
        """Let about `limit` rows be due again; whether there may be more to do at once."""
        await cursor.execute(_MERCHANTS)
        rows = await cursor.fetchall()
        free = [merchant_id for merchant_id, _, stopped, *_ in rows if stopped is None]
        more = bool(free) and await _let_go(cursor, free, limit) > 0
        partly = [row for row in rows if row[2] is not None and not row[1]]
        if not partly:
            self._after = self._lap_began_at = None
            return more
        return await self._stride(cursor, partly) or more

    async def _stride(self, cursor: Cursor, partly: list[tuple[Any, ...]]) -> bool:
        now: datetime = partly[0][4]
        began_at = self._lap_began_at = self._lap_began_at or now
        left, freed = STRIDE, 0
        merchants = [row for row in partly if self._after is None or row[0] >= self._after[0]]
        for merchant_id, _, types, *_ in merchants[:MAX_MERCHANTS]:
            came_to = self._after[1] if self._after and self._after[0] == merchant_id else NONE_YET
            looked_at, let_go, came_to = await _look(
                cursor, merchant_id, types, after=came_to, limit=left
            )
            left, freed, self._after = left - looked_at, freed + let_go, (merchant_id, came_to)
            if left == 0:
                break
        if left > 0 and len(merchants) <= MAX_MERCHANTS:
            self._after, self._lap_began_at, self._clear_at = None, None, began_at
            return freed > 0
        clear_at = self._clear_at
        lifted = [row[3] for row in partly if row[3] is not None]
        return freed > 0 or any(clear_at is None or at > clear_at - LATE_PUT_OFF for at in lifted)


async def _let_go(cursor: Cursor, merchants: list[int], limit: int) -> int:
    await cursor.execute(
        f"""
        with free as materialized (
            select c.merchant_id, c.cashback_id from cashbacks as c
            where {_OFF} and c.merchant_id = any(%(merchants)s)
            limit %(limit)s
            for no key update of c skip locked
        )
        update cashbacks as c set due_at = now()
        from free
        where c.merchant_id = free.merchant_id and c.cashback_id = free.cashback_id
        """,  # noqa: S608 (made of literals)
        {"merchants": merchants, "limit": limit},
    )
    return cursor.rowcount


async def _look(
    cursor: Cursor, merchant_id: int, types: list[str], *, after: UUID, limit: int
) -> tuple[int, int, UUID]:
    """Let go what is free of the next rows; how many were looked at, and let go, and the last."""
    await cursor.execute(
        # With a limit the inner select is no `exists`, which might be answered for all lines that
        # there are. What is due at some time is pending; said again, it would invite another index.
        f"""
        with looked_at as materialized (
            select c.merchant_id, c.cashback_id from cashbacks as c
            where {_OFF} and c.merchant_id = %(merchant)s and c.cashback_id > %(after)s
            order by c.cashback_id
            limit %(limit)s
        ), unstopped as materialized (
            select a.merchant_id, a.cashback_id from looked_at as a
            where (
                select l.type from sale_lines as l
                where l.merchant_id = a.merchant_id and l.cashback_id = a.cashback_id
                    and l.type = any(%(types)s)
                limit 1
            ) is null
        ), free as materialized (
            select c.merchant_id, c.cashback_id
            from unstopped
            join cashbacks as c using (merchant_id, cashback_id)
            where c.due_at >= {PUT_OFF}
            for no key update of c skip locked
        ), freed as (
            update cashbacks as c set due_at = now()
            from free
            where c.merchant_id = free.merchant_id and c.cashback_id = free.cashback_id
            returning c.cashback_id
        )
        select (select count(*) from looked_at), (select count(*) from freed),
            (select cashback_id from looked_at order by cashback_id desc limit 1)
        """,  # noqa: S608 (made of literals)
        {"merchant": merchant_id, "types": types, "after": after, "limit": limit},
    )
    row = await cursor.fetchone()
    looked_at, freed, last = row or (0, 0, None)
    return looked_at, freed, last or after
