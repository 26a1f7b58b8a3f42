"""The body of a batch: its sales, each as the bytes that came and by itself.

What holds the sales is read first, strictly; each sale then is read as the body of its own request
would be. So what is wrong with one (a key twice, its depth, its size) is told of that one alone,
and its bytes are what a repetition is compared with.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, NoReturn, cast

from adapters.http.sales.quick_reader import KeyedSale, read_keyed_sale
from adapters.http.wire.body import MAX_BODY_BYTES, BodyTooLargeError, NotJsonError, decode_json
from adapters.http.wire.headers import BadIdempotencyKeyError
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.intake.batch import MAX_SALES
from cashback_core.sales.reading.json_object import FieldReader, ObjectForm
from cashback_core.sales.same_sale import is_idempotency_key
from cashback_core.values.violations import Violation

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024

KEY: Final = "idempotency_key"
"""The member of a sale in a batch that a header is for a single one."""

_SALES: Final = "sales"
_FORM: Final = ObjectForm({_SALES: True})
_BLANK: Final = rb"[ \t\r\n]*"
_NAME: Final = b"".join(
    rb"(?:%c|\\u%s)" % (letter, f"{letter:04x}".replace("c", "[cC]").encode("ascii"))
    for letter in _SALES.encode("ascii")
)
"""The name as JSON may spell it."""

_HEAD: Final = re.compile(
    _BLANK + rb"\{" + _BLANK + rb'"' + _NAME + rb'"' + _BLANK + rb":" + _BLANK + rb"\["
)
_TAIL: Final = re.compile(_BLANK + rb"\}" + _BLANK + rb"\Z")
_MARK: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")|[\[\]{},"]', re.DOTALL)
"""A text, or what holds values together; a quote by itself is that of a text without an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSale:
    """A sale of a batch: its bytes, what they say, its key; or what its request would be told."""

    raw: bytes = field(repr=False)
    document: object = field(default=None, repr=False)
    key: str | None = None
    fault: Exception | None = None


def read_batch(body: bytes) -> list[BatchSale]:
    """The sales of a batch; raises NotJsonError or InvalidRequestError of what holds them.

    A fault by which it is not certain where a sale ends is one of the whole body.
    """
    raws = _split(body)
    if raws is None:
        _refuse(body)
    if not raws:
        raise _miscounted()
    sales = [_sale(raw) for raw in raws]
    if any(isinstance(sale.fault, NotJsonError) and not _is_whole(sale.raw) for sale in sales):
        _refuse(body)
    return sales


def _split(body: bytes) -> list[bytes] | None:
    """The values of the one array; None where there is not exactly that, as brackets tell.

    UTF-8 has no bracket, comma or quote within a character, and neither has Latin-1.
    """
    head = _HEAD.match(body)
    if head is None:
        return None
    raws: list[bytes] = []
    depth, begin = 0, head.end()
    marks = (mark for mark in _MARK.finditer(body, begin) if mark[1] is None)
    for mark in marks:
        match mark[0]:
            case b"{" | b"[":
                depth += 1
            case b"," if depth == 0 and len(raws) == MAX_SALES - 1:
                raise _miscounted()  # nobody counts what is too many
            case b"," if depth == 0:
                raws.append(body[begin : mark.start()].strip(b" \t\r\n"))
                begin = mark.end()
            case b"]" if depth == 0:
                last = body[begin : mark.start()].strip(b" \t\r\n")
                if _TAIL.match(body, mark.end()) is None:
                    return None
                return [*raws, last] if raws or last else []
            case b"}" | b"]" if depth > 0:
                depth -= 1
            case b",":
                pass
            case _:
                return None
    return None


def _miscounted() -> InvalidRequestError:
    values = {"lowest": "1", "highest": str(MAX_SALES)}
    return InvalidRequestError(
        (Violation(pointer=f"/{_SALES}", code="sales_count", values=values),)
    )


def _is_whole(raw: bytes) -> bool:
    """Whether it is one value all the same: a key twice, half a pair, NaN or Latin-1 apart."""
    try:
        json.loads(raw.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(body: bytes) -> NoReturn:
    """Raise what is wrong with a body that is no batch, as the strict reader tells it."""
    document = decode_json(body)
    reader = FieldReader()
    fields = reader.read_object(document, "", _FORM)
    if fields is not None and _SALES in fields and not isinstance(fields[_SALES], list):
        reader.tell_wrong_type(fields[_SALES], f"/{_SALES}", "array")
    if reader.violations:
        raise InvalidRequestError(tuple(reader.violations))
    raise NotJsonError("json_too_deep")  # a value by itself, and not so far down


def _sale(raw: bytes) -> BatchSale:
    if len(raw) > MAX_BODY_BYTES:
        return BatchSale(raw=raw, fault=BodyTooLargeError())
    try:
        document = read_keyed_sale(raw)
    except NotJsonError as error:
        return BatchSale(raw=raw, fault=error)
    key: object = None
    if isinstance(document, KeyedSale):
        key = document.idempotency_key
    elif isinstance(document, dict):
        document = cast("dict[str, object]", document)
        key = document.pop(KEY, None)
    if key is None:
        return BatchSale(raw=raw, document=document)
    if not is_idempotency_key(key):
        return BatchSale(raw=raw, fault=BadIdempotencyKeyError())
    return BatchSale(raw=raw, document=document, key=key)
