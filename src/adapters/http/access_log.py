"""One JSON line for each request: what was asked of which route, how it ended, how long it took.

No query string, no body, no token, no name: a log is read by more people than the database.
"""

from __future__ import annotations

import re
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from litestar.enums import ScopeType

from cashback_core.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")

encode: Final = msgspec.json.Encoder().encode


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log; `route` is the template, so that no id is in it either."""

    at: str
    request_id: str
    method: str
    route: str | None
    status: int
    ms: float


class AccessLog:
    """Wraps an application; `write` takes each line, its newline included.

    Every answer carries `X-Request-Id`: the caller's own, if it is a plain one, or a new one.
    """

    __slots__ = ("_app", "_write")

    def __init__(self, app: ASGIApp, write: Callable[[bytes], object]) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and write its line when it is over."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        request_id = _request_id(scope["headers"])
        http = cast("Mapping[str, Any]", scope)
        status = 0  # stays when the client was gone before any answer

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            line = Line(
                at=format_instant(datetime.now(UTC)),
                request_id=request_id.decode("ascii"),
                method=http["method"],
                route=http.get("path_template"),
                status=status,
                ms=round((time.perf_counter() - began_s) * 1000, 3),
            )
            self._write(encode(line) + b"\n")


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.match(value) is not None:
            return value
    return secrets.token_hex(8).encode("ascii")
