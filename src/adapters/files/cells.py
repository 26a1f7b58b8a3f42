"""What a cell says: a number or a date as its profile writes them, and nothing that is guessed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from adapters.files.date_formats import EXCEL
from adapters.files.profile import FieldKind

if TYPE_CHECKING:
    from adapters.files.profile import Negative, Profile

_SIDE_BY_SIDE: Final = re.compile(r"%[A-Za-z]%[A-Za-z]")
_OF_FIGURES: Final = {
    "%Y": "(?P<Y>[0-9]{4})", "%m": "(?P<m>[0-9]{2})", "%d": "(?P<d>[0-9]{2})",
    "%H": "(?P<H>[0-9]{2})", "%M": "(?P<M>[0-9]{2})", "%S": "(?P<S>[0-9]{2})",
}  # fmt: skip
_SERIAL: Final = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,20})?\Z", re.ASCII)
_DAY_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (a wall clock)
_FIRST_SURE_DAY: Final = 61
"""1 March 1900: a spreadsheet has a 29 February before it, and nobody knows what is meant."""


class CellError(ValueError):
    """A cell that is not what its column is; the message says what would be right."""


class PlainCell(str):
    """A cell of a spreadsheet that was no text there: spelt as a sale or a statement spells it."""

    __slots__ = ()


class NumberCell(PlainCell):
    """One that was a number there: a document told so may have lost its zeros."""

    __slots__ = ()


class NumberSince1904(NumberCell):
    """One in a book whose days are counted from 1904 on: as a date it would be four years off."""

    __slots__ = ()


def read_cell(profile: Profile, field: str, text: str) -> str:
    """What is told in this field, of a cell that is not empty. Raises CellError."""
    if isinstance(text, PlainCell):
        return _plain(profile, field, text)
    kind = profile.kind.fields.get(field, FieldKind.TEXT)
    if kind is FieldKind.NUMBER:
        number = read_number(
            text.removeprefix(profile.currency).lstrip() if profile.currency else text,
            decimal=profile.decimal,
            thousands=profile.thousands,
            negative=profile.negative,
        )
        return few_decimals(profile, number)
    if kind is FieldKind.INSTANT and profile.date_format is not None:
        return read_instant(text, profile.date_format)
    if profile.words and (words := profile.words.get(field)) is not None:
        found = words.get(text.casefold())
        if found is None:
            raise CellError(f"one of {', '.join(words)}")
        return found
    return text


def few_decimals(profile: Profile, number: str) -> str:
    """The number as it stands, with a point; one with too many decimals is a CellError."""
    most = profile.kind.most_decimals
    if most is not None and len(number.partition(".")[2]) > most:
        raise CellError(f"at most {most} decimals (is {profile.decimal!r} before them?)")
    return number


def _plain(profile: Profile, field: str, text: PlainCell) -> str:
    """A number that stands for an instant is one only where the profile says so."""
    kind = profile.kind.fields.get(field, FieldKind.TEXT)
    if kind is FieldKind.INSTANT and isinstance(text, NumberCell):
        if profile.date_format != EXCEL:
            raise CellError(f'a date (as a number: date_format = "{EXCEL}")')
        if isinstance(text, NumberSince1904):
            raise CellError("a date, not a number: its days are counted from 1904 on")
        return read_instant(text, EXCEL)
    if kind is FieldKind.NUMBER and not isinstance(text, NumberCell):
        raise CellError("a number")
    return text


def read_number(text: str, *, decimal: str, thousands: str, negative: Negative = "before") -> str:
    """A number with a decimal point and nothing else. Raises CellError."""
    unsigned, sign = _unsigned(text, negative)
    if _figures(decimal, thousands).match(unsigned) is None:
        grouped = f", thousands parted by {thousands!r}" if thousands else ""
        raise CellError(f"a number with {decimal!r} before its decimals{grouped}")
    plain = unsigned.replace(thousands, "") if thousands else unsigned
    return sign + plain.replace(decimal, ".")


def _unsigned(text: str, negative: Negative) -> tuple[str, str]:
    if negative == "parentheses" and text[:1] == "(" and text[-1:] == ")":
        return text[1:-1], "-"
    if negative == "after" and text[-1:] == "-":
        return text[:-1], "-"
    return (text[1:], "-") if text[:1] == "-" else (text, "")


@cache
def _figures(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = f"|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+" if thousands else ""
    return re.compile(f"(?:[0-9]+{grouped})(?:{re.escape(decimal)}[0-9]+)?\\Z", re.ASCII)


def read_instant(text: str, date_format: str) -> str:
    """An instant as a sale tells it: without an offset in the merchant's time. Raises CellError."""
    if date_format == EXCEL:
        return _read_serial(text)
    quick = _quick(date_format)
    if quick is not None and (found := quick.match(text)) is not None:
        told = found.groupdict()
        clock = f"{told.get('H', '00')}:{told.get('M', '00')}:{told.get('S', '00')}"
        spelt = f"{told['Y']}-{told['m']}-{told['d']}T{clock}"
        try:
            datetime.fromisoformat(spelt)
        except ValueError:
            raise CellError(f"a date such as {date_format} tells it") from None
        return spelt
    try:
        read = datetime.strptime(text, date_format)  # noqa: DTZ007 (the merchant's own)
    except (ValueError, OverflowError, re.error):
        read = None
    # Figures side by side are parted by their count alone: 2026111 may be two days.
    if read is None or (_SIDE_BY_SIDE.search(date_format) and read.strftime(date_format) != text):
        raise CellError(f"a date such as {date_format} tells it")
    return read.isoformat()


@cache
def _quick(date_format: str) -> re.Pattern[str] | None:
    """What `strptime` reads of figures in full, five times as fast; None for other formats."""
    pattern, rest = "", date_format
    while rest:
        if rest[0] == "%":
            figures = _OF_FIGURES.get(rest[:2])
            if figures is None:
                return None
            pattern, rest = pattern + figures, rest[2:]
        else:
            pattern, rest = pattern + re.escape(rest[0]), rest[1:]
    return re.compile(f"{pattern}\\Z", re.ASCII)


def _read_serial(text: str) -> str:
    """Days since the end of 1899, to the second, as a spreadsheet shows it."""
    if _SERIAL.match(text) is None or float(text) < _FIRST_SURE_DAY:
        raise CellError("a date as a spreadsheet's number")
    try:
        told = _DAY_ZERO + timedelta(seconds=round(float(text) * 86_400))
    except OverflowError:
        raise CellError("a date as a spreadsheet's number") from None
    return told.isoformat()
