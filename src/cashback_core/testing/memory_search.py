"""How the store in memory searches: what is wanted, and in which order."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_OID, UUID, uuid5

from cashback_core.delivery.record import RecordInstant
from cashback_core.delivery.search import range_of
from cashback_core.delivery.summaries import Counted
from cashback_core.sales.same_sale import NameKind, may_read
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.documents import store_document
from cashback_core.values.name_search import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cashback_core.delivery.record import RecordFilter, RecordOrder
    from cashback_core.sales.sale import Customer
    from cashback_core.sales.same_sale import Name
    from cashback_core.testing.memory_rows import Row
    from cashback_core.values.documents import BuyerDocument
    from cashback_core.values.pages import Position

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def in_order(
    rows: Sequence[Row], order: RecordOrder, *, by_id: bool, after: Position | None
) -> list[Row]:
    """Those that have the order's instant, behind a position; `by_id`: in the order of ids."""

    def key(row: Row) -> tuple[datetime, UUID]:
        at = instant_of(row, order.by)
        return _NEVER if by_id or at is None else at, row.record.id

    found = [row for row in rows if instant_of(row, order.by) is not None]
    found.sort(key=key, reverse=order.descending)
    if after is None:
        return found
    begun = (_NEVER if by_id else after.at, after.id)
    return [row for row in found if (key(row) < begun if order.descending else key(row) > begun)]


def id_of(document: str) -> UUID:
    """The id of the customer of a stored document: the same for every merchant."""
    return uuid5(NAMESPACE_OID, document)


def counted(rows: Iterable[Row], document: str, starts: tuple[datetime, ...]) -> Iterator[Counted]:
    """A customer's sales, each counted by itself."""
    for row in rows:
        sale = row.record.sale
        if sale.document is not None and store_document(sale.document) == document:
            yield Counted(
                month=bisect_right(starts, sale.sold_at),
                status=row.record.status,
                sales=1,
                sales_centavos=sale.total_centavos,
                cashback_centavos=row.record.cashback.cashback_centavos,
            )


def numbered(
    names: Mapping[tuple[int, Name], UUID],
    merchant_id: int,
    wanted: RecordFilter,
    *,
    suspected: set[UUID],
) -> set[UUID] | None:
    """Whose own numbers, or incidents, are asked for; None where none are."""
    own = [(name, id_) for (owner, name), id_ in names.items() if owner == merchant_id]
    asked = [
        {id_ for (kind, name), id_ in own if kind is NameKind.SALE_ID and _ends(name, number)}
        for number in (wanted.sale_id, wanted.access_key)
        if number is not None
    ]
    if wanted.idempotency_key is not None:
        key = (NameKind.IDEMPOTENCY_KEY, wanted.idempotency_key)
        asked.append({id_ for name, id_ in own if name == key})
    if wanted.incident is not None or wanted.suspected:
        asked.append(suspected)
    return set[UUID].intersection(*asked) if asked else None


def _ends(name: str, number: str) -> bool:
    """Where each store counts by itself its name stands before the number."""
    return name.rpartition(" ")[2] == number


def instant_of(row: Row, by: RecordInstant) -> datetime | None:
    """An instant of a record; None where it has none."""
    match by:
        case RecordInstant.SOLD:
            return row.record.sale.sold_at
        case RecordInstant.ACCEPTED:
            return row.record.accepted_at
        case RecordInstant.APPLIED:
            return row.record.standing.applied_at
        case RecordInstant.CHANGED:
            return row.events[-1].at


def is_wanted(row: Row, wanted: RecordFilter) -> bool:
    """Whether a record is one of those that are asked for, but for its names and incidents."""
    record, sale = row.record, row.record.sale
    return (
        (not wanted.statuses or record.status in wanted.statuses)
        and (wanted.document is None or _is_of(sale.document, wanted.document))
        and all(_is_within(row, wanted, by) for by in RecordInstant)
        and may_read(wanted.group, record.group)
        and wanted.name_differs in {None, record.name_differs}
        and wanted.store in {None, sale.place.store}
        and _is_invoice(sale.sale_id, wanted)
        and (wanted.name is None or _is_named(sale.customer, wanted.name))
        and (wanted.type is None or any(line.type == wanted.type for line in sale.lines))
        and _is_between(
            record.cashback.cashback_centavos,
            wanted.min_cashback_centavos,
            wanted.max_cashback_centavos,
        )
        and _is_between(sale.total_centavos, wanted.min_total_centavos, wanted.max_total_centavos)
        and (
            wanted.rate is None
            or any(
                (line.type, line.rate_version) == (wanted.rate.type, wanted.rate.version)
                for line in record.cashback.lines
            )
        )
    )


def _is_of(document: BuyerDocument | None, wanted: BuyerDocument) -> bool:
    return document is not None and store_document(document) == store_document(wanted)


def _is_within(row: Row, wanted: RecordFilter, by: RecordInstant) -> bool:
    start, end = range_of(wanted, by)
    if start is end is None:
        return True
    at = instant_of(row, by)
    return at is not None and (start is None or at >= start) and (end is None or at < end)


def _is_between(centavos: int, lowest: int | None, highest: int | None) -> bool:
    return (lowest is None or centavos >= lowest) and (highest is None or centavos <= highest)


def _is_named(customer: Customer | None, asked: str) -> bool:
    return customer is not None and matches(customer.name, asked)


def _is_invoice(sale_id: str | None, wanted: RecordFilter) -> bool:
    """Whether a sale's number is the access key of a fiscal document that is wanted."""
    asked = (
        wanted.invoice_cnpj,
        wanted.invoice_month,
        wanted.invoice_series,
        wanted.invoice_number,
    )
    if all(value is None for value in asked):
        return True
    key = None if sale_id is None else AccessKey.parse(sale_id)
    return key is not None and all(
        value in {None, told}
        for value, told in zip(asked, (key.cnpj, key.month, key.series, key.number), strict=True)
    )
