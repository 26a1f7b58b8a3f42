"""Exact centavos: a ratio and its text, each made of the other where asked."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.values.exact import Exact
from cashback_core.values.money import format_exact

NUMERATORS = st.integers(0, 10**16)
DENOMINATORS = st.sampled_from([1, 2, 3, 64, 10_000, 7_500, 20_000]) | st.integers(1, 10**15)


@given(NUMERATORS, DENOMINATORS, st.integers(1, 12))
def test_it_is_its_fraction_and_its_text_however_little_it_is_reduced(
    numerator: int, denominator: int, times: int
) -> None:
    right = Fraction(numerator, denominator)
    for exact in (Exact(numerator * times, denominator * times), Exact.of(right)):
        assert exact.centavos == right
        assert exact.text == format_exact(right)


@given(NUMERATORS, DENOMINATORS)
def test_a_stored_text_is_told_as_it_is_and_read_where_asked(
    numerator: int, denominator: int
) -> None:
    right = Fraction(numerator, denominator)
    stored = Exact.known(format_exact(right))
    assert stored.text == format_exact(right)
    assert stored.centavos == right
    assert stored == Exact(numerator, denominator)
    assert hash(stored) == hash(Exact(numerator, denominator))


@given(NUMERATORS, DENOMINATORS)
def test_it_is_equal_to_the_same_value_and_to_nothing_else(
    numerator: int, denominator: int
) -> None:
    exact = Exact(numerator, denominator)
    assert exact != Exact(numerator + 1, denominator)
    assert exact != Fraction(numerator, denominator)
    assert copy.deepcopy(exact) == exact


def test_nothing_else_is_one() -> None:
    assert repr(Exact(2 * 470, 6)) == "Exact('47/30')"
    for numerator, denominator in ((-1, 1), (1, 0), (1, -2)):
        with pytest.raises(ValueError, match="from zero"):
            Exact(numerator, denominator)
