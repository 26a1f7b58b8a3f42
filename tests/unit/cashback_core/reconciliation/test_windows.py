"""The edges of a window, by whichever clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass, Margin, Rules
from unit.cashback_core.reconciliation.worlds import (
    ECHOED,
    NOW,
    SILENT,
    SINCE,
    T,
    entry,
    found,
)

if TYPE_CHECKING:
    from cashback_core.reconciliation.statements import StatementHead

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
THROUGH = NOW - 2 * SECOND
BOTH = pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])


def test_the_margin_is_the_lease_the_freeze_the_delay_and_the_skew() -> None:
    margin = Margin(freeze_s=100.0, provider_delay_s=1000.0, clock_skew_s=7.0)
    assert margin.after(T, ECHOED.policy) == T + timedelta(seconds=30 + 100 + 1000 + 7)
    assert margin.window_start(T) == T - timedelta(seconds=7)


@BOTH
@pytest.mark.parametrize(
    ("first_started_at", "applied_at", "missed"),
    [
        (SINCE + SECOND, T, True),
        (SINCE + SECOND - TICK, T, False),
        (T, THROUGH - SECOND, True),
        (T, THROUGH - SECOND + TICK, False),
    ],
)
def test_a_payment_at_the_edge_of_the_window_is_not_missed(
    rules: Rules, first_started_at: object, applied_at: object, *, missed: bool
) -> None:
    one = entry(1, Status.APPLIED, first_started_at=first_started_at, applied_at=applied_at)
    findings, reconciliation = found([one], [], rules)
    assert (findings[0].cls is FindingClass.APPLIED_ABSENT) == missed
    assert (reconciliation.distrust is not None) == missed


@BOTH
@pytest.mark.parametrize(("over", "proved"), [(timedelta(0), False), (TICK, True)])
def test_absence_is_proved_only_beyond_the_margin_of_the_last_attempt(
    rules: Rules, over: timedelta, *, proved: bool
) -> None:
    def early(head: StatementHead) -> StatementHead:
        return replace(head, complete_through=rules.margin.after(T, rules.policy) + over)

    findings, _ = found([entry(1, Status.IN_DOUBT)], [], rules, early)
    assert (findings[0].cls is FindingClass.DOUBT_ABSENT) == proved


@BOTH
def test_a_first_attempt_before_the_window_may_be_on_an_earlier_statement(rules: Rules) -> None:
    one = entry(1, Status.IN_DOUBT, first_started_at=SINCE + SECOND - TICK)
    findings, _ = found([one], [], rules)
    assert findings[0].cls is FindingClass.DOUBT_UNDECIDED


def test_while_one_of_its_group_is_being_sent_nothing_is_proved() -> None:
    doubt = entry(1, Status.IN_DOUBT)
    sent = replace(entry(2, Status.SENDING), document=doubt.document, cashback_centavos=141)
    findings, _ = found([doubt, sent], [], SILENT)
    assert {f.cls for f in findings} == {FindingClass.DOUBT_UNDECIDED, FindingClass.NOT_EXPECTED}


NEVER_TRIED = {"first_started_at": None, "last_started_at": None, "accepted_at": T}
MIDNIGHT = T.replace(hour=0, minute=0, second=0, microsecond=0)


def test_of_one_never_tried_a_line_may_be_its_credit_by_either_clock_or_on_its_day() -> None:
    one = entry(1, Status.UNCONFIRMED, **NEVER_TRIED)
    assert SILENT.could_be(one, T - SILENT.margin.skew)
    assert not SILENT.could_be(one, T - SILENT.margin.skew - TICK)
    assert T - SILENT.margin.skew > MIDNIGHT, "the case is one"
    assert SILENT.could_be(one, MIDNIGHT)
    assert not SILENT.could_be(one, MIDNIGHT - timedelta(days=2))


@pytest.mark.parametrize("status", Status)
def test_what_was_never_tried_and_may_be_sent_yet_is_never_over(status: Status) -> None:
    one = entry(1, status, **NEVER_TRIED)
    never_over = status in {Status.UNCONFIRMED, Status.PENDING, Status.HELD}
    assert SILENT.is_over_before(one, T + timedelta(days=100)) is not never_over
    tried = entry(1, Status.HELD)
    assert SILENT.is_over_before(tried, T + timedelta(days=100))
