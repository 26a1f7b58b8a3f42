"""Time that passes only when a test turns it, and what waits for it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cashback_core.testing.manual_clock import ManualClock


class TurnedTime:
    """Timers on a manual clock; used by one event loop alone. `sleeping` counts who sleeps."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.sleeping = 0
        self._timers: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return self.clock.now()

    def now_s(self) -> float:
        """Seconds on a clock that never goes back."""
        return self.clock.monotonic_s()

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Act once so much time was turned."""
        heapq.heappush(self._timers, (self.now_s() + seconds, next(self._numbers), act))

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time was turned."""
        over = asyncio.get_running_loop().create_future()
        self.later(seconds, lambda: None if over.done() else over.set_result(None))
        self.sleeping += 1
        try:
            await over
        finally:
            self.sleeping -= 1

    def next_s(self) -> float | None:
        """Seconds until the first timer; None without any."""
        return max(0.0, self._timers[0][0] - self.now_s()) if self._timers else None

    def advance(self, seconds: float) -> None:
        """Turn it, and call what is due then."""
        self.clock.advance(seconds)
        while self._timers and self._timers[0][0] <= self.now_s():
            heapq.heappop(self._timers)[2]()
