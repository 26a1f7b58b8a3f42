"""Equal cashbacks and equal credits of a customer: which of them go together, by their dates."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

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

    Whose of equal lines is which does not matter to them. It does to the customer's other doubts: a
    line that is dated otherwise than its cashback's credit bars them, for ever.
    """
    found = _rest(entries, lines, dict(_dated(entries, lines, rules, may_have)), may_have)
    if len(found) < min(len(entries), len(lines)):
        most = _rest(entries, lines, {}, may_have)
        if len(most) > len(found):
            return most
    return found


def _rest(
    entries: Iterable[BookEntry],
    lines: Iterable[StatementLine],
    found: dict[BookEntry, StatementLine],
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> dict[BookEntry, StatementLine]:
    taken = {id(line) for line in found.values()}
    left = [line for line in lines if id(line) not in taken]
    for entry in sorted(entries, key=_started, reverse=True):
        if entry not in found and left:
            index = next((n for n, line in enumerate(left) if may_have(entry, line)), None)
            if index is not None:
                found[entry] = left.pop(index)
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
