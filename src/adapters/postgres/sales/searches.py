"""How records are found: for each way of a search the statement that reads its index, and no more.

A planner that knows nothing of a table yet, or too much of another merchant's, may read a whole
history by the wrong index. So nothing is left for it to choose: tables are joined in the order in
which they stand here, whole tables are never read, and whatever is not the way's own is looked at
as `(…) is true`, or sorted by as a sum, which no index can be taken for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

from cashback_core.delivery.record import RecordInstant
from cashback_core.delivery.search import SearchWay, narrow_range, range_of
from cashback_core.sales.same_sale import NameKind
from cashback_core.values.documents import store_document
from cashback_core.values.name_search import words_of

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection

    from cashback_core.delivery.record import RecordFilter, RecordOrder

PLANNED_AS_WRITTEN: Final[LiteralString] = """
    select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_material', 'off', true),
        set_config('max_parallel_workers_per_gather', '0', true),
        set_config('join_collapse_limit', '1', true), set_config('from_collapse_limit', '1', true)
"""
"""For the rest of the transaction; in a pipeline it costs no round trip.

The order of joins alone leaves it open which side is the outer one: a range of which too few were
expected was gathered once, and looked through for each sale of the merchant. So nothing is.
"""

MOST_SUSPECTED: Final = 10_000
"""Open incidents that are looked through: more than that are nobody's to search but to mend."""

# What is joined to the left and not looked at is not read: the key finds one row.
_SALES: Final[LiteralString] = """
    from sales as s
    left join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    left join events as e on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
        and e.sequence = c.version
    where s.merchant_id = %(merchant_id)s
"""
_SALES_OF_GROUP: Final[LiteralString] = """
    from sales as s
    left join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    left join events as e on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
        and e.sequence = c.version
    where (s.merchant_id = %(merchant_id)s) is true and s.submitted_by is not null
        -- As its index has it, and without a function: a coalesce counts as one to row security.
        and case when s.came_under is null then s.submitted_by else s.came_under end = %(group)s
"""
_CASHBACKS: Final[LiteralString] = """
    from cashbacks as c
    join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
    left join events as e on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
        and e.sequence = c.version
    where c.merchant_id = %(merchant_id)s
"""
_EVENTS: Final[LiteralString] = """
    from events as e
    join cashbacks as c on c.merchant_id = e.merchant_id and c.cashback_id = e.cashback_id
        and c.version = e.sequence
    join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
    where e.merchant_id = %(merchant_id)s
"""
_OF_RATE: Final[LiteralString] = """
    from (
        -- In the index's own order, so that a page reads no more of it than it needs.
        select distinct l.cashback_id from sale_lines as l
        where l.merchant_id = %(merchant_id)s and l.type = %(type)s
            and l.rate_version = %(rate_version)s and l.rate_version > 0
            and (%(id)s::uuid is null or l.cashback_id < %(id)s)
        order by l.cashback_id desc
    ) as l
    join sales as s on s.merchant_id = %(merchant_id)s and s.cashback_id = l.cashback_id
    left join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    left join events as e on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
        and e.sequence = c.version
    where true
"""
_RANGES: Final[dict[RecordInstant, tuple[LiteralString, LiteralString, LiteralString]]] = {
    RecordInstant.SOLD: (_SALES, " and s.sold_at >= %(sold_from)s", " and s.sold_at < %(sold_to)s"),
    RecordInstant.ACCEPTED: (
        _SALES,
        " and s.accepted_at >= %(accepted_from)s",
        " and s.accepted_at < %(accepted_to)s",
    ),
    RecordInstant.APPLIED: (
        _CASHBACKS,
        " and c.applied_at >= %(applied_from)s",
        " and c.applied_at < %(applied_to)s",
    ),
    RecordInstant.CHANGED: (_EVENTS, " and e.at >= %(changed_from)s", " and e.at < %(changed_to)s"),
}
_COLUMNS: Final[dict[RecordInstant, LiteralString]] = {
    RecordInstant.SOLD: "s.sold_at",
    RecordInstant.ACCEPTED: "s.accepted_at",
    RecordInstant.APPLIED: "c.applied_at",
    RecordInstant.CHANGED: "e.at",
}
_FOLDED: Final[LiteralString] = (
    "' ' || translate(regexp_replace(normalize(s.name, nfkd), '[\\u0300-\\u036f]', '', 'g'),"
    " 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
)
"""`name_search.folded` of a name, with a blank before its first word."""

_OF_TYPE: Final[LiteralString] = """exists (
    select from sale_lines as l
    where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id and l.type = %(type)s
)"""
_RATED: Final[LiteralString] = """exists (
    select from sale_lines as l
    where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id and l.type = %(type)s
        and l.rate_version = %(rate_version)s
)"""
_LOOKED_AT: Final[dict[str, LiteralString]] = {
    "statuses": "c.status = any(%(statuses)s)",
    "document": "s.document = %(document)s",
    "sold_from": "s.sold_at >= %(sold_from)s",
    "sold_to": "s.sold_at < %(sold_to)s",
    "accepted_from": "s.accepted_at >= %(accepted_from)s",
    "accepted_to": "s.accepted_at < %(accepted_to)s",
    "applied_from": "c.applied_at >= %(applied_from)s",
    "applied_to": "c.applied_at < %(applied_to)s",
    "changed_from": "e.at >= %(changed_from)s",
    "changed_to": "e.at < %(changed_to)s",
    "name": f"{_FOLDED} like all (%(name)s)",
    "name_differs": "s.name_differs = %(name_differs)s",
    "type": _OF_TYPE,
    "rate": _RATED,
    "store": "s.store = %(store)s",
    "min_cashback_centavos": "c.cashback_centavos >= %(min_cashback_centavos)s",
    "max_cashback_centavos": "c.cashback_centavos <= %(max_cashback_centavos)s",
    "min_total_centavos": "s.total_centavos >= %(min_total_centavos)s",
    "max_total_centavos": "s.total_centavos <= %(max_total_centavos)s",
    "invoice_cnpj": "s.invoice_cnpj = %(invoice_cnpj)s",
    "invoice_month": "s.invoice_month = %(invoice_month)s",
    "invoice_series": "s.invoice_series = %(invoice_series)s",
    "invoice_number": "s.invoice_number = %(invoice_number)s",
    "group": "coalesce(s.came_under, s.submitted_by) = %(group)s",
}
"""What each field of a filter asks of a record, wherever it was found."""


def values_of(merchant_id: int, wanted: RecordFilter) -> dict[str, Any]:
    """The values of whatever a search's statement names."""
    values: dict[str, Any] = {name: getattr(wanted, name) for name in _LOOKED_AT}
    values |= {
        "merchant_id": merchant_id,
        "statuses": sorted(wanted.statuses),
        "document": None if wanted.document is None else store_document(wanted.document),
        "name": None if wanted.name is None else [_pattern(word) for word in words_of(wanted.name)],
        "id": None,
    }
    if wanted.rate is not None:
        values |= {"type": wanted.rate.type, "rate_version": wanted.rate.version}
    del values["rate"]
    return values


def found_by(
    wanted: RecordFilter, way: SearchWay, order: RecordOrder, *, now: datetime
) -> LiteralString:
    """From and where of a search: `s` are its sales, `c` their cashbacks, `e` the latest events."""
    by = narrow_range(wanted, order, now=now) if way is SearchWay.RANGE else None
    found, own = _way(wanted, way, by)
    looked_at = "".join(
        f" and ({condition}) is true"
        for name, condition in _LOOKED_AT.items()
        if name not in own and getattr(wanted, name) not in {None, frozenset()}
    )
    return found + looked_at


def column_of(by: RecordInstant) -> LiteralString:
    """An instant as it is stored."""
    return _COLUMNS[by]


def sorted_by(
    wanted: RecordFilter, way: SearchWay, order: RecordOrder, *, now: datetime
) -> LiteralString:
    """What a search sorts by: the column of the way's index, or a sum that no index holds."""
    column: LiteralString = _COLUMNS[order.by]
    if way is SearchWay.OPEN and order.by is RecordInstant.ACCEPTED:
        column = "c.accepted_at"  # the same, where its index has it
    return column if _is_indexed(wanted, way, order, now=now) else f"({column} + interval '0')"


def _is_indexed(wanted: RecordFilter, way: SearchWay, order: RecordOrder, *, now: datetime) -> bool:
    """Whether the index of the way is in the order that is asked for."""
    match way:
        case SearchWay.RANGE:
            return narrow_range(wanted, order, now=now) is order.by
        case SearchWay.CUSTOMER | SearchWay.ISSUER | SearchWay.NEWEST:
            return order.by is RecordInstant.ACCEPTED
        case SearchWay.OPEN:
            return order.by is RecordInstant.ACCEPTED and len(wanted.statuses) == 1
        case SearchWay.NUMBER | SearchWay.INVOICE | SearchWay.RATE:
            return False


_OPEN: Final[LiteralString] = (
    " and c.status not in ('applied', 'not_due', 'void', 'recorded')"
    " and c.status = any(%(statuses)s)"
)
_OPEN_IN_ONE: Final[LiteralString] = (
    # One alone is read in the order of its index, and so no more of it than a page.
    " and c.status not in ('applied', 'not_due', 'void', 'recorded')"
    " and c.status = (%(statuses)s::text[])[1]"
)
_WAYS: Final[dict[SearchWay, tuple[LiteralString, frozenset[str]]]] = {
    SearchWay.NUMBER: (f"{_SALES} and s.cashback_id = any(%(ids)s)", frozenset()),
    SearchWay.INVOICE: (
        f"{_SALES} and s.invoice_cnpj = %(invoice_cnpj)s and s.invoice_number = %(invoice_number)s",
        frozenset({"invoice_cnpj", "invoice_number"}),
    ),
    SearchWay.CUSTOMER: (f"{_SALES} and s.document = %(document)s", frozenset({"document"})),
    # As the index `cashbacks_open` says which it holds.
    SearchWay.OPEN: (
        _CASHBACKS + _OPEN,
        frozenset({"statuses"}),
    ),
    SearchWay.ISSUER: (
        f"{_SALES} and s.invoice_cnpj = %(invoice_cnpj)s and s.invoice_month = %(invoice_month)s",
        frozenset({"invoice_cnpj", "invoice_month"}),
    ),
    SearchWay.RATE: (_OF_RATE, frozenset({"rate", "type"})),
    # What is always so, and what its partial index can use.
    SearchWay.NEWEST: (f"{_SALES} and s.accepted_at < 'infinity'", frozenset()),
}
"""Where each way but a range reads, and the fields of the filter that it is made of."""


def _way(
    wanted: RecordFilter, way: SearchWay, by: RecordInstant | None
) -> tuple[LiteralString, frozenset[str]]:
    """Where a way reads, and the fields of the filter that it is made of."""
    if way is SearchWay.OPEN and len(wanted.statuses) == 1:
        return _CASHBACKS + _OPEN_IN_ONE, frozenset({"statuses"})
    if way is SearchWay.NEWEST and wanted.group is not None:
        return _SALES_OF_GROUP, frozenset({"group"})
    if way is not SearchWay.RANGE:
        return _WAYS[way]
    assert by is not None, "a range has an instant"
    found, since, until = _RANGES[by]
    _, end = range_of(wanted, by)
    own = {f"{by.removesuffix('_at')}_{side}" for side in ("from", "to")}
    if by is RecordInstant.ACCEPTED and wanted.group is not None:
        found, own = _SALES_OF_GROUP, {*own, "group"}
    return found + since + ("" if end is None else until), frozenset(own)


def _pattern(word: str) -> str:
    """What LIKE finds names by in which a word begins so."""
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {plain}%"


NUMBERED: Final[LiteralString] = """
    with recursive stores (store) as (
        -- Where each store counts by itself a number goes with its store: one look at each store.
        select min(s.store) from sales as s
        where s.merchant_id = %(merchant_id)s and s.store > '' and %(by_store)s
        union all
        select (
            select min(s.store) from sales as s
            where s.merchant_id = %(merchant_id)s and s.store > t.store
        ) from stores as t where t.store is not null
    ),
    -- Made beforehand: row security looks at what calls a function last, and then by no index.
    names (name) as materialized (
        select %(name)s::text collate "C"
        union all
        select (t.store || ' ' || %(name)s) collate "C" from stores as t where t.store is not null
    )
    select n.cashback_id from names as m
    cross join lateral (
        select n.cashback_id from sale_names as n
        where n.merchant_id = %(merchant_id)s and n.kind = %(kind)s and n.name = m.name
        offset 0
    ) as n
"""
"""The sales of a number or key."""

_SUSPECTED: Final[LiteralString] = """
    select i.cashback_id from statement_incidents as i
    where i.merchant_id = %(merchant_id)s and i.cashback_id is not null
        and (%(incident)s::uuid is null or i.incident_id = %(incident)s)
        and (not %(suspected)s or i.closed_at is null)
    limit %(most)s
"""


async def numbered(
    connection: AsyncConnection[Any], merchant_id: int, wanted: RecordFilter
) -> list[UUID]:
    """The sales whose own numbers, or incidents, are asked for; all of those that are."""
    asked: list[set[UUID]] = []
    for kind, name in (
        (NameKind.SALE_ID, wanted.sale_id),
        (NameKind.SALE_ID, wanted.access_key),
        (NameKind.IDEMPOTENCY_KEY, wanted.idempotency_key),
    ):
        if name is not None:
            by_store = kind is NameKind.SALE_ID and name is not wanted.access_key
            values = {"merchant_id": merchant_id, "kind": kind, "name": name, "by_store": by_store}
            asked.append(await _ids(connection, NUMBERED, values))
    if wanted.suspected or wanted.incident is not None:
        values = {
            "merchant_id": merchant_id,
            "incident": wanted.incident,
            "suspected": wanted.suspected,
            "most": MOST_SUSPECTED,
        }
        asked.append(await _ids(connection, _SUSPECTED, values))
    return list(set[UUID].intersection(*asked))


async def _ids(
    connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]
) -> set[UUID]:
    found = await connection.execute(query, values, prepare=False)
    return {id_ for (id_,) in await found.fetchall()}
