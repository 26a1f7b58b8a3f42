"""The provider's ledger as of now; see `cashback_core.reconciliation.ledger`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.connection.database import OPERATING, OVERSEEING, Database, Purpose
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.ledger import LedgerState, LedgerTotal, ProviderLedger

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
        # One statement is one snapshot. The ends of statements that were taken in long ago lie
        # before those of later ones.
        """
        with told as (
            select max(at) as told_at, max(through) as through from provider_tellings
        ), totals as (
            select m.slug, b.class, b.lines, b.centavos
            from provider_balances as b left join merchants as m using (merchant_id)
            where b.lines > 0
                and (%(merchant_id)s::bigint is null or b.merchant_id = %(merchant_id)s)
        )
        select told.told_at, told.through, totals.slug, totals.class, totals.lines, totals.centavos
        from told left join totals on true
        order by totals.slug nulls first, totals.class
        """,
        {"merchant_id": merchant_id},
        prepare=False,
    )
    rows = await found.fetchall()
    told_at, through = rows[0][:2]
    return LedgerState(
        totals=tuple(
            LedgerTotal(merchant=slug, cls=FindingClass(cls), lines=lines, centavos=centavos)
            for _, _, slug, cls, lines, centavos in rows
            if cls is not None
        ),
        told_at=told_at,
        complete_through=through,
    )
