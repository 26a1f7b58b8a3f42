"""Equal cashbacks and equal credits of a customer: which of them go together, by their dates."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.entries import is_date_alone
from cashback_core.reconciliation.first_lines import FirstLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.statements import StatementLine
    from cashback_core.reconciliation.windows import Rules


_LAST: Final = datetime.max.replace(tzinfo=UTC)


def paired(
    entries: Sequence[BookEntry],
    lines: Sequence[StatementLine],
    rules: Rules,
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> Mapping[BookEntry, StatementLine]:
    """As many of equal cashbacks as can have one of equal lines, each with its line.

    `lines` ascend by their instants. A line goes to the cashback that was tried last before it, as
    long as it is dated like that one's credit: so no chain of late credits explains a line that is
    nobody's. What is left goes by `may_have`: who was tried last has the fewest lines to choose
    from, and chooses first; the earliest, since later ones may be more doubts'.

    `may_have` is `Rules.could_be`, and of no line that is later than some instant.

    Whose of equal lines is which does not matter to them. It does to the customer's other doubts: a
    line that is dated otherwise than its cashback's credit bars them, for ever.
    """
    # Most often none of those who are too late for every line: they look at no line then.
    latest = latest_of(line.credited_at for line in lines)
    rest = [entry for entry in entries if could_be_any(entry, latest, rules)]
    dated = dict(_dated(entries, lines, rules, may_have))
    found = _rest(rest, lines, dated, rules, may_have)
    if len(found) < min(len(entries), len(lines)):
        most = _rest(rest, lines, {}, rules, may_have)
        if len(most) > len(found):
            return most
    return found


def latest_of(instants: Iterable[datetime | None]) -> tuple[datetime | None, ...]:
    """Of these the latest instant and the latest date; None where any is not told."""
    latest: dict[bool, datetime] = {}
    for at in instants:
        if at is None:
            return (None,)
        kind = is_date_alone(at)
        latest[kind] = max(at, latest.get(kind, at))
    return tuple(latest.values())


def could_be_any(entry: BookEntry, latest: Iterable[datetime | None], rules: Rules) -> bool:
    """Whether any credit of those that `latest_of` is of may be this cashback's."""
    return any(rules.could_be(entry, at) for at in latest)


class InTurn:
    """Cashbacks in a turn of theirs: the first that could have had a credit, credit by credit.

    These must be asked for ascending, those without an instant last: then whoever could have had
    one could have had each later one of its kind, instants or dates, and is looked at once.
    """

    def __init__(self, entries: Sequence[BookEntry], rules: Rules) -> None:
        self._entries = entries
        self._ahead = {
            is_date: sorted(
                (
                    (rules.earliest_at(entry, is_date=is_date), place)
                    for place, entry in enumerate(entries)
                ),
                reverse=True,
            )
            for is_date in (False, True)
        }
        self._could: dict[bool, list[int]] = {False: [], True: []}
        self._gone: set[int] = set()

    def first(self, credited_at: datetime | None) -> BookEntry | None:
        """The first that could have had it, if any could."""
        place = self._first(credited_at)
        return None if place is None else self._entries[place]

    def take(self, credited_at: datetime | None) -> BookEntry | None:
        """The same, and no other credit is its."""
        place = self._first(credited_at)
        if place is None:
            return None
        self._gone.add(place)
        return self._entries[place]

    def _first(self, credited_at: datetime | None) -> int | None:
        kind = is_date_alone(credited_at)
        ahead, could = self._ahead[kind], self._could[kind]
        while ahead and (credited_at is None or ahead[-1][0] <= credited_at):
            heappush(could, ahead.pop()[1])
        while could and could[0] in self._gone:
            heappop(could)
        return could[0] if could else None


def _rest(
    entries: Iterable[BookEntry],
    lines: Iterable[StatementLine],
    found: dict[BookEntry, StatementLine],
    rules: Rules,
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> dict[BookEntry, StatementLine]:
    """Of instants, and of dates, who may not have the first that could be its own has none."""
    taken = {id(line) for line in found.values()}
    left = [line for line in lines if id(line) not in taken]
    first = FirstLines([line.credited_at for line in left], rules)
    for entry in sorted(entries, key=_started, reverse=True):
        if entry not in found and left:
            places = (n for n in first.of_each_kind(entry) if may_have(entry, left[n]))
            place = min(places, default=None)
            if place is not None:
                found[entry] = left[place]
                first.take(place)
    return found


def _dated(
    entries: Iterable[BookEntry],
    lines: Iterable[StatementLine],
    rules: Rules,
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> Iterator[tuple[BookEntry, StatementLine]]:
    # Of those tried at once whoever was answered first comes first: it can wait the shortest.
    ahead = deque(sorted(sorted(entries, key=_answered, reverse=True), key=_started))
    tried: list[BookEntry] = []
    for line in lines:
        at = line.credited_at
        if at is None:
            continue
        while ahead and _started(ahead[0]) <= at:
            tried.append(ahead.popleft())
        while tried and not rules.is_dated_like(tried[-1], at):
            tried.pop()  # whatever comes later is too late for it, too
        if tried and may_have(tried[-1], line):
            yield tried.pop(), line
        elif ahead and rules.is_dated_like(ahead[0], at) and may_have(ahead[0], line):
            yield ahead.popleft(), line  # a date alone, or another clock: earlier than the attempt


def _started(entry: BookEntry) -> datetime:
    return entry.first_started_at or entry.accepted_at


def _answered(entry: BookEntry) -> datetime:
    return entry.applied_at or _LAST
