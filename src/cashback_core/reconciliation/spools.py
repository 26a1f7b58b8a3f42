"""Where a reconciliation keeps what it has not placed yet, and how it gets it back in order."""

from __future__ import annotations

from abc import abstractmethod
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


T = TypeVar("T")
L = TypeVar("L")
R = TypeVar("R")


class Spool(Protocol[T]):
    """Things put aside. Whoever reconciles millions keeps them outside the memory."""

    @abstractmethod
    def put(self, item: T) -> None:
        """Keep one."""

    @abstractmethod
    def in_order(self, key: Callable[[T], Any]) -> Iterator[T]:
        """All of them, ascending by a key; equal ones in the order in which they came. Once."""


class MemorySpool(Spool[T]):
    """Keeps everything in a list: for statements that fit into the memory."""

    def __init__(self) -> None:
        self._items: list[T] = []

    def put(self, item: T) -> None:
        """Keep one."""
        self._items.append(item)

    def in_order(self, key: Callable[[T], Any]) -> Iterator[T]:
        """All of them, ascending by a key; equal ones in the order in which they came. Once."""
        items, self._items = self._items, []
        items.sort(key=key)
        return iter(items)


def cogroup(
    left: Iterable[L],
    right: Iterable[R],
    left_key: Callable[[L], str],
    right_key: Callable[[R], str],
) -> Iterator[tuple[str, list[L], list[R]]]:
    """Both sides of every key, one key at a time; each side comes ascending by its key."""
    lefts, rights = groupby(left, left_key), groupby(right, right_key)
    a, b = next(lefts, None), next(rights, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[0], list(a[1]), []
            a = next(lefts, None)
        elif a is None or b[0] < a[0]:
            yield b[0], [], list(b[1])
            b = next(rights, None)
        else:
            yield a[0], list(a[1]), list(b[1])
            a, b = next(lefts, None), next(rights, None)
