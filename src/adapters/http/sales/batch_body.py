"""The body of a batch: its sales, each as the bytes that came and by itself.

What holds the sales is read first, strictly; each sale then is read as the body of its own request
would be. So what is wrong with one (a key twice, its depth, its size) is told of that one alone,
and its bytes are what a repetition is compared with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NoReturn, cast

import msgspec

from adapters.http.wire.body import MAX_BODY_BYTES, BodyTooLargeError, NotJsonError, decode_json
from adapters.http.wire.headers import BadIdempotencyKeyError, is_idempotency_key
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.intake.batch import MAX_SALES
from cashback_core.sales.reading.json_object import FieldReader, ObjectForm
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

_HEAD: Final = re.compile(_BLANK + rb"\{" + _BLANK + rb'"' + _NAME + rb'"' + _BLANK + rb":")
_TAIL: Final = re.compile(rb"\}" + _BLANK + rb"\Z")

_decode_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSale:
    """A sale of a batch: its bytes, what they say, its key; or what its request would be told."""

    raw: bytes = field(repr=False)
    document: object = field(default=None, repr=False)
    key: str | None = None
    fault: Exception | None = None


def read_batch(body: bytes) -> list[BatchSale]:
    """The sales of a batch; raises NotJsonError or InvalidRequestError of what holds them."""
    return [_sale(raw) for raw in split_batch(body)]


def split_batch(body: bytes) -> list[bytes]:
    """The sales of a batch, each as its bytes; raises NotJsonError, InvalidRequestError."""
    raws = _split(body)
    if raws is None:  # told by the strict reader, which knows line and column
        _refuse(decode_json(body))
    if not 1 <= len(raws) <= MAX_SALES:
        values = {"lowest": "1", "highest": str(MAX_SALES)}
        fault = Violation(
            pointer=f"/{_SALES}", code="sales_count", received=str(len(raws)), values=values
        )
        raise InvalidRequestError((fault,))
    return raws


def _split(body: bytes) -> list[bytes] | None:
    """None for what is not exactly one array under the one name."""
    head = _HEAD.match(body)
    end = body.rfind(b"}")
    if head is None or end < 0 or _TAIL.match(body, end) is None:
        return None
    try:
        body.decode("utf-8")
        raws = _decode_list(memoryview(body)[head.end() : end])
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    return [bytes(raw) for raw in raws]


def _refuse(document: object) -> NoReturn:
    """Raise what is wrong with a body that is JSON and no batch."""
    reader = FieldReader()
    fields = reader.read_object(document, "", _FORM)
    if fields is not None and _SALES in fields and not isinstance(fields[_SALES], list):
        reader.tell_wrong_type(fields[_SALES], f"/{_SALES}", "array")
    if reader.violations:
        raise InvalidRequestError(tuple(reader.violations))
    raise NotJsonError("json_too_deep")  # all that the two readers could disagree about


def _sale(raw: bytes) -> BatchSale:
    if len(raw) > MAX_BODY_BYTES:
        return BatchSale(raw=raw, fault=BodyTooLargeError())
    try:
        document = decode_json(raw)
    except NotJsonError as error:
        return BatchSale(raw=raw, fault=error)
    if not isinstance(document, dict):
        return BatchSale(raw=raw, document=document)
    fields = cast("dict[str, object]", document)
    key = fields.pop(KEY, None)
    if key is None:
        return BatchSale(raw=raw, document=fields)
    if not isinstance(key, str) or not is_idempotency_key(key):
        return BatchSale(raw=raw, fault=BadIdempotencyKeyError())
    return BatchSale(raw=raw, document=fields, key=key)
