"""What waits, for how long, and what statements say of it, as `doctor` and metrics ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.postgres.connection.sessions import opened
from adapters.postgres.operators.case_sources import INCIDENT_CASES
from adapters.postgres.operators.clocks import CLOCKS_AHEAD, clocks_in
from adapters.postgres.operators.examination import AS_WORKER, one_row
from adapters.postgres.operators.webhooks import TROUBLED, troubled_in
from cashback_core.delivery.states import Status
from cashback_core.operators.backlog import OVERDUE_DOUBT_S
from cashback_core.operators.clocks import EXAMINED_S, MOST_CLOCKS
from cashback_core.operators.operator_store import SenderState
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.incidents import ClassTotal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from adapters.postgres.operators.webhooks import TroubledEndpoint
    from cashback_core.operators.clocks import ClockAhead


INCIDENTS_SHOWN: Final = 3
INCIDENT_DAYS: Final = 7
LISTENER: Final = "cashback-listener"
"""What the sessions of workers call themselves; see `waking`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """What has not ended well, and whether anybody works on it.

    `overdue` is how long the most overdue pending cashback has waited beyond its instant,
    `lease_expired` how long ago the oldest lease ran out that nobody took up; `clocks_ahead` are
    those of the last day.
    """

    counts: Mapping[Status, int]
    oldest_open: tuple[Status, datetime] | None
    overdue: timedelta
    lease_expired: timedelta
    workers: int
    risk_accepted: int
    incidents: int
    latest_incidents: tuple[str, ...]
    clocks_ahead: tuple[ClockAhead, ...]
    sender: SenderState


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRun:
    """The latest reconciliation of its kind that ended.

    `distrust` says why its statement's silence proves nothing, and `distrusted_since_at` since when
    that has been so; `error` why it failed.
    """

    kind: str
    ended_at: datetime
    distrust: str | None
    distrusted_since_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementState:
    """What the provider's statements came to: incidents that stand, runs, doubts nobody decided.

    `doubts_overdue` counts those in doubt for longer than OVERDUE_DOUBT_S, `oldest_doubt_at` is
    since when the first of all is. `told_through` is where the last ends that the provider's
    ledger took in, None before the first statement.
    """

    standing: tuple[ClassTotal, ...]
    runs: tuple[LatestRun, ...]
    doubts_overdue: int
    oldest_doubt_at: datetime | None
    told_through: datetime | None = None


def examine_backlog(dsn: str) -> OpenWork:
    """Needs every migration and the worker's role. Raises StoreUnavailable."""
    with opened(dsn, AS_WORKER) as server:
        counts = server.execute(
            "select status, count(*) from cashbacks"
            " where status not in ('applied', 'not_due', 'void', 'recorded') group by status"
        ).fetchall()
        oldest = server.execute(
            "select status, accepted_at from cashbacks"
            " where status not in ('applied', 'not_due', 'void', 'recorded')"
            " and status not in ('cancelled', 'unconfirmed')"
            " order by accepted_at limit 1"
        ).fetchone()
        overdue, expired = one_row(
            server,
            "select greatest(interval '0', now() - (select min(due_at) from cashbacks"
            " where status = 'pending')),"
            " greatest(interval '0', now() - (select min(lease_until_at) from cashbacks"
            " where status = 'sending'))",
        )
        (workers,) = one_row(
            server,
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and application_name = %s",
            LISTENER,
        )
        (risk_accepted,) = one_row(
            server, "select count(*) from cashbacks where risk_accepted_at is not null"
        )
        incidents = server.execute(
            "select count(*) over (), at, cashback_id, what from incidents"
            " where at > now() - make_interval(days => %s) order by at desc limit %s",
            [INCIDENT_DAYS, INCIDENTS_SHOWN],
        ).fetchall()
        paused = one_row(server, "select paused_at, reason, actor from sender")
        clocks = server.execute(
            CLOCKS_AHEAD, {"within_s": EXAMINED_S, "most": MOST_CLOCKS}
        ).fetchall()
    return OpenWork(
        counts={Status(status): count for status, count in counts},
        oldest_open=None if oldest is None else (Status(oldest[0]), oldest[1]),
        overdue=overdue,
        lease_expired=expired,
        workers=workers,
        risk_accepted=risk_accepted,
        incidents=incidents[0][0] if incidents else 0,
        latest_incidents=tuple(f"{id_}: {what}" for _, _, id_, what in incidents),
        clocks_ahead=clocks_in(clocks),
        sender=SenderState(paused_at=paused[0], reason=paused[1], actor=paused[2]),
    )


def examine_statements(dsn: str) -> StatementState:
    """Needs every migration and the worker's role. Raises StoreUnavailable."""
    with opened(dsn, AS_WORKER) as server:
        standing = server.execute(
            f"""
            select s.class, count(*), sum(s.centavos)::bigint
            from ({INCIDENT_CASES} where i.closed_at is null) as s group by s.class
            """  # noqa: S608 (made of literals)
        ).fetchall()
        runs = server.execute(
            "select distinct on (kind) kind, ended_at, distrust, distrusted_since, error"
            " from reconciliations where ended_at is not null order by kind, started_at desc"
        ).fetchall()
        overdue, oldest = one_row(
            server,
            "select count(*) filter (where e.at < now() - make_interval(secs => %s)), min(e.at)"
            " from cashbacks as c join events as e on e.merchant_id = c.merchant_id"
            " and e.cashback_id = c.cashback_id and e.sequence = c.version"
            " where c.status = 'in_doubt'",
            OVERDUE_DOUBT_S,
        )
        (told_through,) = one_row(server, "select max(through) from provider_tellings")
    totals = {FindingClass(cls): (count, centavos) for cls, count, centavos in standing}
    return StatementState(
        standing=tuple(
            ClassTotal(cls=cls, count=totals[cls][0], centavos=totals[cls][1])
            for cls in FindingClass
            if cls in totals
        ),
        runs=tuple(
            LatestRun(kind=kind, ended_at=at, distrust=why, distrusted_since_at=since, error=error)
            for kind, at, why, since, error in runs
        ),
        doubts_overdue=overdue,
        oldest_doubt_at=oldest,
        told_through=told_through,
    )


def troubled_endpoints(dsn: str, *, late: timedelta) -> tuple[TroubledEndpoint, ...]:
    """Endpoints of webhooks that no person disabled, and those that are later than `late`.

    Needs every migration and the worker's role. Raises StoreUnavailable.
    """
    with opened(dsn, AS_WORKER) as server:
        return troubled_in(server.execute(TROUBLED, {"late": late}).fetchall())
