"""Asks the database, over a connection for each time, what no process knows by itself."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from adapters.postgres.connection import Role, serving_dsn, translated
from cashback_core.delivery import Status
from cashback_core.probing import Backlog, OpenCount, Probed

if TYPE_CHECKING:
    from psycopg import AsyncConnection

STATEMENT: Final = "2s"
"""A query that takes longer is given up: what serves comes first."""

OPEN: Final = (Status.PENDING, Status.SENDING, Status.IN_DOUBT, Status.REJECTED, Status.HELD)
"""Every status that is not final."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresProbe:
    """Reads the clock, and with `backlog` what is open."""

    dsn: str
    backlog: bool

    async def __call__(self) -> Probed:
        """Raises StoreUnavailable."""
        dsn = serving_dsn(
            self.dsn,
            application="cashback-metrics",
            role=Role.WORKER if self.backlog else None,  # what is open, of every merchant
            statement_timeout=STATEMENT,
            # With an outdated idea of the table the planner reads all of it for what is open.
            enable_seqscan="off",
        )
        with translated():
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                before_s, began_s = time.time(), time.perf_counter()
                (theirs_s,) = await _one(
                    connection, "select extract(epoch from clock_timestamp())::float8"
                )
                error_s = (time.perf_counter() - began_s) / 2
                backlog = await _backlog_in_time(connection) if self.backlog else None
        return Probed(
            clock_ahead_s=theirs_s - (before_s + error_s), clock_error_s=error_s, backlog=backlog
        )


async def _backlog_in_time(connection: AsyncConnection[Any]) -> Backlog | None:
    """None when it took too long: the database is there all the same."""
    try:
        return await _backlog(connection)
    except psycopg.errors.QueryCanceled:
        _log.warning("reading what is open took longer than %s", STATEMENT)
        return None


async def _backlog(connection: AsyncConnection[Any]) -> Backlog:
    found = await connection.execute(
        """
        select status, count(*), sum(cashback_centavos)::bigint,
            extract(epoch from clock_timestamp() - min(accepted_at))::float8
        from cashbacks
        where status not in ('applied', 'not_due')  -- what the index of open ones needs to see
            and status <> 'cancelled'
        group by status
        """
    )
    rows = {
        Status(status): OpenCount(count=count, centavos=centavos, oldest_s=max(0.0, oldest_s))
        for status, count, centavos, oldest_s in await found.fetchall()
    }
    row = await _one(
        connection,
        """
        select
            coalesce((select extract(epoch from clock_timestamp() - min(due_at))
                from cashbacks where status = 'pending'), 0)::float8,
            coalesce((select extract(epoch from clock_timestamp() - min(lease_until_at))
                from cashbacks where status = 'sending'), 0)::float8,
            (select count(*) from incidents),
            (select count(*) from cashbacks where risk_accepted_at is not null),
            (select paused_at is not null from sender),
            pg_database_size(current_database()),
            (select count(*) from pg_stat_activity where datname = current_database()),
            current_setting('max_connections')::int
        """,
    )
    overdue_s, lease_expired_s, incidents, risk_accepted, paused, size, sessions, most = row
    return Backlog(
        counts={status: rows.get(status, OpenCount()) for status in OPEN},
        overdue_s=max(0.0, overdue_s),
        lease_expired_s=max(0.0, lease_expired_s),
        incidents=incidents,
        risk_accepted=risk_accepted,
        paused=paused,
        database_bytes=size,
        sessions=sessions,
        most_sessions=most,
    )


async def _one(connection: AsyncConnection[Any], query: LiteralString) -> tuple[Any, ...]:
    row = await (await connection.execute(query)).fetchone()
    if row is None:
        raise LookupError(query)
    return tuple(row)
