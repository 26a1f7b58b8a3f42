"""How long the database is waited for: whoever lets us wait for longer is hung up on.

A server, or a proxy before it, may go on taking what we send and answer nothing. No time limit of
the server's holds then, and a cancelled wait would wait for the cancellation's answer. So the
socket is shut down under whoever waits: that wakes them with an error as if the server had gone.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

DEADLINE_S: Final = 4.0
"""Longest that one use of the database takes, the wait for a connection included.

Longer than a statement may take on the server, and so short that an ERP has its answer within 5 s.
"""

STOOD_STILL_S: Final = 0.5
"""A timer so late tells of ourselves: this process was frozen, or starved of CPU."""

_AFTERWARDS_S: Final = 1.0


class Watch:
    """In a `with`: hangs up on a connection when the time is over before the block is.

    `over` names the connection as soon as there is one. `on_silence` is called when the time is
    over.
    """

    def __init__(
        self, seconds: float = DEADLINE_S, on_silence: Callable[[], object] | None = None
    ) -> None:
        self._seconds = seconds
        self._on_silence = on_silence
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._over = False
        self._again = False

    def over(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """What is hung up on; at once when the time is over already."""
        self._connection = connection
        if self._over:
            hang_up(connection)

    @property
    def left_s(self) -> float:
        """How much time is left, in seconds; not below 0."""
        return max(0.0, self._due_s - self._loop.time())

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time() + self._seconds
        self._timer = self._loop.call_at(self._due_s, self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        if self._loop.time() - self._due_s > STOOD_STILL_S and not self._again:
            # What was answered while we stood still lies in the socket, and is read first.
            self._again = True
            self._timer = self._loop.call_later(_AFTERWARDS_S, self._end)
            return
        self._over = True
        if self._connection is not None:
            hang_up(self._connection)
        if self._on_silence is not None:
            self._on_silence()


def watched(
    connection: psycopg.AsyncConnection[Any],
    seconds: float = DEADLINE_S,
    on_silence: Callable[[], object] | None = None,
) -> Watch:
    """A watch over a connection that is there."""
    watch = Watch(seconds, on_silence)
    watch.over(connection)
    return watch


@contextmanager
def watched_from_a_thread(
    connection: psycopg.Connection[Any], seconds: float = DEADLINE_S
) -> Generator[None, None, None]:
    """The same for a connection that blocks."""
    timer = threading.Timer(seconds, hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hang_up(connection: psycopg.AsyncConnection[Any] | psycopg.Connection[Any]) -> None:
    """Shut the connection's socket down, under whoever waits on it; nothing is waited for."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)
