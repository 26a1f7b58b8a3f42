"""Cursors of lists: opaque, and good for the very list that they were given out for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from cashback_core.values.ids import parse_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_CURSOR_CHARS: Final = 2048

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z", re.ASCII)
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%f+00:00"


class Kind(Enum):
    """What a column that lists are sorted by holds, so that a forged value never meets SQL."""

    TEXT = "text"
    INTEGER = "integer"
    INSTANT = "instant"
    UUID = "uuid"


def write_value(value: str | int | datetime | object) -> str:
    """A column's value as it stands in a cursor, exact to the microsecond."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_INSTANT)
    return str(value)


def fingerprint(resource: str, sort: str, filters: Mapping[str, str]) -> str:
    """What a list is a list of: the same for the next page, another for any other list."""
    text = json.dumps([resource, sort, sorted(filters.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_cursor(list_: str, value: str, key: str) -> str:
    """The place behind a row, as an opaque text; `list_` is the list's fingerprint."""
    packed = json.dumps([list_, value, key], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode("ascii")


def read_cursor(text: str, list_: str, *, value: Kind, key: Kind) -> tuple[str, str] | None:
    """The value and the key that `write_cursor` took for this list; None for any other text."""
    if len(text) > MAX_CURSOR_CHARS:
        return None
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        found: object = json.loads(packed.decode("utf-8"))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    parts = cast("list[object]", found)
    if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        return None
    of, last, last_key = (str(part) for part in parts)
    if of != list_ or not _FITS[value](last) or not _FITS[key](last_key):
        return None
    return (last, last_key) if write_cursor(of, last, last_key) == text else None


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _is_instant(value: str) -> bool:
    """Whether `write_value` wrote it: strptime alone takes the digits of every script."""
    try:
        instant = datetime.strptime(value, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return write_value(instant) == value and 2000 <= instant.year < 2100


_FITS: Final[Mapping[Kind, Callable[[str], bool]]] = {
    Kind.TEXT: _is_text,
    Kind.INTEGER: lambda value: _INTEGER.match(value) is not None,
    Kind.INSTANT: _is_instant,
    Kind.UUID: lambda value: str(parse_uuid(value)) == value,
}
