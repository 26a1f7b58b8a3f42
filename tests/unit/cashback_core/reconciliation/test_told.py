"""Several statements, one after the other, as one: without a gap, each line once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import ReadStatement, Window, consecutive
from cashback_core.reconciliation.statements import LineKind
from unit.cashback_core.reconciliation.worlds import MARGIN, NOW, SINCE, entry, line_of, told
from unit.cashback_core.reconciliation.worlds import SILENT as RULES

if TYPE_CHECKING:
    from cashback_core.reconciliation.statements import StatementLine

HOUR = timedelta(hours=1)


def statement(asked_h: float, through_h: float, lines: list[StatementLine]) -> ReadStatement:
    """A statement asked and declared from an hour on, complete through another."""
    return told(
        lines,
        lambda head: replace(
            head,
            asked_since=SINCE + asked_h * HOUR,
            since=SINCE + asked_h * HOUR,
            complete_through=SINCE + through_h * HOUR,
        ),
    )


def test_statements_that_follow_each_other_are_one_window() -> None:
    window = Window.of([statement(0, 5, []), statement(5, 9, [])], MARGIN)
    assert (window.since, window.through) == (SINCE, SINCE + 9 * HOUR)
    assert window.distrust == ()


def test_a_gap_ends_the_window_and_is_told() -> None:
    window = Window.of([statement(0, 5, []), statement(6, 9, [])], MARGIN)
    assert window.through == SINCE + 5 * HOUR
    assert "nothing tells of" in window.distrust[0]


def test_a_defect_of_any_statement_counts() -> None:
    cut = statement(5, 9, [])
    cut = ReadStatement(head=replace(cut.head, declared_count=3), tally=cut.tally)
    assert Window.of([statement(0, 5, []), cut], MARGIN).distrust == ("0 lines, but 3 declared",)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), max_size=12),
    st.integers(1, 9),
    st.integers(0, 3),
)
def test_each_line_is_there_as_often_as_it_was_told(
    credits_: list[tuple[int, int]], cut: int, overlap: int
) -> None:
    """Lines at an hour, some told twice at once; the second statement tells some hours again."""
    truth = [
        line_of(entry(number, Status.APPLIED), RULES, number=n, credited_at=SINCE + at * HOUR)
        for n, (at, number) in enumerate(credits_)
    ]
    first = [line for line in truth if line.credited_at is not None and _hour(line) <= cut]
    second = [line for line in truth if _hour(line) >= cut - overlap]
    both = [statement(0, cut, first), statement(cut, 10, second)]
    lines = list(consecutive(both, lambda index: (first, second)[index]))
    assert sorted(line.number for line in lines) == sorted(line.number for line in truth) or (
        _bare(lines) == _bare(truth)
    )
    assert NOW > SINCE


def _hour(line: StatementLine) -> float:
    assert line.credited_at is not None
    return (line.credited_at - SINCE) / HOUR


def _bare(lines: list[StatementLine]) -> list[str]:
    return sorted(repr(replace(line, number=0)) for line in lines)


def test_a_date_told_by_two_statements_is_one_credit_and_perhaps_another() -> None:
    """Taken for one, the other would be called unpaid; for two, it would be a doubt's credit."""
    day = SINCE.replace(hour=0, minute=0, second=0, microsecond=0)
    line = line_of(entry(1, Status.APPLIED), RULES, number=1, credited_at=day)
    both = [statement(0, 3, [line]), statement(3, 9, [line])]
    first, second = consecutive(both, lambda _: [line])
    assert first == line
    assert second.kind is LineKind.UNREADABLE
    assert second.problem is not None
    assert second.problem.startswith("at: a date alone")
    timed = replace(line, credited_at=SINCE + 3 * HOUR)
    both = [statement(0, 3, [timed]), statement(3, 9, [timed])]
    assert len(list(consecutive(both, lambda _: [timed]))) == 1
