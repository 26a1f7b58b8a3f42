"""From decoded JSON to a sale: every rule of the request, every violation at once."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from cashback_core.calculation import unknown_product_type
from cashback_core.documents import Cpf, InvalidDocument, mask
from cashback_core.instants import NoSuchInstant, NotAnInstant, format_instant, parse_instant
from cashback_core.money import (
    MAX_CENTAVOS,
    MAX_QUANTITY_THOUSANDTHS,
    Fault,
    InvalidMoney,
    format_centavos,
    format_thousandths,
    parse_centavos,
    parse_thousandths,
)
from cashback_core.programme import Programme
from cashback_core.sale import MAX_LINES, Customer, Line, Sale
from cashback_core.violations import MAX_VIOLATIONS, InvalidSale, Violation, show

MAX_NAME_CHARS: Final = 120
MAX_SALE_ID_CHARS: Final = 64
MAX_AHEAD: Final = timedelta(minutes=5)
"""How far an ERP's clock may run ahead of ours."""

MAX_MAX_AGE: Final = timedelta(days=36_524)
"""Longest limit that a merchant may set: a century."""

_SALE_FIELDS: Final = ("sold_at", "customer", "total", "products", "discount", "sale_id")
_CUSTOMER_FIELDS: Final = ("document", "name")
_LINE_FIELDS: Final = ("type", "value", "qty", "discount")
_OPTIONAL: Final = frozenset({"discount", "sale_id"})
_SALE_ID: Final = re.compile(r"[!-~]{1,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """What a merchant lays down for its sales: its wall clock and how old a sale may be."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Sao_Paulo"))
    max_age: timedelta = timedelta(days=3653)

    def __post_init__(self) -> None:
        if not timedelta(0) < self.max_age <= MAX_MAX_AGE:
            raise ValueError(f"a sale's highest age is up to {MAX_MAX_AGE.days} days")


def parse_sale(
    document: object, *, rules: SaleRules, now: datetime, programme: Programme | None = None
) -> Sale:
    """A sale out of decoded JSON; raises InvalidSale with every violation at once.

    Numbers may be int, float or Decimal; `now` is aware. With a `programme`, a product type that
    has no rate at the sale's instant is a violation too.
    """
    reading = _Reading(rules=rules, now=now, programme=programme)
    sale = reading.sale(document)
    if sale is None or reading.violations:
        raise InvalidSale(tuple(reading.violations))
    return sale


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One document being read. A part that cannot be read is None, and has told why."""

    rules: SaleRules
    now: datetime
    programme: Programme | None
    violations: list[Violation] = field(default_factory=list[Violation])

    def sale(self, document: object) -> Sale | None:
        fields = self._object(document, "", _SALE_FIELDS)
        if fields is None:
            return None
        sold_at = self._sold_at(fields.get("sold_at", _ABSENT))
        customer = self._customer(fields.get("customer", _ABSENT))
        lines = self._lines(fields.get("products", _ABSENT), sold_at)
        total = self._money(fields.get("total", _ABSENT), "/total", lowest=1)
        discount = self._money(fields.get("discount", 0), "/discount", lowest=0)
        sale_id = self._sale_id(fields.get("sale_id", None))
        if lines is not None and total is not None and discount is not None:
            self._sums(lines, total, discount)
        if (
            sold_at is None
            or customer is None
            or lines is None
            or total is None
            or discount is None
        ):
            return None
        return Sale(
            sold_at=sold_at,
            customer=customer,
            lines=lines,
            total_centavos=total,
            discount_centavos=discount,
            sale_id=sale_id,
        )

    def _tell(
        self, pointer: str, code: str, received: str | None, values: dict[str, str] | None = None
    ) -> None:
        self.violations.append(
            Violation(pointer=pointer, code=code, received=received, values=values or {})
        )

    def _object(
        self, value: object, pointer: str, known: tuple[str, ...]
    ) -> Mapping[str, object] | None:
        if not isinstance(value, Mapping):
            self._wrong_type(value, pointer, "object")
            return None
        fields: Mapping[str, object] = value  # pyright: ignore[reportUnknownVariableType]
        for name in known:
            if name not in fields and name not in _OPTIONAL:
                self._tell(f"{pointer}/{name}", "required", None)
        if not fields.keys() <= set(known):
            for name in fields:
                if name not in known:
                    self._unknown_field(f"{pointer}/{_escape(str(name))}", known)
        return fields

    def _unknown_field(self, pointer: str, known: tuple[str, ...]) -> None:
        if len(self.violations) < MAX_VIOLATIONS:
            self._tell(pointer, "unknown_field", None, {"fields": ", ".join(known)})

    def _wrong_type(self, value: object, pointer: str, expected: str) -> None:
        if value is not _ABSENT:  # a missing field was told when its object was read
            self._tell(pointer, "wrong_type", show(value), {"type": expected})

    def _text(self, value: object, pointer: str) -> str | None:
        if isinstance(value, str):
            return value
        self._wrong_type(value, pointer, "string")
        return None

    def _sold_at(self, value: object) -> datetime | None:
        text = self._text(value, "/sold_at")
        if text is None:
            return None
        try:
            instant = parse_instant(text, self.rules.zone)
        except NotAnInstant:
            self._tell("/sold_at", "sold_at_format", show(text))
            return None
        except NoSuchInstant:
            zone = {"zone": self.rules.zone.key}
            self._tell("/sold_at", "sold_at_nonexistent", show(text), zone)
            return None
        latest, earliest = self.now + MAX_AHEAD, self.now - self.rules.max_age
        if instant > latest:
            self._tell("/sold_at", "sold_at_future", show(text), {"latest": format_instant(latest)})
        elif instant < earliest:
            limit = {"earliest": format_instant(earliest)}
            self._tell("/sold_at", "sold_at_too_old", show(text), limit)
        return instant

    def _customer(self, value: object) -> Customer | None:
        if value is _ABSENT:
            return None
        fields = self._object(value, "/customer", _CUSTOMER_FIELDS)
        if fields is None:
            return None
        document = self._document(fields.get("document", _ABSENT))
        name = self._name(fields.get("name", _ABSENT))
        if document is None or name is None:
            return None
        return Customer(document=document, name=name)

    def _document(self, value: object) -> Cpf | None:
        pointer = "/customer/document"
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            # A number has lost its leading zeros; and a CPF is never repeated in an error.
            self._tell(pointer, "document_format", "a number")
            return None
        text = self._text(value, pointer)
        if text is None:
            return None
        try:
            return Cpf.parse(text)
        except InvalidDocument as error:
            self._tell(pointer, f"document_{error.fault}", mask(text))
            return None

    def _name(self, value: object) -> str | None:
        pointer = "/customer/name"
        text = self._text(value, pointer)
        if text is None:
            return None
        if len(text) > 4 * MAX_NAME_CHARS:  # never normalised whole: NFC shrinks at most so much
            self._tell(pointer, "name_length", show(text), {"highest": str(MAX_NAME_CHARS)})
            return None
        name = text if text.isascii() else unicodedata.normalize("NFC", text)
        if not name.isprintable():
            self._tell(pointer, "name_not_printable", show(text))
            return None
        if not name.strip() or len(name) > MAX_NAME_CHARS:
            self._tell(pointer, "name_length", show(text), {"highest": str(MAX_NAME_CHARS)})
            return None
        return name

    def _lines(self, value: object, sold_at: datetime | None) -> tuple[Line, ...] | None:
        if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence):
            self._wrong_type(value, "/products", "array")
            return None
        items: Sequence[object] = value  # pyright: ignore[reportUnknownVariableType]
        if not 1 <= len(items) <= MAX_LINES:
            limits = {"lowest": "1", "highest": str(MAX_LINES)}
            self._tell("/products", "lines_count", str(len(items)), limits)
            return None
        lines: list[Line] = []
        for index, item in enumerate(items):
            line = self._line(item, index, sold_at)
            if line is not None:
                lines.append(line)
        return tuple(lines) if len(lines) == len(items) else None

    def _line(self, value: object, index: int, sold_at: datetime | None) -> Line | None:
        pointer = f"/products/{index}"
        fields = self._object(value, pointer, _LINE_FIELDS)
        if fields is None:
            return None
        type_ = self._text(fields.get("type", _ABSENT), f"{pointer}/type")
        value_ = self._money(fields.get("value", _ABSENT), f"{pointer}/value", lowest=1)
        qty = self._quantity(fields.get("qty", _ABSENT), f"{pointer}/qty")
        discount = self._money(fields.get("discount", 0), f"{pointer}/discount", lowest=0)
        if type_ is not None and sold_at is not None and not self._has_rate(type_, sold_at):
            self.violations.append(unknown_product_type(index, type_))
        if type_ is None or value_ is None or qty is None or discount is None:
            return None
        line = Line(
            type=type_, value_centavos=value_, qty_thousandths=qty, discount_centavos=discount
        )
        if discount and not self._discount(discount, line.amount_centavos, f"{pointer}/discount"):
            return None  # a sum over it would only repeat the fault
        return line

    def _has_rate(self, type_: str, sold_at: datetime) -> bool:
        return self.programme is None or self.programme.rate_at(type_, sold_at) is not None

    def _money(self, value: object, pointer: str, *, lowest: int) -> int | None:
        try:
            centavos = parse_centavos(value)
        except InvalidMoney as error:
            self._bad_number(value, pointer, error.fault, "money", _money_limits(lowest))
            return None
        if centavos < lowest:
            self._tell(pointer, "money_out_of_range", show(value), _money_limits(lowest))
            return None
        return centavos

    def _quantity(self, value: object, pointer: str) -> int | None:
        limits = {"highest": format_thousandths(MAX_QUANTITY_THOUSANDTHS)}
        try:
            thousandths = parse_thousandths(value)
        except InvalidMoney as error:
            self._bad_number(value, pointer, error.fault, "quantity", limits)
            return None
        if thousandths == 0:
            self._tell(pointer, "quantity_out_of_range", show(value), limits)
            return None
        return thousandths

    def _bad_number(
        self, value: object, pointer: str, fault: Fault, kind: str, limits: dict[str, str]
    ) -> None:
        if fault is Fault.TYPE:
            self._wrong_type(value, pointer, "string or number")
        elif fault is Fault.RANGE:
            self._tell(pointer, f"{kind}_out_of_range", show(value), limits)
        else:
            self._tell(pointer, f"{kind}_format", show(value), limits)

    def _sale_id(self, value: object) -> str | None:
        if value is None:
            return None
        text = self._text(value, "/sale_id")
        if text is not None and _SALE_ID.match(text) is None:
            highest = {"highest": str(MAX_SALE_ID_CHARS)}
            self._tell("/sale_id", "sale_id_format", show(text), highest)
        return text

    def _sums(self, lines: tuple[Line, ...], total: int, discount: int) -> None:
        nets = sum([line.net_centavos for line in lines])
        if discount and not self._discount(discount, nets, "/discount"):
            return
        if nets - discount != total:
            right = {"sum": format_centavos(nets - discount)}
            self._tell("/total", "total_mismatch", format_centavos(total), right)

    def _discount(self, discount: int, of: int, pointer: str) -> bool:
        if discount <= of:
            return True
        highest = {"highest": format_centavos(of)}
        self._tell(pointer, "discount_too_large", format_centavos(discount), highest)
        return False


class _Absent:
    """A field that the document does not have."""


_ABSENT: Final = _Absent()


def _money_limits(lowest: int) -> dict[str, str]:
    return {"lowest": format_centavos(lowest), "highest": format_centavos(MAX_CENTAVOS)}


def _escape(name: str) -> str:
    """A field name as a token of a JSON pointer, short and printable."""
    return show(name).replace("~", "~0").replace("/", "~1")
