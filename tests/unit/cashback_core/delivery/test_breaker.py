"""When a provider that fails everybody is left alone, and how it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cashback_core.delivery.breaker import MAX_SUSPECTS, Breaker, BreakerPolicy, BreakerState
from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.values.documents import Cpf, cpf_check_digits

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Outcome

CUSTOMERS = [
    Cpf(stem + cpf_check_digits(stem)) for stem in (str(n) for n in range(100_000_000, 100_000_009))
]
PATIENCE_S = 30.0
PLAIN: list[Outcome] = [NeverSent(), RefusedForNow(), RefusedForNow(5.0)]
DOUBTFUL: list[Outcome] = [Unknown(), Unknown("a 201 for another"), Misconfigured()]
ANSWERS: list[Outcome] = [Applied(), Refused()]


def admits(breaker: Breaker, customer: int, now_s: float) -> bool:
    return breaker.admit(CUSTOMERS[customer], now_s, patience_s=PATIENCE_S)


def opened(now_s: float = 100.0, policy: BreakerPolicy | None = None) -> Breaker:
    """A breaker that customers 0 to 2 have just opened."""
    breaker = Breaker(policy=policy or BreakerPolicy())
    for customer in CUSTOMERS[:3]:
        breaker.note(customer, Unknown(), now_s)
    assert breaker.state is BreakerState.OPEN
    return breaker


@pytest.mark.parametrize("outcome", PLAIN)
def test_five_plain_failures_in_a_row_open_it(outcome: Outcome) -> None:
    breaker = Breaker()
    for customer in CUSTOMERS[:4]:
        breaker.note(customer, outcome, 0.0)
    assert breaker.capacity(0.0) is None
    breaker.note(CUSTOMERS[4], outcome, 0.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.reason == "5 failures in a row"
    assert breaker.capacity(0.0) == 0


@pytest.mark.parametrize("outcome", DOUBTFUL)
def test_three_uncertain_answers_in_a_row_open_it(outcome: Outcome) -> None:
    breaker = Breaker()
    for customer in CUSTOMERS[:2]:
        breaker.note(customer, outcome, 0.0)
    assert breaker.capacity(0.0) is None
    breaker.note(CUSTOMERS[2], outcome, 0.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.reason == "3 uncertain answers in a row"


def test_uncertain_answers_count_as_failures_too() -> None:
    breaker = Breaker()
    for customer in CUSTOMERS[:2]:
        breaker.note(customer, Unknown(), 0.0)
    for customer in CUSTOMERS[2:5]:
        assert breaker.state is BreakerState.CLOSED
        breaker.note(customer, NeverSent(), 0.0)
    assert breaker.state is BreakerState.OPEN


def test_one_customer_whose_every_request_fails_opens_nothing() -> None:
    breaker = Breaker()
    for outcome in 20 * [*PLAIN, *DOUBTFUL]:
        breaker.note(CUSTOMERS[0], outcome, 0.0)
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_between_failures_begins_the_row_anew(answer: Outcome) -> None:
    breaker = Breaker()
    for customer in CUSTOMERS[:2]:
        breaker.note(customer, Unknown(), 0.0)
    breaker.note(CUSTOMERS[8], answer, 0.0)
    for customer in CUSTOMERS[2:4]:
        breaker.note(customer, Unknown(), 0.0)
    assert breaker.state is BreakerState.CLOSED


def test_our_own_errors_tell_nothing_of_the_provider() -> None:
    breaker = Breaker()
    for customer in CUSTOMERS:
        breaker.note(customer, OwnError(), 0.0)
    assert breaker.state is BreakerState.CLOSED
    breaker = opened()
    assert admits(breaker, 5, 105.0)
    breaker.note(CUSTOMERS[5], OwnError(), 106.0)
    assert breaker.state is BreakerState.HALF_OPEN


def test_while_open_nobody_is_admitted_until_the_pause_is_over() -> None:
    breaker = opened()
    for now_s in (100.0, 104.999):
        assert breaker.capacity(now_s) == 0
        assert not admits(breaker, 5, now_s)
    assert breaker.capacity(105.0) == 1
    assert breaker.state is BreakerState.HALF_OPEN


def test_the_probe_is_one_and_of_another_customer() -> None:
    breaker = opened()
    assert breaker.suspects(105.0) == set(CUSTOMERS[:3])
    assert not admits(breaker, 0, 105.0)
    assert admits(breaker, 5, 105.0)
    assert breaker.capacity(106.0) == 0
    assert not admits(breaker, 6, 106.0)


def test_where_nobody_else_comes_within_another_pause_any_customer_will_do() -> None:
    breaker = opened()
    assert not admits(breaker, 0, 105.0)
    assert not admits(breaker, 0, 109.999)
    assert admits(breaker, 0, 110.0)


def test_a_probe_that_never_reports_back_is_given_up() -> None:
    breaker = opened()
    assert admits(breaker, 5, 105.0)
    assert breaker.capacity(134.999) == 0
    assert breaker.capacity(135.0) == 1
    assert admits(breaker, 6, 135.0)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_to_the_probe_closes_it(answer: Outcome) -> None:
    breaker = opened()
    assert admits(breaker, 5, 105.0)
    breaker.note(CUSTOMERS[5], answer, 106.0)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.reason == ""
    assert breaker.capacity(106.0) is None
    assert breaker.suspects(106.0) == frozenset()


def test_a_late_answer_to_somebody_else_closes_it_too() -> None:
    breaker = opened()
    breaker.note(CUSTOMERS[0], Applied(), 101.0)
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize("outcome", [*PLAIN, *DOUBTFUL])
def test_each_failed_probe_doubles_the_pause_up_to_its_ceiling(outcome: Outcome) -> None:
    breaker, now_s = opened(0.0), 0.0
    for probe, pause_s in zip(range(3, 9), (5.0, 10.0, 20.0, 40.0, 60.0, 60.0), strict=True):
        assert breaker.capacity(now_s + pause_s - 0.001) == 0
        now_s += pause_s
        assert breaker.capacity(now_s) == 1
        assert admits(breaker, probe, now_s)
        breaker.note(CUSTOMERS[probe], outcome, now_s)
        assert breaker.state is BreakerState.OPEN
        assert breaker.reason == "the probe failed"


def test_after_it_closed_the_pause_begins_small_again() -> None:
    breaker = opened()
    assert admits(breaker, 5, 105.0)
    breaker.note(CUSTOMERS[5], Unknown(), 105.0)
    assert admits(breaker, 6, 115.0)
    breaker.note(CUSTOMERS[6], Applied(), 115.0)
    for customer in CUSTOMERS[:3]:
        breaker.note(customer, Unknown(), 200.0)
    assert breaker.capacity(204.999) == 0
    assert breaker.capacity(205.0) == 1


def test_failures_of_calls_begun_before_it_opened_change_nothing() -> None:
    breaker = opened()
    for customer in CUSTOMERS[3:]:
        breaker.note(customer, Unknown(), 104.0)
    assert breaker.capacity(105.0) == 1
    breaker.note(CUSTOMERS[3], Unknown(), 105.0)
    assert breaker.state is BreakerState.HALF_OPEN, "only its probe speaks for the provider"


class Traffic(RuleBasedStateMachine):
    """Any traffic at all, watched from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now_s = 1000.0
        self.probing: tuple[int, float] | None = None

    @rule(seconds=st.floats(0.0, 40.0))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(customer=st.integers(0, 8))
    def ask(self, customer: int) -> None:
        before, suspects = self.breaker.state, self.breaker.suspects(self.now_s)
        capacity = self.breaker.capacity(self.now_s)
        admitted = admits(self.breaker, customer, self.now_s)
        assert not (admitted and capacity == 0)
        if self.breaker.state is not BreakerState.HALF_OPEN:
            assert admitted == (before is BreakerState.CLOSED)
            return
        if admitted:
            assert before is BreakerState.OPEN or CUSTOMERS[customer] not in suspects
            if self.probing is not None:
                assert self.now_s >= self.probing[1] + PATIENCE_S, "one probe at a time"
            self.probing = customer, self.now_s

    @rule(customer=st.integers(0, 8), outcome=st.sampled_from([*PLAIN, *DOUBTFUL, *ANSWERS]))
    def end(self, customer: int, outcome: Outcome) -> None:
        self.breaker.note(CUSTOMERS[customer], outcome, self.now_s)
        if outcome in ANSWERS:
            assert self.breaker.state is BreakerState.CLOSED

    @invariant()
    def it_is_tried_again_within_its_longest_pause(self) -> None:
        if self.breaker.state is not BreakerState.HALF_OPEN:
            self.probing = None
        later_s = self.now_s + self.breaker.policy.pause_max_s + PATIENCE_S
        if self.breaker.state is BreakerState.OPEN:
            assert self.breaker._until_s <= later_s

    @invariant()
    def it_says_why_whenever_it_is_not_closed(self) -> None:
        assert (self.breaker.reason == "") == (self.breaker.state is BreakerState.CLOSED)


TestTraffic = Traffic.TestCase


def test_a_probe_that_was_not_sent_after_all_leaves_room_for_the_next() -> None:
    breaker = opened()
    assert admits(breaker, 5, 105.0)
    breaker.withdraw(CUSTOMERS[6])  # never was the probe
    assert not admits(breaker, 6, 105.0)
    breaker.withdraw(CUSTOMERS[5])
    assert breaker.capacity(105.0) == 1
    assert admits(breaker, 6, 105.0)


def test_of_an_outage_a_bounded_number_of_customers_is_remembered() -> None:
    breaker = Breaker()
    for number in range(MAX_SUSPECTS + 5):
        stem = f"{number:08}1"  # never one digit repeated
        breaker.note(Cpf(stem + cpf_check_digits(stem)), NeverSent(), 0.0)
        assert len(breaker.suspects(0.0)) <= MAX_SUSPECTS
    assert len(breaker.suspects(0.0)) == MAX_SUSPECTS
