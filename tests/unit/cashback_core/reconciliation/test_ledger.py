"""The provider's ledger: sums that are the newest statements', whatever comes in which order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.entries import credit_key, line_key
from cashback_core.reconciliation.findings import Finding
from cashback_core.reconciliation.ledger import LedgerLine, LedgerTelling, ToldLine
from cashback_core.reconciliation.respelled import in_other_words
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.testing.memory_ledger import MemoryLedger
from contract.keeping_ledger import AT, DAY, ONES, Told, a_told, statements, times_told

if TYPE_CHECKING:
    from uuid import UUID

SKEW = timedelta(seconds=3)
NOW = AT + 100 * DAY


def spanned(told: Told, one: ToldLine | LedgerLine) -> bool:
    """Whether a statement covers the instant of a line, said once more in other words."""
    at = one.credited_at
    assert at is not None
    if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
        return told.since + DAY <= at <= told.through - 2 * DAY
    return told.since + SKEW <= at <= told.through - SKEW


@given(statements())
def test_of_each_line_there_are_as_many_as_the_newest_statement_tells_that_covers_it(
    told: list[Told],
) -> None:
    ledger, expected = MemoryLedger(skew=SKEW), Counter[str]()
    asked_at = AT + 9 * DAY
    dated = {line.key: line for one in told for line in one.lines if line.credited_at is not None}
    for nth, one in enumerate(told):
        ledger.take_in(one.lines, one.window, asked_at=asked_at + nth * DAY, at=NOW)
        for key, line in dated.items():
            count = times_told(one.lines)[key]
            expected[key] = count if spanned(one, line) else max(count, expected[key])
        standing = Counter(line.key for line in ledger.standing() if line.credited_at is not None)
        assert standing == +expected
        last = {line for line in one.lines if line.credited_at and spanned(one, line)}
        kept = [line for line in ledger.standing() if line.credited_at and spanned(one, line)]
        assert sum(line.centavos for line in kept) == sum(
            line.centavos for line in one.lines if line in last
        )


@given(statements())
def test_an_old_file_that_is_read_today_is_as_old_as_it_is(told: list[Told]) -> None:
    """Of lines that the newest statement which tells them, or should, covers."""
    ordered = [(AT + (9 + nth) * DAY, one) for nth, one in enumerate(told)]
    forth, back = MemoryLedger(skew=SKEW), MemoryLedger(skew=SKEW)
    for asked_at, one in ordered:
        forth.take_in(one.lines, one.window, asked_at=asked_at, at=NOW)
    for asked_at, one in reversed(ordered):
        back.take_in(one.lines, one.window, asked_at=asked_at, at=NOW)

    def is_certain(line: LedgerLine) -> bool:
        return next(
            spanned(one, line)
            for one in reversed(told)
            if spanned(one, line) or times_told(one.lines)[line.key]
        )

    def decided(ledger: MemoryLedger) -> Counter[tuple[object, ...]]:
        lines = (line for line in ledger.standing() if line.credited_at is not None)
        return Counter(
            (line.key, line.cls, line.merchant_id, line.cashback_id)
            for line in lines
            if is_certain(line)
        )

    assert decided(forth) == decided(back)


@given(statements())
def test_the_moves_add_up_to_what_there_is(told: list[Told]) -> None:
    ledger = MemoryLedger(skew=SKEW)
    for one in told:
        ledger.take_in(one.lines, one.window, asked_at=one.asked_at, at=NOW)
    sums = Counter[tuple[object, ...]]()
    for telling in ledger.tellings:
        for move in telling.moves:
            if move.before is not None and move.before.cls is not None:
                sums[move.before.merchant_id, move.before.cls] -= move.before.centavos
            if move.after.cls is not None:
                sums[move.after.merchant_id, move.after.cls] += move.after.centavos
    there = Counter[tuple[object, ...]]()
    for line in ledger.standing():
        there[line.merchant_id, line.cls] += line.centavos
    assert {k: v for k, v in sums.items() if v} == {k: v for k, v in there.items() if v}


@given(statements(respelled=True))
def test_to_no_cashback_two_lines_are_matched(told: list[Told]) -> None:
    ledger = MemoryLedger(skew=SKEW)
    for one in told:
        ledger.take_in(one.lines, one.window, asked_at=one.asked_at, at=NOW)
        own = Counter(
            line.cashback_id for line in ledger.standing() if line.cls is FindingClass.MATCHED
        )
        assert max(own.values(), default=0) <= 1


@given(
    whose=st.sampled_from((ONES[0], None)),
    told=st.lists(
        st.tuples(st.booleans(), st.integers(-5, 2), st.integers(0, 6), st.integers(4, 8)),
        min_size=1,
        max_size=6,
    ),
)
def test_however_a_credit_is_told_and_in_whatever_order_it_is_one(
    whose: UUID | None, told: list[tuple[bool, int, int, int]]
) -> None:
    """By its date or by its instant, by statements of whichever days: never two, never lost."""
    cls = FindingClass.UNKNOWN_HERE if whose is None else FindingClass.MATCHED
    ledger = MemoryLedger(skew=SKEW)
    for by_date, begins, lasts, asked in told:
        at = AT.replace(hour=0, minute=0) if by_date else AT
        since = AT + begins * DAY
        one = Told(
            lines=(a_told(at=at, whose=whose, cls=cls),), since=since, through=since + lasts * DAY
        )
        is_near = one.window.since - DAY <= AT <= one.window.through + DAY
        if whose is None and not is_near:
            continue  # what is nobody's is known by its days alone
        ledger.take_in(one.lines, one.window, asked_at=AT + asked * DAY, at=NOW)
        assert len([*ledger.standing()]) == 1


def test_a_line_is_told_by_its_net_amount_and_whose_it_is_about() -> None:
    line = StatementLine(
        number=1,
        kind=LineKind.REVERSAL,
        document="52998224725",
        cashback_centavos=700,
        credited_at=AT,
    )
    told = ToldLine.of(Finding(cls=FindingClass.REVERSED, line=line))
    assert told == (line_key(line), FindingClass.REVERSED, -700, AT, None, None, credit_key(line))
    assert ToldLine.of(Finding(cls=FindingClass.APPLIED_ABSENT)) is None


def test_a_line_at_the_edge_of_the_clocks_is_not_covered() -> None:
    window = Told(lines=(), since=AT, through=AT + DAY).window
    telling = LedgerTelling(window=window, skew=SKEW)

    def must_tell(seconds: float) -> bool:
        at = AT + timedelta(seconds=seconds)
        line = LedgerLine(
            key="", nth=0, centavos=1, credited_at=at, cls=FindingClass.MATCHED, merchant_id=1
        )
        return telling.must_tell(line)

    assert [must_tell(s) for s in (2.9, 3, 86400 - 3, 86400 - 2.9)] == [False, True, True, False]


def test_a_date_is_one_credit_with_one_line_alone() -> None:
    """Its cashback's own instant, though another that is nobody's own may be it, too."""
    date, instants = AT.replace(hour=0, minute=0), (AT, AT + DAY / 8)
    own, unpaid = FindingClass.MATCHED, FindingClass.CREDITED_UNPAID
    lines = [
        LedgerLine(
            key=str(nth), nth=0, centavos=500, credited_at=at, cls=cls, cashback_id=whose, alike="a"
        )
        for nth, (at, cls, whose) in enumerate(
            ((date, own, ONES[0]), (instants[0], unpaid, ONES[2]), (instants[1], own, ONES[0]))
        )
    ]
    assert in_other_words(lines[:1], (), lines[1:]) == [(lines[0], lines[2])]
