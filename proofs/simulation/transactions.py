"""Transactions that take time: their instant is their beginning, their number comes later."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from datetime import datetime, timedelta

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Transaction:
    """One that is under way: the database's clock when it began, and its number once it has one."""

    began_at: datetime
    position: int | None = None


class Transactions:
    """Those of one database; `clock` is the database's own."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._present: Transaction | None = None
        self._last = 0
        self.under_way: list[Transaction] = []
        self.strays: list[datetime] = []
        """When transactions said that they were, whose clock was behind."""

    def now(self) -> datetime:
        """`now()`: when the present transaction began."""
        return self.clock() if self._present is None else self._present.began_at

    def begin(self) -> Transaction:
        """Somebody begins, and has read only so far."""
        begun = Transaction(self.clock())
        self.under_way.append(begun)
        return begun

    def write(self, begun: Transaction) -> int:
        """Its number, given to it now if it has none yet."""
        if begun.position is None:
            self._last += 1
            begun.position = self._last
        return begun.position

    def position(self) -> int:
        """What is written now is written at."""
        if self._present is not None:
            return self.write(self._present)
        self._last += 1
        return self._last

    def below(self) -> int:
        """Every transaction of a lower number has ended, and none begins any more."""
        numbers = [one.position for one in self.under_way if one.position is not None]
        return min(numbers, default=self._last + 1)

    @contextmanager
    def ending(self, begun: Transaction) -> Generator[bool, None, None]:
        """What it does is done now, all of it; unless it was ended, and then it is False."""
        before, self._present = self._present, begun
        try:
            yield not self.has_ended(begun)
        finally:
            self._present = before
            if begun in self.under_way:
                self.under_way.remove(begun)

    def has_ended(self, begun: Transaction) -> bool:
        """Whether it came to its end, or was ended."""
        return begun not in self.under_way

    def end_all(self) -> None:
        """The database crashes."""
        self.under_way.clear()

    @contextmanager
    def clock_back(self, by: timedelta) -> Generator[None, None, None]:
        """One transaction whose clock is behind."""
        begun = Transaction(self.clock() - by)
        self.strays.append(begun.began_at)
        with self.ending(begun):
            yield


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run a transaction of the simulated database at one instant: it only ever yields."""
    try:
        while work.send(None) is None:
            pass
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("a transaction of the simulated database waited")
