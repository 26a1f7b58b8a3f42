"""What people write down: a name, and a reason that is kept for ever."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cashback_core.values.masks import holds_cpf

MAX_REASON_CHARS: Final = 500

MAX_NAME_CHARS: Final = 64


class ReasonFault(StrEnum):
    """Why a text is no reason that may be kept for ever."""

    FORMAT = "reason_format"
    """Not 1 to MAX_REASON_CHARS printable characters, or space at an end."""
    DOCUMENT = "reason_document"
    """A CPF is in it: nobody could be erased from it."""


def why_no_reason(text: str) -> ReasonFault | None:
    """Why a person's words cannot be kept with what that person does; None if they can."""
    if not is_plain_text(text, MAX_REASON_CHARS):
        return ReasonFault.FORMAT
    return ReasonFault.DOCUMENT if holds_cpf(text) else None


def refuse_reason(text: str) -> None:
    """Raise ValueError unless a text may be kept for ever as a reason."""
    match why_no_reason(text):
        case None:
            return
        case ReasonFault.FORMAT:
            raise ValueError(f"a reason has 1 to {MAX_REASON_CHARS} printable characters")
        case ReasonFault.DOCUMENT:
            raise ValueError("a reason is kept for ever and holds no CPF")


def is_plain_text(text: str, longest: int) -> bool:
    """Whether a text has 1 to `longest` printable characters and no space at either end."""
    return 0 < len(text) <= longest and text.isprintable() and text.strip() == text
