"""One credit that statements tell in different words, by which it would be two lines.

A file may tell its date alone where the provider's answers tell an instant, or leave its reference
out; its key is another then. Such a line replaces what stands of the credit, or is left out where a
later statement told that. A credit is known by its document and amount, and by its day: a date that
the other's instant may lie on, or one instant where the reference differs. Not by whose it is found
to be: of equal credits that depends on what else a statement tells. But of one date, by references
that differ, two cashbacks have two credits.

Two credits of one cashback that no statement tells together stay two: the one that is told is its
own, the other one too much.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.entries import is_date_alone
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.ledger import (
    LedgerChange,
    LedgerLine,
    LedgerTelling,
    ToldLine,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from uuid import UUID

BEFORE_DATE: Final = timedelta(hours=14)
AFTER_DATE: Final = timedelta(hours=36)
"""How far from its first instant in UTC the instants of a date lie whose zone nobody told."""

Pair = tuple[LedgerLine, LedgerLine]
"""A line that enters, and one that stands."""


def respelled(
    found: Sequence[LedgerChange],
    there: Iterable[LedgerLine],
    told: Sequence[ToldLine],
    telling: LedgerTelling,
) -> list[LedgerChange]:
    """The changes of a statement, key by key (`found`), with every credit in them once.

    `there` are all lines of the ledger before it.
    """
    keys, places = {one.key for one in told}, {_place(one.after) for one in found}
    entering = [one.after for one in found if _is_new(one)]
    left = [one.before for one in found if one.before is not None and one.after.cls is None]
    silent = [line for line in there if line.cls is not None and _place(line) not in places]
    own = {line.cashback_id for line in entering} - {None}
    near = [
        line
        for line in silent
        if line.key not in keys and (telling.is_near(line) or line.cashback_id in own)
    ]
    groups: defaultdict[str, tuple[list[LedgerLine], list[LedgerLine], list[LedgerLine]]]
    groups = defaultdict(lambda: ([], [], []))
    for side, lines in enumerate((entering, left, near)):
        for line in lines:
            if line.alike is not None and line.credited_at is not None:
                groups[line.alike][side].append(line)
    pairs = [pair for sides in groups.values() for pair in in_other_words(*sides)]
    dropped = {_place(new) for new, old in pairs if not telling.decides(old)}
    gone = {_place(old) for _, old in pairs if telling.decides(old)}
    kept = [one for one in found if not (_is_new(one) and _place(one.after) in dropped)]
    kept += [_left(line) for line in silent if _place(line) in gone]
    rest = [line for line in silent if _place(line) not in gone]
    return [*_each_once(kept, rest, telling)]


def in_other_words(
    entering: Sequence[LedgerLine], left: Sequence[LedgerLine], silent: Sequence[LedgerLine]
) -> list[Pair]:
    """What enters, and what would stay though it is the same credit, each once.

    All are alike, and have an instant or a date. What leaves (`left`) comes first: a statement
    tells all that it covers, so it is told in other words, and nothing `silent` by these. Of
    several, those go together that are found to be one cashback's.
    """
    if not silent:
        return []
    rest = _without(entering, (new for new, _ in _one_credit(entering, left)))
    return _one_credit(rest, silent)


def _one_credit(entering: Sequence[LedgerLine], standing: Sequence[LedgerLine]) -> list[Pair]:
    """As many as may be; of one cashback where that pairs no fewer."""
    most = [*_paired(entering, standing)]
    pairs = [*_of_one_cashback(entering, standing)]
    new = _without(entering, (one for one, _ in pairs))
    old = _without(standing, (one for _, one in pairs))
    pairs += _paired(new, old)
    return pairs if len(pairs) >= len(most) else most


def _of_one_cashback(
    entering: Sequence[LedgerLine], standing: Sequence[LedgerLine]
) -> Iterator[Pair]:
    groups: defaultdict[UUID, tuple[list[LedgerLine], list[LedgerLine]]]
    groups = defaultdict(lambda: ([], []))
    for side, lines in enumerate((entering, standing)):
        for line in lines:
            if line.cashback_id is not None:
                groups[line.cashback_id][side].append(line)
    for new, old in groups.values():
        yield from _paired(new, old)


def _paired(entering: Sequence[LedgerLine], standing: Sequence[LedgerLine]) -> Iterator[Pair]:
    """As many as may be one credit: of one instant or date first, then a date and an instant."""
    waiting: defaultdict[Hashable, deque[LedgerLine]] = defaultdict(deque)
    for line in sorted(standing, key=_order):
        waiting[_said(line)].append(line)
    new: list[LedgerLine] = []
    for line in sorted(entering, key=_order):
        if waiting[_said(line)]:
            yield line, waiting[_said(line)].popleft()
        else:
            new.append(line)
    old = sorted((line for lines in waiting.values() for line in lines), key=_order)
    yield from _by_days(_dates(new), _instants(old))
    yield from ((one, other) for other, one in _by_days(_dates(old), _instants(new)))


def _by_days(dates: Sequence[LedgerLine], instants: Sequence[LedgerLine]) -> Iterator[Pair]:
    """Dates whose day is known, then others.

    Of those that may be of three days the own credit of a cashback is not another's own.
    """
    known = [line for line in dates if line.told is not None]
    pairs = [*_by_day(known, instants)]
    rest = _without(instants, (one for _, one in pairs))
    yield from pairs
    unknown = [line for line in dates if line.told is None]
    pairs = [*_by_day([line for line in unknown if not _is_own(line)], rest)]
    rest = _without(rest, (one for _, one in pairs))
    yield from pairs
    own = [line for line in unknown if _is_own(line)]
    mine: defaultdict[UUID | None, tuple[list[LedgerLine], list[LedgerLine]]]
    mine = defaultdict(lambda: ([], []))
    for side, lines in enumerate((own, [line for line in rest if _is_own(line)])):
        for line in lines:
            mine[line.cashback_id][side].append(line)
    pairs = [pair for sides in mine.values() for pair in _by_day(*sides)]
    yield from pairs
    others = [line for line in rest if not _is_own(line)]
    yield from _by_day(_without(own, (one for one, _ in pairs)), others)


def _by_day(dates: Sequence[LedgerLine], instants: Sequence[LedgerLine]) -> Iterator[Pair]:
    """As many dates and instants that lie on them as can be: of several the day that ends first."""
    days = deque(sorted(((*_day(line), place) for place, line in enumerate(dates))))
    begun: list[tuple[datetime, int]] = []
    for line in instants:
        while days and days[0][0] <= _at(line):
            _, last, place = days.popleft()
            heappush(begun, (last, place))
        while begun and begun[0][0] < _at(line):
            heappop(begun)
        if begun:
            yield dates[heappop(begun)[1]], line


def _day(line: LedgerLine) -> tuple[datetime, datetime]:
    """The first and the last instant of a date: its zone's, or of all zones."""
    if line.told is None:
        return _at(line) - BEFORE_DATE, _at(line) + AFTER_DATE
    begins, ends = line.told
    return begins, ends - datetime.resolution


def _said(line: LedgerLine) -> Hashable:
    """What two lines with unlike references are one by; of a date two cashbacks are two credits."""
    if is_date_alone(_at(line)):
        return _at(line), line.cashback_id or _place(line)
    return _at(line)


def _is_own(line: LedgerLine) -> bool:
    return line.cls is FindingClass.MATCHED


def _dates(lines: Iterable[LedgerLine]) -> list[LedgerLine]:
    return [line for line in lines if is_date_alone(_at(line))]


def _instants(lines: Iterable[LedgerLine]) -> list[LedgerLine]:
    return [line for line in lines if not is_date_alone(_at(line))]


def _without(lines: Iterable[LedgerLine], some: Iterable[LedgerLine]) -> list[LedgerLine]:
    places = {_place(line) for line in some}
    return [line for line in lines if _place(line) not in places]


def _at(line: LedgerLine) -> datetime:
    assert line.credited_at is not None
    return line.credited_at


def _each_once(
    found: Sequence[LedgerChange], silent: Sequence[LedgerLine], telling: LedgerTelling
) -> Iterator[LedgerChange]:
    """With one line at most that is matched to each cashback."""
    own = {one.after.cashback_id for one in found if _is_matched_anew(one)}
    others = [one for one in silent if one.cls is FindingClass.MATCHED and one.cashback_id in own]
    stays = {one.cashback_id for one in others if not telling.decides(one)}
    for one in found:
        if _is_matched_anew(one) and one.after.cashback_id in stays:
            yield replace(one, after=_again(one.after))
        else:
            yield one
    for line in others:
        if telling.decides(line) and line.cashback_id not in stays:
            yield LedgerChange(before=line, after=_again(line))


def _is_new(one: LedgerChange) -> bool:
    was = None if one.before is None else one.before.cls
    return was is None and one.after.cls is not None


def _is_matched_anew(one: LedgerChange) -> bool:
    before, after = one.before, one.after
    if after.cls is not FindingClass.MATCHED or after.cashback_id is None:
        return False
    was = None if before is None else (before.cls, before.cashback_id)
    return was != (after.cls, after.cashback_id)


def _again(line: LedgerLine) -> LedgerLine:
    return replace(line, cls=FindingClass.CREDITED_AGAIN)


def _left(line: LedgerLine) -> LedgerChange:
    after = replace(line, cls=None, merchant_id=None, cashback_id=None)
    return LedgerChange(before=line, after=after)


def _place(line: LedgerLine) -> tuple[str, int]:
    return line.key, line.nth


def _order(line: LedgerLine) -> tuple[object, ...]:
    owner, cashback = line.merchant_id, line.cashback_id
    return (
        line.credited_at,
        line.cls,
        owner is None,
        owner or 0,
        "" if cashback is None else cashback.hex,
        line.nth,
    )
