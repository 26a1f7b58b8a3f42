"""What is wrong with a request: every fault at once, each with a place, a code and both sides."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from cashback_core.values.masks import mask_documents
from cashback_core.words.locales import ENGLISH, Language, ValueKind, fault_text, phrase

MAX_RECEIVED_CHARS: Final = 80
MAX_VIOLATIONS: Final = 100
"""Most violations reported for one request: nobody reads more, and an answer has a limit too."""

_SPELT: Final = ("type", "reason", "cause", "document")
"""The values that are words themselves: phrases of each language, by `type.`, `reason.`, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One fault of a document, or of a request beside it.

    `pointer` is a JSON pointer (RFC 6901), `code` the stable name of a text of
    `words.locales.fault_text`, `received` what came, shortened and without personal data (None when
    nothing came, or nothing of it may be shown; a ValueKind where its kind alone is told, which
    `told_in` puts in words). `values` go into the text.
    """

    pointer: str
    code: str
    received: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def detail(self, language: Language = ENGLISH) -> str:
        """What is wrong, as a sentence. Raises UnknownLanguage."""
        return fault_text(language, self.code).detail.format_map(self._told_in(language))

    def expected(self, language: Language = ENGLISH) -> str:
        """What would have been right. Raises UnknownLanguage."""
        return fault_text(language, self.code).expected.format_map(self._told_in(language))

    def _told_in(self, language: Language) -> Mapping[str, str]:
        spelt = {
            name: phrase(language, f"{name}.{self.values[name]}")
            for name in _SPELT
            if name in self.values
        }
        return {**self.values, **spelt} if spelt else self.values

    def __str__(self) -> str:
        place = self.pointer or "/"
        return f"{place}: {self.detail()} (received {self.received}; expected {self.expected()})"


class InvalidSale(ValueError):  # noqa: N818 (named by what is wrong)
    """A document that is no valid sale; `violations` holds every fault, at most MAX_VIOLATIONS.

    `sold_at` is when it says that it happened, if that could be read.
    """

    def __init__(
        self, violations: tuple[Violation, ...], *, sold_at: datetime | None = None
    ) -> None:
        super().__init__("; ".join(map(str, violations[:3])))
        self.violations = violations[:MAX_VIOLATIONS]
        self.sold_at = sold_at


def show(value: object) -> str:
    """A value as the sender wrote it, near enough and short; containers by their kind.

    Any CPF in it is masked, wherever the sender put it.
    """
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in _shorten(value))
        case int() | float() | Decimal():
            return _show_number(value)
        case Mapping():
            return ValueKind.OBJECT
        case _:
            return ValueKind.ARRAY if isinstance(value, list | tuple) else type(value).__name__


def escaped(name: str) -> str:
    """A field name as a token of a JSON pointer, short and printable."""
    return show(name).replace("~", "~0").replace("/", "~1")


def _show_number(value: float | Decimal) -> str:
    if isinstance(value, int) and value.bit_length() > 256:
        return ValueKind.LONG_INTEGER
    return _shorten(str(value))


def _shorten(text: str) -> str:
    # Masked before it is cut: nine digits of a CPF give the other two away. One that begins
    # within the limit ends within 14 characters more.
    masked = mask_documents(text[: MAX_RECEIVED_CHARS + 20])
    return masked if len(masked) <= MAX_RECEIVED_CHARS else masked[:MAX_RECEIVED_CHARS] + "…"
