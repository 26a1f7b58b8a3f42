"""A TCP proxy before PostgreSQL that can go on reading and answer nothing, as a bad switch does."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from psycopg.conninfo import conninfo_to_dict

from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

_PIECE = 65_536
_Told = TypeVar("_Told")


@dataclass(slots=True, kw_only=True)
class StallingProxy:
    """`dsn` leads through it. Everything it says is said from another thread."""

    inside: str
    loop: asyncio.AbstractEventLoop
    dsn: str = ""
    new_too: bool = False
    last_words: bytes | None = None
    """The connection over which the server says these ends when anything more is said over it."""
    over: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    silenced: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    passing: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])

    def fall_silent(self, *, new_too: bool = False) -> None:
        """From now on nothing is passed on of the connections there are, and of later ones too."""

        def silence() -> None:
            self.silenced |= self.passing
            self.new_too = new_too

        self._in_loop(silence)

    def _in_loop(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def do() -> None:
            act()
            done.set()

        self.loop.call_soon_threadsafe(do)
        assert done.wait(5)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.passing.add(task)
        if self.new_too:
            self.silenced.add(task)
        try:
            there = await self._open()
            back = asyncio.create_task(self._pass(there[0], writer, task))
            try:
                await self._pass(reader, there[1], task)
            finally:
                back.cancel()
                there[1].transport.abort()
        except OSError:
            return  # no server: the connection ends with this
        finally:
            self.passing.discard(task)
            self.silenced.discard(task)
            self.over.discard(task)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.inside.startswith("/"):
            return await asyncio.open_unix_connection(self.inside)
        host, _, port = self.inside.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, whose: asyncio.Task[None]
    ) -> None:
        try:
            while (data := await source.read(_PIECE)) and whose not in self.over:
                if whose not in self.silenced:
                    target.write(data)
                    await target.drain()
                if self.last_words is not None and self.last_words in data:
                    self.over.add(whose)
            if whose not in self.silenced:
                target.close()
        except OSError:
            target.close()


@contextmanager
def stalling_proxy(dsn: str) -> Generator[StallingProxy, None, None]:
    """Runs in a thread of its own, before a server at a Unix socket or a TCP port."""
    server = conninfo_to_dict(dsn)
    host, port = str(server["host"]), str(server["port"])
    inside = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else f"{host}:{port}"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def in_thread(doing: Coroutine[object, object, _Told]) -> _Told:
        return asyncio.run_coroutine_threadsafe(doing, loop).result(5)

    proxy = StallingProxy(inside=inside, loop=loop)
    serving = AsyncExitStack()
    _, own = in_thread(serving.enter_async_context(tcp_server(proxy.take)))
    proxy.dsn = (
        f"postgresql://{server['user']}:{server['password']}@127.0.0.1:{own}/{server['dbname']}"
    )
    try:
        yield proxy
    finally:
        in_thread(serving.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
