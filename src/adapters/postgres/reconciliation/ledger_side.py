"""The provider's side of a day out of its ledger: what statements told of its cashbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.reconciliation.unlike_sides import SILENT_S
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.three_sides import Credited

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.days_compared import DayFacts

_TELLS: Final[LiteralString] = """
    select exists (
        select from provider_lines as p
        where p.merchant_id = %(merchant_id)s and p.class is not null
            and p.cashback_id in (
                select s.cashback_id from sales as s
                where s.merchant_id = %(merchant_id)s
                    and s.sold_at >= %(begins_at)s and s.sold_at < %(ends_at)s
            )
    )
"""
# One more credit, or what was taken back, counts with the cashback's own line, and has its class.
_APART: Final[LiteralString] = """
    select c.cashback_id, p.class, p.lines, p.centavos
    from sales as s
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    left join (
        select l.cashback_id, count(*) as lines, sum(l.centavos) as centavos,
            coalesce(min(l.class) filter (where l.class <> 'credited_again'), min(l.class)) as class
        from provider_lines as l
        where l.merchant_id = %(merchant_id)s and l.class is not null
        group by l.cashback_id
    ) as p on p.cashback_id = c.cashback_id
    where s.merchant_id = %(merchant_id)s
        and s.sold_at >= %(begins_at)s and s.sold_at < %(ends_at)s
        and (
            c.status = 'applied' and p.lines = 1 and p.class = 'matched'
            and p.centavos = c.cashback_centavos
        ) is not true
"""


async def read_ledger_side(
    connection: AsyncConnection[Any], merchant_id: int, facts: DayFacts
) -> dict[UUID, Credited | None] | None:
    """What of the day's cashbacks is not plainly credited; None where nothing is told of it."""
    values = {
        "merchant_id": merchant_id,
        "begins_at": facts.begins_at,
        "ends_at": facts.ends_at,
    }
    with watched(connection, SILENT_S):
        found = await connection.execute(_TELLS, values)
        if await found.fetchone() != (True,):
            return None
        found = await connection.execute(_APART, values)
        return {
            id_: None
            if cls is None
            else Credited(cls=FindingClass(cls), lines=lines, centavos=int(centavos))
            for id_, cls, lines, centavos in await found.fetchall()
        }
