"""The limits of the server itself: how large a head may be and how long a request may take to come.

In production a proxy stands in front and has the same limits; the service must not need one.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.http.problems.problem import RETRY_AFTER, Problem, answer_problem
from adapters.http.serving.polite_transport import PoliteTransport
from adapters.http.serving.unread_answers import TAKEN_S, Unread
from cashback_core.words.locales import ENGLISH

if TYPE_CHECKING:
    import asyncio

    from litestar.types import ASGIApp, Receive, Scope, Send
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState


MAX_TARGET_BYTES: Final = 8 * 1024
MAX_HEAD_BYTES: Final = 16 * 1024
MAX_HEADERS: Final = 100
REQUEST_S: Final = 10.0
"""From a connection's or a request's first moment to the last byte of its body."""

LAST_REQUEST_S: Final = 2.0
"""How long a connection that is open when the server stops may still bring its request."""

MAX_AFTER_BYTES: Final = 32 * 1024 * 1024
"""Of a body whose answer is written already, more than any that is taken.

Whoever sends as much reads the answer, which it would lose with the connection; an endless body is
not read to its end.
"""

_OVERLOADED: Final = Problem(code="overloaded", headers=(RETRY_AFTER,))

Refusal = Literal["bad_request", "request_timeout", "uri_too_long", "head_too_large"]
"""The problems that are answered before any application sees the request."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with a bounded head and a deadline for requests that drip in.

    A request that arrives in one piece, as nearly all do, never starts a timer.
    """

    request_s: ClassVar[float] = REQUEST_S
    taken_s: ClassVar[float] = TAKEN_S

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._refusal: Refusal = "bad_request"
        self._refused: Refusal | None = None
        self._head_bytes = self._after_bytes = 0
        self._in_head = False
        self._coming = False
        self._hosts = 0
        self._stopping = False
        self._declining = False
        self._polite: PoliteTransport | None = None
        self._unread: Unread | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        self._polite = PoliteTransport(transport, self.loop, lambda: self._coming)
        self._unread = Unread(cast("asyncio.Transport", self._polite), self.loop, self.taken_s)
        super().connection_made(cast("asyncio.Transport", self._polite))
        self._deadline = self.loop.call_later(self.request_s, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting.

        Whatever refers to this connection lets go: uvicorn keeps its timer after an error, and the
        collector comes too seldom for thousands that end so.
        """
        self._end_deadline()
        self._unset_keepalive_if_required()
        if self._polite is not None:
            self._polite.lost()
        super().connection_lost(exc)
        if self._unread is not None:
            self._unread.end()

    def pause_writing(self) -> None:
        """The peer takes less than there is."""
        super().pause_writing()
        if self._unread is not None:
            self._unread.begin()

    def resume_writing(self) -> None:
        """It has taken all of it."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.end()

    def data_received(self, data: bytes) -> None:
        """Parse, then see whether a request is still on its way."""
        if self._polite is not None and self._polite.lingers:
            self._polite.discard(len(data))
            return
        if self._refused is not None:
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        if self.transport.is_closing():
            return
        if not self._coming:
            self._end_deadline()
            return
        if self._takes_no_more(len(data)):
            return
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_s, self._too_late)

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._declining:
            return
        super().on_message_begin()
        self._coming = self._in_head = True
        self._head_bytes = self._hosts = self._after_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the request target."""
        if self._declining:
            return
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            self._stop("uri_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header field, or one after the body: those are only counted."""
        self._head_bytes += len(name) + len(value) + 4
        if self._in_head and not self._declining:
            super().on_header(name, value)
            self._hosts += self.headers[-1][0] == b"host"
        if self._head_bytes > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS:
            self._stop("head_too_large")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._declining:
            return
        version = self.parser.get_http_version()
        if not self._is_well_formed(version):
            self._stop("bad_request")
        if version == "1.0":
            self.expect_100_continue = False  # RFC 9110, 10.1.1
        super().on_headers_complete()
        self._in_head = False
        if self._stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is whole, unless the parser took its body for another protocol."""
        if self.parser.should_upgrade():
            return
        self._coming = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is whole: the next one may be a refusal that waited for it."""
        last = not self.pipeline
        super().on_response_complete()
        if last and self._refused is not None and not self.transport.is_closing():
            self._refuse(self._refused)

    def shutdown(self) -> None:
        """End after the request that is under way, or on its way: a proxy sends none twice."""
        self._stopping = True
        if self._in_head or cast("RequestResponseCycle | None", self.cycle) is None:
            self.loop.call_later(LAST_REQUEST_S, self._end_unless_answering)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what the parser, or one of the limits above, refused."""
        self._refuse(self._refusal)

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 (RFC 9110, 7.8): Java's client offers h2c with every first request.

        The parser has given the connection up after the head. A new one is told how the body is
        framed and reads on.
        """
        framing = [
            name + b": " + value
            for name, value in self.headers
            if name in {b"content-length", b"transfer-encoding"}
        ]
        self.parser = httptools.HttpRequestParser(self)
        self._declining = True
        self.parser.feed_data(b"\r\n".join((b"POST / HTTP/1.1", *framing, b"", b"")))
        self._declining = False
        self.data_received(rest)

    def _is_well_formed(self, version: str) -> bool:
        """Whether a proxy and we cannot but read the head alike (RFC 9112, 2.3, 3.2 and 6.1)."""
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if version == "1.0":
            return self._hosts <= 1 and not codings
        framed = not codings or (len(codings) == 1 and codings[0].lower() == b"chunked")
        return version == "1.1" and self._hosts == 1 and framed

    def _stop(self, refusal: Refusal) -> None:
        """Make the parser give up; it then asks for `send_400_response`."""
        self._refusal = refusal
        raise ValueError(refusal)

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        answering = cycle is not None and not cycle.response_complete and not cycle.more_body
        if answering or self.flow.read_paused:  # it is we who keep the next request waiting
            self._deadline = self.loop.call_later(self.request_s, self._too_late)
        elif cycle is not None and cycle.response_started and self._coming:
            self.transport.close()  # answered already, from the head alone
        elif self._coming:
            self._refuse("request_timeout")
        else:
            self.transport.close()

    def _takes_no_more(self, count: int) -> bool:
        """Whether it ends here: by too long a head, or by a body that has its answer already."""
        if self._in_head:
            self._head_bytes += count
            if self._head_bytes > MAX_HEAD_BYTES:  # a single endless header never ends by itself
                self._refuse("head_too_large")
                return True
            return False
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or not cycle.response_complete:
            return False
        self._after_bytes += count
        if self._after_bytes > MAX_AFTER_BYTES:
            self.transport.close()
            return True
        return False

    def _end_unless_answering(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if self._in_head or cycle is None or cycle.response_complete:
            self.transport.close()

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _owes_an_answer(self) -> bool:
        """Whether a whole request from before the refused one still waits for its answer."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if self._coming and not self._in_head:  # the refused one's own: it may not have begun
            if not self.pipeline or self.pipeline[0][0] is not cycle:
                return False
            self.pipeline.popleft()
            return True
        return cycle is not None and not cycle.response_complete

    def _refuse(self, code: Refusal) -> None:
        if self._refused is None and self._owes_an_answer():
            # In its turn: the first answer on a connection is that of the first request.
            self._refused = code
            self._coming = True
            self._end_deadline()
            self.flow.pause_reading()
            return
        answer = answer_problem(Problem(code=code), ENGLISH)
        phrase = HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {phrase}".encode("ascii")]
        lines += [name + b": " + value for name, value in answer.headers]
        lines += [b"connection: close", b"", answer.body]
        self._coming = True  # what was refused may be followed by more of its kind
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()


class RequestLimit:
    """At most so many requests at once; one more is told 503, which an ERP tries again.

    Idle connections are free: only requests that are being answered count.
    """

    __slots__ = ("_app", "_highest", "_now")

    def __init__(self, app: ASGIApp, *, highest: int) -> None:
        self._app = app
        self._highest = highest
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if self._now >= self._highest:
            await answer_problem(_OVERLOADED, ENGLISH)(scope, receive, send)
            return
        self._now += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._now -= 1
