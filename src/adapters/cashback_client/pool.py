"""A fixed number of connections, each lent to one call at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.cashback_client.connection import Connection

MAX_CONNECTIONS: Final = 1_000
"""More sockets to one provider than this is a mistake in the settings."""

CLOSE_S: Final = 1.0
"""How long closing waits for aborted sockets, which are gone at the loop's next turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a client takes on itself.

    `deadline_s` bounds the whole call, the wait for a connection included. A connection idle for
    longer than `idle_s` is never used again: a server that closes it at the moment of reuse makes
    a call look unknown. With 0 every call has a connection of its own.
    """

    deadline_s: float = 10.0
    connections: int = 64
    idle_s: float = 2.0

    def __post_init__(self) -> None:
        if not self.deadline_s > 0:
            raise ValueError("deadline_s must be positive")
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            raise ValueError(f"connections must be from 1 to {MAX_CONNECTIONS}")
        if not self.idle_s >= 0:
            raise ValueError("idle_s must not be negative")


class ClientClosedError(ConnectionError):
    """The client was closed: nothing is sent any more."""


class ProviderPool:
    """Connections to one provider. A call that finds all of them lent waits its turn."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self._connect = connect
        self._idle_s = limits.idle_s
        self._clock = clock
        self._turns = asyncio.Semaphore(limits.connections)
        self._idle: deque[Connection] = deque()  # longest idle first
        self._open: set[Connection] = set()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def idle(self) -> int:
        """How many connections are open and lent to nobody."""
        return len(self._idle)

    @property
    def lent(self) -> int:
        """How many connections serve a call."""
        return len(self._open) - len(self._idle)

    async def acquire(self) -> Connection:
        """A connection in step, open and quiet; `release` it. Raises OSError."""
        await self._turns.acquire()
        try:
            connection = self._reuse() or await self._open_one()
        except BaseException:
            self._turns.release()
            raise
        return connection

    def release(self, connection: Connection) -> None:
        """Take back a connection; it is kept only if it may serve another call."""
        if connection.rest() and not self._closed and self._idle_s > 0:
            connection.idle_since = self._clock()
            self._idle.append(connection)
            if self._sweep_timer is None:
                self._sweep_later()
        else:
            self._drop(connection)
        self._turns.release()

    async def aclose(self) -> None:
        """Close every connection, lent ones too, and wait until the sockets are gone."""
        self._closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None
        self._idle.clear()
        connections = list(self._open)
        self._open.clear()
        for connection in connections:
            connection.abort()
        if connections:
            await asyncio.wait([each.closed for each in connections], timeout=CLOSE_S)

    def _reuse(self) -> Connection | None:
        """The idle connection used last, so that the others grow old and close."""
        oldest = self._clock() - self._idle_s
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since >= oldest and connection.is_quiet:
                return connection
            self._drop(connection)
        return None

    async def _open_one(self) -> Connection:
        self._refuse_when_closed()
        connection = await self._connect()
        try:
            self._refuse_when_closed()  # it may have been, meanwhile
        except ClientClosedError:
            connection.abort()
            raise
        self._open.add(connection)
        return connection

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed")

    def _drop(self, connection: Connection) -> None:
        connection.abort()
        self._open.discard(connection)

    def _sweep_later(self) -> None:
        self._sweep_timer = asyncio.get_running_loop().call_later(self._idle_s, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle too long, so that a quiet gateway holds no socket."""
        self._sweep_timer = None
        oldest = self._clock() - self._idle_s
        while self._idle and (self._idle[0].idle_since <= oldest or not self._idle[0].is_open):
            self._drop(self._idle.popleft())
        if self._idle:
            self._sweep_later()
