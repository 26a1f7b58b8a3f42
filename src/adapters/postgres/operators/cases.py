"""Cases on PostgreSQL; the promises stand in `cashback_core.operators.cases`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.database import (
    ANSWERING_INCIDENTS,
    OPERATING,
    OVERSEEING,
    Database,
    Purpose,
)
from adapters.postgres.operators.case_rows import (
    STANDING,
    case_of,
    difference_of,
    read_history,
    standing_of,
    store_move,
    values_of_filter,
)
from adapters.postgres.operators.case_sources import DIFFERENCE_CASES, INCIDENT_CASES
from cashback_core.operators.case_store import (
    CaseFilter,
    CaseLoad,
    CasePage,
    CaseStore,
    DifferenceFilter,
    DifferencePage,
)
from cashback_core.operators.cases import (
    AssignedToAnother,
    Case,
    CaseAct,
    CaseHistory,
    CaseMove,
    CaseRefusal,
    work_on,
)
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from uuid import UUID

    from psycopg import AsyncConnection

_COLUMNS: Final[LiteralString] = """
    s.case_id, s.kind, s.class, m.slug, s.cashback_id, s.centavos, s.why, s.opened_at,
    k.assigned_to, k.resolved_at, s.closed_at
"""
_SALE_ID: Final[LiteralString] = """
    coalesce(
        (
            select a.sale_id from sales as a
            where a.merchant_id = s.merchant_id and a.cashback_id = s.cashback_id
        ),
        (
            select l.name from differences as d
            join erp_lines as l on l.file_id = d.file_id and l.line = d.line
                and l.merchant_id = d.merchant_id and l.name_kind = 'sale_id'
            where d.difference_id = s.case_id
        )
    )
"""
"""As it is recorded, else as a day file tells it."""

_WANTED: Final[LiteralString] = """
    (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
    and case
        when s.closed_at is not null or k.resolved_at is not null then 'resolved'
        when k.assigned_to is not null then 'assigned'
        else 'open'
    end = any (%(states)s)
    and (%(kind)s::text is null or s.kind = %(kind)s)
    and (%(class)s::text is null or s.class = %(class)s)
    and (%(assigned_to)s::text is null or k.assigned_to = %(assigned_to)s)
    and (%(cashback_id)s::uuid is null or s.cashback_id = %(cashback_id)s)
    and (%(opened_before)s::timestamptz is null or s.opened_at < %(opened_before)s)
    and (%(least)s::bigint is null or s.centavos >= %(least)s)
"""


class PostgresCaseStore(CaseStore):
    """One method is one transaction; `of_all` is what this process sees all merchants by.

    The platform, over HTTP, has a role of its own, which has no part in differences.
    """

    def __init__(self, database: Database, *, of_all: Purpose = OVERSEEING) -> None:
        self._of_one = database.pool(OPERATING)
        self._of_all = database.pool(of_all)
        self._sees_incidents_alone = of_all is ANSWERING_INCIDENTS

    @asynccontextmanager
    async def _acting(self, merchant_id: int | None) -> AsyncGenerator[AsyncConnection[Any], None]:
        if merchant_id is None:
            acting = self._of_all.connection()
        else:
            acting = self._of_one.acting_for(merchant_id)
        async with acting as connection:
            yield connection

    def _sees_differences(self, merchant_id: int | None) -> bool:
        return merchant_id is not None or not self._sees_incidents_alone

    def _columns(self, merchant_id: int | None) -> LiteralString:
        """Of sales the platform over HTTP sees nothing."""
        sale_id = _SALE_ID if self._sees_differences(merchant_id) else "null"
        return f"{_COLUMNS}, {sale_id}"

    def _source(self, merchant_id: int | None) -> LiteralString:
        if self._sees_differences(merchant_id):
            return f"{INCIDENT_CASES} union all {DIFFERENCE_CASES}"
        return INCIDENT_CASES

    async def cases(
        self,
        merchant_id: int | None,
        wanted: CaseFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> CasePage:
        values = values_of_filter(merchant_id, wanted) | {
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select {self._columns(merchant_id)}
                from ({self._source(merchant_id)}) as s
                left join cases as k using (case_id)
                left join merchants as m on m.merchant_id = s.merchant_id
                where {_WANTED} {standing_of(wanted)} and (
                    %(at)s::timestamptz is null
                    or (s.opened_at, s.case_id) > (%(at)s::timestamptz, %(id)s::uuid)
                )
                order by s.opened_at, s.case_id
                limit %(limit)s
                """,  # noqa: S608 (made of literals)
                values,
                prepare=False,
            )
            rows = await found.fetchall()
        items = tuple(case_of(row) for row in rows[:limit])
        last = items[-1] if len(rows) > limit else None
        return CasePage(items=items, next=Position(at=last.opened_at, id=last.id) if last else None)

    async def loads(self, merchant_id: int | None, wanted: CaseFilter) -> tuple[CaseLoad, ...]:
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select k.assigned_to, count(*), sum(s.centavos)::bigint, min(s.opened_at)
                from ({self._source(merchant_id)}) as s
                left join cases as k using (case_id)
                where {_WANTED} {standing_of(wanted)}
                group by k.assigned_to
                order by k.assigned_to collate "C" nulls first
                """,  # noqa: S608 (made of literals)
                values_of_filter(merchant_id, wanted),
                prepare=False,
            )
            return tuple(
                CaseLoad(assigned_to=who, count=count, centavos=centavos, oldest_at=oldest_at)
                for who, count, centavos, oldest_at in await found.fetchall()
            )

    async def case(self, merchant_id: int | None, id: UUID) -> CaseHistory | None:  # noqa: A002
        async with self._acting(merchant_id) as connection:
            one = await self._read(connection, merchant_id, id)
            return None if one is None else await read_history(connection, one)

    async def work(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: CaseAct,
    ) -> CaseHistory | CaseRefusal | AssignedToAnother | None:
        async with self._acting(merchant_id) as connection:
            await connection.execute(
                # Made by whoever comes first; of two at once the second waits here.
                f"""
                insert into cases (case_id, incident_id, difference_id, merchant_id)
                select s.case_id, case s.kind when 'incident' then s.case_id end,
                    case s.kind when 'difference' then s.case_id end, s.merchant_id
                from ({self._source(merchant_id)}) as s
                where s.case_id = %(id)s
                    and (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
                on conflict (case_id) do nothing
                """,  # noqa: S608 (made of literals)
                {"id": id, "merchant_id": merchant_id},
            )
            found = await connection.execute(
                # Locked: of two acts, or a run that finds it again, one comes first.
                "select now() from cases where case_id = %s for no key update",
                [id],
            )
            row = await found.fetchone()
            one = None if row is None else await self._read(connection, merchant_id, id)
            if row is None or one is None:
                return None
            decision = work_on(one, act, row[0])
            if not isinstance(decision, CaseMove):
                return decision
            await store_move(connection, one, decision)
            now = await self._read(connection, merchant_id, id)
            assert now is not None
            return await read_history(connection, now)

    async def _read(
        self, connection: AsyncConnection[Any], merchant_id: int | None, id_: UUID
    ) -> Case | None:
        found = await connection.execute(
            f"""
            select {self._columns(merchant_id)}
            from ({self._source(merchant_id)}) as s
            left join cases as k using (case_id)
            left join merchants as m on m.merchant_id = s.merchant_id
            where s.case_id = %(id)s
                and (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
            """,  # noqa: S608 (made of literals)
            {"id": id_, "merchant_id": merchant_id},
        )
        row = await found.fetchone()
        return None if row is None else case_of(row)

    async def differences(
        self,
        merchant_id: int | None,
        wanted: DifferenceFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> DifferencePage:
        if not self._sees_differences(merchant_id):
            return DifferencePage(items=(), next=None)
        values = {
            "merchant_id": merchant_id,
            "day": wanted.day,
            "class": wanted.cls,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,
        }
        standing: LiteralString = STANDING if wanted.standing_only else ""
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select {self._columns(merchant_id)}, d.day, d.file_id, d.line, d.whys,
                    d.erp_centavos, d.our_centavos, d.closed_why
                from ({DIFFERENCE_CASES}) as s
                join differences as d on d.difference_id = s.case_id
                left join cases as k using (case_id)
                left join merchants as m on m.merchant_id = s.merchant_id
                where (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
                    and (%(day)s::date is null or d.day = %(day)s)
                    and (%(class)s::text is null or s.class = %(class)s)
                    and (
                        %(at)s::timestamptz is null
                        or (s.opened_at, s.case_id) > (%(at)s::timestamptz, %(id)s::uuid)
                    )
                    {standing}
                order by s.opened_at, s.case_id
                limit %(limit)s
                """,  # noqa: S608 (made of literals)
                values,
                prepare=False,
            )
            rows = await found.fetchall()
        items = tuple(difference_of(row) for row in rows[:limit])
        last = items[-1].case if len(rows) > limit else None
        return DifferencePage(
            items=items, next=Position(at=last.opened_at, id=last.id) if last else None
        )
