"""The bytes that the sandbox answers with, right ones and wrong ones."""

from __future__ import annotations

import functools
import gzip
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from adapters.cashback_client.sandbox.order import Order

OVERSIZED_BODY_BYTES: Final = 1024 * 1024
OVERSIZED_HEADER_BYTES: Final = 128 * 1024
BOMB_BYTES: Final = 10_000_000
"""What the compressed body would become if it were inflated."""

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What an answer may speak of: the order, the instant it gives, the wait it asks for."""

    order: Order
    at: str
    retry_after_s: int


def render(status: int, body: bytes, *, headers: str = "", length: int | None = None) -> bytes:
    """Spell an HTTP/1.1 answer; `length` may lie about the body's, `headers` end in CRLF."""
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\n"
        "Content-Type: application/json\r\n"
        f"{headers}"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    ).encode("ascii") + body


def created_body(cue: Cue, *, document: str | None = None, more_centavos: int = 0) -> bytes:
    """Spell the body of a 201 as documented, or one that echoes another payment."""
    return _ENCODE(
        {
            "createdAt": cue.at,
            "message": "Cashback criado com sucesso!",
            "id": "NaN",
            "document": document or cue.order.document,
            "cashback": format_centavos(cue.order.cashback_centavos + more_centavos),
        }
    ).encode("ascii")


def created(cue: Cue) -> bytes:
    """The good answer."""
    return render(201, created_body(cue))


def failed_body(_: Cue) -> bytes:
    """A 201 that takes it back in its body."""
    return render(201, b'{"success":false,"message":"cliente bloqueado"}')


def ok(cue: Cue) -> bytes:
    """A success, but not the one that means created."""
    return render(200, created_body(cue))


def no_content(_: Cue) -> bytes:
    """A success without a body, which by its rules has no length either."""
    return b"HTTP/1.1 204 No Content\r\n\r\n"


def problem(status: int, *, message: str | None = None) -> bytes:
    """Spell an error as this provider does."""
    text = message or _REASONS.get(status, "Error")
    return render(status, json.dumps({"message": text}).encode("ascii"))


def come_back(status: int, cue: Cue) -> bytes:
    """Spell an error that names a time to wait."""
    return render(status, b'{"message":"Busy"}', headers=f"Retry-After: {cue.retry_after_s}\r\n")


def redirect(status: int) -> bytes:
    """Point back to the same address: a client that follows pays again."""
    return render(status, b"", headers="Location: /api/mock/Cashback\r\n")


def garbage_body(_: Cue) -> bytes:
    """A 201 whose body is no JSON, nor UTF-8."""
    return render(201, b"\xff\xfe<html>\x00created</html>")


def short_body(cue: Cue) -> bytes:
    """A 201 that promises more body than it sends."""
    body = created_body(cue)
    return render(201, body[:20], length=len(body))


def empty_body(_: Cue) -> bytes:
    """A 201 without a word."""
    return render(201, b"")


def gzip_bomb(cue: Cue) -> bytes:
    """A 201 of a few kilobytes that inflates to BOMB_BYTES."""
    bomb = _bomb(created_body(cue))
    return render(201, bomb, headers="Content-Encoding: gzip\r\n")


def oversized_body(cue: Cue) -> bytes:
    """A 201 whose body goes on and on."""
    return render(201, created_body(cue) + b" " * OVERSIZED_BODY_BYTES)


def oversized_headers(cue: Cue) -> bytes:
    """A 201 with more headers than anyone needs."""
    line = f"X-Padding: {'x' * 1000}\r\n"
    padding = line * (OVERSIZED_HEADER_BYTES // len(line))
    return render(201, created_body(cue), headers=padding)


def another_document(cue: Cue) -> bytes:
    """A 201 that speaks of another customer."""
    document = cue.order.document
    return render(201, created_body(cue, document=document[1:] + str((int(document[0]) + 1) % 10)))


def another_amount(cue: Cue) -> bytes:
    """A 201 that speaks of one centavo more."""
    return render(201, created_body(cue, more_centavos=1))


def continue_first(cue: Cue) -> bytes:
    """An interim answer that nobody asked for, then the good one."""
    return b"HTTP/1.1 100 Continue\r\n\r\n" + created(cue)


def chunked(cue: Cue) -> bytes:
    """The good answer in two chunks."""
    body = created_body(cue)
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (body[:half], body[half:]))
    return b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def broken_chunk(cue: Cue) -> bytes:
    """A 201 whose second chunk has no length."""
    body = created_body(cue)[:20]
    head = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\nzz\r\n" % (len(body), body)


def until_close(cue: Cue) -> bytes:
    """An HTTP/1.0 answer whose body ends with its connection."""
    return b"HTTP/1.0 201 Created\r\nContent-Type: application/json\r\n\r\n" + created_body(cue)


def twice(cue: Cue) -> bytes:
    """The good answer, and one more that would meet the next request on this connection."""
    return created(cue) + problem(422)


def status_line_only(_: Cue) -> bytes:
    """The status, and not one header."""
    return b"HTTP/1.1 201 Created\r\n"


def not_http(_: Cue) -> bytes:
    """Bytes that are no HTTP at all."""
    return b"\x15\x03\x01\x00\x02\x02\x16SSH-2.0-sandbox\r\n"


def silence(_: Cue) -> bytes:
    """Nothing."""
    return b""


@functools.lru_cache(maxsize=4)
def _bomb(body: bytes) -> bytes:
    return gzip.compress(body + b" " * BOMB_BYTES, compresslevel=6)
