"""Of how many a list shows the first: asked only of one that was cut, and counted up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

from adapters.postgres.connection.database import OPERATING, OVERSEEING, READING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.record import RateVersion
    from cashback_core.delivery.states import Status
    from cashback_core.reconciliation.findings import FindingClass
    from cashback_core.sales.same_sale import EqualOutcome

MOST: Final = 100_000
"""More are not counted: a rate may have paid millions, and whoever reads the first asks in vain."""

_EQUALS: Final[LiteralString] = """
    select from refused_equals as r
    where (%(merchant_id)s::bigint is null or r.merchant_id = %(merchant_id)s)
        and (%(outcome)s::text is null or %(outcome)s = r.outcome)
    union all
    select from sales as s
    where s.same_content_as is not null
        and (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
        and (%(outcome)s::text is null or %(outcome)s = 'accepted')
"""
_INCIDENTS: Final[LiteralString] = """
    select from statement_incidents as i
    where (%(merchant_id)s::bigint is null or i.merchant_id = %(merchant_id)s)
        and (not %(open_only)s or i.closed_at is null)
        and (%(class)s::text is null or i.class = %(class)s)
"""
_BY_RATE: Final[LiteralString] = """
    select distinct l.cashback_id
    from sale_lines as l
    join cashbacks as c using (merchant_id, cashback_id)
    where l.merchant_id = %(merchant_id)s and l.type = %(type)s
        and l.rate_version = %(rate_version)s and l.rate_version > 0
        and (%(status)s::text is null or c.status = %(status)s)
"""


async def count_equals(
    database: Database, merchant_id: int | None, outcome: EqualOutcome | None
) -> int | None:
    """How many pairs of equal sales there are; None for more than MOST. Raises StoreUnavailable."""
    values = {"merchant_id": merchant_id, "outcome": outcome}
    async with _acting(database, merchant_id) as connection:
        return await _count(connection, _EQUALS, values)


async def count_incidents(
    database: Database, merchant_id: int | None, cls: FindingClass | None, *, open_only: bool
) -> int | None:
    """How many incidents there are; None for more than MOST. Raises StoreUnavailable."""
    values = {"merchant_id": merchant_id, "class": cls, "open_only": open_only}
    async with _acting(database, merchant_id) as connection:
        return await _count(connection, _INCIDENTS, values)


async def count_by_rate(
    database: Database, merchant_id: int, rate: RateVersion, status: Status | None
) -> int | None:
    """How many cashbacks a rate paid; None for more than MOST. Raises StoreUnavailable."""
    values = {
        "merchant_id": merchant_id,
        "type": rate.type,
        "rate_version": rate.version,
        "status": status,
    }
    async with database.pool(READING).reading_for(merchant_id) as connection:
        return await _count(connection, _BY_RATE, values)


def _acting(
    database: Database, merchant_id: int | None
) -> AbstractAsyncContextManager[AsyncConnection[tuple[int]]]:
    if merchant_id is None:
        return database.pool(OVERSEEING).connection()
    return database.pool(OPERATING).acting_for(merchant_id)


async def _count(
    connection: AsyncConnection[tuple[int]], wanted: LiteralString, values: Mapping[str, object]
) -> int | None:
    found = await connection.execute(
        f"select count(*) from ({wanted} limit %(most)s) as counted",  # noqa: S608
        {**values, "most": MOST + 1},
        prepare=False,  # planned with the values
    )
    row = await found.fetchone()
    return None if row is None or row[0] > MOST else row[0]
