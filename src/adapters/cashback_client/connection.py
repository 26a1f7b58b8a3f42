"""One connection to the provider: one request at a time, and it knows when it is out of step."""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.answer import AnswerReader

_CAN_POLL: Final = hasattr(select, "poll")
"""Windows has no poll(): there the idle limit alone guards against a connection just closed."""


class Connection(asyncio.Protocol):
    """The event loop's end of a socket; `closed` is done when the socket is gone."""

    __slots__ = ("_answer", "_done", "_poll", "_transport", "closed", "idle_since")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.closed: asyncio.Future[None] = loop.create_future()
        self.idle_since = 0.0
        self._answer: AnswerReader | None = None
        self._done: asyncio.Future[None] | None = None
        self._poll: Callable[[int], list[tuple[int, int]]] | None = None
        self._transport: asyncio.Transport | None = None

    def send(self, request: bytes, answer: AnswerReader) -> asyncio.Future[None]:
        """Write the request; the future is done when the answer has ended or none can come."""
        transport = self._open_transport()
        done = self.closed.get_loop().create_future()
        self._answer, self._done = answer, done
        transport.write(request)
        return done

    def rest(self) -> bool:
        """End the call; whether the connection may serve another one."""
        answer, self._answer, self._done = self._answer, None, None
        return (
            answer is not None
            and answer.reusable
            and self.is_open
            # An answer to a request that has not wholly left: the other side reads on.
            and self._open_transport().get_write_buffer_size() == 0
        )

    @property
    def is_open(self) -> bool:
        """Whether the event loop knows of no end yet."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Open, and nothing waits to be read.

        What waits on an idle connection is its end, or bytes nobody asked for. Asking the kernel
        sees it before the event loop does: a request written now would be lost, or meet an answer
        that is not its own.
        """
        return self.is_open and (self._poll is None or not self._poll(0))

    def abort(self) -> None:
        """Close at once; what is unsent is dropped."""
        if self._answer is not None:
            self._answer.lose("closed by this client")
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Event loop: the socket is connected, TLS included."""
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if _CAN_POLL and sock is not None:
            poll = select.poll()
            poll.register(sock.fileno(), select.POLLIN)
            self._poll = poll.poll

    def data_received(self, data: bytes) -> None:
        """Event loop: bytes came."""
        if self._answer is None:
            self.abort()  # nobody asked, so this answers nothing
        elif self._answer.feed(data):
            self._finish()

    def eof_received(self) -> None:
        """Event loop: the other side will say no more; the transport closes by itself."""
        if self._answer is not None:
            self._answer.end()
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """Event loop: the socket is gone."""
        if self._answer is not None:
            self._answer.lose(_why_lost(exc))
            self._finish()
        if not self.closed.done():
            self.closed.set_result(None)

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("the connection was never made")
        return self._transport


def _why_lost(exc: Exception | None) -> str:
    match exc:
        case None:
            return "closed by the provider"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "reset by the provider"
        case _:
            return f"connection lost: {exc}"
