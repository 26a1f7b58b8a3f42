"""A small CONNECT proxy on a real socket, and what it can do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

_TARGET = re.compile(rb"CONNECT \[?([^\] ]+?)\]?:([0-9]+) HTTP/1\.1\r\n")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(slots=True)
class ConnectProxy:
    """Passes bytes on, once it was asked to; `heads` are the requests that it was sent."""

    host: str = "127.0.0.1"
    port: int = 0
    heads: list[bytes] = field(default_factory=list[bytes])
    passed: bytearray = field(default_factory=bytearray)
    """What clients sent into their tunnels, TLS and all."""
    answer: bytes = ESTABLISHED
    instead: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None = None
    """What is done in place of the tunnel once `answer` was given."""
    clients: list[asyncio.StreamWriter] = field(default_factory=list["asyncio.StreamWriter"])

    def die(self) -> None:
        """End every tunnel at once, as a proxy that crashes does."""
        for writer in self.clients:
            writer.transport.abort()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        writer.write(self.answer)
        await writer.drain()
        if self.instead is not None:
            await self.instead(reader, writer)
            return
        if not self.answer.startswith(b"HTTP/1.1 2"):
            return
        target = _TARGET.match(head)
        assert target is not None, head
        there = await asyncio.open_connection(target[1].decode(), int(target[2]))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, there[1], self.passed))
                group.create_task(self._pass(there[0], writer, None))
        finally:
            there[1].transport.abort()
            with contextlib.suppress(ConnectionError):
                await there[1].wait_closed()

    @staticmethod
    async def _pass(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray | None
    ) -> None:
        while piece := await reader.read(65_536):
            if kept is not None:
                kept += piece
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@contextlib.asynccontextmanager
async def connect_proxy(
    *,
    answer: bytes = ESTABLISHED,
    instead: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None = None,
) -> AsyncGenerator[ConnectProxy, None]:
    proxy = ConnectProxy(answer=answer, instead=instead)
    async with tcp_server(proxy.take, proxy.host) as (_, proxy.port):
        yield proxy
