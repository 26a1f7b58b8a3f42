"""What waits for a person, by whether somebody has it, and days of files that nobody compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.postgres.connection.sessions import opened
from adapters.postgres.operators.case_sources import DIFFERENCE_CASES, INCIDENT_CASES
from adapters.postgres.operators.examination import AS_WORKER

if TYPE_CHECKING:
    from datetime import date, datetime

FILE_DAYS: Final = 90
"""Of files that are older nobody is reminded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesOf:
    """Cases that nobody has, or that somebody has; of `days` merchants' days with differences."""

    count: int
    centavos: int
    oldest_at: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkForSomebody:
    """What is nobody's and what is somebody's, None where there is none.

    `uncompared` are merchants' days whose newest complete file was held against nothing yet,
    `first_uncompared` the slug and the day of the first.
    """

    nobodys: CasesOf | None
    somebodys: CasesOf | None
    uncompared: int = 0
    first_uncompared: tuple[str, date] | None = None


def examine_work(dsn: str) -> WorkForSomebody:
    """Needs every migration and the worker's role. Raises StoreUnavailable."""
    with opened(dsn, AS_WORKER) as server:
        found = server.execute(
            f"""
            select k.assigned_to is null, count(*), sum(s.centavos)::bigint, min(s.opened_at),
                count(distinct (d.merchant_id, d.day))
            from (
                {INCIDENT_CASES} where i.closed_at is null
                union all
                {DIFFERENCE_CASES} where d.closed_at is null
            ) as s
            left join cases as k using (case_id)
            left join differences as d on d.difference_id = s.case_id
            where k.resolved_at is null
            group by 1
            """  # noqa: S608 (made of literals)
        ).fetchall()
        uncompared = server.execute(
            """
            select count(*) over (), m.slug, f.day
            from (
                select distinct on (f.merchant_id, f.day) f.merchant_id, f.day, f.file_id,
                    f.completed_at
                from files as f
                where f.merchant_id is not null and f.refused_at is null
                    and f.completed_at > now() - make_interval(days => %s)
                order by f.merchant_id, f.day, f.completed_at desc, f.file_id desc
            ) as f
            join merchants as m using (merchant_id)
            where not exists (
                select from three_side_runs as r
                where r.merchant_id = f.merchant_id and r.file_id = f.file_id
                    and r.as_of >= f.completed_at
            )
            order by f.day, m.slug limit 1
            """,
            [FILE_DAYS],
        ).fetchone()
    rows = {
        is_nobodys: CasesOf(count=count, centavos=centavos, oldest_at=oldest_at, days=days)
        for is_nobodys, count, centavos, oldest_at, days in found
    }
    return WorkForSomebody(
        nobodys=rows.get(True),
        somebodys=rows.get(False),
        uncompared=uncompared[0] if uncompared else 0,
        first_uncompared=(uncompared[1], uncompared[2]) if uncompared else None,
    )
