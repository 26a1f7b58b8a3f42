"""How many requests a caller may make, over all processes together.

The database holds one leaky bucket for each caller. A process draws from it in blocks, before it
uses them, and throws away what it has not used half a second later. A caller who asks for no more
than a fiftieth of its rate is not counted at all. So nearly no request waits for a statement, and
what all processes together let through exceeds the rate and the burst by that fiftieth at most, for
each process.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.people.callers import Identities

HELD_S: Final = 0.5
"""How long a drawn request may be used."""

UNNOTICED_SHARE: Final = 50
"""The part of its rate, one in so many, that a caller may use in each process without counting."""

REFUSED_S: Final = 0.1
"""How long a caller without any left is refused at least, without asking the database again."""

MAX_KNOWN: Final = 4096
_AHEAD: Final = 8
"""Blocks of so many are replenished before they are empty."""


class RateExceededError(Exception):
    """The caller made more requests than it may; `wait_s` is when there will be one more."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"for {wait_s:.2f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRate:
    """`per_s` requests a second for ever, and `burst` at once; a `per_s` of 0 is no limit."""

    per_s: int
    burst: int

    @property
    def capacity(self) -> int:
        """What may be drawn at once: less than the burst by what processes may be holding."""
        return max(1, self.burst - math.ceil(self.per_s * HELD_S))

    @property
    def unnoticed(self) -> int:
        """How many requests in a second are not counted."""
        return self.per_s // UNNOTICED_SHARE


NO_LIMIT: Final = RequestRate(per_s=0, burst=0)


@dataclass(slots=True)
class _Share:
    """What one caller has left in this process: blocks with their ends, the oldest first."""

    blocks: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    size: int = 1
    unused: int = 0
    refused_until_s: float = 0.0
    second_began_s: float = -math.inf
    unnoticed: int = 0
    drawing: asyncio.Task[None] | None = None


class RateLimit:
    """Lets a caller pass or not; knows at most MAX_KNOWN callers at a time."""

    __slots__ = ("_identities", "_now_s", "_rate", "_shares")

    def __init__(
        self,
        identities: Identities,
        rate: RequestRate = NO_LIMIT,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identities = identities
        self._rate = rate
        self._now_s = now_s
        self._shares: dict[str, _Share] = {}

    async def __call__(self, subject: str) -> None:
        """Count one request. Raises RateExceededError, StoreUnavailable."""
        if self._rate.per_s == 0:
            return
        share = self._shares.get(subject) or self._begin(subject)
        if self._goes_unnoticed(share):
            return
        while not self._take(share):
            now_s = self._now_s()
            if now_s < share.refused_until_s:
                raise RateExceededError(share.refused_until_s - now_s)
            # Together with whoever waits for the same caller; nobody's hanging up ends it.
            await asyncio.shield(share.drawing or self._draw(subject, share))
        if share.size >= _AHEAD and share.unused < share.size // 2 and share.drawing is None:
            self._draw(subject, share)

    def _begin(self, subject: str) -> _Share:
        if len(self._shares) >= MAX_KNOWN:
            del self._shares[next(iter(self._shares))]  # loses what it held, and is charged for it
        share = self._shares[subject] = _Share()
        return share

    def _goes_unnoticed(self, share: _Share) -> bool:
        now_s = self._now_s()
        if now_s - share.second_began_s >= 1:
            share.second_began_s, share.unnoticed = now_s, 0
        if share.unnoticed >= self._rate.unnoticed or now_s < share.refused_until_s:
            return False
        share.unnoticed += 1
        return True

    def _take(self, share: _Share) -> bool:
        while share.blocks:
            until_s, left = share.blocks[0]
            if until_s <= self._now_s():
                share.blocks.popleft()
                share.unused -= left
                # Too many for this caller's pace: next time as many as were used.
                share.size = max(1, share.size - left)
                continue
            if left == 1:
                share.blocks.popleft()
            else:
                share.blocks[0] = (until_s, left - 1)
            share.unused -= 1
            return True
        return False

    def _draw(self, subject: str, share: _Share) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._ask(subject, share))
        task.add_done_callback(_look_at)
        share.drawing = task
        return task

    async def _ask(self, subject: str, share: _Share) -> None:
        now_s = self._now_s()
        try:
            drawn = await self._identities.draw(
                subject,
                every_s=1 / self._rate.per_s,
                capacity=self._rate.capacity,
                wanted=share.size,
            )
        finally:
            share.drawing = None
        if drawn.granted:
            # From before it was asked: what the database charged is never used later than that.
            share.blocks.append((now_s + HELD_S, drawn.granted))
            share.unused += drawn.granted
            share.size = min(share.size * 2, max(1, math.ceil(self._rate.per_s * HELD_S / 2)))
        elif not share.unused:
            share.refused_until_s = self._now_s() + max(drawn.wait_s, REFUSED_S)


def _look_at(task: asyncio.Task[None]) -> None:
    """Whoever waits for it is told; what nobody waits for is asked for again when it is needed."""
    if not task.cancelled():
        task.exception()
