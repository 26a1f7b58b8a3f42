"""The provider's side of a day out of its ledger: what statements told of its cashbacks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.reconciliation.unlike_rows import SILENT_S
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.three_sides import Credited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.days_compared import DayFacts

# Of each sale of the day the ledger's lines are looked up by their index: joined (which `offset`
# and sums prevent), all that there ever were of the merchant's would be read.
_OF_THE_DAY: Final[LiteralString] = """
    s.merchant_id = %(merchant_id)s
        and s.sold_at >= %(begins_at)s and s.sold_at < %(ends_at)s
"""
# `Window.expects`, of all statements together: two that touch leave no gap.
_EXPECTED: Final[LiteralString] = """
    cross join lateral (
        select coalesce(min(t.started_at), c.accepted_at) as first_started_at
        from attempts as t
        where t.merchant_id = %(merchant_id)s and t.cashback_id = c.cashback_id
    ) as a
    where c.status = 'applied' and tstzrange(
        least(a.first_started_at, c.applied_at) - %(skew)s::interval,
        c.applied_at + %(skew)s::interval, '[]'
    ) <@ (
        select range_agg(tstzrange(w.since, w.through, '[]')) from provider_tellings as w
        where %(told_from)s::timestamptz is null or w.through >= %(told_from)s
    )
"""
TELLS: Final[LiteralString] = f"""
    select exists (
        select from sales as s
        cross join lateral (
            select from provider_lines as l
            where l.merchant_id = %(merchant_id)s and l.cashback_id = s.cashback_id
                and l.class is not null
            offset 0
        ) as p
        where {_OF_THE_DAY}
    ) or exists (
        select from sales as s
        cross join lateral (
            select from cashbacks as c
            {_EXPECTED}
                and c.merchant_id = %(merchant_id)s and c.cashback_id = s.cashback_id
            offset 0
        ) as e
        where {_OF_THE_DAY}
    )
"""  # noqa: S608 (made of literals)
# One more credit, or what was taken back, counts with the cashback's own line, and has its class.
_EACH: Final[LiteralString] = f"""
    cross join lateral (
        select c.cashback_id, c.status, c.cashback_centavos, c.accepted_at, c.applied_at
        from cashbacks as c
        where c.merchant_id = %(merchant_id)s and c.cashback_id = s.cashback_id
        offset 0
    ) as c
    cross join lateral (
        select count(*) as lines, sum(l.centavos) as centavos,
            coalesce(min(l.class) filter (where l.class <> 'credited_again'), min(l.class)) as class
        from provider_lines as l
        where l.merchant_id = %(merchant_id)s and l.cashback_id = c.cashback_id
            and l.class is not null
    ) as p
    left join lateral (
        select 'applied_absent' as class from (select) as o {_EXPECTED} and p.lines = 0
    ) as e on true
    where (
        c.status = 'applied' and p.lines = 1 and p.class = 'matched'
        and p.centavos = c.cashback_centavos
    ) is not true
"""  # noqa: S608 (made of literals)
APART: Final[LiteralString] = f"""
    select c.cashback_id, coalesce(p.class, e.class), p.lines, coalesce(p.centavos, 0)
    from sales as s
    {_EACH}
        and {_OF_THE_DAY}
"""  # noqa: S608 (made of literals)
_APART_OF_THESE: Final[LiteralString] = f"""
    select c.cashback_id, coalesce(p.class, e.class), p.lines, coalesce(p.centavos, 0)
    from unnest(%(ids)s::uuid[]) as s (cashback_id)
    {_EACH}
"""  # noqa: S608 (made of literals)
_DAY_BEFORE: Final = timedelta(days=1)
"""No attempt of a day's sale is earlier: what statements told before is not asked for."""


async def read_ledger_side(
    connection: AsyncConnection[Any], merchant_id: int, facts: DayFacts, skew: timedelta
) -> dict[UUID, Credited | None] | None:
    """What of the day's cashbacks is not plainly credited; None where nothing is told of it.

    Something is as soon as there is a line of one, or one that was applied is not there though
    statements cover it: it is absent. `skew` is the most that two clocks differ.
    """
    values = {
        "merchant_id": merchant_id,
        "begins_at": facts.begins_at,
        "ends_at": facts.ends_at,
        "told_from": facts.begins_at - skew - _DAY_BEFORE,
        "skew": skew,
    }
    with watched(connection, SILENT_S):
        found = await connection.execute(TELLS, values)
        if await found.fetchone() != (True,):
            return None
        found = await connection.execute(APART, values)
        return _credited(await found.fetchall())


async def read_ledger_of(
    connection: AsyncConnection[Any], merchant_id: int, ids: Sequence[UUID], skew: timedelta
) -> dict[UUID, Credited | None]:
    """What of these cashbacks, whatever their days, is not plainly credited."""
    with watched(connection, SILENT_S):
        found = await connection.execute(
            _APART_OF_THESE,
            {"merchant_id": merchant_id, "ids": list(ids), "told_from": None, "skew": skew},
        )
        return _credited(await found.fetchall())


def _credited(rows: Sequence[tuple[Any, ...]]) -> dict[UUID, Credited | None]:
    return {
        id_: None
        if cls is None
        else Credited(cls=FindingClass(cls), lines=lines, centavos=int(centavos))
        for id_, cls, lines, centavos in rows
    }
