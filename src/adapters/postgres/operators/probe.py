"""Asks the database, over a connection for each time, what no process knows by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.operators.case_sources import DIFFERENCE_CASES, INCIDENT_CASES
from adapters.postgres.operators.clocks import CLOCKS_AHEAD, clocks_in
from adapters.postgres.operators.webhooks import ENDPOINTS
from cashback_core.delivery.states import Status
from cashback_core.operators.backlog import (
    Backlog,
    ClassCount,
    OpenCount,
    Probed,
    Reconciled,
    WebhookBacklog,
)
from cashback_core.operators.cases import CaseState
from cashback_core.operators.clocks import MEASURED_S, MOST_CLOCKS
from cashback_core.reconciliation.findings import NEED_A_PERSON, FindingClass

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database

_SESSION: Final = Session(
    application="cashback-metrics",
    # A reading that takes longer is given up: what serves comes first.
    settings={"statement_timeout": "2s"},
    autocommit=True,
)

OPEN: Final = (
    Status.UNCONFIRMED,
    Status.PENDING,
    Status.SENDING,
    Status.IN_DOUBT,
    Status.REJECTED,
    Status.HELD,
)
"""Every status that is not final."""

STANDING: Final = sorted(NEED_A_PERSON | {FindingClass.DOUBT_UNDECIDED})
"""Every class that an incident may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresProbe:
    """Reads the clock, and with `backlog` what is open."""

    database: Database
    backlog: bool

    async def __call__(self) -> Probed:
        """Raises StoreUnavailable."""
        role = DatabaseRole.WORKER if self.backlog else DatabaseRole.SERVING
        async with self.database.connection(replace(_SESSION, role=role)) as connection:
            before_s, began_s = time.time(), time.perf_counter()
            (theirs_s,) = await _one(
                connection, "select extract(epoch from clock_timestamp())::float8"
            )
            error_s = (time.perf_counter() - began_s) / 2
            backlog = await _backlog(connection) if self.backlog else None
        return Probed(
            clock_ahead_s=theirs_s - (before_s + error_s), clock_error_s=error_s, backlog=backlog
        )


async def _backlog(connection: AsyncConnection[Any]) -> Backlog:
    found = await connection.execute(
        """
        select status, count(*), sum(cashback_centavos)::bigint,
            extract(epoch from clock_timestamp() - min(accepted_at))::float8
        from cashbacks
        -- What the index of open ones needs to see.
        where status not in ('applied', 'not_due', 'void', 'recorded')
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
            (select count(*) from sales where name_differs),
            (select paused_at is not null from sender),
            pg_database_size(current_database()),
            (select count(*) from pg_stat_activity where datname = current_database()),
            current_setting('max_connections')::int
        """,
    )
    clocks = await connection.execute(CLOCKS_AHEAD, {"within_s": MEASURED_S, "most": MOST_CLOCKS})
    (
        overdue_s, lease_expired_s, incidents, risk_accepted, name_differences, paused, size,
        sessions, most,
    ) = row  # fmt: skip
    return Backlog(
        counts={status: rows.get(status, OpenCount()) for status in OPEN},
        overdue_s=max(0.0, overdue_s),
        lease_expired_s=max(0.0, lease_expired_s),
        incidents=incidents,
        webhooks=await _webhooks(connection),
        reconciled=await _reconciled(connection),
        risk_accepted=risk_accepted,
        name_differences=name_differences,
        clocks_ahead=clocks_in(await clocks.fetchall()),
        paused=paused,
        database_bytes=size,
        sessions=sessions,
        most_sessions=most,
        cases=await _cases(connection),
    )


async def _cases(connection: AsyncConnection[Any]) -> dict[CaseState, OpenCount]:
    found = await connection.execute(
        f"""
        select case when k.assigned_to is null then 'open' else 'assigned' end, count(*),
            sum(s.centavos)::bigint,
            extract(epoch from clock_timestamp() - min(s.opened_at))::float8
        from (
            {INCIDENT_CASES} where i.closed_at is null
            union all
            {DIFFERENCE_CASES} where d.closed_at is null
        ) as s
        left join cases as k using (case_id)
        where k.resolved_at is null
        group by 1
        """  # noqa: S608 (made of literals)
    )
    rows = {
        CaseState(state): OpenCount(count=count, centavos=centavos, oldest_s=max(0.0, oldest_s))
        for state, count, centavos, oldest_s in await found.fetchall()
    }
    return {state: rows.get(state, OpenCount()) for state in (CaseState.OPEN, CaseState.ASSIGNED)}


async def _webhooks(connection: AsyncConnection[Any]) -> WebhookBacklog:
    row = await _one(
        connection,
        f"""
        select coalesce(extract(epoch from clock_timestamp() - min(oldest.at)), 0)::float8,
            coalesce(sum(kept.waiting) filter (
                where w.disabled_at is null and m.disabled_at is null
            ), 0)::bigint,
            count(*) filter (where w.disabled_because <> 'person' and m.disabled_at is null)
        {ENDPOINTS}
        """,  # noqa: S608 (made of literals)
    )
    oldest_s, waiting, disabled = row
    return WebhookBacklog(oldest_s=max(0.0, oldest_s), waiting=waiting, disabled=disabled)


async def _reconciled(connection: AsyncConnection[Any]) -> Reconciled:
    found = await connection.execute(
        "select class, count(*), sum(centavos)::bigint from statement_incidents"
        " where closed_at is null group by class"
    )
    standing = {
        FindingClass(cls): ClassCount(count=count, centavos=centavos)
        for cls, count, centavos in await found.fetchall()
    }
    row = await _one(
        connection,
        """
        select
            coalesce(extract(epoch from clock_timestamp() - coalesce(
                (select max(ended_at) from reconciliations
                    where distrust is null and error is null),
                (select min(started_at) from reconciliations)
            )), 0)::float8,
            coalesce((
                select distrust is not null from reconciliations
                where ended_at is not null and error is null
                order by started_at desc limit 1
            ), false),
            (
                select count(*)
                from cashbacks as c
                join events as e
                    on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
                        and e.sequence = c.version  -- since when it is in doubt
                where c.status = 'in_doubt'
                    and e.at < clock_timestamp() - interval '26 hours'  -- OVERDUE_DOUBT_S
            ),
            coalesce(extract(epoch from clock_timestamp() - coalesce(
                (select max(through) from provider_tellings),
                (select min(started_at) from reconciliations)
            )), 0)::float8
        """,
    )
    trusted_age_s, distrusted, overdue, ledger_age_s = row
    return Reconciled(
        standing={cls: standing.get(cls, ClassCount()) for cls in STANDING},
        trusted_age_s=max(0.0, trusted_age_s),
        distrusted=distrusted,
        doubts_overdue=overdue,
        ledger_age_s=max(0.0, ledger_age_s),
    )


async def _one(connection: AsyncConnection[Any], query: LiteralString) -> tuple[Any, ...]:
    row = await (await connection.execute(query)).fetchone()
    if row is None:
        raise LookupError(query)
    return tuple(row)
