"""Several statements, one after the other, as one: without a gap, each line once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import (
    FindingClass,
    ReadStatement,
    Reconciliation,
    Window,
    consecutive,
    line_key,
)
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.values.documents import Cnpj, Cpf, ForeignDocument
from unit.cashback_core.reconciliation.worlds import MARGIN, NOW, SINCE, entry, line_of, told
from unit.cashback_core.reconciliation.worlds import SILENT as RULES

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
    doubtful = replace(
        line, kind=LineKind.UNREADABLE, document=None, problem="document", doubtful="AB-12345"
    )
    both = [statement(0, 3, [doubtful]), statement(3, 9, [doubtful])]
    _, second = consecutive(both, lambda _: [doubtful])
    assert second.doubtful is None  # the book would make a credit of it


def test_no_two_lines_have_one_key() -> None:
    """Documents are as the reader makes them: their repr is masked, a key is of the whole one."""
    line = line_of(entry(1, Status.APPLIED), RULES, number=1)
    unread = replace(line, kind=LineKind.UNREADABLE, document=None, problem="document")
    lines = [
        *(replace(line, document=ForeignDocument(text)) for text in ("AB123456", "CD654321")),
        *(replace(line, document=Cnpj(text)) for text in ("11222333000181", "11222333000262")),
        *(replace(line, document=Cpf(text)) for text in ("52998224725", "10098224700")),
        *(replace(unread, doubtful=text) for text in (None, "123456789", "987654321")),
        replace(line, cashback_centavos=1),
        replace(line, credited_at=SINCE + HOUR),
        replace(line, reference="a"),
    ]
    for one, other in combinations(lines, 2):
        assert line_key(one) != line_key(other), (one, other)
    assert line_key(replace(line, number=7)) == line_key(line)


@given(
    st.lists(
        st.tuples(st.sampled_from(["123456789", "987654321", "55544433X"]), st.integers(0, 9)),
        max_size=6,
    ),
    st.lists(st.integers(0, 9), max_size=2),
    st.integers(0, 9),
)
def test_doubtful_lines_of_several_statements_are_each_read(
    credits_: list[tuple[str, int]], strangers: list[int], cut: int
) -> None:
    """Every statement counts from 1: no line takes the place of another's."""
    unread = StatementLine(
        number=0,
        kind=LineKind.UNREADABLE,
        document=None,
        cashback_centavos=500,
        credited_at=SINCE,
        reference=None,
        problem="document: no document",
    )
    truth = [
        replace(unread, doubtful=document, credited_at=SINCE + at * HOUR)
        for document, at in credits_
    ] + [replace(unread, doubtful="777777777", credited_at=SINCE + at * HOUR) for at in strangers]
    parts = [[x for x in truth if _hour(x) < cut], [x for x in truth if _hour(x) >= cut]]
    parts = [[replace(x, number=n) for n, x in enumerate(part, 1)] for part in parts]
    run = Reconciliation([statement(0, cut, parts[0]), statement(cut, 40, parts[1])], RULES)
    for part in parts:
        for line in part:
            run.take(line)
    for n, (document, at) in enumerate(credits_):
        tried_at = SINCE + at * HOUR
        run.enter(
            entry(
                n,
                Status.IN_DOUBT,
                document=document,
                cashback_centavos=500,
                accepted_at=tried_at,
                first_started_at=tried_at,
                last_started_at=tried_at,
            )
        )
    findings = list(run.findings())
    assert sum(finding.line is not None for finding in findings) == len(truth)
    assert not any(finding.cls is FindingClass.DOUBT_ABSENT for finding in findings)
    of_doubts = [f.cls for f in findings if f.entry is not None]
    assert of_doubts == [FindingClass.DOUBT_APPLIED] * len(credits_)
