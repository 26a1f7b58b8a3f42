"""A statement through the provider's CONNECT proxy: the same tunnel that payments take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import httpcore
import httpx

from adapters.cashback_client.tunnel import ProxyAnswer, ProxyFailedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from adapters.cashback_client.tunnel import Proxy

_PIECE_BYTES: Final = 4_096


class TunnelledTransport(httpx.AsyncHTTPTransport):
    """Stock httpx, but for the way its bytes take.

    Its own support of proxies forwards http requests, which a proxy that only tunnels refuses.
    """

    def __init__(self, proxy: Proxy, *, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=_Tunnels(proxy))


class _Tunnels(httpcore.AsyncNetworkBackend):
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._sockets = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to the host, by the proxy. Raises httpcore's errors alone."""
        stream = await self._sockets.connect_tcp(
            self._proxy.host, self._proxy.port, timeout, local_address, socket_options
        )
        try:
            await stream.write(self._proxy.request(host, port), timeout)
            answer = ProxyAnswer()
            while not answer.is_open(await stream.read(_PIECE_BYTES, timeout)):
                pass
        except ProxyFailedError as error:
            await stream.aclose()
            raise httpcore.ProxyError(str(error)) from error
        except BaseException:
            await stream.aclose()
            raise
        return stream
