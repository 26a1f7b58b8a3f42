"""A column of fractions is rounded as one fraction is, and amounts as lines are read."""

from __future__ import annotations

from typing import Final

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashback_core import Rounding
from cashback_core.columns import line_amounts, line_cashbacks, rounded
from cashback_core.sales.sale import line_amount
from cashback_core.values.money import MAX_CENTAVOS
from cashback_core.values.rounding import round_ratio

MODES = st.sampled_from(Rounding)
ROOM: Final = 4 * 10**18


def of_one(expression: pl.Expr) -> int:
    return int(pl.select(expression).item())


@given(st.integers(0, ROOM), st.integers(1, 4 * 10**17), MODES)
@example(5_000, 10_000, Rounding.HALF_EVEN)
@example(15_000, 10_000, Rounding.HALF_EVEN)
@example(15_000, 10_000, Rounding.HALF_UP)
@example(7, 3, Rounding.HALF_EVEN)
@example(0, 1, Rounding.HALF_EVEN)
def test_a_fraction_is_rounded_as_round_ratio_does(
    numerator: int, denominator: int, mode: Rounding
) -> None:
    expected = round_ratio(numerator, denominator, mode)
    of_columns = rounded(pl.lit(numerator, pl.Int64), pl.lit(denominator, pl.Int64), mode)
    assert of_one(of_columns) == expected
    assert of_one(rounded(pl.lit(numerator, pl.Int64), denominator, mode)) == expected


@pytest.mark.parametrize("mode", Rounding)
def test_every_rest_of_a_line_is_rounded_as_round_ratio_does(mode: Rounding) -> None:
    last = MAX_CENTAVOS * 10_000
    numerators = [*range(30_001), *range(last - 20_000, last + 1)]
    frame = pl.DataFrame({"n": numerators}, schema={"n": pl.Int64})
    told = frame.select(line_cashbacks(pl.col("n"), pl.lit(1, pl.Int64), mode)).to_series()
    assert told.to_list() == [round_ratio(n, 10_000, mode) for n in numerators]


@given(st.integers(0, 10**9), st.integers(1, 4 * 10**9), MODES)
def test_an_amount_is_value_times_quantity_as_lines_are_read(
    value_e10: int, qty_e4: int, mode: Rounding
) -> None:
    of_columns = line_amounts(pl.lit(value_e10, pl.Int64), pl.lit(qty_e4, pl.Int64), mode)
    assert of_one(of_columns) == line_amount(value_e10, qty_e4, mode)
