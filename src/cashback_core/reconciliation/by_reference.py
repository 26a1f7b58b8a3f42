"""First pass: lines that spell the id of a cashback, whatever else they say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.entries import line_key
from cashback_core.reconciliation.findings import Finding, FindingClass
from cashback_core.reconciliation.placement import TAKEN_BACK

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.findings import Settled
    from cashback_core.reconciliation.placement import LeftLine, Placement
    from cashback_core.reconciliation.statements import StatementLine


_LAST: Final = datetime.max.replace(tzinfo=UTC)
_BY_PROGRAM: Final = frozenset({Status.PENDING, Status.HELD, Status.REJECTED, Status.UNCONFIRMED})
"""What becomes applied when its own reference says that it is credited."""


def place_by_reference(
    entry: BookEntry, lines: Sequence[LeftLine], placing: Placement
) -> Iterator[Finding]:
    """What a cashback and the lines that name it are. There is at least one line."""
    reversals = [left for left in lines if left.is_reversal]
    credits_ = [left for left in lines if not left.is_reversal]
    if reversals and (entry.status is Status.IN_DOUBT or not all(r.by_person for r in reversals)):
        yield from _reversed(entry, [left.line for left in (*credits_, *reversals)], placing)
        return
    # A line that fits speaks for the cashback before one that a person gave to it.
    credits_.sort(
        key=lambda left: (
            bool(_differences(entry, left, placing)),
            left.by_person,
            left.line.credited_at or _LAST,
            left.line.number,
        )
    )
    if reversals:
        credits_ = yield from _known_reversed(entry, credits_, reversals)
        if not credits_:
            return
    first, *others = credits_
    yield _first(entry, first, placing)
    for left in others:
        yield Finding(
            cls=FindingClass.EXPLAINED if left.by_person else FindingClass.CREDITED_AGAIN,
            line=left.line,
            about=entry,
            why="by a person" if left.by_person else _again(entry, left, placing),
            is_twin=not left.by_person and line_key(left.line) == line_key(first.line),
        )


def _again(entry: BookEntry, left: LeftLine, placing: Placement) -> str:
    differences = _differences(entry, left, placing)
    return f"one more credit under its reference{differences and ': '}{differences}"


def _known_reversed(
    entry: BookEntry, credits_: list[LeftLine], reversals: Sequence[LeftLine]
) -> Generator[Finding, None, list[LeftLine]]:
    """What a person said was taken back; the credits that are left to speak for the cashback.

    An applied one keeps its credits: it was paid, and a person knows what became of it. Of any
    other each reversal takes a credit away, or a rejected one would be called credited for ever.
    """
    count = 0 if entry.status is Status.APPLIED else len(reversals)
    kept = credits_[: max(0, len(credits_) - count)]
    gone = [*credits_[len(kept) :], *reversals]
    for index, left in enumerate(gone):
        speaks = not kept and index == 0
        yield Finding(
            cls=FindingClass.EXPLAINED,
            line=left.line,
            entry=entry if speaks else None,
            about=None if speaks else entry,
            why="taken back, and a person knows",
        )
    return kept


def _reversed(
    entry: BookEntry, lines: Sequence[StatementLine], placing: Placement
) -> Iterator[Finding]:
    why = "its credit was taken back" if len(lines) > 1 else "taken back, and no credit is told"
    move = placing.suspected(entry, why)
    for index, line in enumerate(lines):
        first = index == 0
        yield Finding(
            cls=FindingClass.REVERSED,
            line=line,
            entry=entry if first else None,
            about=None if first else entry,
            why=why,
            move=move if first else None,
        )


def _first(entry: BookEntry, left: LeftLine, placing: Placement) -> Finding:
    line, differences = left.line, _differences(entry, left, placing)
    if differences:
        return Finding(
            cls=FindingClass.ALTERED,
            line=line,
            entry=entry,
            why=differences,
            move=placing.suspected(entry, differences),
        )
    how = "a person said so" if left.by_person else "its reference is on it"
    cls, why, move = _fitting(entry, left, how, placing)
    return Finding(cls=cls, line=line, entry=entry, why=why, move=move)


def _fitting(
    entry: BookEntry, left: LeftLine, how: str, placing: Placement
) -> tuple[FindingClass, str, Settled | None]:
    status = entry.status
    if status is Status.SENDING:
        return FindingClass.NOT_EXPECTED, "credited, and its attempt still runs", None
    if status is Status.IN_DOUBT or status in _BY_PROGRAM:
        return _credited(entry, how, placing)
    if left.by_person:
        return FindingClass.EXPLAINED, how, None
    if status is not Status.APPLIED:
        return FindingClass.CREDITED_UNPAID, f"credited though {status}: {how}", None
    late = _is_told_late(entry, left.line, placing)
    why = "its own credit is older than this statement" if late else how
    return FindingClass.CREDITED_AGAIN if late else FindingClass.MATCHED, why, None


def _credited(
    entry: BookEntry, how: str, placing: Placement
) -> tuple[FindingClass, str, Settled | None]:
    """What becomes applied, unless a later statement tells that the credit was taken back."""
    move, in_doubt = placing.credited(entry, how), entry.status is Status.IN_DOUBT
    if move is None and in_doubt:
        return FindingClass.DOUBT_UNDECIDED, TAKEN_BACK, None
    if in_doubt:
        return FindingClass.DOUBT_APPLIED, how, move
    why = f"credited though {entry.status}: {how}"
    return FindingClass.CREDITED_UNPAID, why, move or placing.suspected(entry, TAKEN_BACK)


def _is_told_late(entry: BookEntry, line: StatementLine, placing: Placement) -> bool:
    since = placing.window.since
    dated_within = line.credited_at is not None and line.credited_at >= since
    return dated_within and placing.rules.is_over_before(entry, since)


def _differences(entry: BookEntry, left: LeftLine, placing: Placement) -> str:
    """What of a line is not as it was asked for; nothing where a person said whose it is."""
    if left.by_person:
        return ""
    line, found = left.line, list[str]()
    if line.cashback_centavos != entry.cashback_centavos:
        found.append(f"{line.cashback_centavos} centavos instead of {entry.cashback_centavos}")
    if line.document != entry.document and not entry.is_erased:
        found.append("another customer")
    if not placing.rules.could_be(entry, line.credited_at):
        found.append("dated before its first attempt")
    return ", ".join(found)
