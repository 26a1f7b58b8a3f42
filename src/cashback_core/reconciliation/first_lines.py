"""Of lines in an order of theirs the first that may be a cashback's credit, found without a look.

Each of thousands of equal doubts that no line can be of would have to look at every line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.entries import is_date_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.windows import Rules

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class FirstLines:
    """Lines by their places: `Rules.could_be` asked of all at once; nothing is made until then.

    A credit may be a cashback's from some instant or date on, and one without any whoever's: so of
    each of these three kinds the first place is looked for.
    """

    def __init__(self, instants: Sequence[datetime | None], rules: Rules) -> None:
        self._instants = instants
        self._rules = rules
        self._made: dict[bool | None, _Highest] | None = None

    def first(self, entry: BookEntry) -> int | None:
        """The first place whose line may be its credit."""
        return min(self.of_each_kind(entry), default=None)

    def of_each_kind(self, entry: BookEntry) -> Iterator[int]:
        """Of each kind the first such place, if there is any."""
        for kind, highest in self._kinds().items():
            earliest = _LAST if kind is None else self._rules.earliest_at(entry, is_date=kind)
            place = highest.first(earliest)
            if place is not None:
                yield place

    def take(self, place: int) -> None:
        """Leave a line out from now on."""
        self._kinds()[_kind_of(self._instants[place])].leave_out(place)

    def _kinds(self) -> dict[bool | None, _Highest]:
        if self._made is None:
            kinds = {_kind_of(at) for at in self._instants}
            self._made = {
                kind: _Highest([_height(at, kind=kind) for at in self._instants]) for kind in kinds
            }
        return self._made


def _kind_of(at: datetime | None) -> bool | None:
    return None if at is None else is_date_alone(at)


def _height(at: datetime | None, *, kind: bool | None) -> datetime:
    if _kind_of(at) is not kind:
        return _FIRST
    return at or _LAST


class _Highest:
    """A tree of instants, each node the latest of those below it."""

    def __init__(self, instants: Sequence[datetime]) -> None:
        self._size = 1 << max(0, len(instants) - 1).bit_length()
        leaves = [*instants, *[_FIRST] * (self._size - len(instants))]
        self._nodes = [_FIRST] * self._size + leaves
        for node in range(self._size - 1, 0, -1):
            self._nodes[node] = max(self._nodes[2 * node], self._nodes[2 * node + 1])

    def first(self, earliest: datetime) -> int | None:
        """The first place that is no earlier than that."""
        if self._nodes[1] < earliest:
            return None
        node = 1
        while node < self._size:
            node *= 2
            node += self._nodes[node] < earliest
        return node - self._size

    def leave_out(self, place: int) -> None:
        """As if its instant were before all."""
        node = place + self._size
        self._nodes[node] = _FIRST
        while node > 1:
            node //= 2
            self._nodes[node] = max(self._nodes[2 * node], self._nodes[2 * node + 1])
