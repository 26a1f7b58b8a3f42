"""Rates: each from its own instant on, until the type's next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import Programme, Rate, Rounding
from cashback_core.testing import strategies

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
CHANGE = datetime(2021, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def rate(type: str, rate_bp: int, version: int, starts_at: datetime) -> Rate:  # noqa: A002
    return Rate(type=type, rate_bp=rate_bp, version=version, starts_at=starts_at)


def test_a_rate_begins_at_its_instant_and_ends_where_the_next_begins() -> None:
    old, new = rate("A", 500, 1, SINCE), rate("A", 700, 2, CHANGE)
    programme = Programme((new, old))
    assert programme.rate_at("A", SINCE - TICK) is None
    assert programme.rate_at("A", SINCE) == old
    assert programme.rate_at("A", CHANGE - TICK) == old
    assert programme.rate_at("A", CHANGE) == new
    assert programme.rate_at("A", CHANGE + timedelta(days=50_000)) == new


def test_types_match_exactly() -> None:
    programme = Programme((rate("A", 500, 1, SINCE),))
    for other in ("a", "A ", " A", "", "AA", "\u0410"):
        assert programme.rate_at(other, CHANGE) is None


def test_two_rates_of_a_type_cannot_begin_together() -> None:
    with pytest.raises(ValueError, match="same instant"):
        Programme((rate("A", 500, 1, SINCE), rate("A", 700, 2, SINCE)))
    Programme((rate("A", 500, 1, SINCE), rate("B", 700, 1, SINCE)))


@pytest.mark.parametrize("rate_bp", [-1, 10_001])
def test_a_rate_is_between_nothing_and_everything(rate_bp: int) -> None:
    with pytest.raises(ValueError, match="basis points"):
        rate("A", rate_bp, 1, SINCE)


def test_rounding_is_half_even_unless_told_otherwise() -> None:
    assert Programme(()).rounding is Rounding.HALF_EVEN


@given(strategies.programmes(), st.datetimes(timezones=st.just(UTC)))
def test_the_rate_in_force_is_the_latest_that_has_begun(
    programme: Programme, instant: datetime
) -> None:
    for type_ in {rate.type for rate in programme.rates}:
        begun = [r for r in programme.rates if r.type == type_ and r.starts_at <= instant]
        latest = max(begun, key=lambda r: r.starts_at, default=None)
        assert programme.rate_at(type_, instant) == latest
