"""The provider's ledger as of now; see `cashback_core.reconciliation.ledger`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.connection.database import OPERATING, OVERSEEING, Database, Purpose
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.ledger import LedgerState, LedgerTotal, ProviderLedger
from cashback_core.reconciliation.ledger_reach import NEWEST, LedgerReach

if TYPE_CHECKING:
    from typing import Any

    from psycopg import AsyncConnection


class PostgresProviderLedger(ProviderLedger):
    """Reads the balances that every statement brings along; `of_all` sees all merchants."""

    def __init__(self, database: Database, *, of_all: Purpose = OVERSEEING) -> None:
        self._of_one = database.pool(OPERATING)
        self._of_all = database.pool(of_all)

    async def state(self, merchant_id: int | None) -> LedgerState:
        if merchant_id is None:
            acting = self._of_all.connection()
        else:
            acting = self._of_one.acting_for(merchant_id)
        async with acting as connection:
            return await _state(connection, merchant_id)


async def _state(connection: AsyncConnection[Any], merchant_id: int | None) -> LedgerState:
    found = await connection.execute(
        # One statement is one snapshot. What statements cover together is a range for each stretch
        # without a gap, the earliest first.
        """
        with told as (
            select max(at) as told_at, range_agg(tstzrange(since, through, '[]')) as covered
            from (
                select at, since, through from provider_tellings
                order by asked_at desc limit %(newest)s
            ) as t
        ), reach as (
            select told.told_at, array_agg(lower(r.r) order by r.r) as since,
                array_agg(upper(r.r) order by r.r) as through
            from told left join lateral unnest(told.covered) as r (r) on true
            group by told.told_at
        ), totals as (
            select m.slug, b.class, b.lines, b.centavos
            from provider_balances as b left join merchants as m using (merchant_id)
            where b.lines > 0
                and (%(merchant_id)s::bigint is null or b.merchant_id = %(merchant_id)s)
        )
        select reach.told_at, reach.since[1], reach.through[1], reach.since[2],
            reach.through[cardinality(reach.through)],
            totals.slug, totals.class, totals.lines, totals.centavos
        from reach left join totals on true
        order by totals.slug nulls first, totals.class
        """,
        {"merchant_id": merchant_id, "newest": NEWEST},
        prepare=False,
    )
    rows = await found.fetchall()
    told_at, since, through, resumes_at, last = rows[0][:5]
    reach = None
    if told_at is not None:
        reach = LedgerReach(since=since, through=through, resumes_at=resumes_at, last=last)
    return LedgerState(
        totals=tuple(
            LedgerTotal(merchant=slug, cls=FindingClass(cls), lines=lines, centavos=centavos)
            for *_, slug, cls, lines, centavos in rows
            if cls is not None
        ),
        told_at=told_at,
        reach=reach,
    )
