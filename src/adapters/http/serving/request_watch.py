"""Every request from outside: its ids and its trace, and what is told of it when it has ended."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any, Final, cast

from litestar.enums import ScopeType

from cashback_core.delivery.observers import RequestEnded
from cashback_core.traces import TRACE, TRAIL, TraceContext, Trail, read_traceparent
from cashback_core.values.masks import mask_documents
from cashback_core.values.unchecked import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ended: Final = unchecked(RequestEnded)

_ID_CHARS: Final = 16
_TRACE_CHARS: Final = 32
_DRAWN: Final = (_ID_CHARS + _TRACE_CHARS + 16) // 2
"""Bytes: of an id, a trace and a span."""

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")


def never(_: str) -> bool:
    """Samples no trace."""
    return False


class RequestWatch:
    """Wraps an application; every observer is told of every request, in order, when it is over.

    Every answer carries `X-Request-Id`: the caller's own, if it is a plain one, or a new one. The
    trace is the caller's (`traceparent`) or a new one; `samples` says of a new one whether it is to
    be exported.
    """

    __slots__ = ("_app", "_observers", "_samples", "in_flight")

    def __init__(
        self,
        app: ASGIApp,
        observers: Sequence[Callable[[RequestEnded], object]] = (),
        *,
        samples: Callable[[str], bool] = never,
    ) -> None:
        self._app = app
        self._observers = tuple(observers)
        self._samples = samples
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and tell of it when it is over."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began_ns, began_s = time.time_ns(), time.perf_counter()
        drawn = os.urandom(_DRAWN).hex()  # once: each draw is a call of the kernel
        request_id, parent = _read(scope["headers"])
        if request_id is None:
            request_id = drawn[:_ID_CHARS]
        trace = self._begin_trace(parent, drawn[_ID_CHARS:])
        trail = Trail(request_id=request_id)
        TRACE.set(trace)  # in the request's own task, and in whatever it begins
        TRAIL.set(trail)
        header = (b"x-request-id", request_id.encode("ascii"))
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        self.in_flight += 1
        try:
            await self._app(scope, receive, note_status)
        finally:
            self.in_flight -= 1
            http = cast("Mapping[str, Any]", scope)
            ended = _ended(
                method=http["method"],
                route=http.get("path_template"),
                status=status,
                began_ns=began_ns,
                seconds=time.perf_counter() - began_s,
                trail=trail,
                trace=trace,
                parent=parent,
            )
            for observe in self._observers:
                observe(ended)

    def _begin_trace(self, parent: TraceContext | None, drawn: str) -> TraceContext:
        if parent is not None:
            return parent.child()
        trace_id, span_id = drawn[:_TRACE_CHARS], drawn[_TRACE_CHARS:]
        return TraceContext(trace_id=trace_id, span_id=span_id, sampled=self._samples(trace_id))


def _read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str | None, TraceContext | None]:
    """The request's id and the caller's span, as far as the caller told them."""
    request_id: str | None = None
    parent: TraceContext | None = None
    parents = 0
    for name, value in headers:
        if name == b"x-request-id":
            if request_id is None and _REQUEST_ID.match(value) is not None:
                request_id = _without_document(value.decode("ascii"))
        elif name == b"traceparent":
            parents += 1
            parent = read_traceparent(value)
    if parents > 1:  # which of them is the caller's, nobody can tell
        parent = None
    return request_id, parent


def _without_document(text: str) -> str | None:
    """The text, unless it holds a CPF: an id is written to logs."""
    return text if mask_documents(text) == text else None
