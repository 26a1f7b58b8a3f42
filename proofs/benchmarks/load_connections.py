"""The load generator's connections: kept alive where the service keeps them, else made anew."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

_HOST: Final = "127.0.0.1"


class Sales(Protocol):
    """What is sent, and where it is noted what came back."""

    problems: list[str]

    def next(self) -> int:
        """Return the index of a sale that nobody has sent."""
        ...

    def request(self, index: int) -> bytes:
        """Return its bytes."""
        ...

    def answered(self, index: int, latency_s: float, data: bytes) -> None:
        """Note an answer, to be checked when the clock has stopped."""
        ...


class Turns(Protocol):
    """Decides what a connection does next."""

    def free(self, connection: Connection, now: float) -> None:
        """Let a connection whose answer has come send again, or end."""
        ...

    async def run(self, connections: list[Connection], *, begun_at: float, seconds: float) -> None:
        """Set them going; returns when no sale falls due any more."""
        ...


class Connection:
    """One till: sends a sale and waits for its answer, one at a time.

    A service that ends the connection with its answer, as gunicorn's sync workers do, is connected
    to anew for the next sale, and what that takes is part of that sale's latency.
    """

    def __init__(self, port: int, sales: Sales, turns: Turns) -> None:
        self._port = port
        self._sales = sales
        self._turns = turns
        self._pipe: _Pipe | None = None
        self._index = -1
        self._since = 0.0
        self._connecting: asyncio.Task[None] | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, self._pipe = await loop.create_connection(lambda: _Pipe(self), _HOST, self._port)

    def send(self, *, since: float) -> None:
        """Send the next sale, which was due at that instant."""
        self._index = self._sales.next()
        self._since = since
        if self._pipe is None:
            self._connecting = asyncio.create_task(self._connect_and_write())
        else:
            self._pipe.write(self._sales.request(self._index))

    def end(self) -> None:
        """Send nothing any more."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if not self.ended.done():
            self.ended.set_result(None)

    def answered(self, data: bytes, *, closing: bool) -> None:
        """Take a whole answer; `closing` tells that the service ends the connection."""
        now = time.perf_counter()
        self._sales.answered(self._index, now - self._since, data)
        if closing and self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        self._turns.free(self, now)

    def lost(self, pipe: _Pipe, exc: Exception | None) -> None:
        """Take the end of a connection; that of one that was given up means nothing."""
        if pipe is self._pipe and not self.ended.done():
            self._fail(exc)

    async def _connect_and_write(self) -> None:
        try:
            await self.connect()
        except OSError as error:
            self._fail(error)
            return
        assert self._pipe is not None
        self._pipe.write(self._sales.request(self._index))

    def _fail(self, exc: Exception | None) -> None:
        self._sales.problems.append(f"the service hung up with a sale under way: {exc}")
        self.ended.set_result(None)


class _Pipe(asyncio.Protocol):
    """One TCP connection."""

    def __init__(self, owner: Connection) -> None:
        self._owner = owner
        self._received = b""
        self._transport: Transport | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        self._transport = cast("Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._received + data if self._received else data
        end = _end_of_answer(data)
        if end is None or end > len(data):
            self._received = data
            return
        self._received = b""
        self._owner.answered(data, closing=b"\r\nconnection: close\r\n" in data.lower())

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.lost(self, exc)

    def write(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


def _end_of_answer(data: bytes) -> int | None:
    """Return where the answer ends, None while its head is not whole."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = data[:head_end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        return len(data)  # told as a wrong answer when it is checked
    line_end = head.find(b"\r\n", at)
    length = head[at + 15 : line_end if line_end >= 0 else head_end]
    return head_end + 4 + int(length)


class Closed:
    """Each connection sends its next sale when the last is answered, until the time is up."""

    def __init__(self) -> None:
        self._until = 0.0

    def free(self, connection: Connection, now: float) -> None:
        if now < self._until:
            connection.send(since=now)
        else:
            connection.end()

    async def run(self, connections: list[Connection], *, begun_at: float, seconds: float) -> None:
        """Let all begin at once."""
        self._until = begun_at + seconds
        for connection in connections:
            connection.send(since=begun_at)


class Paced:
    """Sales are due evenly, so many a second, whether answers come or not.

    Latencies count from the instant at which a sale was due: one that waits for a free connection
    is late, and is told as late.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._over = False

    def free(self, connection: Connection, now: float) -> None:
        del now
        if self._due:
            connection.send(since=self._due.popleft())
        elif self._over:
            connection.end()
        else:
            self._idle.append(connection)

    async def run(self, connections: list[Connection], *, begun_at: float, seconds: float) -> None:
        """Let all sales fall due, then end who has nothing to do."""
        self._idle.extend(connections)
        for number in range(int(self._rate * seconds)):
            due_at = begun_at + number / self._rate
            wait_s = due_at - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if self._idle:
                self._idle.popleft().send(since=due_at)
            else:
                self._due.append(due_at)
        self._over = True
        for connection in self._idle:
            connection.end()
