"""One credit that statements tell in different words, by which it would be two lines.

A file may tell its date alone where the provider's answers tell an instant, or leave its reference
out; its key is another then. Such a line replaces what stands of the credit, or is left out where a
later statement told that. Known by both being credits of one cashback, or, of what is nobody's, by
document and amount, when the one is a date that the other's instant may lie on; of one instant, or
one date, by cashback, document and amount: the reference differs.

Two credits of one cashback that no statement tells together stay two: the one that is told is its
own, the other one too much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from cashback_core.reconciliation.entries import is_date_alone
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.ledger import (
    LedgerChange,
    LedgerLine,
    LedgerTelling,
    ToldLine,
)

BEFORE_DATE: Final = timedelta(hours=14)
AFTER_DATE: Final = timedelta(hours=36)
"""How far from its first instant in UTC the instants of a date lie, in whatever zone it is."""

_Placed = Callable[[LedgerLine], object]


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
    silent = [line for line in there if line.cls is not None and _place(line) not in places]
    entering = [one.after for one in found if _is_new(one)]
    pairs = _pairs(entering, [line for line in silent if line.key not in keys], telling)
    dropped = {_place(new) for new, old in pairs if not telling.decides(old)}
    gone = {_place(old) for _, old in pairs if telling.decides(old)}
    kept = [one for one in found if not (_is_new(one) and _place(one.after) in dropped)]
    kept += [_left(line) for line in silent if _place(line) in gone]
    rest = [line for line in silent if _place(line) not in gone]
    return [*_each_once(kept, rest, telling)]


def is_one_credit(one: LedgerLine, other: LedgerLine) -> bool:
    """Whether lines of one amount and cashback, or of nobody's, may be one credit by their days."""
    at, its = one.credited_at, other.credited_at
    if at is None or its is None:
        return False
    if is_date_alone(at) != is_date_alone(its):
        date, instant = (at, its) if is_date_alone(at) else (its, at)
        return date - BEFORE_DATE <= instant <= date + AFTER_DATE
    is_alike = one.alike is not None and one.alike == other.alike
    return at == its and is_alike and one.cashback_id is not None


def _pairs(
    entering: Sequence[LedgerLine], silent: Sequence[LedgerLine], telling: LedgerTelling
) -> list[tuple[LedgerLine, LedgerLine]]:
    """What enters, and what stands for the same credit, each once."""
    near = [line for line in silent if telling.is_near(line)]
    return [
        *_paired(
            entering,
            silent,
            lambda line: line.cashback_id and (line.cashback_id, line.centavos),
        ),
        *_paired(entering, near, lambda line: None if line.cashback_id else line.alike),
    ]


def _paired(
    entering: Sequence[LedgerLine], silent: Sequence[LedgerLine], placed: _Placed
) -> Iterator[tuple[LedgerLine, LedgerLine]]:
    groups: defaultdict[object, tuple[list[LedgerLine], list[LedgerLine]]]
    groups = defaultdict(lambda: ([], []))
    for side, lines in enumerate((entering, silent)):
        for line in lines:
            if (group := placed(line)) is not None:
                groups[group][side].append(line)
    for news, olds in groups.values():
        new = [one for one in news if any(is_one_credit(one, other) for other in olds)]
        old = [one for one in olds if any(is_one_credit(one, other) for other in news)]
        pairs = zip(sorted(new, key=_order), sorted(old, key=_order), strict=False)
        yield from ((one, other) for one, other in pairs if is_one_credit(one, other))


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
