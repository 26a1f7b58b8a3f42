"""A CONNECT proxy (RFC 9110, section 9.3.6): what it is asked, and whether it let us through.

Nothing of a payment is in this: while the tunnel does not stand, no byte of a request can have left
for the provider, whatever the proxy answered. That is why a proxy is only ever asked to CONNECT,
also for http: one that forwards requests reads them, and may send them twice.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.cashback_client.address import Address
from adapters.cashback_client.answer import MAX_HEAD_BYTES, status_of

if TYPE_CHECKING:
    import socket

_PIECE_BYTES: Final = 4_096
_END: Final = b"\r\n\r\n"


class ProxyFailedError(ConnectionError):
    """The proxy gave no tunnel; the message says how, and never its credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Where a proxy listens for CONNECT, and `user:password` for it."""

    host: str
    port: int
    credentials: str | None = field(default=None, repr=False)

    def request(self, host: str, port: int) -> bytes:
        """The whole request for a tunnel to there."""
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: cashback-gateway"]
        if self.credentials is not None:
            told = b64encode(self.credentials.encode()).decode("ascii")
            lines.append(f"Proxy-Authorization: Basic {told}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


def parse_proxy(url: str, *, credentials: str | None = None) -> Proxy:
    """From http://host:port; raises InvalidProviderUrlError."""
    address = Address.parse(url)
    return Proxy(host=address.host, port=address.port, credentials=credentials)


class ProxyAnswer:
    """What the proxy says, fed as it arrives."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said = bytearray()

    def is_open(self, piece: bytes) -> bool:
        """Whether the tunnel stands with this piece, which is empty at the proxy's end.

        Raises ProxyFailedError. A byte after the answer's head would be the provider's first word,
        and a provider does not speak first: then somebody else is at the other end.
        """
        said = self._said
        said += piece
        if not piece:
            raise ProxyFailedError("the proxy closed before it answered")
        if not said.startswith(b"HTTP/1."[: len(said)]):
            raise ProxyFailedError("the proxy answers no HTTP")
        code = status_of(said)
        if code is not None and not 200 <= code < 300:
            raise ProxyFailedError(f"the proxy answered {code}")
        end = said.find(_END)
        if end < 0:
            if len(said) > MAX_HEAD_BYTES:
                raise ProxyFailedError(f"the proxy's answer has over {MAX_HEAD_BYTES} bytes")
            return False
        if code is None:
            raise ProxyFailedError("the proxy answers no HTTP status")
        if len(said) > end + len(_END):
            raise ProxyFailedError("the proxy spoke before it was asked")
        return True


async def open_tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Make a socket that is connected to the proxy one to the host. Raises OSError."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, proxy.request(host, port))
    answer = ProxyAnswer()
    while not answer.is_open(await loop.sock_recv(sock, _PIECE_BYTES)):
        pass
