"""A whole search as CSV or JSON Lines: page after page, as fast as it is read.

Between two pages nothing of the database is held, so a slow reader keeps nothing from anybody; and
what breaks in the middle is no end: the connection is cut before the last chunk.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from litestar.enums import ScopeType

from adapters.http.sales.record_shapes import read_shape
from adapters.http.wire.answers import NOTHING, SECURITY, encode
from cashback_core.delivery.export_rows import COLUMNS, csv_line, initials, row_of
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import mask

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from litestar.types import HTTPResponseStartEvent, Receive, Scope, Send

    from adapters.http.sales import shapes
    from adapters.http.wire.headers import Fields
    from cashback_core.delivery.record import Record
    from cashback_core.delivery.waits import Waiting

T = TypeVar("T")

PAGE: Final = 200
"""Records that are read at once."""

MOST_AT_ONCE: Final = 3
"""Exports of one process at a time: each reads a page after the other, and sales come first.

Of one merchant there is one, so that who does not read what they asked for keep no others waiting.
"""

HIDDEN: Final = "***"
"""What stands for a value that is not told."""


class Form(Enum):
    """What a search is answered as, by its media type."""

    JSON = "application/json"
    CSV = "text/csv"
    JSON_LINES = "application/jsonl"
    PAGE = "text/html"

    @property
    def content_type(self) -> bytes:
        """As the answer says it."""
        return _CONTENT_TYPES[self]


_CONTENT_TYPES: Final = {
    Form.JSON: b"application/json",
    Form.CSV: b"text/csv; charset=utf-8; header=present",
    Form.JSON_LINES: b"application/jsonl",
    Form.PAGE: b"text/html; charset=utf-8",
}
_NAMED: Final = {
    "text/csv": Form.CSV,
    "application/jsonl": Form.JSON_LINES,
    "application/x-ndjson": Form.JSON_LINES,
    "application/json": Form.JSON,
    "application/*": Form.JSON,
    "*/*": Form.JSON,
}


WITH_PAGES: Final = {**_NAMED, "text/html": Form.PAGE}
"""What a report is answered as; a search is no page."""


def read_form(fields: Fields, named: Mapping[str, Form] = _NAMED) -> Form:
    """The first of those that `Accept` likes best (RFC 9110, 12.5.1); JSON for whatever else."""
    best, best_quality = Form.JSON, 0.0
    for item in fields.get(b"accept", b"").decode("latin-1").split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        form = named.get(name)
        if form is not None and (quality := _quality(parameters)) > best_quality:
            best, best_quality = form, quality
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0


class TooManyExportsError(Exception):
    """So many exports are being written by this process already."""


class MerchantExportsError(Exception):
    """One of the merchant's is being written by this process already."""


@dataclass(slots=True)
class ExportSlots:
    """How many exports there may be at a time, and whose they are."""

    most: int = MOST_AT_ONCE
    taken: set[int] = field(default_factory=set[int], init=False)

    @asynccontextmanager
    async def one(self, merchant_id: int) -> AsyncGenerator[None, None]:
        """Be the merchant's; raises MerchantExportsError and TooManyExportsError."""
        if merchant_id in self.taken:
            raise MerchantExportsError
        if len(self.taken) >= self.most:
            raise TooManyExportsError
        self.taken.add(merchant_id)
        try:
            yield
        finally:
            self.taken.discard(merchant_id)


def csv_head() -> bytes:
    """The header row."""
    return csv_line(COLUMNS).encode()


def csv_rows(records: tuple[Record, ...], *, masked: bool) -> bytes:
    """Records as rows."""
    return "".join(csv_line(row_of(record, masked=masked).values()) for record in records).encode()


def json_lines(
    records: tuple[Record, ...], waits: Mapping[UUID, Waiting], *, masked: bool
) -> bytes:
    """Records as lines, each what a list of them has."""
    told = (read_shape(record, waits) for record in records)
    lines = (encode(_masked(shape) if masked else shape) for shape in told)
    return b"".join(line + b"\n" for line in lines)


def _masked(shape: shapes.RecordedSale) -> shapes.RecordedSale:
    """Without whom it names: nobody knows what tills write into metadata."""
    customer = shape.customer
    if customer is not None and customer.document is not None and customer.name is not None:
        customer = msgspec.structs.replace(
            customer, document=mask(customer.document), name=initials(customer.name)
        )
    return msgspec.structs.replace(
        shape,
        customer=customer,
        cashier=None if shape.cashier is None else initials(shape.cashier),
        metadata=dict.fromkeys(shape.metadata, HIDDEN),
    )


class Streamed:
    """An answer of parts; an ASGI application, so that a handler can return it.

    The first part is there already; what fails later ends the connection before the answer's end.
    `slot` is held for as long as parts are read: whoever asks for the head alone needs none.
    """

    __slots__ = ("_content_type", "_name", "_parts", "_slot")

    def __init__(
        self,
        parts: AsyncIterator[bytes],
        *,
        form: Form,
        name: str,
        slot: AbstractAsyncContextManager[None],
    ) -> None:
        self._parts = parts
        self._content_type = form.content_type
        self._name = name.encode("ascii")
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, for as long as somebody is there to take it."""
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD":
            await send(self._start())
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        async with self._slot:
            first = await anext(self._parts, b"")
            await send(self._start())
            gone = asyncio.ensure_future(_hung_up(receive))
            try:
                await send({"type": "http.response.body", "body": first, "more_body": True})
                async for part in self._parts:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                gone.cancel()

    def _start(self) -> HTTPResponseStartEvent:
        headers = [
            (b"content-type", self._content_type),
            (b"content-disposition", b'attachment; filename="%b"' % self._name),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept"),
            *SECURITY,
            NOTHING,
        ]
        return {"type": "http.response.start", "status": 200, "headers": headers}


async def while_asked(receive: Receive, work: Coroutine[Any, Any, T], *, deadline_s: float) -> T:
    """What a long work comes to; it ends with whoever asked for it.

    Raises StoreUnavailable when it takes longer, or when nobody is there to be told any more.
    """
    doing, gone = asyncio.ensure_future(work), asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait({doing, gone}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise StoreUnavailable("it takes longer, or nobody waits for it")
        return doing.result()
    finally:
        gone.cancel()
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    """Until nobody is there any more; a body that came along is let be."""
    while (await receive())["type"] != "http.disconnect":
        pass
