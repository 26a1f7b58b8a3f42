"""Reading a request's body: strictly JSON in UTF-8, within a limit, each fault told apart."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from cashback_core.values.violations import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.types import Receive

    from adapters.http.wire.headers import Fields

MAX_BODY_BYTES: Final = 256 * 1024

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"'
_PARAMETER: Final = re.compile(
    rb"[ \t]*;[ \t]*(?:(" + _TOKEN + rb")(?:[ \t]*=[ \t]*(" + _TOKEN + rb"|" + _QUOTED + rb"))?)?"
)
"""As RFC 9110 has it (5.6.6), which allows an empty one; blanks around the = are let pass, and one
without a value, too: it says nothing."""

_MEDIA_TYPE: Final = re.compile(rb"[ \t]*application/(json|merge-patch\+json)", re.IGNORECASE)
_UTF_8: Final = frozenset({b"utf-8", b"utf8"})
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class UnsupportedBodyError(Exception):
    """Another media type or character set, or compressed; `header` names the field at fault."""

    def __init__(self, header: str, *, expected: str, received: str | None) -> None:
        super().__init__(f"{header}: {received}")
        self.header = header
        self.expected = expected
        self.received = received


class BodyTooLargeError(Exception):
    """More than a body may have."""


class BodyIncompleteError(Exception):
    """The client went away before its body was whole."""


class NotJsonError(ValueError):
    """The body is not one well-formed JSON value; `code` names the fault, `values` place it."""

    def __init__(
        self, code: str, *, received: str | None = None, values: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.received = received
        self.values = values or {}


async def read_body(
    fields: Fields,
    receive: Receive,
    *,
    merge_patch: bool = False,
    max_bytes: int = MAX_BODY_BYTES,
) -> bytes:
    """The raw body of a JSON request, which may also call itself a merge patch where one is asked.

    Raises UnsupportedBodyError, BodyTooLargeError (before more than the limit is kept) or
    BodyIncompleteError.
    """
    _check_media_type(fields, merge_patch=merge_patch)
    return await read_content(fields, receive, max_bytes=max_bytes)


async def read_content(
    fields: Fields, receive: Receive, *, max_bytes: int = MAX_BODY_BYTES
) -> bytes:
    """The raw body of whatever media type.

    Raises UnsupportedBodyError for a compressed one, BodyTooLargeError (before more than the limit
    is kept) or BodyIncompleteError.
    """
    check_coding(fields)
    declared = fields.get(b"content-length", b"0")
    if not declared.isdigit() or len(declared) > 9 or int(declared) > max_bytes:
        raise BodyTooLargeError
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyIncompleteError
        parts.append(message["body"])
        size += len(message["body"])
        if size > max_bytes:
            raise BodyTooLargeError
        if not message["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)


def decode_json(body: bytes) -> object:
    """The JSON value in `body`; numbers with a point or an exponent become Decimal.

    Raises NotJsonError for anything that two parsers could read differently: other encodings,
    repeated keys, NaN, lone surrogates, trailing text.
    """
    try:
        text = body.decode("utf-8")  # by hand: given bytes, json would guess UTF-16 and UTF-32 too
    except UnicodeDecodeError as error:
        raise NotJsonError("json_not_utf8", values={"position": str(error.start)}) from error
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _syntax_fault(text, error) from error
    except RecursionError as error:
        raise NotJsonError("json_too_deep") from error
    if _SURROGATE_ESCAPE.search(text) is not None:
        _refuse_lone_surrogates(value)
    return value


def _check_media_type(fields: Fields, *, merge_patch: bool) -> None:
    media_type = fields.get(b"content-type")
    if media_type != b"application/json" and not _is_json(media_type, merge_patch=merge_patch):
        kind = "application/merge-patch+json" if merge_patch else "application/json"
        expected = f"{kind}; charset=utf-8"
        raise UnsupportedBodyError("Content-Type", expected=expected, received=_shown(media_type))


def check_coding(fields: Fields) -> None:
    """Raises UnsupportedBodyError for a body that comes compressed."""
    coding = fields.get(b"content-encoding")
    if coding is not None and coding.strip().lower() != b"identity":
        raise UnsupportedBodyError("Content-Encoding", expected="identity", received=_shown(coding))


def _is_json(media_type: bytes | None, *, merge_patch: bool) -> bool:
    """Whether a Content-Type is JSON in UTF-8; parameters that JSON does not have say nothing."""
    known = None if media_type is None else _MEDIA_TYPE.match(media_type)
    if media_type is None or known is None or (known[1].lower() != b"json" and not merge_patch):
        return False
    at = known.end()
    while (parameter := _PARAMETER.match(media_type, at)) is not None:
        name, value = parameter.group(1, 2)
        if value is not None and name.lower() == b"charset" and _plain(value) not in _UTF_8:
            return False
        at = parameter.end()
    return not media_type[at:].strip(b" \t")


def _plain(value: bytes) -> bytes:
    """A parameter's value in small letters, whether it came in quotes or not."""
    quoted = value.startswith(b'"')
    return (re.sub(rb"\\(.)", rb"\1", value[1:-1]) if quoted else value).lower()


def _shown(value: bytes | None) -> str | None:
    return None if value is None else show(value.decode("latin-1"))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJsonError("json_repeated_key", received=show(name))
            seen.add(name)
    return result


def _float(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond any Decimal: well formed, and out of every range
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:  # thousands of digits: int() refuses them, to a Decimal they cost nothing
        return Decimal(text)


def _constant(text: str) -> object:
    raise NotJsonError("json_constant", received=text)


_REASONS: Final = {
    "Expecting value": "value_expected",
    "Expecting property name enclosed in double quotes": "name_expected",
    "Expecting ':' delimiter": "colon_expected",
    "Expecting ',' delimiter": "comma_expected",
    "Extra data": "text_follows",
    "Unterminated string starting at": "text_without_end",
    "Invalid control character at": "control_character",
    "Invalid \\escape": "no_such_escape",
    "Invalid \\uXXXX escape": "hexadecimal_digits",
    "Illegal trailing comma before end of object": "trailing_comma",
    "Illegal trailing comma before end of array": "trailing_comma",
}
"""What Python's decoder says is wrong, as a phrase `reason.…`; a later one may say others."""

_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_float,
    parse_int=_integer,
    parse_constant=_constant,
)


def _syntax_fault(text: str, error: json.JSONDecodeError) -> NotJsonError:
    if not text.strip(" \t\r\n"):
        return NotJsonError("json_empty")
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        return NotJsonError("json_byte_order_mark")
    values = {
        "line": str(error.lineno),
        "column": str(error.colno),
        "reason": _REASONS.get(error.msg, "other"),
    }
    return NotJsonError("json_syntax", values=values)


def _refuse_lone_surrogates(value: object) -> None:
    """Half of a character pair is no character: it cannot be stored, nor sent on."""
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                if not _is_encodable(text):
                    raise NotJsonError("json_lone_surrogate", received=show(text))
            case dict() as fields:  # pyright: ignore[reportUnknownVariableType]
                left.extend(fields.keys())  # pyright: ignore[reportUnknownArgumentType]
                left.extend(fields.values())  # pyright: ignore[reportUnknownArgumentType]
            case list() as items:  # pyright: ignore[reportUnknownVariableType]
                left.extend(items)  # pyright: ignore[reportUnknownArgumentType]
            case _:
                pass


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
