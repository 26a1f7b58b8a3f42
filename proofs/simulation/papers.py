"""A statement as a whole, and the ways in which one of them can be worth nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation import ReadStatement, StatementTotals
from cashback_core.reconciliation.statements import LineKind, StatementHead, StatementLine

if TYPE_CHECKING:
    from collections.abc import Callable

LATEST_START: Final = timedelta(seconds=300)


class Paper(StrEnum):
    """What is wrong with a whole statement."""

    NO_WATERMARK = "no instant that it is complete through"
    TOMORROW = "complete through tomorrow"
    FOR_EVER = "complete through the end of time"
    LATER_START = "a later start than was asked for"
    NO_START = "no start"
    FURTHER_PAGE = "one page of several"
    CUT_OFF = "cut off"
    WRONG_COUNT = "lines missing, and an old count"
    WRONG_SUM = "lines missing, and another sum"
    NO_TOTALS = "lines missing, and no totals"
    GARBLED = "one line unreadable"
    FOREIGN_FILE = "another account's, in perfect order"
    PAGE_LOST = "a page missing, and totals that fit what is there"


NEEDS_A_KNOWN_PAYMENT: Final = frozenset({Paper.FOREIGN_FILE, Paper.PAGE_LOST})
"""Nobody could tell that these are false, but for a payment that must be on them."""

FUTURE: Final = frozenset({Paper.TOMORROW, Paper.FOR_EVER})
"""A provider may do so on every statement: nothing but the watermark is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the provider told, read to its end."""

    head: StatementHead
    lines: tuple[StatementLine, ...]

    @property
    def told(self) -> ReadStatement:
        """The head held against the lines."""
        return ReadStatement(head=self.head, tally=_tally(self.lines))

    def with_lines(self, lines: tuple[StatementLine, ...]) -> Statement:
        """The same, of other lines, with totals that fit them."""
        lines = tuple(
            line if line.number == number else replace(line, number=number)
            for number, line in enumerate(lines, 1)
        )
        tally = _tally(lines)
        head = replace(self.head, declared_count=tally.lines, declared_centavos=tally.net_centavos)
        return Statement(head=head, lines=lines)

    def but(self, **changes: object) -> Statement:
        """The same with another head."""
        return replace(self, head=replace(self.head, **changes))  # type: ignore[arg-type]


def spoilt(true: Statement, paper: Paper, known: tuple[str, int] | None = None) -> Statement:
    """A true statement as it is not worth believing; `known` is a payment that is on it."""
    if paper in _OTHER_LINES:
        return true.with_lines(_OTHER_LINES[paper](true, known))
    if paper is Paper.LATER_START:
        raise ValueError("made of the books, not of a statement")
    told = true if paper in FUTURE else true.with_lines(true.lines[: len(true.lines) // 2])
    return told.but(**_HEADS[paper](told.head))


_HEADS: Final[dict[Paper, Callable[[StatementHead], dict[str, object]]]] = {
    Paper.NO_WATERMARK: lambda _: {"complete_through": None},
    Paper.TOMORROW: lambda head: {"complete_through": head.asked_at + timedelta(days=1)},
    Paper.FOR_EVER: lambda _: {"complete_through": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
    Paper.NO_START: lambda _: {"since": None},
    Paper.FURTHER_PAGE: lambda _: {"complete": False},
    Paper.CUT_OFF: lambda _: {"defects": ("it ends in the middle of a line",)},
    Paper.WRONG_COUNT: lambda head: {"declared_count": (head.declared_count or 0) + 1},
    Paper.WRONG_SUM: lambda head: {"declared_centavos": (head.declared_centavos or 0) + 1},
    Paper.NO_TOTALS: lambda _: {"declared_count": None, "declared_centavos": None},
}
"""What the head says, of half the lines or, where the watermark alone is wrong, of all."""


def _garbled() -> StatementLine:
    return StatementLine(
        number=0,
        kind=LineKind.UNREADABLE,
        document=None,
        cashback_centavos=None,
        credited_at=None,
        problem="document: missing",
    )


def _foreign(at: datetime) -> StatementLine:
    return StatementLine(number=0, document="00000000191", cashback_centavos=1, credited_at=at)


def _tally(lines: tuple[StatementLine, ...]) -> StatementTotals:
    tally = StatementTotals()
    for line in lines:
        tally.add(line)
    return tally


def _but_known(true: Statement, known: tuple[str, int] | None) -> tuple[StatementLine, ...]:
    return tuple(one for one in true.lines if (one.document, one.cashback_centavos) != known)


_OTHER_LINES: Final[
    dict[Paper, Callable[[Statement, tuple[str, int] | None], tuple[StatementLine, ...]]]
] = {
    Paper.GARBLED: lambda true, _: (*true.lines[1:], _garbled()),
    Paper.FOREIGN_FILE: lambda true, _: (_foreign(true.head.asked_since),),
    Paper.PAGE_LOST: _but_known,
}
"""Other lines than there are, with totals that fit them."""
