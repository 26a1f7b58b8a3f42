"""Connections that end by a reset, or take nothing: they are gone soon, and nothing of them stays.

On the loops that the service may run on, without the collector: in a process that serves it comes
too seldom to count on.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import pytest
import uvicorn
from uvicorn.server import ServerState

from adapters.http.serving.server import GuardedProtocol
from adapters.http.serving.unread_answers import TAKEN_S, end_unread
from cashback_gateway.processes.api import new_loop
from fakes.api import Api

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator

    from litestar.types import ASGIApp, Receive, Scope, Send

    Run = Callable[[Coroutine[object, object, None]], None]

SCRIPT: Final = b"x" * (16 * 1024 * 1024)
"""More than two kernels keep for a connection."""

GONE_S: Final = 2.0
ASKING: Final = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


class Patient(GuardedProtocol):
    taken_s = 0.2


class Server:
    """An application on a port of its own; `alive` are the connections that are in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=75,
        )
        self.config.load()
        self.state = ServerState()
        self.alive: WeakSet[GuardedProtocol] = WeakSet()
        self.address = ("127.0.0.1", 0)

    def protocol(self) -> GuardedProtocol:
        made = Patient(self.config, self.state, {})
        self.alive.add(made)
        return made

    async def connect(self, request: bytes) -> tuple[asyncio.AbstractEventLoop, socket.socket]:
        """A connection with a small buffer, over which a request was sent."""
        loop = asyncio.get_running_loop()
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, self.address)
        await loop.sock_sendall(client, request)
        return loop, client

    async def until_gone(self) -> None:
        """Wait until no connection is in memory; fails after GONE_S."""
        deadline = time.monotonic() + GONE_S
        while self.alive:
            assert time.monotonic() < deadline, f"{len(self.alive)} are still there"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[Server, None]:
    server = Server(app)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server.protocol, *server.address)
    server.address = listening.sockets[0].getsockname()
    try:
        yield server
    finally:
        listening.close()
        for connection in list(server.state.connections):
            connection.transport.abort()
        await listening.wait_closed()


@pytest.fixture(params=[asyncio.new_event_loop, new_loop])
def run(request: pytest.FixtureRequest) -> Generator[Run, None, None]:
    """Runs a coroutine on either loop while nothing is collected."""
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=request.param) as runner:
            yield runner.run
    finally:
        gc.enable()


async def large(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """An application with one large answer."""
    length = str(len(SCRIPT)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", length)],
        }
    )
    await send({"type": "http.response.body", "body": SCRIPT, "more_body": False})


async def everything(loop: asyncio.AbstractEventLoop, client: socket.socket) -> None:
    while await loop.sock_recv(client, 1024 * 1024):
        pass


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_what_ends_by_a_reset_leaves_nothing(run: Run) -> None:
    answered = (ASKING, ASKING * 3, b"NONSENSE\r\n\r\n")
    whole = b"POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
    unanswered = (ASKING[:20], whole, b"")

    async def journey() -> None:
        async with serving(Api().app) as server:
            for sent in (answered + unanswered) * 10:
                loop, client = await server.connect(sent)
                if sent in answered:
                    assert await loop.sock_recv(client, 8)
                reset(client)
            await server.until_gone()
            assert not server.state.connections
            assert not server.state.tasks

    run(journey())


def test_a_request_whose_client_is_gone_leaves_nothing_when_it_has_ended(run: Run) -> None:
    going_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await going_on.wait()
        await large(scope, receive, send)

    async def journey() -> None:
        async with serving(slow) as server:
            _, client = await server.connect(ASKING)
            while not server.state.tasks:
                await asyncio.sleep(0.01)
            reset(client)
            while server.state.connections:
                await asyncio.sleep(0.01)
            going_on.set()
            await server.until_gone()

    run(journey())


def test_whoever_takes_nothing_of_an_answer_is_hung_up_on(run: Run) -> None:
    async def journey() -> None:
        async with serving(large) as server:
            loop, client = await server.connect(ASKING)
            await server.until_gone()
            with pytest.raises(ConnectionResetError):
                await everything(loop, client)
            client.close()

    run(journey())


def test_so_is_whoever_takes_nothing_of_the_last_answer(run: Run) -> None:
    """A connection that is to be closed waits for its reader, too."""

    async def journey() -> None:
        async with serving(large) as server:
            last = ASKING.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n")
            _, client = await server.connect(last)
            await server.until_gone()
            client.close()

    run(journey())


def test_whoever_takes_a_little_now_and_then_gets_it_all(run: Run) -> None:
    async def journey() -> None:
        async with serving(large) as server:
            loop, client = await server.connect(ASKING)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
            count = 0
            while count < len(SCRIPT):
                taken = 0
                while taken < len(SCRIPT) // 6 and count < len(SCRIPT):
                    more = len(await loop.sock_recv(client, 1024 * 1024))
                    assert more
                    taken += more
                    count += more
                await asyncio.sleep(Patient.taken_s / 2)
            client.close()
            await server.until_gone()

    run(journey())


def test_a_large_answer_is_in_memory_once_for_all_who_do_not_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the loop that the service runs on; the other one copies."""
    monkeypatch.setattr(Patient, "taken_s", TAKEN_S)

    async def journey() -> None:
        async with serving(large) as server:
            before = resident_bytes()
            clients = [(await server.connect(ASKING))[1] for _ in range(20)]
            while sum(one.flow.write_paused for one in list(server.alive)) < len(clients):
                await asyncio.sleep(0.01)
            assert resident_bytes() - before < len(SCRIPT)
            for client in clients:
                reset(client)
            await server.until_gone()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(journey())


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123
        return int(told.read().split()[1]) * 4096


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="not on this system")
def test_the_kernel_ends_what_it_has_sent_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        end_unread(listening)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                limit_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert limit_ms == TAKEN_S * 1000
