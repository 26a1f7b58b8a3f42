"""What a cell says: a number or a date as its profile writes them, and nothing that is guessed."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from cashback_gateway.imports.profile import FIELDS, FieldKind

if TYPE_CHECKING:
    from cashback_gateway.imports.profile import Profile

_SIDE_BY_SIDE: Final = re.compile(r"%[A-Za-z]%[A-Za-z]")


class CellError(ValueError):
    """A cell that is not what its column is; the message says what would be right."""


def read_cell(profile: Profile, field: str, text: str) -> str:
    """What a sale tells in this field, of a cell that is not empty. Raises CellError."""
    match FIELDS.get(field, FieldKind.TEXT):
        case FieldKind.NUMBER:
            return read_number(text, decimal=profile.decimal, thousands=profile.thousands)
        case FieldKind.INSTANT if profile.date_format is not None:
            return read_instant(text, profile.date_format)
        case _:
            return text


def read_number(text: str, *, decimal: str, thousands: str) -> str:
    """A number with a decimal point and nothing else. Raises CellError."""
    if _number(decimal, thousands).match(text) is None:
        grouped = f", thousands parted by {thousands!r}" if thousands else ""
        raise CellError(f"a number with {decimal!r} before its decimals{grouped}")
    plain = text.replace(thousands, "") if thousands else text
    return plain.replace(decimal, ".")


@cache
def _number(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = f"|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+" if thousands else ""
    return re.compile(f"-?(?:[0-9]+{grouped})(?:{re.escape(decimal)}[0-9]+)?\\Z", re.ASCII)


def read_instant(text: str, date_format: str) -> str:
    """An instant as a sale tells it: without an offset in the merchant's time. Raises CellError."""
    try:
        told = datetime.strptime(text, date_format)  # noqa: DTZ007 (the merchant's own)
    except (ValueError, OverflowError, re.error):
        told = None
    # Figures side by side are parted by their count alone: 2026111 may be two days.
    if told is None or (_SIDE_BY_SIDE.search(date_format) and told.strftime(date_format) != text):
        raise CellError(f"a date such as {date_format} tells it")
    return told.isoformat()
