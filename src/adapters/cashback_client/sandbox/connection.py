"""The sandbox's end of a connection: it reads requests well and answers them as it was told."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import httptools

from adapters.cashback_client.sandbox import answers
from adapters.cashback_client.sandbox.behaviours import Applies, End
from adapters.cashback_client.sandbox.desk import CREDIT_PATH, Desk
from adapters.cashback_client.sandbox.order import BadOrderError, Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.sandbox.behaviours import Behaviour
    from adapters.cashback_client.sandbox.ledger import Credit

MAX_REQUEST_BYTES: Final = 64 * 1024
"""Longest body that is read."""

MAX_QUEUE: Final = 100
"""Most requests that a client may send ahead on one connection."""

_RESET_AFTER_S: Final = 0.02
"""From the last byte to the RST that follows it: at once, the RST would overtake the byte."""

_LINGER_NOT: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: bytes
    target: bytes
    body: bytes
    reference: str | None
    keep_alive: bool


class SandboxConnection(asyncio.Protocol):
    """One client. Late credits outlive it: they belong to `later`."""

    def __init__(self, desk: Desk, later: Callable[[float, Callable[[], None]], None]) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._desk = desk
        self._later = later
        self._transport: asyncio.Transport | None = None
        self._queue: deque[_Request] = deque()
        self._busy = False
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._references: dict[bytes, str] = {}
        self._body = bytearray()

    def close(self) -> None:
        """Close in order: what was written is still sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Event loop: a client is here."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """Event loop: the client is gone; what it has ordered stands."""
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Event loop: bytes came."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._write(answers.problem(400))
            self.close()

    def on_message_begin(self) -> None:
        """Parser: a request begins."""
        self._target = b""
        self._references.clear()
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        """Parser: a piece of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser: one header; only what names the payment is of interest."""
        name = name.lower()
        if name in {b"x-reference", b"idempotency-key"}:
            self._references[name] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        """Parser: a piece of the body."""
        if len(self._body) + len(data) > MAX_REQUEST_BYTES:
            self._write(answers.problem(413))
            self.close()
        else:
            self._body += data

    def on_message_complete(self) -> None:
        """Parser: the request is whole."""
        if self._transport is None or self._transport.is_closing():
            return
        references = self._references
        self._queue.append(
            _Request(
                method=self._parser.get_method(),
                target=self._target,
                body=bytes(self._body),
                reference=references.get(b"x-reference") or references.get(b"idempotency-key"),
                keep_alive=self._parser.should_keep_alive(),
            )
        )
        if len(self._queue) > MAX_QUEUE:
            self.abort()
        elif not self._busy:
            self._next()

    def _next(self) -> None:
        """Answer what waits, in order, until an answer takes its time."""
        while self._queue and not self._busy and self._transport is not None:
            request = self._queue.popleft()
            self._busy = True
            if request.method == b"POST" and request.target.rstrip(b"/") == CREDIT_PATH:
                self._take_order(request)
            else:
                self._write(self._desk.answer(request.method, request.target, request.body))
                self._end(End.KEEP, request)

    def _take_order(self, request: _Request) -> None:
        self._desk.calls += 1
        try:
            order = Order.parse(request.body, reference=request.reference)
        except BadOrderError as exc:
            self._write(answers.problem(400, message=str(exc)))
            self._end(End.KEEP, request)
            return
        behaviour = self._desk.instructions.choose(order.document)
        timing = self._desk.instructions.timing
        wait_s = timing.delay_s + (timing.late_s if behaviour.applies is Applies.LATE else 0.0)
        if wait_s > 0:
            # Not tied to the connection: an order that arrived is carried out.
            self._later(wait_s, lambda: self._carry_out(order, behaviour, request))
        else:
            self._carry_out(order, behaviour, request)

    def _carry_out(self, order: Order, behaviour: Behaviour, request: _Request) -> None:
        credit: Credit | None = None
        if behaviour.applies is not Applies.NEVER:
            credit = self._desk.credit(order)
        if behaviour.applies is Applies.TWICE:
            self._desk.credit(order)
        answer = behaviour.answer(self._desk.cue(order, credit))
        if behaviour.dripped:
            self._drip(answer, behaviour.end, request)
        else:
            self._write(answer)
            self._end(behaviour.end, request)

    def _drip(self, answer: bytes, end: End, request: _Request) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._write(answer[:1])
        if len(answer) == 1:
            self._end(end, request)
        else:
            drip_s = self._desk.instructions.timing.drip_s
            self._later(drip_s, lambda: self._drip(answer[1:], end, request))

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, end: End, request: _Request) -> None:
        match end:
            case End.KEEP if request.keep_alive:
                self._busy = False
                if self._queue:
                    self._next()
            case End.KEEP | End.CLOSE:
                self.close()
            case End.RESET:
                self._later(_RESET_AFTER_S, self._reset)
            case End.HANG:
                self._later(self._desk.instructions.timing.hang_s, self.close)

    def _reset(self) -> None:
        if self._transport is None:
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._transport.abort()
