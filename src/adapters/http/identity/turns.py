"""A few at the same time, and a bounded queue behind them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class TooManyLoginsError(Exception):
    """So many wait already that the next one would wait too long."""


class Turns:
    """At most `at_once` are inside; with `max_waiting` inside or in the queue, nobody joins it."""

    __slots__ = ("_inside", "_max_waiting", "_waiting")

    def __init__(self, *, at_once: int, max_waiting: int) -> None:
        self._inside = asyncio.Semaphore(at_once)
        self._max_waiting = max_waiting
        self._waiting = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[None, None]:
        """Wait for a place, and keep it for the block. Raises TooManyLoginsError."""
        if self._waiting >= self._max_waiting:
            raise TooManyLoginsError
        self._waiting += 1
        try:
            async with self._inside:
                yield
        finally:
            self._waiting -= 1
