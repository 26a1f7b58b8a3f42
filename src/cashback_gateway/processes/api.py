"""The API process: a server around the application, and what it does when told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import uvicorn

from adapters.http.serving.access_log import AccessLog
from adapters.http.serving.last_taken import (
    HANDSHAKE_S,
    keep_listening,
    refuse_newcomers,
    take_everybody,
)
from adapters.http.serving.origins import Origins
from adapters.http.serving.request_watch import RequestWatch
from adapters.http.serving.server import GuardedProtocol, RequestLimit
from adapters.http.serving.unread_answers import end_unread
from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.connection.startup_checks import (
    API_ROLES,
    refuse_other_key,
    refuse_unsafe,
    tell_unknown_zones,
)
from adapters.postgres.schema.migration import refuse_former
from cashback_gateway.processes.api_container import ApiContainer, build_api
from cashback_gateway.processes.collector import settle_collector
from cashback_gateway.processes.container import close_all, open_all, open_telemetry
from cashback_gateway.processes.large_blocks import give_back_large_blocks

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator

    from cashback_gateway.settings.table import Settings

MAX_REQUESTS: Final = 1000
"""Most requests at once; one more is told 503, which an ERP tries again."""

KEEP_ALIVE_S: Final = 75
"""Longer than a proxy's idle time, so that it is the proxy that hangs up."""

DRAIN_MARGIN_S: Final = 2.0
BACKLOG: Final = 2048

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then end what is under way within the deadline.

    Raises UnsafeDatabase, SchemaMismatch and StoreUnavailable before the first request.
    """
    give_back_large_blocks()
    refuse_unsafe(settings.database.url, API_ROLES)
    refuse_former(settings.database.url)
    refuse_other_key(settings.database.url, settings.database.seal)
    tell_unknown_zones(settings.database.url, DatabaseRole.PLATFORM)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    container = build_api(settings)
    watch = _watch(settings, container)
    await open_all(container)
    clocks, clock_store = container.clocks(), container.clock_store()
    storing = asyncio.create_task(clocks.keep_storing(clock_store))
    try:
        open_telemetry(container, watch, MAX_REQUESTS)
        config = uvicorn.Config(
            watch,
            host=settings.api.host,
            port=settings.api.port,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            log_config=None,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(settings.api.wait_s + DRAIN_MARGIN_S),
        )
        settle_collector()
        await _Server(config, let_go=container.changes_waiting().close).serve()
    finally:
        under_way = container.under_way()
        left = await under_way.drain(timeout_s=settings.delivery.deadline_s + DRAIN_MARGIN_S)
        if left:
            _log.warning("%d deliveries did not end in time; their leases will run out", left)
        storing.cancel()
        await clocks.store_in(clock_store)
        await close_all(container)


def _watch(settings: Settings, container: ApiContainer) -> RequestWatch:
    telemetry = container.telemetry()
    observers = telemetry.requests
    if settings.api.access_log:
        observers.append(AccessLog(_write_line))
    app = Origins(RequestLimit(container.app(), highest=MAX_REQUESTS), settings.api.cors_origins)
    return RequestWatch(app, observers, samples=telemetry.samples)


def _write_line(line: bytes) -> None:
    os.write(sys.stdout.fileno(), line)


class _Server(uvicorn.Server):
    """Stops on a signal and returns.

    uvicorn's own raises the signal once more after its shutdown, which would end this process
    before the deliveries under way have ended and been recorded. `let_go` is called first: whoever
    only waits for something to happen is answered, and not waited for.
    """

    def __init__(self, config: uvicorn.Config, *, let_go: Callable[[], object]) -> None:
        super().__init__(config)
        self._let_go = let_go

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle signals in the loop, until the process ends."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; what nobody reads is ended by the kernel, too."""
        await super().startup(sockets)
        for server in self.servers:
            for listening in server.sockets:
                with keep_listening(listening.fileno()) as same:
                    end_unread(same)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take everybody who is at the door already, and then end as uvicorn does."""
        self._let_go()
        kept = [
            keep_listening(listening.fileno())
            for server in self.servers
            for listening in server.sockets
        ]
        for listening in kept:
            refuse_newcomers(listening)
        await asyncio.sleep(HANDSHAKE_S)
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for last in [taken for listening in kept for taken in take_everybody(listening)]:
            await loop.connect_accepted_socket(self._protocol, last)
        await super().shutdown(sockets)

    def _protocol(self) -> GuardedProtocol:
        return GuardedProtocol(self.config, self.server_state, self.lifespan.state)


def new_loop() -> asyncio.AbstractEventLoop:
    """The event loop to serve on: the quicker one, where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
