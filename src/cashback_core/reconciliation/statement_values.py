"""Amounts, counts and instants of a statement, in whatever spelling providers use for them.

A number is read like the text of it: 1.4, "1.4", 1.40 and "1.40" are one amount, by value and
never by a binary float.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto
from typing import Final, TypeAlias

from cashback_core.values.documents import Cpf, cpf_check_digits

MAX_DIGITS: Final = 18
"""Of an amount before its point: more is no sum of money."""

MAX_TEXT: Final = 64
"""Characters of an amount, a count or an instant."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)

_BEHIND: Final = timedelta(hours=12)
_AHEAD: Final = timedelta(hours=14)
"""How far local times lie behind UTC and ahead of it, at most."""

_CPF_CHARS: Final = 11
_PUNCTUATION: Final = str.maketrans("", "", ".-/")
_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,18})(?:\.([0-9]{1,40}))?\Z", re.ASCII)
_USUAL_AMOUNT: Final = re.compile(r"([0-9]{1,12})\.([0-9]{2})\Z", re.ASCII)


class Odd(Enum):
    """What a field holds instead of a text, a number, true, false or null."""

    NESTED = auto()
    """An object or an array."""
    TWICE = auto()
    """The field is given more than once: nobody knows which one is meant."""


Value: TypeAlias = str | int | Decimal | bool | Odd | None
Fields: TypeAlias = dict[str, Value]


class NotRead(ValueError):  # noqa: N818 (named by what is wrong)
    """A value that is not what its field is for; the message says what is expected."""


def single(value: Value) -> Value:
    """A value that is one; raises NotRead for a field given twice, an object or an array."""
    if isinstance(value, Odd):
        raise NotRead("given twice" if value is Odd.TWICE else "not a single value")
    return value


def signed_centavos(value: Value) -> int:
    """The centavos of 1.4, "1.40" or "-1.40"; raises NotRead for what is not exact."""
    if isinstance(value, str) and (usual := _USUAL_AMOUNT.match(value)) is not None:
        return int(usual[1] + usual[2])  # as most, and to the same end
    found = _AMOUNT.match(_plain(value))
    if found is None:
        raise NotRead("not an amount")
    sign, whole, decimals = found.groups("")
    if decimals[2:].strip("0"):
        raise NotRead("not exact to the centavo")
    centavos = int(whole + decimals[:2].ljust(2, "0"))
    return -centavos if sign else centavos


def count(value: Value) -> int:
    """The count of 3, "3" or 3.0; raises NotRead."""
    found = _AMOUNT.match(_plain(value))
    if found is None or found.group(1) or (found.group(3) or "").strip("0"):
        raise NotRead("not a count")
    return int(found.group(2))


def instant(value: Value) -> datetime:
    """The instant of an ISO 8601 date or date and time, in UTC where no offset is given.

    A date alone stands for its first instant. Raises NotRead.
    """
    return _moment(value)[0]


def latest_instant(value: Value) -> datetime:
    """The same, but the latest that may be meant where no offset says so: for a start."""
    moment, sure = _moment(value)
    return moment if sure else moment + _BEHIND


def earliest_instant(value: Value) -> datetime:
    """The same, but the earliest that may be meant where no offset says so: for a watermark."""
    moment, sure = _moment(value)
    return moment if sure else moment - _AHEAD


def text_of(value: Value) -> str:
    """A text without the blanks around it, or a whole number as one; raises NotRead."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**MAX_DIGITS:
        return str(value)
    raise NotRead("missing" if value is None else "neither a text nor a number")


def read_cpf(text: str) -> str | None:
    """A CPF that is written as most are, plain or punctuated; None for whatever else it may be.

    Of eleven figures with right check digits: no CNPJ is as long, and none of them masks anything.
    """
    plain = text if len(text) == _CPF_CHARS else text.translate(_PUNCTUATION)
    if len(plain) != _CPF_CHARS or not (plain.isascii() and plain.isdigit()):
        return None
    if plain[9:] != cpf_check_digits(plain[:9]) or plain == plain[0] * _CPF_CHARS:
        return None
    return Cpf.known(plain)


def kept_text(text: str, limit: int) -> str:
    """A text as far as a database can hold it."""
    cut = text[:limit]
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)


def _plain(value: Value) -> str:
    """The decimal spelling of an amount; "" for what is none."""
    if isinstance(value, Decimal):
        # Looked at before it is spelled out: 1e400 has 401 digits.
        small = value.adjusted() <= MAX_DIGITS and len(value.as_tuple().digits) <= MAX_TEXT
        return format(value, "f") if small and value.adjusted() >= -MAX_DIGITS else "beyond"
    text = text_of(value)
    return text if len(text) <= MAX_TEXT else "beyond"


def _moment(value: Value) -> tuple[datetime, bool]:
    """The instant, and whether an offset says which one."""
    if not isinstance(value, str):
        raise NotRead("missing" if value is None else "not an instant")
    text = value.strip().upper()
    # fromisoformat takes more forms than anybody means, 20260102 and week dates among them.
    dated = text[4:5] == text[7:8] == "-" and text[10:11] in {"", "T", " "}
    if not dated or len(text) > MAX_TEXT or not text.isascii():
        raise NotRead("not an instant")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotRead("no such instant") from None
    sure = moment.tzinfo is not None
    # "For ever" is told with any offset, and no datetime holds what comes after the year 9999.
    if moment.year == LATEST.year:
        return LATEST, sure
    if moment.year >= EARLIEST.year:
        moment = moment.astimezone(UTC) if sure else moment.replace(tzinfo=UTC)
    if moment.year < EARLIEST.year:
        raise NotRead("before the year 2000")
    return moment, sure
