"""Reading what was sold: lines, each of a product's type, with its amount."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, cast

from cashback_core.sales.calculation import unknown_product_type
from cashback_core.sales.reading.json_object import FieldReader, Fields, ObjectForm
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.sale import (
    MAX_LINES,
    MAX_SKU_CHARS,
    MAX_TOLERANCE_CENTAVOS,
    Line,
    is_sku,
    line_amount,
)
from cashback_core.values.money import (
    PRODUCT_PER_CENTAVO,
    format_centavos,
    format_signed_centavos,
)
from cashback_core.values.suggestions import Nearest
from cashback_core.values.violations import show

_LINE: Final = ObjectForm(
    {
        "type": False,
        "sku": False,
        "value": True,
        "qty": True,
        "discount": False,
        "surcharge": False,
        "amount": False,
    }
)
_PLAIN: Final = frozenset({"type", "sku", "value", "qty"})


class AmountCause(StrEnum):
    """What makes an amount fit that is not value × quantity."""

    NET_AMOUNT = "net_amount"
    """The line's discount is off it, its surcharge in it, or both."""
    NONE = "none"


class ReadLines(NamedTuple):
    """The lines of a sale, and the positions of those that told their own amount."""

    lines: tuple[Line, ...]
    told: frozenset[int]


@dataclass(slots=True)
class LineReader:
    """What lines are read by: at the instant that counts, None where it could not be read.

    Of a line of a repeat that gives a sku the type is empty.
    """

    reader: FieldReader
    by: JudgedBy
    instant: datetime | None
    _types: Nearest | None = None

    def lines(self, fields: Fields) -> ReadLines | None:
        """Every line, or None: then each that cannot be read has told why."""
        if "products" not in fields:
            return None
        value = fields["products"]
        if not isinstance(value, (list, tuple)):
            self.reader.tell_wrong_type(value, "/products", "array")
            return None
        items = cast("Sequence[object]", value)
        if not 1 <= len(items) <= MAX_LINES:
            limits = {"lowest": "1", "highest": str(MAX_LINES)}
            self.reader.tell("/products", "lines_count", str(len(items)), limits)
            return None
        lines: list[Line] = []
        told: list[int] = []
        for index, item in enumerate(items):
            line = self._line(item, index, told)
            if line is not None:
                lines.append(line)
        return ReadLines(tuple(lines), frozenset(told)) if len(lines) == len(items) else None

    def _line(self, value: object, index: int, told: list[int]) -> Line | None:
        pointer = f"/products/{index}"
        reader = self.reader
        fields = reader.read_object(value, pointer, _LINE)
        if fields is None:
            return None
        sku = None
        if "sku" not in fields and fields.get("type") is not None:  # as most lines tell
            type_ = reader.read_text(fields, "type", pointer)
        else:
            sku = reader.read_optional_text(fields, "sku", pointer)
            type_ = self._type(fields, sku, pointer)
        value_e10 = reader.read_value(fields, "value", pointer)
        qty_e4 = reader.read_quantity(fields, "qty", pointer)
        discount: int | None = 0
        surcharge: int | None = 0
        amount: int | None = 0
        tells_amount = False
        if not fields.keys() <= _PLAIN:  # asked once, for most lines tell nothing more
            discount = reader.read_optional_money(fields, "discount", pointer)
            surcharge = reader.read_optional_money(fields, "surcharge", pointer)
            amount = reader.read_optional_money(fields, "amount", pointer)
            tells_amount = fields.get("amount") is not None
        self._has_rate(type_, sku, index)
        if type_ is None or value_e10 is None or qty_e4 is None:
            return None
        if discount is None or surcharge is None or amount is None:
            return None
        rounded = line_amount(value_e10, qty_e4, self.by.rules.line_rounding)
        if not tells_amount:
            amount = rounded
        elif self._fits(amount, value_e10 * qty_e4):
            told.append(index)
        else:
            beside = (discount, -surcharge, discount - surcharge)
            self._tell_amount(amount, value_e10 * qty_e4, rounded, beside, pointer)
            return None  # a sum over it would only repeat the fault
        if discount and not reader.is_covered(discount, amount, pointer):
            return None
        return Line.known(
            type=type_,
            value_e10=value_e10,
            qty_e4=qty_e4,
            amount_centavos=amount,
            discount_centavos=discount,
            surcharge_centavos=surcharge,
            sku=sku,
            difference_centavos=amount - rounded,
        )

    def _fits(self, amount: int, product: int) -> bool:
        """Whether a told amount is value × quantity: either centavo beside it always is."""
        off = abs(amount * PRODUCT_PER_CENTAVO - product)
        return off < PRODUCT_PER_CENTAVO * (1 + self._tolerance)

    @property
    def _tolerance(self) -> int:
        if self.by.is_repeat:
            return MAX_TOLERANCE_CENTAVOS
        return self.by.rules.line_tolerance_centavos

    def _tell_amount(
        self, amount: int, product: int, rounded: int, beside: tuple[int, ...], pointer: str
    ) -> None:
        """Tell of an amount that does not fit, and whether it does with what stands beside it."""
        is_net = any(self._fits(amount + centavos, product) for centavos in beside)
        lowest, rest = divmod(product, PRODUCT_PER_CENTAVO)
        values = {
            "lowest": format_centavos(max(0, lowest - self._tolerance)),
            "highest": format_centavos(lowest + (rest > 0) + self._tolerance),
            "difference": format_signed_centavos(amount - rounded),
            "cause": AmountCause.NET_AMOUNT if is_net else AmountCause.NONE,
        }
        self.reader.tell(f"{pointer}/amount", "amount_mismatch", format_centavos(amount), values)

    def _type(self, fields: Fields, sku: str | None, pointer: str) -> str | None:
        """A line's type, given or found in the catalogue; exactly one of type and sku is given."""
        named = fields.get("sku") is not None
        if named and fields.get("type") is not None:
            self.reader.tell(pointer, "type_or_sku", "type, sku")
        elif not named and fields.get("type") is None:
            self.reader.tell(pointer, "type_or_sku", None)
        elif not named:
            return self.reader.read_text(fields, "type", pointer)
        elif sku is not None:
            return self._type_of(sku, f"{pointer}/sku")
        return None

    def _type_of(self, sku: str, pointer: str) -> str | None:
        if not is_sku(sku):
            self.reader.tell(pointer, "sku_format", show(sku), {"highest": str(MAX_SKU_CHARS)})
        elif self.by.is_repeat:
            return ""
        elif sku not in self.by.catalogue:
            self.reader.tell(pointer, "unknown_sku", show(sku))
        elif self.instant is not None:
            type_ = self.by.catalogue.type_at(sku, self.instant)
            if type_ is None:
                self.reader.tell(pointer, "sku_without_type", show(sku))
            return type_
        return None

    def _has_rate(self, type_: str | None, sku: str | None, index: int) -> None:
        """Tell of a type that has no rate at the instant that counts."""
        programme, instant = self.by.programme, self.instant
        if type_ is None or programme is None or instant is None:
            return
        if programme.rate_at(type_, instant) is not None:
            return
        if self._types is None:
            self._types = Nearest(programme.types_at(instant))
        fault = unknown_product_type(index, type_, sku, known=self._types(type_))
        self.reader.violations.append(fault)
