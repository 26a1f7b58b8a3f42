"""Equal credits of a customer, each put beside the cashback that was tried before it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.windows import Rules
    from cashback_core.statements import StatementLine


def by_their_dates(
    found: Mapping[BookEntry, StatementLine],
    rules: Rules,
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> Mapping[BookEntry, StatementLine]:
    """The same cashbacks and the same lines, each line beside the one whose date it bears.

    Whose of equal lines is which nobody can tell, and it does not matter to them. It does to the
    customer's other doubts: a line that is dated otherwise than its cashback's credit bars them,
    for ever, and put crosswise two true lines look like that. A line goes to the cashback that was
    tried last before it, as long as it is dated like that one's credit: no chain of late credits
    explains a line that is nobody's. What is left is paired as `may_have` allows; where that
    does not come out even, everything stays as it was found.
    """
    if len(found) < 2:
        return found
    paired = dict(_dated(found, rules, may_have))
    taken = {id(line) for line in paired.values()}
    lines = [line for line in found.values() if id(line) not in taken]
    for entry in sorted(found.keys() - paired.keys(), key=_started, reverse=True):
        line = next((line for line in lines if may_have(entry, line)), None)
        if line is None:
            return found
        lines.remove(line)
        paired[entry] = line
    return {entry: paired[entry] for entry in found}


def _dated(
    found: Mapping[BookEntry, StatementLine],
    rules: Rules,
    may_have: Callable[[BookEntry, StatementLine], bool],
) -> Iterator[tuple[BookEntry, StatementLine]]:
    ahead = deque(sorted(found, key=_started))
    tried: list[BookEntry] = []
    for at, line in _in_order(found.values()):
        while ahead and _started(ahead[0]) - rules.margin.skew <= at:
            tried.append(ahead.popleft())
        while tried and not rules.is_dated_like(tried[-1], at):
            tried.pop()  # whatever comes later is too late for it, too
        if tried and may_have(tried[-1], line):
            yield tried.pop(), line
        elif ahead and rules.is_dated_like(ahead[0], at) and may_have(ahead[0], line):
            yield ahead.popleft(), line  # a date alone is earlier than its day's attempts


def _in_order(lines: Iterable[StatementLine]) -> list[tuple[datetime, StatementLine]]:
    dated = [(line.credited_at, line) for line in lines if line.credited_at is not None]
    return sorted(dated, key=lambda one: (one[0], one[1].number))


def _started(entry: BookEntry) -> datetime:
    return entry.first_started_at or entry.accepted_at
