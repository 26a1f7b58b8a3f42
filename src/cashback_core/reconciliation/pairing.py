"""Lines without a number and records of one instant and total: who goes with whom.

By the whole document first, then by what a masked one may mask (who shows the most chooses first),
then whoever tells none. Of several each takes one of its cashback before another. A group may be a
whole day, where a file tells days alone: nothing here is asked of each line and record.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.comparing import is_masked, plain_document, seen_of, shown_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cashback_core.reconciliation.three_sides import DayRecord, ErpLine

MAX_MASKS: Final = 16
"""Ways of masking that are looked at in a group: a file has one or two, and each costs a reading of
all records. Lines that are masked in still other ways go with nobody, and that is said."""


class Pairs:
    """What goes together (`found`), and the `lines` and `records` that are left."""

    def __init__(self, lines: Iterable[ErpLine], records: Iterable[DayRecord]) -> None:
        self.found: list[tuple[ErpLine, DayRecord]] = []
        self._lines = sorted(lines, key=lambda line: line.number)
        self._free = dict(enumerate(sorted(records, key=lambda record: record.id)))
        self._paired: set[int] = set()
        self._overlooked: set[int] = set()
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

    def is_overlooked(self, line: ErpLine) -> bool:
        """Whether a line may go with a record that is left: how it is masked was not looked at."""
        return line.number in self._overlooked and bool(self._free)

    @property
    def has_overlooked(self) -> bool:
        """Whether any does: then a record that is left may be its own."""
        return bool(self._overlooked)

    def _by_document(self) -> None:
        told = {
            line.number: plain_document(line.document)
            for line in self._lines
            if line.document is not None and not is_masked(line.document)
        }
        for same_cashback in (True, False):
            self._take(told, _document_of, same_cashback=same_cashback)

    def _by_mask(self) -> None:
        kinds: defaultdict[tuple[int, tuple[int, ...]], dict[int, str]] = defaultdict(dict)
        for line in self.lines:
            if line.document is not None and is_masked(line.document):
                kind, seen = shown_places(line.document)
                kinds[kind][line.number] = seen
        by_shown = sorted(kinds, key=lambda kind: (-len(kind[1]), kind))
        looked_at = by_shown[:MAX_MASKS]
        self._overlooked = {number for kind in by_shown[MAX_MASKS:] for number in kinds[kind]}
        for same_cashback in (True, False):
            for kind in looked_at:
                self._take(kinds[kind], _seen_by(kind), same_cashback=same_cashback)

    def _by_nothing(self) -> None:
        nobody = {line.number: "" for line in self.lines if line.document is None}
        for same_cashback in (True, False):
            self._take(nobody, lambda _: "", same_cashback=same_cashback)

    def _take(
        self,
        told: Mapping[int, str],
        told_of: Callable[[DayRecord], str | None],
        *,
        same_cashback: bool,
    ) -> None:
        """Each line in turn takes the first free record of which the same is told.

        `told` is by the numbers of lines. No record is two lines' of another text: only what some
        line asks for is kept, and nothing of it afterwards.
        """
        asking = [
            (line, (told[line.number], line.cashback_centavos if same_cashback else None))
            for line in self._lines
            if line.number in told
            and line.number not in self._paired
            and not (same_cashback and line.cashback_centavos is None)
        ]
        free: dict[tuple[str, int | None], deque[int]] = {key: deque() for _, key in asking}
        for place, record in self._free.items() if asking else ():
            text = told_of(record)
            if text is not None:
                places = free.get((text, record.cashback_centavos if same_cashback else None))
                if places is not None:
                    places.append(place)
        for line, key in asking:
            if free[key]:
                self._paired.add(line.number)
                self.found.append((line, self._free.pop(free[key].popleft())))


def _document_of(record: DayRecord) -> str | None:
    return None if record.document is None else plain_document(record.document)


def _seen_by(kind: tuple[int, tuple[int, ...]]) -> Callable[[DayRecord], str | None]:
    return lambda record: None if record.document is None else seen_of(record.document, kind)
