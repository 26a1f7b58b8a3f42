"""One JSON line for each request: what was asked of which route, how it ended, how long it took.

No query string, no body, no token, no name: a log is read by more people than the database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.observers import RequestEnded

encode: Final = msgspec.json.Encoder().encode


class LogLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the log; `route` is the template, so that no id is in it either."""

    at: str
    level: str
    logger: str
    message: str
    request_id: str | None
    merchant_id: int | None = None
    cashback_id: str | None = None
    trace_id: str
    span_id: str
    method: str
    route: str | None
    status: int
    ms: float


class AccessLog:
    """Observes requests; `write` takes each one's line, its newline included."""

    __slots__ = ("_write",)

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def __call__(self, ended: RequestEnded) -> None:
        """Write the line of a request."""
        trail = ended.trail
        line = LogLine(
            at=format_instant(datetime.now(UTC)),
            level="INFO",
            logger="access",
            message="request",
            request_id=trail.request_id,
            merchant_id=trail.merchant_id,
            cashback_id=None if trail.cashback_id is None else str(trail.cashback_id),
            trace_id=ended.trace.trace_id,
            span_id=ended.trace.span_id,
            method=ended.method,
            route=ended.route,
            status=ended.status,
            ms=round(ended.seconds * 1000, 3),
        )
        self._write(encode(line) + b"\n")
