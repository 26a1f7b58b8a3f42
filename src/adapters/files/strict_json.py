"""One line of JSON, as strictly as a request is read: no key twice, no NaN, no half characters."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Final


class NotJsonLineError(ValueError):
    """No JSON that every parser reads alike; the message says why."""


def decode_line(text: str) -> object:
    """The value; numbers with a point become Decimal. Raises NotJsonLineError."""
    try:
        value: object = _DECODER.decode(text)
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except json.JSONDecodeError as error:
        raise NotJsonLineError(f"column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise NotJsonLineError("a text holds half of a surrogate pair") from error
    except RecursionError as error:
        raise NotJsonLineError("it is nested too deeply") from error
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonLineError("a key comes twice in one object")
    return found


def _float(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _constant(text: str) -> object:
    raise NotJsonLineError(f"{text} is no JSON number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_constant
)
