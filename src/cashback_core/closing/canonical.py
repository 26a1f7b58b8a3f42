"""The one spelling of a JSON value, whose bytes are hashed and signed: RFC 8785, integers only.

UTF-8, keys sorted, no blanks, and of numbers only integers up to 2^53 - 1, which every language
reads exactly. Whoever reads a close may find it spelled otherwise; whoever hashes it may not.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_INTEGER: Final = 2**53 - 1
"""The highest integer of a close, and less one the lowest: beyond it, some readers round."""

HASH: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
"""A SHA-256, or an HMAC of it, as it is written."""

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z", re.ASCII
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_MAX_DIGITS: Final = 16
_MAX_DEPTH: Final = 16
_BLANKS: Final = " \t\r\n"


class NotCanonical(ValueError):  # noqa: N818 (named by what is wrong)
    """What came is no JSON of ours: the message says why, in English."""


canonical_text: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
"""The canonical text of a value of objects with ASCII keys, arrays, texts, integers, null."""


def canonical_bytes(value: object) -> bytes:
    """What is hashed and signed of a value."""
    return canonical_text(value).encode()


def hash_of_any(value: object) -> str:
    """A hash of whatever JSON `read_json` read, to tell it from others."""
    return sha256_of(canonical_text(value).encode(errors="surrogatepass"))


def sha256_of(data: bytes) -> str:
    """The SHA-256 as it is written: 64 hexadecimal digits, small letters."""
    return hashlib.sha256(data).hexdigest()


def instant_text(instant: datetime) -> str:
    """An instant with six decimals of its second, so that texts sort as instants do."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z"  # less its +00:00


def read_instant(text: object) -> datetime:
    """The instant of such a text, and of no other spelling. Raises NotCanonical."""
    if not isinstance(text, str) or _INSTANT.match(text) is None:
        raise NotCanonical(f"an instant is written YYYY-MM-DDTHH:MM:SS.ffffffZ, not {told(text)}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise NotCanonical(f"{text} is no instant") from error


def read_day(text: object) -> date:
    """The day of a text YYYY-MM-DD. Raises NotCanonical."""
    if not isinstance(text, str) or _DAY.match(text) is None:
        raise NotCanonical(f"a day is written YYYY-MM-DD, not {told(text)}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotCanonical(f"{text} is no day") from error


def read_json(text: str) -> Any:
    """A value of objects, arrays, texts, integers and null. Raises NotCanonical.

    Refused are a key told twice, which two readers would read differently, every other number, and
    what is nested deeper than any file of ours.
    """
    try:
        text = text.strip(_BLANKS)
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"it is no JSON of ours: {error}") from error
    if end < len(text):
        raise NotCanonical("something stands behind the JSON's end")
    if text.count("{") + text.count("[") > _MAX_DEPTH:
        _refuse_deep(value)
    return value


def told(value: object, *, most: int = 60) -> str:
    """What came, for a message, short and without a character that a terminal obeys."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[:most]}…"


def _refuse_deep(value: Any) -> None:
    """So that nothing that walks a value runs out of stack; nothing of ours has half as many."""
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        level = [inner for one in level for inner in _within(one)]
        if not level:
            return
    raise NotCanonical("it is nested too deep")


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotCanonical("a key is told twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS + 1 or abs(number := int(digits)) > MAX_INTEGER:
        raise NotCanonical("a number is beyond 2^53 - 1")
    if digits == "-0":
        raise NotCanonical("zero has no sign")
    return number


def _no_number(text: str) -> NoReturn:
    raise NotCanonical(f"{told(text)} is no integer")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
)
