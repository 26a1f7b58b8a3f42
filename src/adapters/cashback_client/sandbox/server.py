"""The sandbox on a socket: in a process of its own, or inside a test."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from typing import TYPE_CHECKING

from adapters.cashback_client.sandbox.connection import SandboxConnection
from adapters.cashback_client.sandbox.desk import Desk, SandboxOptions
from adapters.cashback_client.sandbox.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path
    from types import FrameType

_log = logging.getLogger(__name__)


class Sandbox:
    """A running sandbox provider; `desk` gives direct access to its ledger and instructions."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.url = ""
        self._connections: set[SandboxConnection] = set()
        self._server: asyncio.Server | None = None
        self._timers: set[asyncio.TimerHandle] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one, `url` tells which."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host, port)
        bound_host, bound_port = self._server.sockets[0].getsockname()[:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        self.url = f"http://{shown}:{bound_port}"

    async def stop(self) -> None:
        """Stop listening and close every connection; late credits not yet due are never made."""
        if self._server is None:
            return
        self._server.close()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        connections = list(self._connections)
        for connection in connections:
            connection.close()
        for connection in connections:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):  # for a client that reads no more
                    await asyncio.shield(connection.closed)
            connection.abort()
        await self._server.wait_closed()

    def _connection(self) -> SandboxConnection:
        connection = SandboxConnection(self.desk, self._later)
        self._connections.add(connection)
        connection.closed.add_done_callback(lambda _: self._connections.discard(connection))
        return connection

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Act after a while, unless the sandbox stops first."""

        def due() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(delay_s, due)
        self._timers.add(timer)


@contextlib.asynccontextmanager
async def running_sandbox(
    ledger_path: Path, *, options: SandboxOptions | None = None
) -> AsyncGenerator[Sandbox, None]:
    """Run a sandbox on a free port of 127.0.0.1, in the running event loop."""
    ledger = Ledger(ledger_path)
    try:
        sandbox = Sandbox(Desk(ledger=ledger, options=options or SandboxOptions()))
        await sandbox.start("127.0.0.1", 0)
        try:
            yield sandbox
        finally:
            await sandbox.stop()
    finally:
        ledger.close()


def serve_sandbox(
    host: str, port: int, ledger_path: Path, *, options: SandboxOptions | None = None
) -> None:
    """Run a sandbox until SIGTERM or SIGINT; raises OSError when the port is taken.

    Its credits are in the file `ledger_path`, which a later start goes on with.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(host, port, ledger_path, options or SandboxOptions()))


async def _serve(host: str, port: int, ledger_path: Path, options: SandboxOptions) -> None:
    ledger = Ledger(ledger_path)
    try:
        sandbox = Sandbox(Desk(ledger=ledger, options=options))
        stop = _stop_signal()
        await sandbox.start(host, port)
        _log.info("the sandbox provider listens on %s", sandbox.url)
        await stop.wait()
        await sandbox.stop()
    finally:
        ledger.close()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def from_thread(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, from_thread)
    return stop


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the quick event loop where there is one: benchmarks run against the sandbox."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
