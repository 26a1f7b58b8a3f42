"""Effective-dated changes: given notice, in order, and never of what has begun."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import (
    Catalogue,
    ChangeFault,
    ChangeRefused,
    NewRate,
    Programme,
    Rate,
    TypePeriod,
    calculate,
    next_rate,
    next_type,
    refuse_withdrawal,
)
from cashback_core.sales.effective_dates import (
    BEGINNING,
    END,
    MAX_PERIODS,
    MIN_NOTICE,
    counts_at,
)
from cashback_core.sales.rules import LONGEST_AHEAD
from cashback_core.testing import strategies

NOW = datetime(2026, 6, 15, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)
FIRST = Rate(type="A", rate_bp=500, version=1, starts_at=datetime(2020, 1, 1, tzinfo=UTC))


def after(*rates: Rate, starts_at: datetime, now: datetime = NOW) -> Rate | ChangeFault:
    new = NewRate(rate_bp=700, starts_at=starts_at, confirmed_bp=700)
    made = next_rate(rates, new, type="A", now=now)
    return made.fault if isinstance(made, ChangeRefused) else made


def test_a_first_rate_may_start_anywhere() -> None:
    for starts_at in (BEGINNING, NOW - timedelta(days=1), NOW, END - TICK):
        made = after(starts_at=starts_at)
        assert made == Rate(type="A", rate_bp=700, version=1, starts_at=starts_at)
    for starts_at in (BEGINNING - TICK, END):
        assert after(starts_at=starts_at) is ChangeFault.OUT_OF_RANGE


def test_a_later_rate_is_given_notice_to_the_very_microsecond() -> None:
    made = after(FIRST, starts_at=NOW + MIN_NOTICE)
    assert made == Rate(type="A", rate_bp=700, version=2, starts_at=NOW + MIN_NOTICE)
    assert after(FIRST, starts_at=NOW + MIN_NOTICE - TICK) is ChangeFault.NO_NOTICE


def test_a_rate_follows_every_other() -> None:
    second = Rate(type="A", rate_bp=600, version=2, starts_at=NOW + timedelta(days=2))
    for starts_at in (NOW + timedelta(days=1), second.starts_at):
        assert after(FIRST, second, starts_at=starts_at) is ChangeFault.NOT_AFTER_LATEST
    third = after(FIRST, second, starts_at=second.starts_at + TICK)
    assert isinstance(third, Rate)
    assert third.version == 3


def test_a_type_has_only_so_many_rates() -> None:
    rates = [
        Rate(type="A", rate_bp=1, version=n, starts_at=BEGINNING + timedelta(hours=n))
        for n in range(1, MAX_PERIODS + 1)
    ]
    assert after(*rates, starts_at=NOW + timedelta(days=1)) is ChangeFault.TOO_MANY
    assert isinstance(after(*rates[1:], starts_at=NOW + timedelta(days=1)), Rate)


def test_only_the_latest_change_may_be_taken_back_and_only_in_time() -> None:
    starts = [FIRST.starts_at, NOW + MIN_NOTICE, NOW + timedelta(days=1)]
    assert refuse_withdrawal(starts, starts_at=starts[2], now=NOW) is None
    assert refuse_withdrawal(starts[:2], starts_at=starts[1], now=NOW) is None
    early = refuse_withdrawal(starts, starts_at=starts[1], now=NOW)
    assert early is not None
    assert early.fault is ChangeFault.NOT_LATEST
    late = refuse_withdrawal(starts[:2], starts_at=starts[1], now=NOW + TICK)
    assert late == ChangeRefused(ChangeFault.BEGUN, NOW)


def test_a_products_type_changes_by_the_same_rules() -> None:
    first = next_type((), type="A", starts_at=BEGINNING, now=NOW)
    assert isinstance(first, TypePeriod)
    assert first == TypePeriod(type="A", version=1, starts_at=BEGINNING)
    second = next_type((first,), type="B", starts_at=NOW + MIN_NOTICE, now=NOW)
    assert second == TypePeriod(type="B", version=2, starts_at=NOW + MIN_NOTICE)
    refused = next_type((first,), type="B", starts_at=NOW + MIN_NOTICE - TICK, now=NOW)
    assert refused == ChangeRefused(ChangeFault.NO_NOTICE, NOW + MIN_NOTICE)


@pytest.mark.parametrize("rate_bp", [-1, 10_001])
def test_a_rate_out_of_range_is_no_rate(rate_bp: int) -> None:
    with pytest.raises(ValueError, match="basis points"):
        next_rate((), NewRate(rate_bp=rate_bp, starts_at=NOW), type="A", now=NOW)


def test_an_excluded_type_has_no_rate_and_needs_no_second_word() -> None:
    out = NewRate(rate_bp=0, starts_at=NOW + MIN_NOTICE, excluded=True)
    made = next_rate((FIRST,), out, type="A", now=NOW)
    assert isinstance(made, Rate)
    assert made == Rate(type="A", rate_bp=0, version=2, starts_at=NOW + MIN_NOTICE, excluded=True)
    with pytest.raises(ValueError, match="rate of 0"):
        next_rate((FIRST,), replace(out, rate_bp=1), type="A", now=NOW)
    back = NewRate(rate_bp=500, starts_at=NOW + 2 * MIN_NOTICE)
    again = next_rate((FIRST, made), back, type="A", now=NOW)
    assert isinstance(again, Rate)
    assert (again.rate_bp, again.excluded) == (500, False)


@given(st.data())
def test_a_change_of_rate_never_changes_the_cashback_of_a_sale_sold_before_it(
    data: st.DataObject,
) -> None:
    sale = data.draw(strategies.sales())
    programme = strategies.DEMO.programme
    first_start = max(sale.sold_at + TICK, strategies.DEMO.now + MIN_NOTICE)
    begins_us = data.draw(st.integers(0, 10**12))
    rates = list(programme.rates)
    for rate in programme.rates:
        rate_bp = data.draw(st.integers(0, 10_000))
        made = next_rate(
            [rate],
            NewRate(
                rate_bp=rate_bp,
                starts_at=first_start + begins_us * TICK,
                confirmed_bp=rate_bp,
            ),
            type=rate.type,
            now=strategies.DEMO.now,
        )
        assert isinstance(made, Rate)
        rates.append(made)
    assert calculate(sale, Programme(tuple(rates))) == calculate(sale, programme)


KEPT_S = 60
COMMIT_S = 10


@given(
    starts=st.lists(st.integers(0, 4 * 3600), min_size=1, max_size=4),
    known_for_s=st.integers(0, KEPT_S),
    commit_s=st.integers(0, COMMIT_S),
    ahead_s=st.integers(0, int(LONGEST_AHEAD.total_seconds())),
    asked_s=st.integers(0, 3600),
)
def test_what_is_kept_for_a_minute_never_pays_an_old_rate(
    starts: list[int], known_for_s: int, commit_s: int, ahead_s: int, asked_s: int
) -> None:
    """A change is decided, committed later, read before that commit, and used a minute later."""
    at = NOW + timedelta(seconds=asked_s)
    kept: list[Rate] = [FIRST]
    present: list[Rate] = [FIRST]
    for start_s in sorted(set(starts)):
        made = next_rate(
            present,
            NewRate(rate_bp=700, starts_at=at + timedelta(seconds=start_s)),
            type="A",
            now=at,
        )
        if isinstance(made, Rate):
            present.append(made)
    read_at = at + timedelta(seconds=commit_s)
    accepted_at = read_at + timedelta(seconds=known_for_s)
    judged_at = counts_at(accepted_at + timedelta(seconds=ahead_s), accepted_at)
    assert Programme(tuple(kept)).rate_at("A", judged_at) == Programme(tuple(present)).rate_at(
        "A", judged_at
    )


def test_a_withdrawn_type_was_never_in_force_for_anybody() -> None:
    period = TypePeriod(type="A", version=1, starts_at=NOW + MIN_NOTICE)
    assert refuse_withdrawal([period.starts_at], starts_at=period.starts_at, now=NOW) is None
    latest = NOW + timedelta(seconds=KEPT_S + COMMIT_S)
    assert Catalogue({"CAFE": (period,)}).type_at("CAFE", latest) is None


@given(ahead_us=st.integers(-(10**9), 10**9))
def test_a_sale_counts_when_it_was_made_and_never_after_it_was_heard(ahead_us: int) -> None:
    sold_at = NOW + timedelta(microseconds=ahead_us)
    assert counts_at(sold_at, NOW) == min(sold_at, NOW)
    assert counts_at(sold_at, None) == sold_at
