"""Reading decoded JSON field by field: a value, or None and a violation that tells why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from cashback_core.values.money import (
    MAX_CENTAVOS,
    MAX_QUANTITY_THOUSANDTHS,
    InvalidMoney,
    MoneyFault,
    format_centavos,
    format_thousandths,
    parse_centavos,
    parse_thousandths,
)
from cashback_core.values.violations import MAX_VIOLATIONS, Violation, escaped, show

Fields = Mapping[str, object]
"""An object of the document."""

Shape = Mapping[str, bool]
"""The fields that an object may have, each with whether it must."""

_ABSENT: Final = object()
_MONEY_LIMITS: Final = {"lowest": format_centavos(0), "highest": format_centavos(MAX_CENTAVOS)}
_QUANTITY_LIMITS: Final = {"highest": format_thousandths(MAX_QUANTITY_THOUSANDTHS)}


@dataclass(slots=True, kw_only=True)
class FieldReader:
    """Reads fields and gathers violations. `at` is the pointer of the object that holds a field.

    A field that is missing reads as None without another word: `read_object` has told it.
    """

    violations: list[Violation] = field(default_factory=list[Violation])

    def tell(
        self, pointer: str, code: str, received: str | None, values: dict[str, str] | None = None
    ) -> None:
        """Add a violation."""
        self.violations.append(
            Violation(pointer=pointer, code=code, received=received, values=values or {})
        )

    def tell_wrong_type(self, value: object, pointer: str, expected: str) -> None:
        """Add the violation of a value of another type; `expected` is a phrase `type.…`."""
        self.tell(pointer, "wrong_type", show(value), {"type": expected})

    def read_object(self, value: object, pointer: str, shape: Shape) -> Fields | None:
        """An object with every required field and no unknown one; each fault of that is told."""
        # A dict is told by its class alone; the check of an abstract class takes its time.
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            self.tell_wrong_type(value, pointer, "object")
            return None
        fields = cast("Fields", value)
        for name, required in shape.items():
            if required and name not in fields:
                self.tell(f"{pointer}/{name}", "required", None)
        if not fields.keys() <= shape.keys():
            self._tell_unknown(fields, pointer, shape)
        return fields

    def read_text(self, fields: Fields, name: str, at: str) -> str | None:
        """A text of any length."""
        value = fields.get(name, _ABSENT)
        if isinstance(value, str):
            return value
        if value is not _ABSENT:
            self.tell_wrong_type(value, f"{at}/{name}", "string")
        return None

    def read_money(self, fields: Fields, name: str, at: str) -> int | None:
        """An amount in centavos, from zero: gifts and wholly discounted sales are worth nothing."""
        value = fields.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        try:
            return parse_centavos(value)
        except InvalidMoney as error:
            self._tell_number(value, f"{at}/{name}", error.fault, "money", _MONEY_LIMITS)
            return None

    def read_discount(self, fields: Fields, at: str) -> int | None:
        """An optional discount in centavos, from zero."""
        return self.read_money(fields, "discount", at) if "discount" in fields else 0

    def read_quantity(self, fields: Fields, name: str, at: str) -> int | None:
        """A quantity in thousandths, from one."""
        value = fields.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        try:
            thousandths = parse_thousandths(value)
        except InvalidMoney as error:
            self._tell_number(value, f"{at}/{name}", error.fault, "quantity", _QUANTITY_LIMITS)
            return None
        if thousandths == 0:
            self.tell(f"{at}/{name}", "quantity_out_of_range", show(value), _QUANTITY_LIMITS)
            return None
        return thousandths

    def _tell_number(
        self, value: object, pointer: str, fault: MoneyFault, kind: str, limits: dict[str, str]
    ) -> None:
        if fault is MoneyFault.TYPE:
            self.tell_wrong_type(value, pointer, "string or number")
        elif fault is MoneyFault.RANGE:
            self.tell(pointer, f"{kind}_out_of_range", show(value), limits)
        else:
            self.tell(pointer, f"{kind}_format", show(value), limits)

    def _tell_unknown(self, fields: Fields, pointer: str, shape: Shape) -> None:
        known = {"fields": ", ".join(shape)}
        for name in fields:
            if name not in shape and len(self.violations) < MAX_VIOLATIONS:
                self.tell(f"{pointer}/{escaped(str(name))}", "unknown_field", None, known)
