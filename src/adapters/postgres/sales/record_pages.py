"""Lists of records, newest accepted first: by what is asked of a sale, or by a rate of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.sales.records import MANY, many, record
from cashback_core.delivery.record import RecordFilter, RecordPage
from cashback_core.values.documents import store_document
from cashback_core.values.pages import Position, fitting

if TYPE_CHECKING:
    from psycopg import AsyncConnection


async def read_page(
    connection: AsyncConnection[Any],
    merchant_id: int,
    wanted: RecordFilter,
    *,
    limit: int,
    after: Position | None,
) -> RecordPage:
    """At most `limit` records after a position: as many as `pages.fitting` says of their lines."""
    values: dict[str, Any] = {
        "merchant_id": merchant_id,
        "status": wanted.status,
        "document": None if wanted.document is None else store_document(wanted.document),
        "sold_from": wanted.sold_from,
        "sold_to": wanted.sold_to,
        "group": wanted.group,
        "name_differs": wanted.name_differs,
        "store": wanted.store,
        "cnpj": wanted.invoice_cnpj,
        "month": wanted.invoice_month,
        "series": wanted.invoice_series,
        "number": wanted.invoice_number,
        "at": after.accepted_at if after else None,
        "id": after.id if after else None,
        "limit": limit + 1,  # one more tells whether there is a next page
    }
    if wanted.rate is not None:
        values |= {"type": wanted.rate.type, "rate_version": wanted.rate.version}
    found = await connection.execute(
        _listing(wanted),
        values,
        prepare=False,  # planned with the values: each filter has its own best index
    )
    rows = await found.fetchall()
    shown = rows[: fitting((lines for _, _, lines in rows), limit=limit)]
    ids = [id_ for _, id_, _ in shown]
    found = await connection.execute(MANY, many(merchant_id, ids))
    records = {(r := record(row)).id: r for row in await found.fetchall()}
    page = tuple(records[id_] for id_ in ids)
    last = page[-1] if len(rows) > len(page) else None
    position = Position(accepted_at=last.accepted_at, id=last.id) if last else None
    return RecordPage(records=page, next=position)


_SHOWN: Final[LiteralString] = """
    select s.accepted_at, s.cashback_id, (
        select max(l.position) + 1  -- the end of an index, where a count would read all of them
        from sale_lines as l
        where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
    )
    from sales as s
"""
"""Which records a list shows next, and how many lines each has."""

_IN_STATUS: Final[LiteralString] = """
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
        and c.status = %(status)s
"""

_WANTED: Final[LiteralString] = """
    where s.merchant_id = %(merchant_id)s
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (%(group)s::text is null or coalesce(s.came_under, s.submitted_by) = %(group)s)
        and (%(name_differs)s::boolean is null or case when %(name_differs)s then s.name_differs
            else not s.name_differs end)
        and (%(store)s::text is null or s.store = %(store)s)
        and (%(cnpj)s::text is null or s.invoice_cnpj = %(cnpj)s)
        and (%(month)s::text is null or s.invoice_month = %(month)s)
        and (%(series)s::integer is null or s.invoice_series = %(series)s)
        and (%(number)s::bigint is null or s.invoice_number = %(number)s)
"""
_PAGE: Final[LiteralString] = f"""
    {_WANTED}
        and (
            %(at)s::timestamptz is null
            or s.accepted_at <= %(at)s  -- what the index can use
                and (s.accepted_at, s.cashback_id) < (%(at)s::timestamptz, %(id)s::uuid)
        )
    order by s.accepted_at desc, s.cashback_id desc
    limit %(limit)s
"""
_BY_RATE: Final[LiteralString] = f"""
    join (
        -- In the index's own order, so that a page reads no more of it than it needs.
        select distinct l.cashback_id from sale_lines as l
        where l.merchant_id = %(merchant_id)s and l.type = %(type)s
            and l.rate_version = %(rate_version)s and l.rate_version > 0
            and (%(id)s::uuid is null or l.cashback_id < %(id)s)
        order by l.cashback_id desc
    ) as l on l.cashback_id = s.cashback_id
    {_WANTED}
    order by l.cashback_id desc
    limit %(limit)s
"""  # noqa: S608 (made of literals)


def _listing(wanted: RecordFilter) -> LiteralString:
    """The statement of a page: it reads standings only where one is asked for.

    While a new database has no statistics, a join of two whole tables is planned as their product.
    """
    shown = _SHOWN if wanted.status is None else _SHOWN + _IN_STATUS
    return shown + (_PAGE if wanted.rate is None else _BY_RATE)
