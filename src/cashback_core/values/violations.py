"""What is wrong with a request: every fault at once, each with a place, a code and both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cashback_core.values.documents import mask_documents
from cashback_core.words.messages import MESSAGES, TYPE_NAMES, Kind, Language

MAX_RECEIVED_CHARS: Final = 80
MAX_VIOLATIONS: Final = 100
"""Most violations reported for one request: nobody reads more, and an answer has a limit too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One fault of a document.

    `pointer` is a JSON pointer (RFC 6901), `code` a stable name out of `messages.MESSAGES`,
    `received` what came, shortened and without personal data (None when nothing came; a Kind where
    its kind alone is told, which `messages.told_in` puts in words).
    """

    pointer: str
    code: str
    received: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def detail(self, language: Language = Language.EN) -> str:
        """What is wrong, as a sentence."""
        return MESSAGES[self.code][language].detail.format_map(self.values)

    def expected(self, language: Language = Language.EN) -> str:
        """What would have been right."""
        values = dict(self.values)
        if "type" in values:
            values["type"] = TYPE_NAMES[values["type"]][language]
        return MESSAGES[self.code][language].expected.format_map(values)

    def __str__(self) -> str:
        place = self.pointer or "/"
        return f"{place}: {self.detail()} (received {self.received}; expected {self.expected()})"


class InvalidSale(ValueError):  # noqa: N818 (named by what is wrong)
    """A document that is no valid sale; `violations` holds every fault, at most MAX_VIOLATIONS."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(map(str, violations[:3])))
        self.violations = violations[:MAX_VIOLATIONS]


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
            return Kind.OBJECT
        case _:
            return Kind.ARRAY if isinstance(value, list | tuple) else type(value).__name__


def _show_number(value: float | Decimal) -> str:
    if isinstance(value, int) and value.bit_length() > 256:
        return Kind.LONG_INTEGER
    return _shorten(str(value))


def _shorten(text: str) -> str:
    # Masked before it is cut: nine digits of a CPF give the other two away. One that begins
    # within the limit ends within 14 characters more.
    masked = mask_documents(text[: MAX_RECEIVED_CHARS + 20])
    return masked if len(masked) <= MAX_RECEIVED_CHARS else masked[:MAX_RECEIVED_CHARS] + "…"
