from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.webhooks.policy import (
    FAILING_DAYS,
    JITTER,
    MAX_ATTEMPTS,
    MAX_REST_S,
    MAX_TEST_ATTEMPTS,
    WAITS_S,
    Because,
    Health,
    ReceiverAnswer,
    health_after,
    next_try,
    why_disable,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(("status", "delivered"), [
    (200, 1), (204, 1), (299, 1), (199, 0), (300, 0), (301, 0), (404, 0), (410, 0), (500, 0),
    (None, 0),
])  # fmt: skip
def test_any_2xx_is_delivered_and_nothing_else(status: int | None, delivered: int) -> None:
    assert ReceiverAnswer(status=status).delivered == bool(delivered)


@given(st.integers(1, MAX_ATTEMPTS + 3), st.floats(0, 1, exclude_max=True))
def test_a_message_waits_as_the_standard_advises_and_then_is_given_up(
    attempts: int, chance: float
) -> None:
    due = next_try(attempts, NOW, lambda: chance)
    if attempts >= MAX_ATTEMPTS:
        assert due is None
        return
    assert due is not None
    wait_s = (due - NOW).total_seconds()
    assert WAITS_S[attempts - 1] <= wait_s <= WAITS_S[attempts - 1] * (1 + JITTER)


def test_a_test_is_tried_twice_at_most() -> None:
    assert next_try(1, NOW, lambda: 0.0, most=MAX_TEST_ATTEMPTS) == NOW + timedelta(seconds=5)
    assert next_try(2, NOW, lambda: 0.0, most=MAX_TEST_ATTEMPTS) is None


def test_what_was_never_tried_is_not_tried_again() -> None:
    with pytest.raises(ValueError, match="only what was tried"):
        next_try(0, NOW, lambda: 0.0)


def test_an_endpoint_that_fails_rests_longer_and_longer() -> None:
    health, rests = Health(), list[float]()
    for _ in range(20):
        health = health_after(health, delivered=0, failed=1, now=NOW, chance=lambda: 0.0)
        assert health.rests_until is not None
        rests.append((health.rests_until - NOW).total_seconds())
    assert rests == sorted(rests)
    assert rests[0] < 5
    assert rests[-1] == MAX_REST_S
    assert health.failing_since == NOW
    well = health_after(health, delivered=1, failed=7, now=NOW, chance=lambda: 0.0)
    assert well == Health()


def test_a_round_of_nothing_changes_nothing() -> None:
    ill = Health(failures=3, failing_since=NOW)
    assert health_after(ill, delivered=0, failed=0, now=NOW, chance=lambda: 0.0) == ill


def test_it_is_disabled_after_days_of_failure_or_when_it_is_gone() -> None:
    ill = Health(failures=9, failing_since=NOW)
    days = timedelta(days=FAILING_DAYS)
    assert why_disable(ill, gone=False, now=NOW + days - timedelta(seconds=1)) is None
    assert why_disable(ill, gone=False, now=NOW + days) is Because.FAILING
    assert why_disable(Health(), gone=True, now=NOW) is Because.GONE
    assert why_disable(Health(), gone=False, now=NOW + 100 * days) is None
