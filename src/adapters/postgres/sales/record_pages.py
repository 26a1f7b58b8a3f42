"""Lists of records, in the order that is asked for, and what a whole search comes to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.sales.records import MANY, many, record
from adapters.postgres.sales.searches import (
    PLANNED_AS_WRITTEN,
    column_of,
    found_by,
    numbered,
    sorted_by,
    values_of,
)
from cashback_core.delivery.record import NEWEST, RecordInstant, RecordPage, RecordTotal
from cashback_core.delivery.search import MOST_COUNTED, SearchWay, way_of
from cashback_core.values.pages import Position, fitting

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from cashback_core.delivery.record import RecordFilter, RecordOrder

_LINES: Final[LiteralString] = """(
    select max(l.position) + 1  -- the end of an index, where a count would read all of them
    from sale_lines as l
    where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
)"""


async def read_page(  # noqa: PLR0913 (what a page is of)
    connection: AsyncConnection[Any],
    merchant_id: int,
    wanted: RecordFilter,
    *,
    limit: int,
    after: Position | None,
    order: RecordOrder = NEWEST,
    now: datetime | None = None,
) -> RecordPage:
    """At most `limit` records after a position: as many as `pages.fitting` says of their lines."""
    now = now or datetime.now(UTC)
    values = values_of(merchant_id, wanted) | {
        "limit": limit + 1,  # one more tells whether there is a next page
    }
    if after is not None:
        values |= {"at": after.at, "id": after.id}
    await connection.execute(PLANNED_AS_WRITTEN)
    if way_of(wanted, order, now=now) is SearchWay.NUMBER:
        values["ids"] = await numbered(connection, merchant_id, wanted)
    found = await connection.execute(
        page_of(wanted, order, after=after, now=now),
        values,
        prepare=False,  # planned with the values: each way has its own index
    )
    rows = await found.fetchall()
    shown = rows[: fitting((lines for _, _, lines in rows), limit=limit)]
    ids = [id_ for _, id_, _ in shown]
    found = await connection.execute(MANY, many(merchant_id, ids))
    records = {(r := record(row)).id: r for row in await found.fetchall()}
    page = tuple(records[id_] for id_ in ids)
    position = Position(at=shown[-1][0], id=ids[-1]) if len(rows) > len(page) else None
    return RecordPage(records=page, next=position)


async def read_total(
    connection: AsyncConnection[Any],
    merchant_id: int,
    wanted: RecordFilter,
    *,
    order: RecordOrder = NEWEST,
    now: datetime | None = None,
) -> RecordTotal | None:
    """What all pages in an order come to; None for more than MOST_COUNTED records."""
    now = now or datetime.now(UTC)
    values = values_of(merchant_id, wanted) | {"most": MOST_COUNTED + 1}
    await connection.execute(PLANNED_AS_WRITTEN)
    if way_of(wanted, order, now=now) is SearchWay.NUMBER:
        values["ids"] = await numbered(connection, merchant_id, wanted)
    found = await connection.execute(total_of(wanted, order, now=now), values, prepare=False)
    row = await found.fetchone()
    if row is None or row[0] > MOST_COUNTED:
        return None
    count, cashback, sales = row
    return RecordTotal(count=count, cashback_centavos=int(cashback), sales_centavos=int(sales))


def page_of(
    wanted: RecordFilter, order: RecordOrder, *, after: Position | None, now: datetime
) -> LiteralString:
    """The statement of a page."""
    way = way_of(wanted, order, now=now)
    found = found_by(wanted, way, order, now=now)
    shown = column_of(order.by)
    direction: LiteralString = "desc" if order.descending else "asc"
    if way is SearchWay.RATE:
        return f"""
            select {shown}, s.cashback_id, {_LINES} {found}
            order by l.cashback_id desc limit %(limit)s
        """
    column = sorted_by(wanted, way, order, now=now)
    behind: LiteralString = ""
    if after is not None:
        sign: LiteralString = "<" if order.descending else ">"
        behind = (
            f" and {column} {sign}= %(at)s"  # what the index can use
            f" and ({column}, s.cashback_id) {sign} (%(at)s::timestamptz, %(id)s::uuid)"
        )
    return f"""
        select {shown}, s.cashback_id, {_LINES} {found}
        {_has_instant(order)} {behind}
        order by {column} {direction}, s.cashback_id {direction}
        limit %(limit)s
    """


def total_of(wanted: RecordFilter, order: RecordOrder, *, now: datetime) -> LiteralString:
    """The statement of what all pages come to."""
    found = found_by(wanted, way_of(wanted, order, now=now), order, now=now)
    return f"""
        select count(*), coalesce(sum(cashback_centavos), 0), coalesce(sum(total_centavos), 0)
        from (
            select c.cashback_centavos, s.total_centavos {found} {_has_instant(order)}
            limit %(most)s
        ) as f
    """  # noqa: S608 (made of literals)


def _has_instant(order: RecordOrder) -> LiteralString:
    """What is not paid is in no list by payment."""
    is_by_payment = order.by is RecordInstant.APPLIED
    return " and (c.applied_at is not null) is true" if is_by_payment else ""
