"""A few at the same time, a bounded queue behind them, and no place that takes all of it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class TooManyLogInsError(Exception):
    """So many wait already that the next one would wait too long."""


class FairQueue:
    """At most `at_once` are inside, `max_waiting` inside or in the queue.

    Places (addresses) have their turns one after the other, however many wait from each. Where the
    queue is full, whoever came last from the place with the most of them makes way for somebody
    from a place with fewer.
    """

    __slots__ = ("_at_once", "_inside", "_max_waiting", "_queues", "_waiting")

    def __init__(self, *, at_once: int, max_waiting: int) -> None:
        self._at_once = at_once
        self._max_waiting = max_waiting
        self._inside = 0
        self._waiting = 0
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        """Of each place where somebody waits; the place whose turn is next comes first."""

    @asynccontextmanager
    async def __call__(self, place: str = "") -> AsyncGenerator[None, None]:
        """Wait for a turn, and keep it for the block. Raises TooManyLogInsError."""
        await self._enter(place)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, place: str) -> None:
        if self._inside + self._waiting >= self._max_waiting:
            self._make_way(place)
        if self._inside < self._at_once:  # then nobody waits
            self._inside += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(place, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(place, turn)
            elif turn.exception() is None:
                self._leave()  # it was ours by then
            raise

    def _make_way(self, place: str) -> None:
        longest = max(self._queues, key=lambda each: len(self._queues[each]), default=None)
        ours = len(self._queues.get(place, ()))
        if longest is None or len(self._queues[longest]) <= ours + 1:
            raise TooManyLogInsError
        last = self._queues[longest][-1]
        self._forget(longest, last)
        if not last.done():
            last.set_exception(TooManyLogInsError())

    def _leave(self) -> None:
        while self._queues:
            place = next(iter(self._queues))
            queue = self._queues.pop(place)
            turn = queue.popleft()
            self._waiting -= 1
            if queue:
                self._queues[place] = queue  # behind all others
            if not turn.done():  # it is when whoever waited has just hung up
                turn.set_result(None)
                return
        self._inside -= 1

    def _forget(self, place: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(place)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        self._waiting -= 1
        if not queue:
            del self._queues[place]
