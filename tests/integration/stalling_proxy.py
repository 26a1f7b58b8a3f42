"""A TCP proxy before PostgreSQL that can go on reading and answer nothing, as a bad switch does."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_PIECE = 65_536


@dataclass(slots=True, kw_only=True)
class StallingProxy:
    """`dsn` leads through it. Everything it says is said from another thread."""

    dsn: str
    inside: str
    loop: asyncio.AbstractEventLoop
    new_too: bool = False
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
            if self.inside.startswith("/"):
                there = await asyncio.open_unix_connection(self.inside)
            else:
                host, _, port = self.inside.rpartition(":")
                there = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            self.passing.discard(task)
            return
        back = asyncio.create_task(self._pass(there[0], writer, task))
        try:
            await self._pass(reader, there[1], task)
        finally:
            back.cancel()
            self.passing.discard(task)
            self.silenced.discard(task)
            writer.close()
            there[1].close()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, whose: asyncio.Task[None]
    ) -> None:
        try:
            while data := await source.read(_PIECE):
                if whose not in self.silenced:
                    target.write(data)
                    await target.drain()
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
    listening = socket.create_server(("127.0.0.1", 0))
    own = listening.getsockname()[1]
    url = f"postgresql://{server['user']}:{server['password']}@127.0.0.1:{own}/{server['dbname']}"
    proxy = StallingProxy(dsn=url, inside=inside, loop=loop)

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(proxy.take, sock=listening)

    async def end(serving: asyncio.Server) -> None:
        serving.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    serving = asyncio.run_coroutine_threadsafe(begin(), loop).result(5)
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(end(serving), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
