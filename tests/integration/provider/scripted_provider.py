"""A provider that does to its connections, byte by byte, what a test's script says."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from ssl import SSLContext

GOOD_BODY = (
    b'{"createdAt":"2026-01-01T00:00:00Z","message":"Cashback criado com sucesso!",'
    b'"id":"NaN","document":"52998224725","cashback":"10.00"}'
)
GOOD = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(GOOD_BODY), GOOD_BODY)

_LENGTH = re.compile(rb"(?im)^content-length: *([0-9]+)")
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Peer:
    """One connection, seen from the provider; `number` counts connections from 1."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    provider: ScriptedProvider

    async def read_head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def read_request(self) -> bytes:
        """One whole request, which is also kept in `provider.requests`."""
        head = await self.read_head()
        length = _LENGTH.search(head)
        body = await self.reader.readexactly(int(length.group(1))) if length else b""
        self.provider.requests.append(head + body)
        return head + body

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reset(self) -> None:
        """RST instead of an orderly end."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.writer.transport.abort()

    async def wait_closed_by_client(self) -> None:
        """Until the client has ended the connection, in whatever way."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


@dataclass(slots=True)
class ScriptedProvider:
    """What arrived. The script runs once per connection; when it returns, the provider closes."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])


@contextlib.asynccontextmanager
async def scripted(
    script: Callable[[Peer], Awaitable[None]],
    *,
    ssl: SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncGenerator[ScriptedProvider, None]:
    provider = ScriptedProvider()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        provider.connections += 1
        await script(Peer(provider.connections, reader, writer, provider))

    async with tcp_server(play, host, port, ssl=ssl) as (_, listens_at):
        provider.url = f"{'https' if ssl else 'http'}://{host}:{listens_at}"
        yield provider


@contextlib.contextmanager
def refusing_port() -> Generator[int, None, None]:
    """A port that stays taken while nobody listens on it: connections are refused."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield _port(sock)


@contextlib.contextmanager
def deaf_port(host: str = "127.0.0.1", port: int = 0) -> Generator[int, None, None]:
    """A port whose queue is full: connecting neither succeeds nor fails."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(8):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield _port(listener)


async def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait for something that happens elsewhere; fails when it does not."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.002)


def _port(sock: socket.socket) -> int:
    port = sock.getsockname()[1]
    assert isinstance(port, int)
    return port
