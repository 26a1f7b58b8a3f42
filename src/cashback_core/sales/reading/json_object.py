"""Reading decoded JSON field by field: a value, or None and a violation that tells why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from cashback_core.values.money import (
    MAX_CENTAVOS,
    MAX_QUANTITY_E4,
    InvalidMoney,
    MoneyFault,
    format_centavos,
    format_quantity,
    parse_centavos,
    parse_quantity,
    parse_value,
)
from cashback_core.values.violations import MAX_VIOLATIONS, Violation, escaped, show

Fields = Mapping[str, object]
"""An object of the document."""


class ObjectForm:
    """The fields that an object may have, each with whether it must."""

    __slots__ = ("fields", "must")

    def __init__(self, fields: Mapping[str, bool]) -> None:
        self.fields = fields
        self.must = frozenset(name for name, must in fields.items() if must)


_ABSENT: Final = object()
_MONEY_LIMITS: Final = {
    "lowest": format_centavos(0),
    "highest": format_centavos(MAX_CENTAVOS),
    "places": "2",
}
_VALUE_LIMITS: Final = {**_MONEY_LIMITS, "places": "10"}
_QUANTITY_LIMITS: Final = {"highest": format_quantity(MAX_QUANTITY_E4), "places": "4"}


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

    def read_object(self, value: object, pointer: str, form: ObjectForm) -> Fields | None:
        """An object with every required field and no unknown one; each fault of that is told."""
        # A dict is told by its class alone; the check of an abstract class takes its time.
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            self.tell_wrong_type(value, pointer, "object")
            return None
        fields = cast("Fields", value)
        if not form.must <= fields.keys() <= form.fields.keys():
            self._tell_misshapen(fields, pointer, form)
        return fields

    def read_pairs(self, value: object, pointer: str) -> Fields | None:
        """An object whose fields may be called anything."""
        if isinstance(value, Mapping):
            return cast("Fields", value)
        self.tell_wrong_type(value, pointer, "object")
        return None

    def read_text(self, fields: Fields, name: str, at: str) -> str | None:
        """A text of any length."""
        value = fields.get(name, _ABSENT)
        if isinstance(value, str):
            return value
        if value is not _ABSENT:
            self.tell_wrong_type(value, f"{at}/{name}", "string")
        return None

    def read_optional_text(self, fields: Fields, name: str, at: str) -> str | None:
        """A text of any length; null is as good as left out."""
        return None if fields.get(name) is None else self.read_text(fields, name, at)

    def read_choice(
        self, fields: Fields, name: str, at: str, choices: Collection[str], *, optional: bool
    ) -> str | None:
        """One of the choices; null is as good as left out where it is `optional`."""
        read = self.read_optional_text if optional else self.read_text
        text = read(fields, name, at)
        if text is None or text in choices:
            return text
        names = {"names": ", ".join(choices)}
        self.tell(f"{at}/{name}", "no_such_choice", show(text), names)
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

    def read_optional_money(self, fields: Fields, name: str, at: str) -> int | None:
        """An amount in centavos, 0 where it is null or left out."""
        return 0 if fields.get(name) is None else self.read_money(fields, name, at)

    def read_value(self, fields: Fields, name: str, at: str) -> int | None:
        """A unit value as reais × 10^10, from zero."""
        value = fields.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        try:
            return parse_value(value)
        except InvalidMoney as error:
            self._tell_number(value, f"{at}/{name}", error.fault, "money", _VALUE_LIMITS)
            return None

    def read_quantity(self, fields: Fields, name: str, at: str) -> int | None:
        """A quantity × 10^4, from one."""
        value = fields.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        try:
            qty_e4 = parse_quantity(value)
        except InvalidMoney as error:
            self._tell_number(value, f"{at}/{name}", error.fault, "quantity", _QUANTITY_LIMITS)
            return None
        if qty_e4 == 0:
            self.tell(f"{at}/{name}", "quantity_out_of_range", show(value), _QUANTITY_LIMITS)
            return None
        return qty_e4

    def is_covered(self, discount: int, of: int, at: str) -> bool:
        """Whether a discount is at most what it discounts; told if not."""
        if discount <= of:
            return True
        highest = {"highest": format_centavos(of)}
        self.tell(f"{at}/discount", "discount_too_large", format_centavos(discount), highest)
        return False

    def _tell_number(
        self, value: object, pointer: str, fault: MoneyFault, kind: str, limits: dict[str, str]
    ) -> None:
        if fault is MoneyFault.TYPE:
            self.tell_wrong_type(value, pointer, "string or number")
        elif fault is MoneyFault.RANGE:
            self.tell(pointer, f"{kind}_out_of_range", show(value), limits)
        else:
            self.tell(pointer, f"{kind}_format", show(value), limits)

    def _tell_misshapen(self, fields: Fields, pointer: str, form: ObjectForm) -> None:
        for name in form.fields:
            if name in form.must and name not in fields:
                self.tell(f"{pointer}/{name}", "required", None)
        known = {"fields": ", ".join(form.fields)}
        for name in fields:
            if name not in form.fields and len(self.violations) < MAX_VIOLATIONS:
                self.tell(f"{pointer}/{escaped(str(name))}", "unknown_field", None, known)
