"""Reading a JSON object: every field, and everything that is wrong with it at once.

A field that is not among those that may be there is told at its own place. Null counts as left out,
unless the field must be there: then it has the wrong type.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, cast

from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.sales.reading.json_object import FieldReader, Fields, ObjectForm
from cashback_core.values.documents import (
    BuyerDocument,
    InvalidDocument,
    mask,
    named_document,
)
from cashback_core.values.ids import parse_uuid
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_bound, parse_instant
from cashback_core.values.names import name_fault
from cashback_core.values.reasons import MAX_REASON_CHARS, why_no_reason
from cashback_core.values.violations import MAX_VIOLATIONS, Violation, escaped, show

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo


MAX_NAME_CHARS: Final = 120


class ObjectReader:
    """One object being read. `shape` has each field that may be there, and whether it must.

    A method that finds a fault notes it and gives a stand-in, which `refuse_faults` lets nobody
    use.
    """

    def __init__(self, document: object, shape: Mapping[str, bool]) -> None:
        self._reader = FieldReader()
        self._faults: list[Violation] = []
        self._fields: Fields = self._reader.read_object(document, "", ObjectForm(shape)) or {}
        if self._reader.violations and not isinstance(document, dict):
            self.refuse_faults()
        self._needed = {name for name, must in shape.items() if must}

    def refuse_faults(self) -> None:
        """Raise InvalidRequestError unless everything that was read is right."""
        faults = (*self._reader.violations, *self._faults)[:MAX_VIOLATIONS]
        if faults:
            raise InvalidRequestError(faults)

    def must_have(self, name: str) -> None:
        """Something else that came makes this field a must; null counts as left out."""
        if self._fields.get(name) is None:
            self._faults.append(Violation(pointer=f"/{name}", code="required"))

    def has(self, name: str) -> bool:
        """Whether the field is there with a value."""
        return self._fields.get(name) is not None

    def is_text(self, name: str) -> bool:
        """Whether the field is there as a text."""
        return isinstance(self._fields.get(name), str)

    def text_of(self, name: str) -> str:
        """The text as it came, of a field that `is_text`."""
        value = self._fields[name]
        assert isinstance(value, str)
        return value

    def text(self, name: str, matching: re.Pattern[str], code: str, **values: str) -> str:
        """A text of a form; `code` is told of any other."""
        value = self._text(name)
        if value is not None and matching.match(value) is None:
            self.tell(name, code, **values)
        return value or ""

    def secret(self, name: str) -> str:
        """A text that is told to nobody, not even to whoever sent it."""
        value = self._fields.get(name)
        if isinstance(value, str):
            return value
        if name in self._fields and (value is not None or name in self._needed):
            wrong = Violation(pointer=f"/{name}", code="wrong_type", values={"type": "string"})
            self._faults.append(wrong)
        return ""

    def name(self, name: str) -> str:
        """1 to MAX_NAME_CHARS printable characters in NFC, without the spaces around them."""
        value = self._text(name)
        if value is None:
            return ""
        text = unicodedata.normalize("NFC", value).strip(" ")
        if not 1 <= len(text) <= MAX_NAME_CHARS or not text.isprintable():
            self.tell(name, "plain_text", highest=str(MAX_NAME_CHARS))
        return text

    def person_name(self, name: str) -> str:
        """A name that a sale could give its customer, without the spaces around it."""
        value = self._text(name)
        if value is None:
            return ""
        text = unicodedata.normalize("NFC", value).strip(" ")
        fault = name_fault(text)
        if fault is not None:
            self.tell(name, fault.code, **fault.values)
        return text

    def choice(self, name: str, choices: Sequence[str], *, default: str = "") -> str:
        """One of the choices."""
        value = self._text(name)
        if value is None:
            return default
        if value not in choices:
            self.tell(name, "no_such_choice", names=", ".join(choices))
            return default
        return value

    def whole(self, name: str, *, lowest: int, highest: int, default: int = 0) -> int:
        """A whole number within limits."""
        value = self._fields.get(name)
        if value is None and not (name in self._needed and name in self._fields):
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            self.tell(name, "whole_number", lowest=str(lowest), highest=str(highest))
            return default
        return value

    def wholes(
        self, name: str, key: re.Pattern[str], code: str, *, highest: int, most: int
    ) -> dict[str, int]:
        """An object of whole numbers from zero, one at least; `code` is told of any other key."""
        value = self._fields.get(name)
        if not isinstance(value, dict):
            if name in self._fields:
                self._reader.tell_wrong_type(value, f"/{name}", "object")
            return {}
        told = cast("dict[str, object]", value)
        if not 1 <= len(told) <= most:
            self.tell_quietly(name, "whole_number", lowest="1", highest=str(most))
            return {}
        numbers: dict[str, int] = {}
        for each, number in told.items():
            if key.match(each) is None:
                self.tell_quietly(f"{name}/{escaped(each)}", code)
            elif type(number) is not int or not 0 <= number <= highest:
                self._note(
                    f"{name}/{escaped(each)}",
                    "whole_number",
                    show(number),
                    {"lowest": "0", "highest": str(highest)},
                )
            else:
                numbers[each] = number
        return numbers

    def reason(self, name: str) -> str:
        """A person's words, which are kept for ever (`values.reasons`)."""
        text = (self._text(name) or "").strip()
        fault = why_no_reason(text)
        if fault is not None and isinstance(self._fields.get(name), str):
            self.tell_quietly(name, fault, highest=str(MAX_REASON_CHARS))
        return text

    def document(self, name: str) -> BuyerDocument | None:
        """A document in one word; a wrong one is repeated only masked."""
        value = self._text(name)
        if value is None:
            return None
        try:
            return named_document(value)
        except InvalidDocument:
            self._note(name, "document_invalid", mask(value), {})
            return None

    def hidden_document(self, name: str) -> BuyerDocument | None:
        """A document in one word; a wrong one is not repeated, not even masked."""
        try:
            return named_document(self.secret(name))
        except InvalidDocument:
            if self.is_text(name):
                self.tell_quietly(name, "document_invalid")
            return None

    def id(self, name: str) -> UUID | None:
        """A UUID."""
        value = self._text(name)
        id_ = None if value is None else parse_uuid(value)
        if value is not None and id_ is None:
            self.tell(name, "not_an_id")
        return id_

    def choices(self, name: str, choices: Collection[str]) -> frozenset[str]:
        """Some of the choices, one at least, in an array."""
        value = self._fields.get(name)
        if value is None and name not in self._fields:
            return frozenset()
        if not isinstance(value, list):
            self._reader.tell_wrong_type(value, f"/{name}", "array")
            return frozenset()
        listed = cast("list[object]", value)
        if not listed or not all(isinstance(v, str) and v in choices for v in listed):
            self.tell(name, "no_such_choice", names=", ".join(choices))
            return frozenset()
        return frozenset(str(v) for v in listed)

    def truth(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._fields.get(name)
        if value is None and not (name in self._needed and name in self._fields):
            return default
        if not isinstance(value, bool):
            self.tell(name, "not_boolean")
            return default
        return value

    def instant(self, name: str, zone: ZoneInfo) -> datetime | None:
        """An instant; without an offset it is in `zone`."""
        value = self._text(name)
        if value is None:
            return None
        try:
            return parse_instant(value, zone)
        except (NotAnInstant, NoSuchInstant):
            self.tell(name, "instant_invalid")
            return None

    def bound(self, name: str, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
        """A bound of a span of time; a day, or an instant without an offset, is in `zone`."""
        value = self._text(name)
        if value is None:
            return None
        try:
            return parse_bound(value, zone, end=end)
        except (NotAnInstant, NoSuchInstant):
            self.tell(name, "bound_invalid")
            return None

    def tell(self, name: str, code: str, **values: str) -> None:
        """Note a fault of a field, with what came."""
        self._note(name, code, show(self._fields.get(name)), values)

    def tell_quietly(self, name: str, code: str, **values: str) -> None:
        """Note a fault of a field that holds a secret."""
        self._note(name, code, None, values)

    def _note(self, name: str, code: str, received: str | None, values: dict[str, str]) -> None:
        fault = Violation(pointer=f"/{name}", code=code, received=received, values=values)
        self._faults.append(fault)

    def _text(self, name: str) -> str | None:
        if self._fields.get(name) is None and name not in self._needed:
            return None
        return self._reader.read_text(self._fields, name, "")


def read_texts(document: object, *names: str) -> tuple[str, ...]:
    """The texts of exactly these fields; raises InvalidRequestError.

    Passwords and tokens pass here: nothing of what came is told.
    """
    if not isinstance(document, dict):
        wrong = Violation(pointer="", code="wrong_type", values={"type": "object"})
        raise InvalidRequestError((wrong,))
    fields = cast("dict[str, object]", document)
    body = ObjectReader(fields, dict.fromkeys(names, True))
    texts = tuple(body.secret(name) for name in names)
    body.refuse_faults()
    return texts
