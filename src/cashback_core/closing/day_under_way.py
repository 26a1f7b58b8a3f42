"""A merchant's day whose lines come one by one, in their order."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from cashback_core.closing.day import (
    MAX_ROWS,
    NOTHING,
    Amount,
    Day,
    DoesNotAddUp,
    Liability,
    LinesMark,
    Movements,
    StatusDay,
    StoreDay,
    TypeDay,
)
from cashback_core.closing.lines import head_bytes, line_bytes
from cashback_core.closing.movements import OWED, Movement, movements_of
from cashback_core.delivery.states import Status
from cashback_core.values.instants import refuse_naive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cashback_core.closing.lines import DayLine, LinesHead


_Key = TypeVar("_Key")


class DayUnderWay:
    """A day whose lines come one by one, in constant memory (but for what moved by type and store).

    `add` returns the line's bytes, which are to be kept or sent as the file's next ones;
    `head_bytes` are its first.
    """

    def __init__(self, head: LinesHead, *, begins_at: datetime, ends_at: datetime) -> None:
        refuse_naive(begins_at, "when a day begins")
        refuse_naive(ends_at, "when a day ends")
        self._bounds = begins_at, ends_at
        self.head_bytes = head_bytes(head)
        self._hash = hashlib.sha256(self.head_bytes)
        self._last: tuple[datetime, str, int] | None = None
        self._count = self._late = 0
        self._came = _Sums[Status]()
        self._went = _Sums[Status]()
        self._moved = _Sums[Movement]()
        self._types = _Rows()
        self._stores = _Rows()

    def add(self, line: DayLine) -> bytes:
        """Take the next line.

        Raises DoesNotAddUp for one that is not above the one before it, or of a later day.
        """
        data = line_bytes(line)
        self.take(line, data)
        return data

    def take(self, line: DayLine, data: bytes) -> None:
        """The same, of a line whose bytes are known."""
        if self._last is not None and line.key <= self._last:
            raise DoesNotAddUp("order")
        begins_at, ends_at = self._bounds
        if line.at >= ends_at:
            raise DoesNotAddUp("later_day")
        self._last = line.key
        self._count += 1
        self._late += line.at < begins_at
        worth = line.centavos
        self._came.add(line.to_status, worth)
        if line.from_status is not None:
            self._went.add(line.from_status, worth)
        for movement in movements_of(line.from_status, line.to_status):
            self._moved.add(movement, worth)
            self._stores.add(line.store or "", movement, worth)
            for name, part in line.types.items():
                self._types.add(name, movement, part)
        self._hash.update(data)

    def done(self, opening: Mapping[Status, Amount]) -> Day:
        """The day, which opens with what the one before it closed with."""
        owed = sum((amount for status, amount in opening.items() if status in OWED), NOTHING)
        moved = _movements({movement: self._moved.of(movement) for movement in Movement})
        touched = {*opening, *self._came.keys(), *self._went.keys()}
        statuses = (
            StatusDay(
                status=status,
                opening=opening.get(status, NOTHING),
                came=self._came.of(status),
                went=self._went.of(status),
            )
            for status in sorted(touched)
        )
        return Day(
            liability=Liability(opening=owed, moved=moved, closing=moved.after(owed)),
            statuses=tuple(row for row in statuses if row.opening or row.came or row.went),
            types=(
                tuple(TypeDay(type=name, moved=row) for name, row in self._types.told())
                if self._types.are_told
                else None
            ),
            stores=(
                tuple(StoreDay(store=name or None, moved=row) for name, row in self._stores.told())
                if self._stores.are_told
                else None
            ),
            late=self._late,
            lines=LinesMark(count=self._count, sha256=self._hash.hexdigest()),
        )


def build_day(
    lines: Iterable[DayLine],
    opening: Mapping[Status, Amount],
    *,
    head: LinesHead,
    begins_at: datetime,
    ends_at: datetime,
) -> Day:
    """The day of these lines. Raises DoesNotAddUp as `DayUnderWay.add` does."""
    under_way = DayUnderWay(head, begins_at=begins_at, ends_at=ends_at)
    for line in lines:
        under_way.add(line)
    return under_way.done(opening)


class _Sums(dict[_Key, list[int]]):
    """Counts and centavos by a key."""

    def add(self, key: _Key, centavos: int) -> None:
        found = self.get(key)
        if found is None:
            self[key] = [1, centavos]
        else:
            found[0] += 1
            found[1] += centavos

    def of(self, key: _Key) -> Amount:
        count, centavos = self.get(key, (0, 0))
        return Amount(count=count, centavos=centavos)


class _Rows:
    """What moved by name; of more than `MAX_ROWS` names nothing is told, and nothing kept."""

    def __init__(self) -> None:
        self._sums = _Sums[tuple[str, Movement]]()
        self._names = set[str]()

    @property
    def are_told(self) -> bool:
        return len(self._names) <= MAX_ROWS

    def add(self, name: str, movement: Movement, centavos: int) -> None:
        if self.are_told:
            self._names.add(name)
            self._sums.add((name, movement), centavos)
        elif self._sums:
            self._sums.clear()

    def told(self) -> Iterator[tuple[str, Movements]]:
        for name in sorted(self._names):
            of = {movement: self._sums.of((name, movement)) for movement in Movement}
            yield name, _movements(of)


def _movements(amounts: Mapping[Movement, Amount]) -> Movements:
    return Movements(**{movement.value: amount for movement, amount in amounts.items()})
