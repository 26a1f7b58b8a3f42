"""How many wrong names a group may tell of customers before a name must be told whole.

A name fits its customer by initials and by its beginning (`names.same_person`), and whether it does
is told to whoever sends a sale. Who guesses letter by letter would read the whole name of another
group's customer: so after a few wrong ones only whole names fit, until time has passed. Tills are
seldom wrong, and what they tell of their own group's customers fits as ever. Whoever asks many
names at once is answered as one after the other: an answer under way may be a wrong one.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

AT_ONCE: Final = 30
"""So many wrong names are told before."""

EVERY_S: Final = 120.0
"""Seconds until one more is."""

MAX_GROUPS: Final = 10_000
"""Most groups that are remembered; of more the one that has told none for longest is forgotten."""


class WrongName(StrEnum):
    """What a shop's system told a wrong name with."""

    WITHIN = "within"
    """Its group has told few."""
    BEYOND = "beyond"
    """It has told too many, and only whole names fit."""


class WrongNames:
    """Counts the wrong names of each group, in one process; seconds are of any monotonic clock."""

    __slots__ = ("_full_until_s", "_under_way", "_waiting")

    def __init__(self) -> None:
        self._full_until_s: dict[str, float] = {}
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, asyncio.Event] = {}

    def guess(self, group: str, *, clock_s: Callable[[], float]) -> _Guess:
        """Hold one while a name is looked at; it is told whether the name must be whole.

        Waits while those under way could be wrong and all that the group may tell. A name that was
        wrong is noted before this ends; any other gives its place back.
        """
        return _Guess(self, group, clock_s)

    async def begin(self, group: str, clock_s: Callable[[], float]) -> bool:
        """Begin to look at a name: whether it must be whole; if not, `end` it."""
        while not self.are_too_many(group, now_s=clock_s()):
            if not self._are_too_many(group, clock_s(), more=self._under_way[group]):
                self._under_way[group] += 1
                return False
            await self._waiting.setdefault(group, asyncio.Event()).wait()
        return True

    def end(self, group: str) -> None:
        """Give back the place of a name that was looked at."""
        self._under_way[group] -= 1
        if not self._under_way[group]:
            del self._under_way[group]
        waiting = self._waiting.pop(group, None)
        if waiting is not None:
            waiting.set()

    def are_too_many(self, group: str, *, now_s: float) -> bool:
        """Whether this group has told more than it may."""
        return self._are_too_many(group, now_s, more=0)

    def note(self, group: str, *, now_s: float) -> None:
        """Count one more; a group waits EVERY_S times AT_ONCE at most to have all of them again."""
        left_s = min(self._left_s(group, now_s) + EVERY_S, AT_ONCE * EVERY_S)
        self._full_until_s.pop(group, None)  # to be the latest
        if len(self._full_until_s) >= MAX_GROUPS:
            del self._full_until_s[next(iter(self._full_until_s))]
        self._full_until_s[group] = now_s + left_s

    def _are_too_many(self, group: str, now_s: float, *, more: int) -> bool:
        return self._left_s(group, now_s) + more * EVERY_S > (AT_ONCE - 1) * EVERY_S

    def _left_s(self, group: str, now_s: float) -> float:
        return max(0.0, self._full_until_s.get(group, now_s) - now_s)


@dataclass(slots=True)
class _Guess:
    """A class of its own: a generator and its context manager cost 4 µs more of each sale."""

    names: WrongNames
    group: str
    clock_s: Callable[[], float]
    whole: bool = False

    async def __aenter__(self) -> bool:
        self.whole = await self.names.begin(self.group, self.clock_s)
        return self.whole

    async def __aexit__(self, *_: object) -> None:
        if not self.whole:
            self.names.end(self.group)
