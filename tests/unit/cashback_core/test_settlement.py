"""What a statement proves, and above all what it does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery import DeliveryPolicy, Status
from cashback_core.settlement import (
    Margin,
    Settleable,
    Settlement,
    Statement,
    StatementLine,
    settle,
    why_distrusted,
)

NOON = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
POLICY = DeliveryPolicy()
MARGIN = Margin(freeze_s=100.0, provider_delay_s=1000.0, clock_skew_s=7.0)
LONG_AGO = NOON - timedelta(days=3)
ANA, BIA = "52998224725", "11144477735"


def row(number: int, status: Status, **other: Any) -> Settleable:
    """A cashback of 100 centavos for Ana, tried once at NOON."""
    base = Settleable(
        id=UUID(int=number),
        merchant_id=1,
        document=ANA,
        cashback_centavos=100,
        status=status,
        accepted_at=NOON,
        first_started_at=NOON,
        last_started_at=NOON,
        applied_at=NOON + SECOND if status is Status.APPLIED else None,
    )
    return replace(base, **other)


def line(number: int | None = None, *, document: str = ANA, centavos: int = 100) -> StatementLine:
    return StatementLine(
        document=document,
        cashback_centavos=centavos,
        credited_at=NOON,
        reference=None if number is None else str(UUID(int=number)),
    )


def statement(*lines: StatementLine, **other: Any) -> Statement:
    """A true statement from long ago to long after NOON."""
    base = Statement(
        since=LONG_AGO,
        complete_through=NOON + timedelta(days=3),
        lines=lines,
        declared_count=len(lines),
        declared_centavos=sum(each.cashback_centavos for each in lines),
    )
    return replace(base, **other)


def settled(rows: list[Settleable], told: Statement, *, echoes: bool) -> Settlement:
    return settle(rows, told, policy=POLICY, margin=MARGIN, echoes_reference=echoes)


def moves(rows: list[Settleable], told: Statement, *, echoes: bool) -> dict[int, Status]:
    found = settled(rows, told, echoes=echoes).settled
    assert len({each.id for each in found}) == len(found)
    return {each.id.int: each.to for each in found}


IN_DOUBT = Status.IN_DOUBT
TO_APPLIED = Status.APPLIED
TO_PENDING = Status.PENDING


@pytest.mark.parametrize("echoes", [True, False])
def test_a_line_proves_the_payment_and_its_absence_proves_none(*, echoes: bool) -> None:
    rows = [row(1, IN_DOUBT)]
    reference = 1 if echoes else None
    assert moves(rows, statement(line(reference)), echoes=echoes) == {1: TO_APPLIED}
    assert moves(rows, statement(), echoes=echoes) == {1: TO_PENDING}


def test_without_a_reference_so_many_lines_are_so_many_applied() -> None:
    rows = [row(1, Status.APPLIED), row(2, IN_DOUBT), row(3, IN_DOUBT), row(4, IN_DOUBT)]
    told = statement(line(), line(), line())
    found = settled(rows, told, echoes=False)
    assert Counter(each.to for each in found.settled) == {TO_APPLIED: 2, TO_PENDING: 1}
    assert found.distrust is None
    assert found.settled[0].reason == "3 credits for 1 applied of this customer and amount"


def test_without_a_reference_the_oldest_are_applied_first() -> None:
    rows = [
        row(1, IN_DOUBT, accepted_at=NOON + SECOND),
        row(3, IN_DOUBT, accepted_at=NOON),
        row(2, IN_DOUBT, accepted_at=NOON),
    ]
    told = statement(line(), line())
    assert moves(rows, told, echoes=False) == {2: TO_APPLIED, 3: TO_APPLIED, 1: TO_PENDING}


def test_with_a_reference_each_line_speaks_for_its_own_cashback() -> None:
    rows = [row(1, IN_DOUBT), row(2, IN_DOUBT)]
    assert moves(rows, statement(line(2)), echoes=True) == {1: TO_PENDING, 2: TO_APPLIED}


def test_a_reference_counts_at_once_however_young_the_attempt_and_poor_the_statement() -> None:
    rows = [row(1, IN_DOUBT), row(2, IN_DOUBT)]
    told = statement(line(1), complete_through=None, declared_count=9, bad_lines=3)
    found = settled(rows, told, echoes=True)
    assert {each.id.int: each.to for each in found.settled} == {1: TO_APPLIED}
    assert found.distrust is not None


def test_single_rows_are_never_matched_while_another_of_the_group_may_still_be_paid() -> None:
    young = row(2, IN_DOUBT, last_started_at=NOON + timedelta(days=3))
    assert moves([row(1, IN_DOUBT), young], statement(line()), echoes=False) == {}


def test_groups_are_of_one_customer_and_amount_over_all_merchants() -> None:
    rows = [
        row(1, IN_DOUBT),
        row(2, Status.APPLIED, merchant_id=2),
        row(3, IN_DOUBT, cashback_centavos=200),
        row(4, IN_DOUBT, document=BIA),
    ]
    told = statement(line(), line(document=BIA))
    assert moves(rows, told, echoes=False) == {1: TO_PENDING, 3: TO_PENDING, 4: TO_APPLIED}


DISTRUSTED = [
    (statement(complete_through=None), "declares no instant"),
    (statement(bad_lines=2), "2 lines cannot be read"),
    (statement(line(9), declared_count=2), "1 lines, but 2 declared"),
    (statement(line(9), declared_count=None), "1 lines, but None declared"),
    (statement(line(9), declared_centavos=99), "add up to 100 centavos, but 99 declared"),
    (statement(line(9), declared_centavos=None), "but None declared"),
]


@pytest.mark.parametrize("echoes", [True, False])
@pytest.mark.parametrize(("told", "why"), DISTRUSTED)
def test_nothing_returns_to_pending_by_a_statement_that_cannot_be_trusted(
    told: Statement, why: str, *, echoes: bool
) -> None:
    found = settled([row(1, IN_DOUBT)], told, echoes=echoes)
    assert found.settled == ()
    assert found.distrust is not None
    assert why in found.distrust


@pytest.mark.parametrize("echoes", [True, False])
def test_a_statement_that_misses_a_known_payment_is_truncated_or_foreign(*, echoes: bool) -> None:
    rows = [row(1, IN_DOUBT), row(2, Status.APPLIED, document=BIA), row(3, Status.APPLIED)]
    reference = 3 if echoes else None
    found = settled(rows, statement(line(reference)), echoes=echoes)
    assert found.settled == ()
    assert found.distrust == "1 applied cashbacks of its window are not on it"
    whole = statement(line(3 if echoes else None), line(2 if echoes else None, document=BIA))
    assert moves(rows, whole, echoes=echoes) == {1: TO_PENDING}


def test_without_a_reference_each_line_accounts_for_one_known_payment_only() -> None:
    rows = [row(1, Status.APPLIED), row(2, Status.APPLIED)]
    why = why_distrusted(rows, statement(line()), margin=MARGIN, echoes_reference=False)
    assert why == "1 applied cashbacks of its window are not on it"
    told = statement(line(), line())
    assert why_distrusted(rows, told, margin=MARGIN, echoes_reference=False) is None


@pytest.mark.parametrize(
    ("first_started_at", "applied_at", "missed"),
    [
        (LONG_AGO + 7 * SECOND, NOON, True),
        (LONG_AGO + 7 * SECOND - TICK, NOON, False),
        (NOON, NOON + timedelta(days=3) - 7 * SECOND, True),
        (NOON, NOON + timedelta(days=3) - 7 * SECOND + TICK, False),
    ],
)
def test_a_payment_at_the_edge_of_the_window_by_either_clock_is_not_missed(
    first_started_at: datetime, applied_at: datetime, *, missed: bool
) -> None:
    known = row(1, Status.APPLIED, first_started_at=first_started_at, applied_at=applied_at)
    why = why_distrusted([known], statement(), margin=MARGIN, echoes_reference=False)
    assert (why is not None) == missed


def test_the_margin_is_the_lease_the_freeze_the_delay_and_the_skew() -> None:
    assert MARGIN.after(NOON, POLICY) == NOON + timedelta(seconds=30 + 100 + 1000 + 7)
    assert MARGIN.window_start(NOON) == NOON - timedelta(seconds=7)


@pytest.mark.parametrize("echoes", [True, False])
@pytest.mark.parametrize(("over", "proved"), [(timedelta(0), False), (TICK, True)])
def test_absence_is_proved_only_beyond_the_margin_of_the_last_attempt(
    over: timedelta, *, proved: bool, echoes: bool
) -> None:
    rows = [row(1, IN_DOUBT, first_started_at=LONG_AGO + 60 * SECOND)]
    told = statement(complete_through=MARGIN.after(NOON, POLICY) + over)
    assert moves(rows, told, echoes=echoes) == ({1: TO_PENDING} if proved else {})


@pytest.mark.parametrize("echoes", [True, False])
@pytest.mark.parametrize(("before", "proved"), [(timedelta(0), True), (TICK, False)])
def test_a_first_attempt_before_the_window_may_be_on_an_earlier_statement(
    before: timedelta, *, proved: bool, echoes: bool
) -> None:
    rows = [row(1, IN_DOUBT)]
    told = statement(since=NOON - 7 * SECOND + before)
    assert moves(rows, told, echoes=echoes) == ({1: TO_PENDING} if proved else {})


def test_while_one_of_the_group_is_being_sent_nothing_is_proved() -> None:
    rows = [row(1, IN_DOUBT), row(2, Status.SENDING)]
    assert moves(rows, statement(line()), echoes=False) == {}


def test_who_was_never_tried_is_neither_paid_nor_doubtful() -> None:
    rows = [row(1, IN_DOUBT), row(2, TO_PENDING, first_started_at=None, last_started_at=None)]
    assert moves(rows, statement(line()), echoes=False) == {1: TO_APPLIED}


def test_who_was_never_tried_hides_nobody_who_may_still_be_paid() -> None:
    untried = row(1, TO_PENDING, first_started_at=None, last_started_at=None)
    rows = [untried, row(2, IN_DOUBT), row(3, Status.SENDING)]
    assert moves(rows, statement(), echoes=False) == {}


def test_with_a_reference_another_payment_of_the_same_amount_does_not_stand_for_a_missing_one() -> (
    None
):
    rows = [row(1, IN_DOUBT), row(2, Status.APPLIED)]
    found = settled(rows, statement(line(9)), echoes=True)
    assert found.settled == ()
    assert found.distrust == "1 applied cashbacks of its window are not on it"


def test_the_reason_of_each_move_is_told() -> None:
    found = settled([row(1, IN_DOUBT), row(2, IN_DOUBT)], statement(line(1)), echoes=True)
    assert {each.id.int: each.reason for each in found.settled} == {
        1: "its reference is on the statement",
        2: "its reference is proved absent",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A cashback and whether the provider really paid it."""

    row: Settleable
    paid: bool


@st.composite
def truths(draw: st.DrawFn) -> list[Truth]:
    """Cashbacks of few customers and amounts, each in a state that goes with the truth."""
    found: list[Truth] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        status = draw(st.sampled_from([IN_DOUBT, IN_DOUBT, *Status]))
        paid = status is Status.APPLIED or (
            status in {IN_DOUBT, Status.SENDING} and draw(st.booleans())
        )
        started_at = NOON + timedelta(seconds=draw(st.integers(0, 2000)))
        found.append(
            Truth(
                row=row(
                    number,
                    status,
                    document=draw(st.sampled_from([ANA, BIA])),
                    cashback_centavos=draw(st.sampled_from([100, 200])),
                    first_started_at=started_at,
                    last_started_at=started_at,
                    applied_at=started_at + SECOND if status is Status.APPLIED else None,
                ),
                paid=paid,
            )
        )
    return found


def told_of(world: list[Truth], *, echoes: bool, **other: Any) -> Statement:
    """The true statement of a world."""
    lines = [
        line(
            t.row.id.int if echoes else None,
            document=t.row.document,
            centavos=t.row.cashback_centavos,
        )
        for t in world
        if t.paid
    ]
    return statement(*lines, **other)


@given(truths())
def test_with_a_reference_a_true_statement_tells_the_truth_of_each_cashback(
    world: list[Truth],
) -> None:
    found = moves([t.row for t in world], told_of(world, echoes=True), echoes=True)
    for truth in world:
        to = found.get(truth.row.id.int)
        if truth.row.status is not IN_DOUBT:
            assert to is None, "only what is in doubt is settled"
        elif truth.paid:
            assert to is TO_APPLIED
        else:
            assert to in {None, TO_PENDING}


@given(truths())
def test_without_a_reference_a_quiet_group_has_as_many_applied_as_credits(
    world: list[Truth],
) -> None:
    found = moves([t.row for t in world], told_of(world, echoes=False), echoes=False)
    groups = {(t.row.document, t.row.cashback_centavos) for t in world}
    for key in groups:
        group = [t for t in world if (t.row.document, t.row.cashback_centavos) == key]
        doubtful = [t for t in group if t.row.status is IN_DOUBT]
        if any(t.row.status is Status.SENDING for t in group):
            assert not any(t.row.id.int in found for t in group)
            continue
        after = [found.get(t.row.id.int, t.row.status) for t in group]
        assert all(t.row.id.int in found for t in doubtful), "a quiet group is settled whole"
        assert after.count(Status.APPLIED) == sum(t.paid for t in group)


@given(world=truths(), echoes=st.booleans(), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_lines_changes_nothing(
    *, world: list[Truth], echoes: bool, random: Any
) -> None:
    rows, told = [t.row for t in world], told_of(world, echoes=echoes)
    before = moves(rows, told, echoes=echoes)
    lines = list(told.lines)
    random.shuffle(rows)
    random.shuffle(lines)
    assert moves(rows, replace(told, lines=tuple(lines)), echoes=echoes) == before


@given(world=truths(), echoes=st.booleans(), cut=st.integers(0, 2000))
def test_no_truncated_statement_with_its_old_totals_sends_anything_again(
    *, world: list[Truth], echoes: bool, cut: int
) -> None:
    told = told_of(world, echoes=echoes)
    if not told.lines:
        return
    kept = told.lines[: cut % len(told.lines)]
    found = moves([t.row for t in world], replace(told, lines=kept), echoes=echoes)
    assert TO_PENDING not in found.values()


@given(world=truths(), echoes=st.booleans(), through_s=st.integers(0, 4000))
def test_a_statement_complete_to_too_early_an_instant_sends_nothing_young_again(
    *, world: list[Truth], echoes: bool, through_s: int
) -> None:
    through = NOON + timedelta(seconds=through_s)
    told = told_of(world, echoes=echoes, complete_through=through)
    found = moves([t.row for t in world], told, echoes=echoes)
    for truth in world:
        started_at = truth.row.last_started_at
        if found.get(truth.row.id.int) is TO_PENDING and started_at is not None:
            assert MARGIN.after(started_at, POLICY) < through


ERASED = "E" + "0" * 32


def test_any_line_of_an_amount_may_be_the_credit_of_an_erased_customer() -> None:
    rows = [row(1, IN_DOUBT), row(2, Status.APPLIED, document=ERASED)]
    assert settled(rows, statement(line()), echoes=False) == Settlement(settled=())
    assert settled(rows, statement(), echoes=False) == Settlement(settled=())


def test_an_erased_customer_of_another_amount_hinders_nobody() -> None:
    rows = [row(1, IN_DOUBT), row(2, Status.APPLIED, document=ERASED, cashback_centavos=101)]
    assert moves(rows, statement(line()), echoes=False) == {1: TO_APPLIED}
    assert moves(rows, statement(), echoes=False) == {1: TO_PENDING}


def test_references_speak_for_erased_customers_too() -> None:
    rows = [row(1, IN_DOUBT), row(2, Status.APPLIED, document=ERASED)]
    assert moves(rows, statement(line(1), line(2)), echoes=True) == {1: TO_APPLIED}
    assert moves(rows, statement(line(2)), echoes=True) == {1: TO_PENDING}
    missing = settled(rows, statement(line(1)), echoes=True)
    assert missing.distrust == "1 applied cashbacks of its window are not on it"


@pytest.mark.parametrize("echoes", [True, False])
def test_each_move_is_of_its_own_merchant(*, echoes: bool) -> None:
    rows = [row(1, Status.IN_DOUBT, merchant_id=7), row(2, Status.IN_DOUBT, merchant_id=8)]
    found = settled(rows, statement(line(1)), echoes=echoes)
    assert {(each.id.int, each.merchant_id) for each in found.settled} == {(1, 7), (2, 8)}


def test_a_group_without_doubt_ends_the_search_of_no_other() -> None:
    sure = row(1, Status.APPLIED, document=BIA)
    doubtful = row(2, Status.IN_DOUBT)
    told = statement(line(1, document=BIA), line(2))
    assert moves([sure, doubtful], told, echoes=False) == {2: TO_APPLIED}


def test_an_erased_customers_amount_ends_the_search_of_no_other() -> None:
    rows = [
        row(1, Status.APPLIED, document=ERASED),
        row(2, Status.IN_DOUBT),
        row(3, Status.IN_DOUBT, cashback_centavos=200),
    ]
    told = statement(line(1), line(3, centavos=200))
    assert moves(rows, told, echoes=False) == {3: TO_APPLIED}


def test_a_statement_without_its_end_is_told() -> None:
    told = settled([row(1, Status.IN_DOUBT)], statement(complete_through=None), echoes=True)
    assert told.distrust == "the statement declares no instant that it is complete through"
