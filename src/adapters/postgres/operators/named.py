"""Which cashbacks a person means who tells an id, or a sale's own number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString
from uuid import UUID

from adapters.postgres.connection.database import OPERATING, OVERSEEING

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.postgres.connection.database import Database

_OF_ONE: LiteralString = """
    select c.merchant_id, m.slug, c.cashback_id, c.status, c.accepted_at
    from merchants as m
    join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = %s
"""


@dataclass(frozen=True, slots=True)
class NamedCashback:
    """A cashback by its whole key, with what tells it from others; `merchant` is the slug."""

    merchant_id: int
    merchant: str
    id: UUID
    status: str
    accepted_at: datetime


async def named_cashbacks(database: Database, name: str) -> tuple[NamedCashback, ...]:
    """The cashback of an id; else those of the sales that have this number, of each merchant one.

    For whoever has the machine. Raises StoreUnavailable.
    """
    id_ = _id_in(name)
    if id_ is not None:
        async with database.pool(OVERSEEING).connection() as connection:
            found = await connection.execute(_OF_ONE, [id_])
            rows = await found.fetchall()
        if rows:
            return tuple(NamedCashback(*row) for row in rows)
    async with database.pool(OVERSEEING).connection() as connection:
        found = await connection.execute("select merchant_id from merchants order by merchant_id")
        merchants = [row[0] for row in await found.fetchall()]
    named: list[NamedCashback] = []
    for merchant_id in merchants:
        # Names are seen by who acts for their merchant, and by nobody else: merchants are few.
        async with database.pool(OPERATING).acting_for(merchant_id) as connection:
            found = await connection.execute(
                """
                select c.merchant_id, m.slug, c.cashback_id, c.status, c.accepted_at
                from merchants as m
                join sale_names as n
                    on n.merchant_id = m.merchant_id and n.kind = 'sale_id' and n.name = %s
                join cashbacks as c
                    on c.merchant_id = n.merchant_id and c.cashback_id = n.cashback_id
                where m.merchant_id = %s
                """,
                [name, merchant_id],
            )
            named += [NamedCashback(*row) for row in await found.fetchall()]
    return tuple(named)


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
