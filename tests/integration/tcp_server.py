"""A server of a test's own on a real socket: no connection of it outlives it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from ssl import SSLContext

    Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def tcp_server(
    play: Play, host: str = "127.0.0.1", port: int = 0, *, ssl: SSLContext | None = None
) -> AsyncGenerator[tuple[str, int], None]:
    """Plays to every connection; yields where it listens. A connection ends when `play` returns.

    That the client went away first is no error. At the end every play is cancelled and every
    connection reset: one that was left to the collector would be blamed on some later test.
    """
    met: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def play_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(reader, writer)
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away first
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not a coroutine: a connection is known, and ended below, from its first moment."""
        met[asyncio.create_task(play_and_close(reader, writer))] = writer

    server = await asyncio.start_server(meet, host, port, ssl=ssl)
    try:
        there, listens_at = server.sockets[0].getsockname()[:2]
        yield str(there), int(listens_at)
    finally:
        await _stop_taking(server)
        for task, writer in met.items():
            task.cancel()
            # Python 3.11.2 cannot abort what is closed already.
            with contextlib.suppress(AttributeError):
                writer.transport.abort()
        closing = (writer.wait_closed() for writer in met.values())
        await asyncio.gather(*met, *closing, return_exceptions=True)
        await _let_go(server)


async def _stop_taking(server: asyncio.Server) -> None:
    """Close the door after whoever stands in it: asyncio 3.11 drops one who comes in meanwhile."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, asyncio.SelectorEventLoop):
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())
    for _ in range(3):  # taken, made, met
        await asyncio.sleep(0)
    server.close()


async def _let_go(server: asyncio.Server) -> None:
    """A handshake that failed has a transport that no play met: let it end with this loop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            while getattr(server, "_active_count", 0):
                await asyncio.sleep(0.001)
