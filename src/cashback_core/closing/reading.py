"""Taking what came as JSON for what it is to be; whatever else came is NotCanonical, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from cashback_core.closing.canonical import HASH, NotCanonical, read_json, told
from cashback_core.delivery.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUSES: Final[Mapping[str, Status]] = {status.value: status for status in Status}
_NONE: Final = frozenset[str]()


def decoded(data: bytes, *, most: int) -> object:
    """The JSON of these bytes, at most so many."""
    if len(data) > most:
        raise NotCanonical(f"it has more than {most} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotCanonical("it is not UTF-8") from error
    return read_json(text)


def members(
    value: object, must: frozenset[str], may: frozenset[str] = _NONE
) -> Mapping[str, object]:
    """An object that has all of `must`, and of others only what it `may`."""
    if not isinstance(value, dict):
        raise NotCanonical(f"{told(value)} is no object")
    found = cast("dict[str, Any]", value)
    if missing := must - found.keys():
        raise NotCanonical(f"{', '.join(sorted(missing))} is missing")
    if strange := found.keys() - must - may:
        raise NotCanonical(f"{told(min(strange))} is none of its fields")
    return found


def array(value: object) -> list[object]:
    """An array."""
    if not isinstance(value, list):
        raise NotCanonical(f"{told(value)} is no array")
    return cast("list[object]", value)


def text(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise NotCanonical(f"{told(value)} is no text")
    return value


def text_or_none(value: object) -> str | None:
    """A text or null."""
    return None if value is None else text(value)


def integer(value: object) -> int:
    """An integer; true and false are none."""
    if type(value) is not int:
        raise NotCanonical(f"{told(value)} is no integer")
    return value


def integers(value: object) -> dict[str, int]:
    """An object of integers, whatever their names."""
    if not isinstance(value, dict):
        raise NotCanonical(f"{told(value)} is no object")
    return {name: integer(one) for name, one in cast("dict[str, object]", value).items()}


def status(value: object) -> Status:
    """A state of a cashback."""
    found = _STATUSES.get(value) if isinstance(value, str) else None
    if found is None:
        raise NotCanonical(f"{told(value)} is no state of a cashback")
    return found


def hexadecimal(value: object, *, length: int) -> bytes:
    """So many bytes, written in hexadecimal digits, small letters."""
    digits = text(value)
    try:
        found = bytes.fromhex(digits)
    except ValueError as error:
        raise NotCanonical(f"{told(value)} is not hexadecimal") from error
    if found.hex() != digits or len(found) != length:
        raise NotCanonical(f"{told(value)} is not {2 * length} small hexadecimal digits")
    return found


def sha256(value: object) -> str:
    """A SHA-256."""
    found = text(value)
    if HASH.match(found) is None:
        raise NotCanonical(f"{told(value)} is no SHA-256")
    return found
