"""Clients whose sales are made later than they come: a clock of theirs is ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.operators.clocks import ClockAhead

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCKS_AHEAD: Final[LiteralString] = """
    select coalesce(s.submitted_by, 'none'), m.slug,
        extract(epoch from max(s.sold_at - s.accepted_at))::float8,
        count(*), min(s.accepted_at), max(s.accepted_at)
    from (
        select merchant_id, submitted_by, sold_at, accepted_at
        from sales
        where sold_at - accepted_at > interval '10 s'  -- what the index of them needs to see
            and accepted_at > now() - make_interval(secs => %(within_s)s)
        order by accepted_at desc
        limit 100000  -- where the whole company's clock is ahead, the latest are enough
    ) as s
    join merchants as m using (merchant_id)
    group by s.submitted_by, m.slug
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
            first_at=first_at,
            last_at=last_at,
        )
        for client, merchant, ahead_s, sales, first_at, last_at in rows
    )
