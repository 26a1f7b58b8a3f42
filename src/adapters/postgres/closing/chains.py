"""The chains as they are kept: their closes, the days that follow, where a day is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.closing.lines import Cut
from adapters.postgres.connection.horizon import HORIZON, WHO
from cashback_core.closing.close import MerchantClose
from cashback_core.closing.day import Amount
from cashback_core.closing.kept import (
    ChainOwner,
    Flow,
    Horizon,
    KeptClose,
    KeptDay,
    OpenDay,
)
from cashback_core.closing.keys import CloseKey
from cashback_core.closing.store import NotSettled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from psycopg import AsyncConnection


_DAY: Final[LiteralString] = """
    c.merchant_id, m.slug, c.number, c.day, c.begins_at, c.ends_at, c.below, c.closed_at, c.key_id,
    encode(c.hash, 'hex'), encode(c.previous, 'hex'), c.lines, c.late
"""
_OF_CHAIN: Final[LiteralString] = """
    from closes as c left join merchants as m on m.merchant_id = c.merchant_id
    where c.merchant_id is not distinct from %(merchant)s::bigint and c.number > 0
"""
_DAYS: Final[LiteralString] = f"select {_DAY} {_OF_CHAIN}"
_CLOSES: Final[LiteralString] = f"select c.document, {_DAY} {_OF_CHAIN}"
OPEN_DAYS: Final[LiteralString] = f"""
    select o.merchant_id, o.slug, n.day, day_zone(o.merchant_id, n.day),
        coalesce(c.ends_at, day_begins_at(o.merchant_id, n.day)),
        day_ends_at(o.merchant_id, n.day), {_DAY}
    from (
        select m.merchant_id, m.slug, m.created_at from merchants as m
        union all
        select null, null, null where exists (select from merchants)
    ) as o
    left join lateral (
        select k.* from closes as k
        where k.merchant_id is not distinct from o.merchant_id and k.number > 0
        order by k.number desc limit 1
    ) as c on true
    left join merchants as m on m.merchant_id = c.merchant_id
    cross join lateral (
        select coalesce(
            c.day + 1,
            -- Each merchant's first close is named by the account's of that day: whose first day is
            -- the earliest of theirs, and whoever comes when it is closed begins with the next one.
            case when o.merchant_id is null then (
                select min(day_of(f.merchant_id, f.created_at)) from merchants as f
            ) else greatest(
                day_of(o.merchant_id, o.created_at),
                (select max(a.day) + 1 from closes as a where a.merchant_id is null)
            ) end
        ) as day
    ) as n
    where %(all)s or o.merchant_id is not distinct from %(merchant)s::bigint
    order by o.merchant_id nulls last
"""  # noqa: S608 (made of literals)
_HORIZON: Final[LiteralString] = f"""
    select h.below, clock_timestamp(), exists (
        select from events as e
        where e.merchant_id = %(merchant)s and e.position >= h.below and e.at < %(ends)s
    )
    from (select {HORIZON} as below) as h
"""  # noqa: S608 (made of literals)


def cut_of(day: OpenDay, horizon: Horizon) -> Cut:
    """Which events an open day holds."""
    assert day.owner.merchant_id is not None, "the account has no events"
    return Cut(
        merchant_id=day.owner.merchant_id,
        day=day.day,
        begins_at=day.begins_at,
        ends_at=day.ends_at,
        from_position=0 if day.last is None else day.last.below,
        below=horizon.below,
    )


async def open_days(
    connection: AsyncConnection[Any], of: ChainOwner | None = None
) -> Sequence[OpenDay]:
    """Of every chain, or of one, the day that is closed next."""
    found = await connection.execute(
        OPEN_DAYS, {"all": of is None, "merchant": None if of is None else of.merchant_id}
    )
    return [_open_day(row) for row in await found.fetchall()]


async def horizon(connection: AsyncConnection[Any], day: OpenDay) -> Horizon:
    """See `Closing.horizon`; raises NotSettled."""
    found = await connection.execute(
        _HORIZON, {"merchant": day.owner.merchant_id, "ends": day.ends_at}
    )
    row = await found.fetchone()
    assert row is not None
    below, at, unsettled = row
    if unsettled or (day.last is not None and below < day.last.below):
        raise NotSettled(f"{day.owner.name}, {day.day}", await _holders(connection))
    return Horizon(below=below, at=at)


async def _holders(connection: AsyncConnection[Any]) -> tuple[str, ...]:
    """By whom the horizon is held, as an operator finds them."""
    found = await connection.execute(WHO)
    return tuple(str(who) for (who,) in await found.fetchall())


async def flows(connection: AsyncConnection[Any], day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
    """See `Closing.flows`."""
    found = await connection.execute(
        "select class, entered, entered_centavos, departed, departed_centavos"
        " from provider_flows(%s, %s, %s, %s, %s)",
        [
            day.owner.merchant_id,
            day.begins_at,
            day.ends_at,
            0 if day.last is None else day.last.below,
            horizon.below,
        ],
    )
    return [
        Flow(
            name=name,
            entered=Amount(count=entered, centavos=entered_centavos),
            departed=Amount(count=departed, centavos=departed_centavos),
        )
        for name, entered, entered_centavos, departed, departed_centavos in await found.fetchall()
    ]


async def hash_at(connection: AsyncConnection[Any], owner: ChainOwner, number: int) -> str | None:
    """The hash of a close of a chain."""
    found = await connection.execute(
        "select encode(hash, 'hex') from closes"
        " where merchant_id is not distinct from %s::bigint and number = %s and number > 0",
        [owner.merchant_id, number],
    )
    row = await found.fetchone()
    return None if row is None else row[0]


async def merchants_closes(connection: AsyncConnection[Any], day: date) -> Sequence[MerchantClose]:
    """The merchants' closes of a day, sorted by slug."""
    found = await connection.execute(
        "select m.slug, c.number, encode(c.hash, 'hex')"
        " from merchants as m join closes as c on c.merchant_id = m.merchant_id"
        " where c.day = %s order by m.slug",
        [day],
    )
    return [
        MerchantClose(merchant=slug, number=number, sha256=hash_)
        for slug, number, hash_ in await found.fetchall()
    ]


async def closes(
    connection: AsyncConnection[Any], merchant_id: int | None, *, after: int, limit: int
) -> Sequence[KeptClose]:
    """A chain's closes from number `after` + 1 on."""
    found = await connection.execute(
        _CLOSES + " and c.number > %(after)s order by c.number limit %(limit)s",
        {"merchant": merchant_id, "after": after, "limit": limit},
    )
    return [_kept(row) for row in await found.fetchall()]


async def latest(
    connection: AsyncConnection[Any], merchant_id: int | None, *, before: int | None, limit: int
) -> Sequence[KeptDay]:
    """A chain's closes without their documents, the latest first, of numbers below `before`."""
    found = await connection.execute(
        _DAYS + " and (%(before)s::integer is null or c.number < %(before)s)"
        " order by c.number desc limit %(limit)s",
        {"merchant": merchant_id, "before": before, "limit": limit},
    )
    return [KeptDay(**_day_of(row)) for row in await found.fetchall()]


async def close_of(
    connection: AsyncConnection[Any], merchant_id: int | None, day: date
) -> KeptClose | None:
    """The close of a day."""
    found = await connection.execute(
        _CLOSES + " and c.day = %(day)s", {"merchant": merchant_id, "day": day}
    )
    row = await found.fetchone()
    return None if row is None else _kept(row)


async def keys(connection: AsyncConnection[Any]) -> Sequence[CloseKey]:
    """Every key, the first one first."""
    found = await connection.execute(
        "select public_key, from_at, lead(from_at) over (order by from_at, key_id)"
        " from close_keys order by from_at, key_id"
    )
    return [
        CloseKey(public_key=bytes(key), from_at=from_at, until_at=until_at)
        for key, from_at, until_at in await found.fetchall()
    ]


def _open_day(row: Sequence[Any]) -> OpenDay:
    merchant_id, slug, day, zone, begins_at, ends_at, *last = row
    return OpenDay(
        owner=ChainOwner(merchant_id=merchant_id, slug=slug),
        last=None if last[2] is None else KeptDay(**_day_of(last)),
        day=day,
        zone=zone,
        begins_at=begins_at,
        ends_at=ends_at,
    )


def _kept(row: Sequence[Any]) -> KeptClose:
    document, *day = row
    return KeptClose(document=bytes(document), **_day_of(day))


def _day_of(row: Sequence[Any]) -> dict[str, Any]:
    merchant_id, slug, number, day, begins_at, ends_at, below, closed_at, *more = row
    key, hash_, previous, lines, late = more
    return {
        "owner": ChainOwner(merchant_id=merchant_id, slug=slug),
        "number": number,
        "day": day,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "below": below,
        "closed_at": closed_at,
        "key": key,
        "hash": hash_,
        "previous": previous,
        "lines": lines,
        "late": late,
    }
