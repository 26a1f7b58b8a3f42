"""What keeps a doubt from being proved unpaid: each thing alone, and what lifts it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import (
    BookEntry,
    Explanations,
    Finding,
    FindingClass,
    Rules,
    line_key,
)
from cashback_core.reconciliation.statements import LineKind, StatementHead, StatementLine
from unit.cashback_core.reconciliation.test_classes import SPELLINGS
from unit.cashback_core.reconciliation.worlds import (
    ECHOED,
    NOW,
    SILENT,
    SINCE,
    T,
    entry,
    found,
    id_of,
    line_of,
    numbered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

BOTH = pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
DOUBT: Final = entry(1, Status.IN_DOUBT)
OTHER: Final = "00000000999"


def verdict(findings: Sequence[Finding], of: BookEntry = DOUBT) -> Finding:
    """What was found of a cashback."""
    return next(f for f in findings if f.entry is not None and f.entry.id == of.id)


@BOTH
def test_silence_of_a_whole_statement_proves_it_unpaid(rules: Rules) -> None:
    findings, reconciliation = found([DOUBT], [], rules)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT
    assert reconciliation.distrust is None
    move = verdict(findings).move
    assert move is not None
    assert move.to is Status.PENDING
    assert move.reason == f"proved unpaid by the statement of {NOW.isoformat()}"


HEADS: Final[dict[str, Callable[[StatementHead], StatementHead]]] = {
    "later start declared": lambda head: replace(head, since=T + timedelta(minutes=1)),
    "no start declared": lambda head: replace(head, since=None),
    "later start asked": lambda head: replace(head, asked_since=T),
    "no watermark": lambda head: replace(head, complete_through=None),
    "old watermark": lambda head: replace(head, complete_through=T + timedelta(seconds=30)),
    "further page": lambda head: replace(head, complete=False),
    "defect": lambda head: replace(head, defects=("odd",)),
    "no count": lambda head: replace(head, declared_count=None),
    "no sum": lambda head: replace(head, declared_centavos=None),
    "other count": lambda head: replace(head, declared_count=1),
    "other sum": lambda head: replace(head, declared_centavos=1),
    "asked too early": lambda head: replace(head, asked_at=T + timedelta(seconds=30)),
}


@BOTH
@pytest.mark.parametrize("change", HEADS.values(), ids=HEADS)
def test_silence_of_an_unfit_statement_proves_nothing(
    change: Callable[[StatementHead], StatementHead], rules: Rules
) -> None:
    findings, _ = found([DOUBT], [], rules, change)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert verdict(findings).move is None


@BOTH
@pytest.mark.parametrize(
    "watermark", [NOW + timedelta(days=1), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_a_watermark_from_the_future_counts_as_the_instant_of_asking(
    watermark: datetime, rules: Rules
) -> None:
    def future(head: StatementHead) -> StatementHead:
        return replace(head, complete_through=watermark)

    young = entry(2, Status.IN_DOUBT, last_started_at=NOW - timedelta(seconds=20))
    findings, reconciliation = found([DOUBT, young], [], rules, future)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT
    assert verdict(findings, young).cls is FindingClass.DOUBT_UNDECIDED
    assert reconciliation.window.through == NOW - timedelta(seconds=1)
    assert "later than the asking" in reconciliation.window.remarks[0]


def nobodys(**changes: object) -> StatementLine:
    """A credit of somebody unknown, of another amount."""
    made = StatementLine(number=1, document=OTHER, cashback_centavos=7777, credited_at=T)
    return replace(made, **changes)  # type: ignore[arg-type]


AMOUNT: Final = DOUBT.cashback_centavos
BARS: Final[dict[str, tuple[StatementLine, tuple[Rules, ...]]]] = {
    "its customer": (nobodys(document=DOUBT.document), (ECHOED, SILENT)),
    "its amount": (nobodys(cashback_centavos=AMOUNT), (ECHOED, SILENT)),
    "its reference": (nobodys(reference=str(DOUBT.id)), (ECHOED, SILENT)),
    "part of its reference": (nobodys(reference=DOUBT.id.hex[:9]), (ECHOED, SILENT)),
    "its customer, a foreign reference": (
        nobodys(document=DOUBT.document, reference=str(id_of(77))),
        (SILENT,),
    ),
    "taken back": (
        nobodys(kind=LineKind.REVERSAL, document=DOUBT.document, cashback_centavos=AMOUNT),
        (ECHOED, SILENT),
    ),
    "unreadable": (
        nobodys(kind=LineKind.UNREADABLE, document=None, problem="document: masked"),
        (ECHOED, SILENT),
    ),
    "unreadable amount": (
        nobodys(kind=LineKind.UNREADABLE, cashback_centavos=None, problem="cashback: odd"),
        (ECHOED, SILENT),
    ),
    "a date alone, two days before": (
        nobodys(cashback_centavos=AMOUNT, credited_at=T - timedelta(days=2)),
        (ECHOED, SILENT),
    ),
}


@BOTH
@pytest.mark.parametrize("name", BARS)
def test_a_line_that_could_be_its_credit_bars_absence_until_a_person_explains_it(
    name: str, rules: Rules
) -> None:
    line, where = BARS[name]
    if rules not in where:
        return
    findings, _ = found([DOUBT], [line], rules)
    assert verdict(findings).cls in (
        FindingClass.DOUBT_UNDECIDED,
        FindingClass.ALTERED,
        FindingClass.REVERSED,
    )
    assert verdict(findings).move is None
    assert any(finding.needs_a_person for finding in findings)
    said = Explanations(lines={line_key(line): (None,)})
    findings, _ = found([DOUBT], [line], rules, explanations=said)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT
    # Explained once: a second line that reads the same is not explained.
    findings, _ = found([DOUBT], numbered([line, line]), rules, explanations=said)
    assert verdict(findings).cls is not FindingClass.DOUBT_ABSENT
    said = Explanations(lines={line_key(line): (DOUBT.id,)})
    findings, _ = found([DOUBT], [line], rules, explanations=said)
    if line.kind is not LineKind.REVERSAL:
        assert verdict(findings).cls is FindingClass.DOUBT_APPLIED


@pytest.mark.parametrize(
    "line",
    [
        nobodys(),
        nobodys(document=DOUBT.document, credited_at=T - timedelta(days=2, seconds=1)),
        nobodys(cashback_centavos=AMOUNT, credited_at=T - timedelta(days=2, seconds=1)),
    ],
    ids=["somebody else", "customer, long before", "amount, long before"],
)
@BOTH
def test_a_line_that_cannot_be_its_credit_bars_nothing(line: StatementLine, rules: Rules) -> None:
    findings, _ = found([DOUBT], [line], rules)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


def test_the_reference_of_another_payment_bars_nothing_where_references_are_echoed() -> None:
    line = nobodys(document=DOUBT.document, reference="5f0c8a52-93be-4d17-8e6a-b2d4c7719f30")
    findings, _ = found([DOUBT], [line], ECHOED)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


@BOTH
def test_an_applied_cashback_that_is_absent_bars_everybody_until_it_is_known(rules: Rules) -> None:
    gone = entry(2, Status.APPLIED)
    findings, reconciliation = found([DOUBT, gone], [], rules)
    assert verdict(findings, gone).cls is FindingClass.APPLIED_ABSENT
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert "1 applied cashbacks" in (reconciliation.distrust or "")
    known = Explanations(lines={}, absent=frozenset({gone.id}))
    findings, _ = found([DOUBT, gone], [], rules, explanations=known)
    assert verdict(findings, gone).cls is FindingClass.EXPLAINED
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


@BOTH
@pytest.mark.parametrize(
    ("rounds", "first", "to"),
    [
        (0, None, Status.PENDING),
        (1, NOW - timedelta(hours=1), Status.PENDING),
        (2, NOW - timedelta(hours=1), Status.HELD),
        (1, NOW - timedelta(hours=72), Status.HELD),
    ],
)
def test_rounds_end(rules: Rules, rounds: int, first: datetime | None, to: Status) -> None:
    doubt = replace(DOUBT, rounds=rounds, first_round_at=first)
    findings, _ = found([doubt], [], rules)
    move = verdict(findings).move
    assert move is not None
    assert move.to is to
    assert move.reason.startswith("proved unpaid by the statement of")


def test_without_references_one_credit_of_two_doubts_waits_until_no_more_can_come() -> None:
    twin = replace(entry(2, Status.IN_DOUBT), document=DOUBT.document, cashback_centavos=AMOUNT)
    line = line_of(DOUBT, SILENT, number=1)
    findings, _ = found([DOUBT, twin], [line], SILENT)
    assert {verdict(findings).cls, verdict(findings, twin).cls} == {
        FindingClass.DOUBT_APPLIED,
        FindingClass.DOUBT_ABSENT,
    }
    young = replace(twin, last_started_at=NOW)
    findings, _ = found([DOUBT, young], [line], SILENT)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert verdict(findings, young).cls is FindingClass.DOUBT_UNDECIDED
    findings, _ = found([DOUBT, young], numbered([line, line]), SILENT)
    assert verdict(findings, young).cls is FindingClass.DOUBT_APPLIED


def test_where_references_are_echoed_a_line_without_one_bars_every_doubt_of_its_customer() -> None:
    """Whichever of the two it is put beside, it may be the other's."""
    twin = replace(entry(2, Status.IN_DOUBT), document=DOUBT.document, cashback_centavos=AMOUNT)
    line = line_of(DOUBT, ECHOED, number=1, reference=None)
    findings, _ = found([DOUBT, twin], [line], ECHOED)
    assert {verdict(findings).cls, verdict(findings, twin).cls} == {FindingClass.DOUBT_UNDECIDED}


def test_what_lost_its_line_explains_no_line_that_lost_its_reference() -> None:
    """An applied twin of the doubt's day is missing, and the doubt's line does not name it."""
    twin = replace(entry(2, Status.APPLIED), document=DOUBT.document, cashback_centavos=AMOUNT)
    line = line_of(DOUBT, ECHOED, number=1, reference=None)
    findings, _ = found([DOUBT, twin], [line], ECHOED)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert verdict(findings).barred_by == 1
    named = line_of(twin, ECHOED, number=1, reference=twin.id.hex[:20])
    findings, _ = found([DOUBT, twin], [named], ECHOED)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


@pytest.mark.parametrize("has_its_own", [True, False])
def test_a_line_under_anothers_reference_and_its_own_customer_bars_absence(
    has_its_own: bool,  # noqa: FBT001 (a test's case)
) -> None:
    """It contradicts the cashback that it names, and fits the doubt."""
    paid = replace(entry(2, Status.APPLIED), cashback_centavos=AMOUNT)
    own = [line_of(paid, ECHOED)] if has_its_own else []
    stray = line_of(DOUBT, ECHOED, reference=str(paid.id))
    findings, _ = found([DOUBT, paid], numbered([*own, stray]), ECHOED)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert verdict(findings).barred_by == len(own) + 1
    told = next(f for f in findings if f.line is not None and f.line.number == len(own) + 1)
    assert told.needs_a_person
    assert "another customer" in told.why


@BOTH
@pytest.mark.parametrize("whose", [None, entry(9, Status.APPLIED).id])
def test_what_was_said_of_a_line_without_an_instant_holds_until_another_is_tried(
    rules: Rules, whose: UUID | None
) -> None:
    """The line went away, and the doubt's own credit is told so."""
    line = nobodys(credited_at=None, reference=None, document=None, kind=LineKind.UNREADABLE)
    assert DOUBT.last_started_at is not None
    for minutes, cls in ((-1, FindingClass.DOUBT_UNDECIDED), (1, FindingClass.DOUBT_ABSENT)):
        said = Explanations(
            lines={line_key(line): (whose,)},
            said_at={line_key(line): (DOUBT.last_started_at + timedelta(minutes=minutes),)},
        )
        findings, _ = found([DOUBT], [line], rules, explanations=said)
        assert verdict(findings).cls is cls
        assert any(finding.needs_a_person for finding in findings) is (minutes < 0)


DAMAGED: Final = (
    f"{DOUBT.id.hex[:30]}00",
    f"{str(DOUBT.id)[:-1]}f",
    f"f{str(DOUBT.id)[1:]}",
    f"5f0c8a52-93be-4d17-8e6a-b2d4c7719f30 {DOUBT.id}",
    f"CB-{str(DOUBT.id)[:20]}",
)


@pytest.mark.parametrize("reference", DAMAGED)
def test_a_reference_that_was_damaged_bars_whatever_else_is_wrong(reference: str) -> None:
    findings, _ = found([DOUBT], [nobodys(reference=reference)], ECHOED)
    assert verdict(findings).cls is not FindingClass.DOUBT_ABSENT


@BOTH
@pytest.mark.parametrize("status", [Status.SENDING, Status.APPLIED])
@pytest.mark.parametrize("hours", [-24, 12, 40])
def test_another_cashback_takes_no_line_that_may_be_a_doubts_of_its_customer(
    rules: Rules, status: Status, hours: int
) -> None:
    """Net of a fee the doubt's line has the amount of another one, tried at another time."""
    tried = T + timedelta(hours=hours)
    other = replace(
        entry(2, status, first_started_at=tried, last_started_at=tried),
        document=DOUBT.document,
        cashback_centavos=AMOUNT - 2,
        applied_at=tried if status is Status.APPLIED else None,
    )
    line = line_of(DOUBT, rules, number=1, reference=None, cashback_centavos=AMOUNT - 2)

    def early(head: StatementHead) -> StatementHead:
        return replace(head, complete_through=T + timedelta(hours=12))

    findings, _ = found([DOUBT, other], [line], rules, early)
    assert verdict(findings).cls is not FindingClass.DOUBT_ABSENT


def equals(instants: Sequence[datetime]) -> list[BookEntry]:
    """Applied cashbacks of the doubt's customer, alike but for their instants."""
    return [
        replace(
            entry(number, Status.APPLIED, first_started_at=tried, last_started_at=tried),
            document=DOUBT.document,
            cashback_centavos=AMOUNT - 2,
            applied_at=tried,
        )
        for number, tried in enumerate(instants, 2)
    ]


SLOW: Final = replace(SILENT, margin=replace(SILENT.margin, provider_delay_s=86_400.0))


def wide(head: StatementHead) -> StatementHead:
    """Three days before the doubt to nine days after it."""
    since, through = T - timedelta(days=3), T + timedelta(days=9)
    return replace(head, asked_since=since, since=since, asked_at=through, complete_through=through)


@pytest.mark.parametrize("rules", [SILENT, SLOW], ids=["at once", "slow"])
@pytest.mark.parametrize("step", [timedelta(minutes=1), timedelta(hours=7), timedelta(days=1)])
@pytest.mark.parametrize("dates_alone", [False, True])
def test_equal_credits_that_are_told_as_they_were_paid_bar_nobody(
    rules: Rules, step: timedelta, *, dates_alone: bool
) -> None:
    """Each is an applied one's by its date: put crosswise they would look like somebody else's."""
    paid = equals([T + number * step for number in range(5)])
    lines = [line_of(one, rules, credited_at=one.applied_at) for one in paid]
    if dates_alone:
        lines = [replace(line, credited_at=_day_of(line)) for line in lines]
    findings, _ = found([DOUBT, *paid], numbered(lines), rules, wide)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


def _day_of(line: StatementLine) -> datetime:
    assert line.credited_at is not None
    return line.credited_at.replace(hour=0, minute=0, second=0)


@given(
    st.sets(st.integers(-40, 40).filter(bool), min_size=1, max_size=6),
    st.data(),
    st.sampled_from([SILENT, SLOW]),
)
def test_equal_ones_explain_no_line_that_is_dated_like_none_of_theirs(
    hours: set[int], data: st.DataObject, rules: Rules
) -> None:
    """One of them is not told, and the doubt's line, net of a fee, stands in its place."""
    paid = equals([T + timedelta(hours=hour) for hour in sorted(hours)])
    missing = data.draw(st.sampled_from(paid))
    own = line_of(DOUBT, rules, cashback_centavos=AMOUNT - 2)
    assume(not rules.is_dated_like(missing, own.credited_at))
    lines = [line_of(one, rules, credited_at=one.applied_at) for one in paid if one is not missing]
    findings, _ = found([DOUBT, *paid], numbered([*lines, own]), rules, wide)
    assert verdict(findings).cls is not FindingClass.DOUBT_ABSENT


CASHBACKS = st.lists(
    st.tuples(
        st.integers(0, 70),  # seconds since the attempt before it
        st.booleans(),  # whether it is applied, or in doubt
        st.booleans(),  # whether a doubt is paid
        st.integers(0, 60),  # how many seconds its credit took
    ),
    min_size=1,
    max_size=7,
)


@given(CASHBACKS, st.sampled_from([2, 10, 172_800]))
def test_of_equal_ones_as_many_are_proved_paid_as_there_are_credits(
    told_of: list[tuple[int, bool, bool, int]], precedes_s: int
) -> None:
    """Without references, however their attempts and their credits lie."""
    rules, book, lines = _equal_ones(told_of, precedes_s)
    findings, _ = found([DOUBT, *book], lines, rules, wide)
    classes = Counter(finding.cls for finding in findings if finding.entry in book)
    applied = sum(one.status is Status.APPLIED for one in book)
    assert classes[FindingClass.MATCHED] + classes[FindingClass.ALTERED] == applied
    assert classes[FindingClass.DOUBT_APPLIED] == len(lines) - applied
    if all(after_s > 60 for after_s, *_ in told_of):
        assert classes[FindingClass.DOUBT_ABSENT] == len(book) - len(lines)
        assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


def _equal_ones(
    told_of: Sequence[tuple[int, bool, bool, int]], precedes_s: int
) -> tuple[Rules, list[BookEntry], list[StatementLine]]:
    """Equal ones of the doubt's customer, and the credits of those that are paid."""
    margin = replace(SILENT.margin, provider_delay_s=60.0)
    rules = replace(SILENT, margin=margin, precedes=timedelta(seconds=precedes_s))
    book, lines, tried = list[BookEntry](), list[StatementLine](), T
    for number, (after_s, is_applied, is_paid, took_s) in enumerate(told_of, 2):
        tried += timedelta(seconds=after_s)
        paid_at = tried + timedelta(seconds=took_s)
        one = replace(
            entry(number, Status.APPLIED if is_applied else Status.IN_DOUBT),
            document=DOUBT.document,
            cashback_centavos=AMOUNT + 5,
            first_started_at=tried,
            last_started_at=tried,
            applied_at=paid_at if is_applied else None,
        )
        book.append(one)
        if is_applied or is_paid:
            lines.append(line_of(one, rules, credited_at=paid_at))
    return rules, book, numbered(lines)


def test_a_line_that_bars_by_its_date_alone_is_told_until_a_person_says_whose_it_is() -> None:
    """It stands beside an applied one of its amount, and is no incident unless it bars."""
    (paid,) = equals([T - timedelta(hours=30)])
    (line,) = numbered([line_of(DOUBT, SILENT, cashback_centavos=AMOUNT - 2)])
    findings, reconciliation = found([paid], [line], SILENT, wide)
    assert verdict(findings, paid).cls is FindingClass.MATCHED
    assert not verdict(findings, paid).needs_a_person
    findings, reconciliation = found([DOUBT, paid], [line], SILENT, wide)
    assert reconciliation.distrust is None
    assert verdict(findings).barred_by == line.number
    told = verdict(findings, paid)
    assert told.needs_a_person
    assert (told.cls, told.line) == (FindingClass.ALTERED, line)
    for whose, cls in (
        (DOUBT.id, FindingClass.DOUBT_APPLIED),
        (paid.id, FindingClass.DOUBT_ABSENT),
        (None, FindingClass.DOUBT_UNDECIDED),
    ):
        said = Explanations(lines={line_key(line): (whose,)}, absent=frozenset())
        findings, _ = found([DOUBT, paid], [line], SILENT, wide, said)
        assert verdict(findings).cls is cls


@BOTH
def test_an_erased_customers_credit_of_other_days_explains_nobodys_line(rules: Rules) -> None:
    before = SINCE - timedelta(hours=20)
    gone = entry(2, Status.APPLIED, first_started_at=before, last_started_at=before)
    gone = replace(gone, document="E" + "0" * 32, cashback_centavos=AMOUNT, applied_at=before)
    line = line_of(DOUBT, rules, number=1, reference=None, document=OTHER)
    findings, _ = found([DOUBT, gone], [line], rules)
    assert verdict(findings).cls is not FindingClass.DOUBT_ABSENT
    # It is told, with the line, so that a person can say whose it is; and then nothing keeps it.
    told = next(f for f in findings if f.line == line)
    assert (told.cls, told.needs_a_person, told.barred_by) == (FindingClass.ALTERED, True, 1)
    said = Explanations(lines={line_key(line): (gone.id,)})
    findings, _ = found([DOUBT, gone], [line], rules, explanations=said)
    assert verdict(findings).cls is FindingClass.DOUBT_ABSENT


@BOTH
def test_an_erased_customers_credit_of_other_days_that_keeps_nobody_is_no_incident(
    rules: Rules,
) -> None:
    before = SINCE - timedelta(hours=20)
    gone = entry(2, Status.APPLIED, first_started_at=before, last_started_at=before)
    gone = replace(gone, document="E" + "0" * 32, cashback_centavos=AMOUNT, applied_at=before)
    line = line_of(DOUBT, rules, number=1, reference=None, document=OTHER)
    findings, _ = found([gone], [line], rules)
    assert [(f.cls, f.needs_a_person) for f in findings] == [(FindingClass.MATCHED, False)]


def test_a_line_that_stands_twice_may_stand_for_one_that_is_missing() -> None:
    paid = replace(entry(2, Status.APPLIED), cashback_centavos=AMOUNT)
    line = line_of(paid, ECHOED)
    findings, reconciliation = found([DOUBT, paid], numbered([line, line]), ECHOED)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    assert reconciliation.distrust == "1 lines stand on it twice"


@BOTH
@pytest.mark.parametrize("kind", [LineKind.CREDIT, LineKind.REVERSAL])
def test_a_tried_pending_one_is_not_sent_while_a_line_of_its_customer_may_be_its_credit(
    rules: Rules, kind: LineKind
) -> None:
    pending = entry(2, Status.PENDING)
    centavos = pending.cashback_centavos - (kind is LineKind.CREDIT)
    line = line_of(pending, rules, number=1, reference=None, kind=kind, cashback_centavos=centavos)
    findings, _ = found([pending], [line], rules)
    move = verdict(findings, pending).move
    assert move is not None
    assert move.to is Status.IN_DOUBT


def test_an_erased_customer_who_came_back_keeps_a_credit_undecided() -> None:
    """One line for two who may have had it: the erased one's document is known no more."""
    erased = replace(entry(2, Status.APPLIED), document=f"E{2:032x}", cashback_centavos=AMOUNT)
    line = line_of(DOUBT, SILENT, number=1)
    findings, _ = found([DOUBT, erased], [line], SILENT)
    assert verdict(findings).cls is FindingClass.DOUBT_UNDECIDED
    findings, _ = found([DOUBT, erased], numbered([line, replace(line, document=OTHER)]), SILENT)
    assert verdict(findings).cls is FindingClass.DOUBT_APPLIED


@given(
    st.sampled_from([ECHOED, SILENT]),
    st.lists(
        st.tuples(
            st.sampled_from([Status.IN_DOUBT, Status.APPLIED, Status.PENDING, Status.HELD]),
            st.integers(0, 2),  # customer
            st.integers(0, 1),  # amount
            st.sampled_from(["credited", "altered", "renamed", "unreferenced", "respelt", "not"]),
            st.sampled_from(SPELLINGS),
        ),
        max_size=8,
    ),
)
def test_whatever_happens_to_a_line_nobody_whose_credit_is_told_is_proved_unpaid(
    rules: Rules, rows: list[tuple[Status, int, int, str, Callable[[str], str]]]
) -> None:
    """The truth is which were credited; what is told of it is one line each, somehow changed."""
    book, lines, paid = list[BookEntry](), list[StatementLine](), dict[str, int]()
    for number, (status, customer, amount, fate, spelling) in enumerate(rows, 1):
        one = replace(
            entry(number, status),
            document=f"{customer:011d}",
            cashback_centavos=140 + amount,
        )
        book.append(one)
        # What is applied is credited: else an equal's line without reference would stand for it.
        if fate == "not" and status is not Status.APPLIED:
            continue
        changes: dict[str, object] = {"reference": spelling(str(one.id))}
        if not rules.echoes_reference or fate == "unreferenced":
            changes["reference"] = None
        if fate == "altered":
            changes["cashback_centavos"] = 1_000 + number
        if fate == "renamed":
            changes["document"] = f"{900 + number:011d}"
        lines.append(line_of(one, rules, number=len(lines) + 1, **changes))
        group = f"{one.document} {one.cashback_centavos}"
        paid[group] = paid.get(group, 0) + 1
    findings, _ = found(book, lines, rules)
    for one, (_, _, _, fate, _) in zip(book, rows, strict=True):
        if rules.echoes_reference and verdict(findings, one).cls is FindingClass.DOUBT_ABSENT:
            assert fate == "not", rows
    for group, credited in paid.items():
        left = sum(
            f"{one.document} {one.cashback_centavos}" == group
            and verdict(findings, one).cls is not FindingClass.DOUBT_ABSENT
            for one in book
        )
        assert left >= credited


def test_the_window_begins_where_both_say() -> None:
    assert SINCE < T
    _, reconciliation = found([], [], ECHOED, HEADS["later start declared"])
    assert reconciliation.window.since == T + timedelta(minutes=1)
    assert "told from" in reconciliation.window.remarks[0]


class _Entry(BookEntry):
    """One that is held against no other: a customer may have thousands that are equal."""

    def __eq__(self, other: object) -> NoReturn:
        raise AssertionError("cashbacks are compared one by one")

    __hash__ = BookEntry.__hash__


class _Counting(Rules):
    asked = 0

    def is_over_before(self, entry: BookEntry, instant: datetime) -> bool:
        _Counting.asked += 1
        return super().is_over_before(entry, instant)


def test_of_thousands_of_equal_ones_no_doubt_asks_the_whole_group_again() -> None:
    """A tenth of them is in doubt, and one is not on the statement."""
    _Counting.asked, count = 0, 500
    book = [
        entry(
            1,
            Status.APPLIED if n % 10 else Status.IN_DOUBT,
            id=id_of(n),
            applied_at=T + timedelta(seconds=1) if n % 10 else None,
        )
        for n in range(1, count + 1)
    ]
    lines = numbered(line_of(one, SILENT) for one in book[1:])
    asked = {name: getattr(SILENT, name) for name in Rules.__slots__}
    each = [_Entry(**{name: getattr(one, name) for name in BookEntry.__slots__}) for one in book]
    findings, _ = found(each, lines, _Counting(**asked))
    classes = Counter(finding.cls for finding in findings if finding.entry is not None)
    assert classes == {
        FindingClass.MATCHED: 450,
        FindingClass.DOUBT_APPLIED: 49,
        FindingClass.DOUBT_ABSENT: 1,
    }
    groups = {id(finding.move.group) for finding in findings if finding.move is not None}
    assert len(groups) == 1
    assert _Counting.asked <= 5 * count


_STATUS: Any = vars(BookEntry)["status"]


class _Looked(BookEntry):
    """One that counts how often its state is asked for."""

    asked = 0

    def _status(self) -> Status:
        _Looked.asked += 1
        state: Status = _STATUS.__get__(self)
        return state

    status = property(_status, _STATUS.__set__)  # pyright: ignore[reportAssignmentType]


def test_of_thousands_of_equal_reversals_none_asks_the_whole_group_again() -> None:
    count = 300
    book = [
        replace(
            _Looked(**{name: getattr(plain, name) for name in BookEntry.__slots__}),
            document=f"{1:011d}",
            cashback_centavos=140,
        )
        for plain in (entry(number, Status.APPLIED) for number in range(1, count + 1))
    ]
    lines = [line_of(one, SILENT) for one in book]
    lines += [replace(line, kind=LineKind.REVERSAL) for line in lines]
    _Looked.asked = 0
    findings, _ = found(book, numbered(lines), SILENT)
    assert {finding.cls for finding in findings} == {FindingClass.REVERSED}
    assert _Looked.asked < 100 * count


NOBODY: Final[frozenset[UUID]] = frozenset()


@BOTH
@pytest.mark.parametrize(
    ("status", "to"),
    [
        (Status.IN_DOUBT, None),
        (Status.HELD, None),
        (Status.REJECTED, None),
        (Status.PENDING, Status.IN_DOUBT),
    ],
)
def test_no_credit_counts_that_a_later_statement_told_to_be_taken_back(
    rules: Rules, status: Status, to: Status | None
) -> None:
    """Its own reference is on the earlier statement, which knows of no reversal yet."""
    one = replace(DOUBT, status=status)
    line = line_of(one, rules, number=1, reference=one.id.hex)
    for taken_back, move in ((frozenset({one.id}), to), (NOBODY, Status.APPLIED)):
        findings, _ = found([one], [line], rules, taken_back=taken_back)
        settled = verdict(findings, one).move
        assert (settled and settled.to) == move
