"""Lines without a number and records of one instant and total: who goes with whom.

By the whole document first, then by what a masked one may mask (who may mask the fewest chooses
first), then whoever tells none. Of several each takes one of its cashback before another. A group
may be a whole day, where a file tells days alone: nothing here is asked of each line and record.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from cashback_core.reconciliation.comparing import is_masked, plain_document, seen_of, shown_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cashback_core.reconciliation.three_sides import DayRecord, ErpLine


class Pairs:
    """What goes together (`found`), and the `lines` and `records` that are left."""

    def __init__(self, lines: Iterable[ErpLine], records: Iterable[DayRecord]) -> None:
        self.found: list[tuple[ErpLine, DayRecord]] = []
        self._lines = sorted(lines, key=lambda line: line.number)
        self._free = dict(enumerate(sorted(records, key=lambda record: record.id)))
        self._paired: set[int] = set()
        if self._lines and self._free:
            self._by_document()
            self._by_mask()
            self._by_nothing()

    @property
    def lines(self) -> list[ErpLine]:
        """Lines that no record goes with, by their numbers."""
        return [line for line in self._lines if line.number not in self._paired]

    @property
    def records(self) -> list[DayRecord]:
        """Records that no line goes with."""
        return list(self._free.values())

    def _by_document(self) -> None:
        of: defaultdict[str, list[int]] = defaultdict(list)
        for place, record in self._free.items():
            if record.document is not None:
                of[plain_document(record.document)].append(place)
        among = {document: _Choice(places, self._free) for document, places in of.items()}
        whole = [
            (line, among[plain])
            for line in self._lines
            if line.document is not None
            and not is_masked(line.document)
            and (plain := plain_document(line.document)) in among
        ]
        self._take(whole)

    def _by_mask(self) -> None:
        masks = _Masks(self._free)
        masked = [
            (line, choice)
            for line in self.lines
            if line.document is not None
            and is_masked(line.document)
            and (choice := masks.may_be(line.document)) is not None
        ]
        masked.sort(key=lambda one: (one[1].at_first, one[0].number))
        self._take(masked)

    def _by_nothing(self) -> None:
        anyone = _Choice(self._free, self._free)
        self._take([(line, anyone) for line in self.lines if line.document is None])

    def _take(self, asking: Sequence[tuple[ErpLine, _Choice]]) -> None:
        """Each in turn takes one of its own cashback; whoever is left then takes any."""
        for same_cashback in (True, False):
            for line, choice in asking:
                if line.number in self._paired:
                    continue
                place = choice.first(line.cashback_centavos if same_cashback else None)
                if place is not None:
                    self._paired.add(line.number)
                    self.found.append((line, self._free.pop(place)))


class _Choice:
    """The records that a line may take, by their places; those that are gone are passed over once.

    `at_first` is how many there were.
    """

    def __init__(self, places: Iterable[int], free: Mapping[int, DayRecord]) -> None:
        self._free = free
        self._all = deque(places)
        self._of: defaultdict[int, deque[int]] = defaultdict(deque)
        for place in self._all:
            self._of[free[place].cashback_centavos].append(place)
        self.at_first = len(self._all)

    def first(self, cashback_centavos: int | None) -> int | None:
        """The first of this cashback that is free, or (None) of any."""
        places = self._all if cashback_centavos is None else self._of.get(cashback_centavos)
        while places:
            if places[0] in self._free:
                return places[0]
            places.popleft()
        return None


class _Masks:
    """Records by what a mask shows of their documents: each kind of mask goes over them once."""

    def __init__(self, free: Mapping[int, DayRecord]) -> None:
        self._free = free
        self._kinds: dict[tuple[int, tuple[int, ...]], dict[str, _Choice]] = {}

    def may_be(self, told: str) -> _Choice | None:
        """Whom a masked document may mask; None where nobody is."""
        kind, seen = shown_places(told)
        if kind not in self._kinds:
            by_seen: defaultdict[str, list[int]] = defaultdict(list)
            for place, other in self._seen_by(kind):
                by_seen[other].append(place)
            self._kinds[kind] = {
                other: _Choice(places, self._free) for other, places in by_seen.items()
            }
        return self._kinds[kind].get(seen)

    def _seen_by(self, kind: tuple[int, tuple[int, ...]]) -> Iterator[tuple[int, str]]:
        for place, record in self._free.items():
            if record.document is not None:
                seen = seen_of(record.document, kind)
                if seen is not None:
                    yield place, seen
