"""Validation of a sale document: a `Sale`, or every violation at once."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.effective_dates import counts_at
from cashback_core.sales.payments import Payment
from cashback_core.sales.place import NOWHERE, Place
from cashback_core.sales.programme import Programme
from cashback_core.sales.reading.customer import read_customer
from cashback_core.sales.reading.instant import read_sold_at
from cashback_core.sales.reading.json_object import FieldReader, Fields, ObjectForm
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.reading.lines import LineReader, ReadLines
from cashback_core.sales.reading.names import (
    needs_store,
    read_place,
    read_sale_id,
    refuse_documents,
)
from cashback_core.sales.reading.notes import read_cashier, read_metadata, refuse_personal_notes
from cashback_core.sales.reading.payments import read_confirm_later, read_payments
from cashback_core.sales.reading.plain import PlainSale, read_plain, whole
from cashback_core.sales.reading.totals import difference_of
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.sale import MAX_TOLERANCE_CENTAVOS, Sale
from cashback_core.values.instants import refuse_naive
from cashback_core.values.violations import InvalidSale

TERMS_CODES: Final = frozenset(
    {
        *("sold_at_nonexistent", "sold_at_future", "sold_at_too_old"),
        *("product_type_unknown", "unknown_sku", "sku_without_type"),
        *("company_refused", "foreign_refused", "nobody_refused"),
        *("amount_mismatch", "total_mismatch", "discount_too_large"),
        *("sale_id_holds_document", "idempotency_key_holds_document", "place_holds_document"),
        *("cashier_holds_document", "metadata_holds_document"),
    }
)
"""Faults that a sale has under the terms, or the rules, of today; it may have been taken before."""

_SALE: Final = ObjectForm(
    {
        "sold_at": True,
        "customer": True,
        "total": True,
        "products": True,
        "discount": False,
        "surcharge": False,
        "payments": False,
        "store": False,
        "till": False,
        "series": False,
        "sale_id": False,
        "cashier": False,
        "metadata": False,
        "confirm": False,
    }
)
_PLAIN: Final = frozenset({"sold_at", "customer", "total", "products", "discount", "sale_id"})
"""What most sales tell; of the rest it is asked once whether anything of it is told."""

_NO_PRODUCTS: Final = Catalogue()


class _Seldom(NamedTuple):
    """What few sales tell: how it was paid, where it was made, and what else an ERP notes of it."""

    payments: tuple[Payment, ...]
    place: Place
    confirm_later: bool
    cashier: str | None
    metadata: tuple[tuple[str, str], ...]


_NOTHING_MORE: Final = _Seldom((), NOWHERE, False, None, ())


def parse_sale(
    document: object,
    *,
    rules: SaleRules,
    now: datetime,
    programme: Programme | None = None,
    catalogue: Catalogue = _NO_PRODUCTS,
    idempotency_key: str | None = None,
) -> Sale:
    """A sale out of decoded JSON; raises InvalidSale with every violation at once.

    Numbers may be int, float or Decimal; `now` is aware. With a `programme`, a product type that
    has no rate at the instant that counts is a violation too. The `catalogue` tells the types of
    lines that give a sku instead; it must hold every product that the document may name
    (`skus_of`). The `idempotency_key` that it came under must not tell who bought, as its sale id
    must not. A `PlainSale` is read in the quick way, with the same result.
    """
    refuse_naive(now, "now")
    by = JudgedBy(rules, now, programme, catalogue, idempotency_key)
    if isinstance(document, PlainSale):
        sale = read_plain(document, by)
        if sale is not None:
            return sale
    return _Document(by).sale(whole(document))


def parse_repeat(document: object, *, zone: ZoneInfo) -> Sale:
    """The sale that a document tells, whatever the terms say of it today: to be compared, no more.

    Once it was taken, and since then it may have grown too old, its merchant's zone, catalogue,
    rounding or tolerance may have been corrected. A time that `zone` skips is read by the offset
    before, and of a line that gives a sku the type is empty. Raises InvalidSale for what is no sale
    under any terms.
    """
    by = JudgedBy(SaleRules(zone=zone), None, None, _NO_PRODUCTS, None)
    return _Document(by).sale(whole(document))


class _Document:
    """One document that is read."""

    __slots__ = ("by", "reader", "sold_at")

    def __init__(self, by: JudgedBy) -> None:
        self.reader = FieldReader()
        self.by = by
        self.sold_at: datetime | None = None

    def sale(self, document: object) -> Sale:
        """Raises InvalidSale."""
        fields = self.reader.read_object(document, "", _SALE)
        sale = None if fields is None else self._sale(fields)
        if sale is None or self.reader.violations:
            raise InvalidSale(tuple(self.reader.violations), sold_at=self.sold_at)
        return sale

    def _sale(self, fields: Fields) -> Sale | None:
        """A part that cannot be read has told why; then there is no sale."""
        reader, by = self.reader, self.by
        is_plain = fields.keys() <= _PLAIN
        sold_at, sold_at_wall = read_sold_at(reader, fields, by)
        self.sold_at = sold_at
        customer = read_customer(reader, fields, by)
        read = self._lines(fields, sold_at)
        total = reader.read_money(fields, "total", "")
        discount = reader.read_optional_money(fields, "discount", "")
        surcharge = 0 if is_plain else reader.read_optional_money(fields, "surcharge", "")
        difference = None
        if read is not None and total is not None and None not in (discount, surcharge):
            difference = self._difference(read, total, discount or 0, surcharge or 0)
        sale_id = read_sale_id(reader, fields)
        told = _NOTHING_MORE if is_plain else self._more(fields, total)
        payments, place, confirm_later, cashier, metadata = told
        bought_by = None if customer is None else customer.document
        needs_store(reader, sale_id, fields, by.rules.numbers)
        if not by.is_repeat:
            refuse_documents(
                reader,
                bought_by,
                sale_id=sale_id,
                idempotency_key=by.idempotency_key,
                place=place,
            )
            if not is_plain:
                refuse_personal_notes(reader, bought_by, cashier=cashier, metadata=metadata)
        if read is None or total is None or difference is None or sold_at is None:
            return None
        return Sale.known(
            sold_at=sold_at,
            customer=customer,
            lines=read.lines,
            total_centavos=total,
            discount_centavos=discount or 0,
            surcharge_centavos=surcharge or 0,
            difference_centavos=difference,
            payments=payments,
            place=place,
            sale_id=sale_id,
            confirm_later=confirm_later,
            cashier=cashier,
            metadata=metadata,
            sold_at_wall=sold_at_wall,
        )

    def _more(self, fields: Fields, total: int | None) -> _Seldom:
        reader = self.reader
        return _Seldom(
            read_payments(reader, fields, total),
            read_place(reader, fields),
            read_confirm_later(reader, fields),
            read_cashier(reader, fields),
            read_metadata(reader, fields),
        )

    def _lines(self, fields: Fields, sold_at: datetime | None) -> ReadLines | None:
        instant = None if sold_at is None else counts_at(sold_at, self.by.now)
        return LineReader(self.reader, self.by, instant).lines(fields)

    def _difference(self, read: ReadLines, total: int, discount: int, surcharge: int) -> int | None:
        tolerance = self.by.rules.sale_tolerance_centavos
        if self.by.is_repeat:  # as any merchant may have let pass, by whatever rounding
            tolerance = MAX_TOLERANCE_CENTAVOS + len(read.lines)
        return difference_of(
            self.reader,
            read,
            total=total,
            discount=discount,
            surcharge=surcharge,
            tolerance=tolerance,
        )
