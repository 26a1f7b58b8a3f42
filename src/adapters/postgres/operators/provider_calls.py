"""How long the provider takes, by what it was paid lately: what the connections to it allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from adapters.postgres.connection.sessions import DatabaseRole, Session, opened

LATELY_S: Final = 3_600
MOST_CALLS: Final = 200
_SESSION: Final = Session(application="cashback-doctor", writes=False, deadline_s=20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCalls:
    """The latest payments of the last hour, MOST_CALLS of them at most; medians, in seconds.

    `held_s` is how long a call kept its connection, `waited_s` how long it waited for one before,
    the making of a new one included.
    """

    count: int
    held_s: float
    waited_s: float


def examine_calls(dsn: str) -> ProviderCalls | None:
    """None where nothing was paid. Needs every migration. Raises StoreUnavailable."""
    with opened(dsn, replace(_SESSION, role=DatabaseRole.WORKER)) as server:
        row = server.execute(
            """
            select count(*),
                percentile_cont(0.5) within group (order by a.elapsed_s - a.connected_s),
                percentile_cont(0.5) within group (order by a.connected_s)
            from (
                select c.merchant_id, c.cashback_id, c.attempt
                from merchants as m
                cross join lateral (
                    -- By the index `cashbacks_by_applied_at`: so many of each merchant at most.
                    select merchant_id, cashback_id, attempt, applied_at from cashbacks
                    where merchant_id = m.merchant_id
                        and applied_at > now() - make_interval(secs => %(lately_s)s)
                    order by applied_at desc limit %(most)s
                ) as c
                order by c.applied_at desc limit %(most)s
            ) as c
            cross join lateral (
                -- With `limit` it is looked up for each, on a young table, too.
                select elapsed_s, connected_s from attempts
                where merchant_id = c.merchant_id and cashback_id = c.cashback_id
                    and attempt = c.attempt and result = 'applied'
                limit 1
            ) as a
            where a.connected_s is not null
            """,
            {"lately_s": LATELY_S, "most": MOST_CALLS},
        ).fetchone()
    if row is None or not row[0]:
        return None
    return ProviderCalls(count=row[0], held_s=float(row[1]), waited_s=float(row[2]))
