"""Clients whose sales are made later than they come, whether they were taken or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.operators.clocks import ClockAhead

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCKS_AHEAD: Final[LiteralString] = """
    with told as (
        select merchant_id, coalesce(submitted_by, 'none') as client,
            extract(epoch from max(sold_at - accepted_at))::float8 as ahead_s,
            count(*) as sales, 0 as refused,
            min(accepted_at) as first_at, max(accepted_at) as last_at
        from (
            select merchant_id, submitted_by, sold_at, accepted_at
            from sales
            where sold_at - accepted_at > interval '10 s'  -- what the index of them needs to see
                and accepted_at > now() - make_interval(secs => %(within_s)s)
            order by accepted_at desc
            limit 100000  -- where the whole company's clock is ahead, the latest are enough
        ) as s
        group by merchant_id, submitted_by
        union all
        select merchant_id, client, ahead_s, 0, sales, first_at, last_at
        from refused_clocks  -- one row a client
        where last_at > now() - make_interval(secs => %(within_s)s) and ahead_s > 10
    )
    select client, m.slug, max(ahead_s), sum(sales)::bigint, sum(refused)::bigint,
        min(first_at), max(last_at)
    from told
    join merchants as m using (merchant_id)
    group by client, m.slug
    order by 3 desc, 1
    limit %(most)s
"""
"""Takes `within_s` and `most`: see `clocks_in`."""


def clocks_in(rows: Iterable[tuple[Any, ...]]) -> tuple[ClockAhead, ...]:
    """What CLOCKS_AHEAD found, the furthest ahead first."""
    return tuple(
        ClockAhead(
            client=client,
            merchant=merchant,
            ahead_s=ahead_s,
            sales=sales,
            refused=refused,
            first_at=first_at,
            last_at=last_at,
        )
        for client, merchant, ahead_s, sales, refused, first_at, last_at in rows
    )
