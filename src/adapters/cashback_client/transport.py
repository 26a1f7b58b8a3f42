"""An httpx transport that tells how far a call went: nothing sent, bytes sent, status seen.

The quick ready-made transports report one exception for a refused connection and for a request
that was sent and never answered; for money these are opposites. This one keeps the evidence,
never sends a request twice, follows nothing, inflates nothing, and one deadline bounds all.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Final

import httpx

from adapters.cashback_client.address import Address
from adapters.cashback_client.answer import AnswerReader
from adapters.cashback_client.connection import Connection
from adapters.cashback_client.happy_eyeballs import Dialed, Dialer
from adapters.cashback_client.pool import Limits, ProviderPool
from adapters.cashback_client.retry_after import parse_retry_after
from adapters.cashback_client.tunnel import ProxyFailedError, open_tunnel
from adapters.cashback_client.way import direct
from cashback_core.delivery.deliverer import suspension_aware_s
from cashback_core.delivery.evidence import Evidence, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.way import Way

_UNSUPPORTED_METHODS: Final = frozenset({"HEAD", "CONNECT"})
"""Their answers are framed by other rules; no provider is asked with them."""

_REPLACED_HEADERS: Final = frozenset(
    {b"accept-encoding", b"content-length", b"transfer-encoding", b"expect"}
)
"""A request leaves whole, with its length, and asks for a plain answer, whatever httpx added."""


class NothingSentError(httpx.ConnectError):
    """No byte of the request left; `evidence` has the reason."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.reason)
        self.evidence = evidence


class NoStatusError(httpx.ReadError):
    """The request may have been processed: it was sent, and no status line came back."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.reason)
        self.evidence = evidence


class EvidenceTransport(httpx.AsyncBaseTransport):
    """Calls one provider, over a fixed pool of connections.

    As a transport for `httpx.AsyncClient` it raises NothingSentError or NoStatusError; a response
    carries its Evidence in `extensions["evidence"]`, its body as far as it came. The timeouts of
    the request are not used: `limits.deadline_s` is the one that counts. `call` is the same
    without httpx's objects, which cost a fifth of the throughput.

    It does not listen to the environment: no proxy, no netrc. Without a `way`, `https` is verified
    against the system's authorities and the provider is called directly.
    """

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        way: Way | None = None,
        clock: Callable[[], float] = suspension_aware_s,
    ) -> None:
        """Raise InvalidProviderUrlError (address.py) for a URL that cannot be called."""
        limits = limits or Limits()
        self._address = Address.parse(base_url)
        self._origin = _origin(httpx.URL(base_url))
        self._ssl = None
        if self._address.scheme == "https":
            self._ssl = (way or direct()).tls
        self._proxy = None if way is None else way.proxy
        first = self._address if self._proxy is None else self._proxy
        self._dialer = Dialer(host=first.host, port=first.port, clock=clock)
        self._deadline_s = limits.deadline_s
        self._clock = clock
        self._pool = ProviderPool(self._connect, limits=limits, clock=clock)

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections serve a call, and how many are idle."""
        return self._pool.lent, self._pool.idle

    async def call(self, request: bytes) -> Evidence:
        """Send one whole HTTP/1.1 request, once, and tell what was seen.

        Raises nothing for what the provider or the network does. When the calling task is
        cancelled, CancelledError goes on: whoever cancels must take the outcome for unknown.
        """
        return (await self._exchange(request)).evidence()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer httpx: raises NothingSentError, NoStatusError, or httpx's own for bad requests."""
        exchange = await self._exchange(await self._render(request))
        evidence = exchange.evidence()
        if evidence.status_code is None:
            sent = evidence.phase is Phase.SENT
            error = NoStatusError(evidence) if sent else NothingSentError(evidence)
            error.request = request
            raise error
        return httpx.Response(
            evidence.status_code,
            # Without its Content-Encoding httpx leaves the body as it came.
            headers=[h for h in exchange.answer.headers if h[0].lower() != b"content-encoding"],
            content=evidence.body,
            extensions={"evidence": evidence, "http_version": b"HTTP/1.1"},
        )

    async def why_out_of_reach(self) -> str | None:
        """Make a connection as for a call, and send nothing: why there is none, or None."""
        try:
            async with asyncio.timeout(self._deadline_s):
                connection = await self._pool.acquire()
        except OSError as error:
            return why_ended(error)
        self._pool.release(connection)
        return None

    async def aclose(self) -> None:
        """Close every connection; calls under way end with the evidence they have."""
        await self._pool.aclose()

    async def _exchange(self, request: bytes) -> _Exchange:
        exchange = _Exchange(self._clock)
        connection = None
        try:
            async with asyncio.timeout(self._deadline_s):
                connection = await self._pool.acquire()
                await self._ask(connection, request, exchange)
        except OSError as exc:  # TimeoutError, the deadline's, is one too
            exchange.ended(why_ended(exc))
        else:
            exchange.ended("")
        finally:
            if connection is not None:
                self._pool.release(connection)
        return exchange

    async def _ask(self, connection: Connection, request: bytes, exchange: _Exchange) -> None:
        exchange.connected()
        # When the process stood still, the deadline may be over before its timer could fire.
        if exchange.age_s() >= self._deadline_s:
            raise TimeoutError
        exchange.sent()
        await connection.send(request, exchange.answer)

    async def _connect(self) -> Connection:
        """A connection that a request may be written to; until then nothing of one is."""
        dialed = await self._dial()
        try:
            return await self._greet(dialed.socket)
        except BaseException:  # the deadline, too: the next call tries another address first
            self._dialer.avoid(dialed.place)
            raise

    async def _dial(self) -> Dialed:
        """A socket that leads to the provider, through the proxy where there is one."""
        if self._proxy is None:
            return await self._dialer.dial()
        try:
            dialed = await self._dialer.dial()
        except OSError as error:
            raise ProxyFailedError(f"the proxy: {why_ended(error)}") from error
        try:
            await open_tunnel(dialed.socket, self._proxy, self._address.host, self._address.port)
        except BaseException:
            self._dialer.avoid(dialed.place)
            dialed.socket.close()
            raise
        return dialed

    async def _greet(self, sock: socket.socket) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(loop),
            sock=sock,
            ssl=self._ssl,
            server_hostname=self._address.host if self._ssl else None,
        )
        # What waits on a fresh TLS connection may be session tickets, which are no speech.
        if not (connection.is_open if self._ssl else connection.is_quiet):
            connection.abort()
            raise ConnectionAbortedError("the provider spoke or closed before it was asked")
        return connection

    async def _render(self, request: httpx.Request) -> bytes:
        url = request.url
        if _origin(url) != self._origin:
            raise httpx.UnsupportedProtocol("this transport calls one provider only")
        if request.method in _UNSUPPORTED_METHODS:
            raise httpx.UnsupportedProtocol(f"{request.method} is not supported")
        body = await request.aread()
        headers = [h for h in request.headers.raw if h[0].lower() not in _REPLACED_HEADERS]
        headers += [(b"Accept-Encoding", b"identity"), (b"Content-Length", b"%d" % len(body))]
        lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), url.raw_path)]
        lines += [b"%s: %s" % header for header in headers]
        if any(c in line for line in lines for c in (b"\r", b"\n", b"\0")):
            raise httpx.LocalProtocolError("a line end inside a header")
        return b"\r\n".join([*lines, b"", body])


class _Exchange:
    """What is known of one call; times are seconds since it began."""

    __slots__ = ("_began_s", "_clock", "_connected_s", "_ended_s", "_reason", "_sent_s", "answer")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.answer = AnswerReader()
        self._clock = clock
        self._began_s = clock()
        self._connected_s: float | None = None
        self._sent_s: float | None = None
        self._ended_s = 0.0
        self._reason = ""

    def age_s(self) -> float:
        return self._clock() - self._began_s

    def connected(self) -> None:
        self._connected_s = self.age_s()

    def sent(self) -> None:
        """Noted before the write: from here on nobody can say that nothing left."""
        self._sent_s = self.age_s()

    def ended(self, reason: str) -> None:
        self._ended_s = self.age_s()
        # An answer that was whole when the deadline struck is whole.
        self._reason = "" if self.answer.complete else self.answer.fault or reason

    def evidence(self) -> Evidence:
        answer = self.answer
        code = answer.status_code
        if self._sent_s is None:
            phase = Phase.NOTHING_SENT
        else:
            phase = Phase.SENT if code is None else Phase.STATUS_SEEN
        return Evidence(
            phase=phase,
            status_code=code,
            body=answer.body,
            reason=self._reason,
            retry_after_s=None if code is None or code < 300 else _retry_after_s(answer),
            connected_s=self._connected_s,
            sent_s=self._sent_s,
            ended_s=self._ended_s,
        )


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def _retry_after_s(answer: AnswerReader) -> float | None:
    value = answer.header(b"retry-after")
    return None if value is None else parse_retry_after(value, answered=answer.header(b"date"))


def why_ended(exc: OSError) -> str:
    """What ended a call or an attempt to connect, in words that name no secret."""
    match exc:
        case TimeoutError() if exc.errno is None:
            return "deadline"
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return f"name not resolved: {exc.strerror}"
        case ssl.SSLCertVerificationError():
            return f"certificate not trusted: {exc.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {exc.reason}"
        case _:
            before = "" if isinstance(exc, ProxyFailedError) else "not connected: "
            return f"{before}{exc.strerror or exc}"
