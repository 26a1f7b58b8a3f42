"""From decoded JSON to a sale: every rule of the request, every violation at once."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from zoneinfo import ZoneInfo

from cashback_core.sales.calculation import unknown_product_type
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.json_object import FieldReader, Fields, Shape
from cashback_core.sales.programme import Programme
from cashback_core.sales.sale import (
    MAX_LINES,
    MAX_SALE_ID_CHARS,
    MAX_SKU_CHARS,
    Customer,
    Line,
    Sale,
    amount_centavos,
    is_sale_id,
    is_sku,
)
from cashback_core.values.documents import (
    Cpf,
    InvalidDocument,
    holds_document,
    mask,
    mask_documents,
)
from cashback_core.values.instants import (
    NoSuchInstant,
    NotAnInstant,
    format_instant,
    parse_wall_clock,
    refuse_naive,
)
from cashback_core.values.money import format_centavos
from cashback_core.values.names import MAX_NAME_CHARS, NameDifference, name_fault
from cashback_core.values.suggestions import Nearest
from cashback_core.values.violations import InvalidSale, show
from cashback_core.words.locales import ValueKind

TERMS_CODES: Final = frozenset(
    {
        *("sold_at_nonexistent", "sold_at_future", "sold_at_too_old"),
        *("product_type_unknown", "unknown_sku", "sku_without_type"),
        *("sale_id_holds_document", "idempotency_key_holds_document"),
    }
)
"""Faults that a sale has under the terms, or the rules, of today; it may have been taken before."""

MAX_AHEAD: Final = timedelta(minutes=5)
"""How far an ERP's clock may run ahead of ours."""

MAX_MAX_AGE: Final = timedelta(days=36_524)
"""Longest limit that a merchant may set: a century."""

_SALE: Final[Shape] = {
    "sold_at": True,
    "customer": True,
    "total": True,
    "products": True,
    "discount": False,
    "sale_id": False,
}
_CUSTOMER: Final[Shape] = {"document": True, "name": True}
_LINE: Final[Shape] = {"type": False, "sku": False, "value": True, "qty": True, "discount": False}
_NO_PRODUCTS: Final = Catalogue()
_NUMBERS: Final = (int, float, Decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """What a merchant lays down for its sales.

    Its wall clock, how old a sale may be, and what of a sale under another person's name.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Sao_Paulo"))
    max_age: timedelta = timedelta(days=3653)
    name_difference: NameDifference = NameDifference.REFUSE

    def __post_init__(self) -> None:
        if not timedelta(0) < self.max_age <= MAX_MAX_AGE:
            raise ValueError(f"a sale's highest age is up to {MAX_MAX_AGE.days} days")


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
    has no rate at the sale's instant is a violation too. The `catalogue` tells the types of lines
    that give a sku instead; it must hold every product that the document may name (`skus_of`).
    The `idempotency_key` that it came under must not tell who bought, as its sale id must not.
    """
    refuse_naive(now, "now")
    reading = _SaleReading(
        rules=rules,
        now=now,
        programme=programme,
        catalogue=catalogue,
        idempotency_key=idempotency_key,
    )
    sale = reading.sale(document)
    if sale is None or reading.violations:
        raise InvalidSale(tuple(reading.violations))
    return sale


def parse_repeat(document: object, *, zone: ZoneInfo) -> Sale:
    """The sale that a document tells, whatever the terms say of it today: to be compared, no more.

    Once it was taken, and since then it may have grown too old, its merchant's zone or catalogue
    may have been corrected. A time that `zone` skips is read by the offset before, and of a line
    that gives a sku the type is empty. Raises InvalidSale for what is no sale under any terms.
    """
    reading = _SaleReading(rules=SaleRules(zone=zone))
    sale = reading.sale(document)
    if sale is None or reading.violations:
        raise InvalidSale(tuple(reading.violations))
    return sale


@dataclass(slots=True, kw_only=True)
class _SaleReading(FieldReader):
    """One document being read. A part that cannot be read is None, and has told why.

    Without `now` a repeat: nothing is asked of the terms but the zone.
    """

    rules: SaleRules
    now: datetime | None = None
    programme: Programme | None = None
    catalogue: Catalogue = _NO_PRODUCTS
    idempotency_key: str | None = None
    _types: Nearest | None = None

    def sale(self, document: object) -> Sale | None:
        fields = self.read_object(document, "", _SALE)
        if fields is None:
            return None
        sold_at, sold_at_wall = self._sold_at(fields)
        customer = self._customer(fields)
        lines = self._lines(fields, sold_at)
        total = self.read_money(fields, "total", "")
        discount = self.read_discount(fields, "")
        sale_id = self._sale_id(fields)
        if lines is None or total is None or discount is None:
            return None
        adds_up = self._adds_up(lines, total, discount)
        if sold_at is None or customer is None:
            return None
        if self.now is not None:
            self._names_tell_nobody(sale_id, customer.document)
        if not adds_up:
            return None
        return Sale.known(
            sold_at=sold_at,
            customer=customer,
            lines=lines,
            total_centavos=total,
            discount_centavos=discount,
            sale_id=sale_id,
            sold_at_wall=sold_at_wall,
        )

    def _names_tell_nobody(self, sale_id: str | None, document: Cpf) -> None:
        """An erasure would have to change a name that tells who bought; the repeat would not."""
        if sale_id is not None and holds_document(sale_id, document):
            self.tell("/sale_id", "sale_id_holds_document", _masked(sale_id, document))
        key = self.idempotency_key
        if key is not None and holds_document(key, document):
            self.tell("", "idempotency_key_holds_document", _masked(key, document))

    def _sold_at(self, fields: Fields) -> tuple[datetime | None, datetime | None]:
        """The instant, and the wall clock that it was told by, if it was."""
        text = self.read_text(fields, "sold_at", "")
        if text is None:
            return None, None
        try:
            instant, wall = parse_wall_clock(text, self.rules.zone, skipped=self.now is None)
        except NotAnInstant:
            self.tell("/sold_at", "sold_at_format", show(text))
            return None, None
        except NoSuchInstant:
            zone = {"zone": self.rules.zone.key}
            self.tell("/sold_at", "sold_at_nonexistent", show(text), zone)
            return None, None
        if self.now is None:
            return instant, wall
        latest, earliest = self.now + MAX_AHEAD, self.now - self.rules.max_age
        if instant > latest:
            self.tell("/sold_at", "sold_at_future", show(text), {"latest": format_instant(latest)})
        elif instant < earliest:
            limit = {"earliest": format_instant(earliest)}
            self.tell("/sold_at", "sold_at_too_old", show(text), limit)
        return instant, wall

    def _customer(self, fields: Fields) -> Customer | None:
        if "customer" not in fields:
            return None
        customer = self.read_object(fields["customer"], "/customer", _CUSTOMER)
        if customer is None:
            return None
        document = self._document(customer)
        name = self._name(customer)
        if document is None or name is None:
            return None
        return Customer.known(document=document, name=name)

    def _document(self, customer: Fields) -> Cpf | None:
        pointer = "/customer/document"
        value = customer.get("document")
        if isinstance(value, _NUMBERS) and not isinstance(value, bool):
            # A number has lost its leading zeros; and a CPF is never repeated in an error.
            self.tell(pointer, "document_format", ValueKind.NUMBER)
            return None
        text = self.read_text(customer, "document", "/customer")
        if text is None:
            return None
        try:
            return Cpf.parse(text)
        except InvalidDocument as error:
            self.tell(pointer, f"document_{error.fault}", mask(text))
            return None

    def _name(self, customer: Fields) -> str | None:
        pointer = "/customer/name"
        text = self.read_text(customer, "name", "/customer")
        if text is None:
            return None
        if len(text) > 4 * MAX_NAME_CHARS:  # never normalised whole: NFC shrinks at most so much
            self.tell(pointer, "name_length", show(text), {"highest": str(MAX_NAME_CHARS)})
            return None
        name = text if text.isascii() else unicodedata.normalize("NFC", text)
        fault = name_fault(name)
        if fault is not None:
            self.tell(pointer, fault.code, show(text), fault.values)
            return None
        return name

    def _lines(self, fields: Fields, sold_at: datetime | None) -> tuple[Line, ...] | None:
        if "products" not in fields:
            return None
        value = fields["products"]
        if not isinstance(value, (list, tuple)):
            self.tell_wrong_type(value, "/products", "array")
            return None
        items = cast("Sequence[object]", value)
        if not 1 <= len(items) <= MAX_LINES:
            limits = {"lowest": "1", "highest": str(MAX_LINES)}
            self.tell("/products", "lines_count", str(len(items)), limits)
            return None
        lines: list[Line] = []
        for index, item in enumerate(items):
            line = self._line(item, index, sold_at)
            if line is not None:
                lines.append(line)
        return tuple(lines) if len(lines) == len(items) else None

    def _line(self, value: object, index: int, sold_at: datetime | None) -> Line | None:
        pointer = f"/products/{index}"
        fields = self.read_object(value, pointer, _LINE)
        if fields is None:
            return None
        sku = self._sku(fields, pointer)
        type_ = self._type(fields, sku, pointer, sold_at)
        value_ = self.read_money(fields, "value", pointer)
        qty = self.read_quantity(fields, "qty", pointer)
        discount = self.read_discount(fields, pointer)
        if type_ is not None and sold_at is not None and not self._has_rate(type_, sold_at):
            known = self._nearest(type_, sold_at)
            self.violations.append(unknown_product_type(index, type_, sku, known=known))
        if type_ is None or value_ is None or qty is None or discount is None:
            return None
        if discount and not self._is_covered(discount, amount_centavos(value_, qty), pointer):
            return None  # a sum over it would only repeat the fault
        return Line.known(
            type=type_,
            value_centavos=value_,
            qty_thousandths=qty,
            discount_centavos=discount,
            sku=sku,
        )

    def _sku(self, fields: Fields, pointer: str) -> str | None:
        """The sku that a line gives, right or wrong; null is as good as none."""
        return None if fields.get("sku") is None else self.read_text(fields, "sku", pointer)

    def _type(
        self, fields: Fields, sku: str | None, pointer: str, sold_at: datetime | None
    ) -> str | None:
        """A line's type, given or found in the catalogue; exactly one of type and sku is given."""
        named = fields.get("sku") is not None
        if named and fields.get("type") is not None:
            self.tell(pointer, "type_or_sku", "type, sku")
        elif not named and "type" not in fields:
            self.tell(pointer, "type_or_sku", None)
        elif not named:
            return self.read_text(fields, "type", pointer)
        elif sku is not None:
            return self._type_of(sku, f"{pointer}/sku", sold_at)
        return None

    def _type_of(self, sku: str, pointer: str, sold_at: datetime | None) -> str | None:
        if not is_sku(sku):
            self.tell(pointer, "sku_format", show(sku), {"highest": str(MAX_SKU_CHARS)})
        elif self.now is None:
            return ""
        elif sku not in self.catalogue:
            self.tell(pointer, "unknown_sku", show(sku))
        elif sold_at is not None:
            type_ = self.catalogue.type_at(sku, sold_at)
            if type_ is None:
                self.tell(pointer, "sku_without_type", show(sku))
            return type_
        return None

    def _has_rate(self, type_: str, sold_at: datetime) -> bool:
        return self.programme is None or self.programme.rate_at(type_, sold_at) is not None

    def _nearest(self, type_: str, sold_at: datetime) -> str:
        """The known types that `type_` may have been meant for."""
        if self._types is None:
            known = () if self.programme is None else self.programme.types_at(sold_at)
            self._types = Nearest(known)
        return self._types(type_)

    def _sale_id(self, fields: Fields) -> str | None:
        if fields.get("sale_id") is None:
            return None
        text = self.read_text(fields, "sale_id", "")
        if text is not None and not is_sale_id(text):
            highest = {"highest": str(MAX_SALE_ID_CHARS)}
            self.tell("/sale_id", "sale_id_format", show(text), highest)
        return text

    def _adds_up(self, lines: tuple[Line, ...], total: int, discount: int) -> bool:
        nets = sum([line.net_centavos for line in lines])
        if discount and not self._is_covered(discount, nets, ""):
            return False
        if nets - discount == total:
            return True
        right = {"sum": format_centavos(nets - discount)}
        self.tell("/total", "total_mismatch", format_centavos(total), right)
        return False

    def _is_covered(self, discount: int, of: int, at: str) -> bool:
        if discount <= of:
            return True
        highest = {"highest": format_centavos(of)}
        self.tell(f"{at}/discount", "discount_too_large", format_centavos(discount), highest)
        return False


def _masked(text: str, document: Cpf) -> str:
    """Such a text as it may be shown."""
    masked = mask_documents(text)
    return mask(text) if holds_document(masked, document) else masked
