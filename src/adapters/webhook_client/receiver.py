"""One call of a receiver: to an address that was checked, within a deadline, and little is read.

httpcore follows no redirect, knows no proxy and no netrc of the environment, and inflates nothing.
A name is looked up once for a connection, and the connection is made to the very addresses that
were checked: a name that leads elsewhere a moment later leads us nowhere. TLS is for the name,
verified against the system's authorities.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, cast

import httpcore

from adapters.webhook_client.name_resolution import MAX_ADDRESSES, Resolver
from cashback_core import __version__
from cashback_core.webhooks.addresses import AddressPolicy, UrlRefused
from cashback_core.webhooks.policy import ReceiverAnswer
from cashback_core.webhooks.sending import Receiver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from cashback_core.webhooks.addresses import WebhookDestination

MAX_BODY_BYTES: Final = 4_096
MAX_CONNECTIONS: Final = 64
IDLE_S: Final = 5.0


class AddressRefusedError(httpcore.ConnectError):
    """A name leads to an address that no webhook is sent to."""


class WebhookReceiver(Receiver):
    """Calls receivers, over connections of its own; `aclose` it."""

    def __init__(
        self,
        addresses: AddressPolicy,
        *,
        deadline_s: float = 15.0,
        resolve: Callable[[str, int], Awaitable[Sequence[str]]] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._addresses = addresses
        self._deadline_s = deadline_s
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS // 2,
            keepalive_expiry=IDLE_S,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_CheckedAddresses(addresses, resolve or Resolver()),
        )

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ReceiverAnswer:
        """See Receiver."""
        try:
            destination = self._addresses.check(url)
            async with asyncio.timeout(self._deadline_s):
                return await self._post(destination, headers, body)
        except TimeoutError:
            return ReceiverAnswer(status=None, reason=f"no answer within {self._deadline_s:g} s")
        except UrlRefused as refused:
            return ReceiverAnswer(status=None, reason=refused.fault)
        except AddressRefusedError as refused:
            return ReceiverAnswer(status=None, reason=str(refused))
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            httpcore.UnsupportedProtocol,
            OSError,
            ValueError,
        ) as error:
            return ReceiverAnswer(status=None, reason=_why(error))

    async def aclose(self) -> None:
        """Hang up everywhere."""
        await self._pool.aclose()

    async def _post(
        self, to: WebhookDestination, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ReceiverAnswer:
        sent = [
            ("host", to.authority),
            ("user-agent", f"cashback-gateway/{__version__}"),
            ("content-type", "application/json"),
            ("accept-encoding", "identity"),
            ("content-length", str(len(body))),
            *headers,
        ]
        # Of the parts that were judged: a parser of httpcore's own would read some URLs otherwise.
        url = httpcore.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target)
        async with self._pool.stream("POST", url, headers=sent, content=body) as response:
            read = 0
            # Past the limit the connection is dropped, not read to its end.
            async for piece in response.aiter_stream():
                read += len(piece)
                if read > MAX_BODY_BYTES:
                    break
            status = response.status
        redirect = "redirects are not followed" if 300 <= status <= 399 else ""
        return ReceiverAnswer(status=status, reason=redirect)


class _CheckedAddresses(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to no name."""

    def __init__(
        self,
        addresses: AddressPolicy,
        resolve: Callable[[str, int], Awaitable[Sequence[str]]],
    ) -> None:
        self._addresses = addresses
        self._resolve = resolve
        self._sockets = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to one of the host's addresses. Raises httpcore's errors alone."""
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"name not resolved: {error.strerror}") from error
        if not found:
            raise httpcore.ConnectError("the name has no address")
        # A name that leads to both is no honest receiver's: all of them, or none.
        if not all(map(self._addresses.allows, found)):
            raise AddressRefusedError("the address is of a network that nothing is sent to")
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in found[:MAX_ADDRESSES]:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError("the name has no address")


def _why(error: Exception) -> str:
    """What ended a call, in few words and on one line."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {cause.verify_message}"
    text = "".join(c if c.isprintable() else " " for c in str(error))[:120]
    return f"{type(error).__name__}: {text}".rstrip(": ")
