"""Money and quantities: what is taken, what is refused and why, and that nothing takes long."""

from __future__ import annotations

import time
from contextlib import suppress
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashback_core.testing import strategies
from cashback_core.values.money import (
    MAX_CENTAVOS,
    MAX_QUANTITY_E4,
    MAX_VALUE_E10,
    InvalidMoney,
    MoneyFault,
    format_centavos,
    format_exact,
    format_quantity,
    format_signed_centavos,
    format_value,
    parse_centavos,
    parse_exact,
    parse_quantity,
    parse_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def fault_of(parse: Callable[[object], int], value: object) -> MoneyFault:
    with pytest.raises(InvalidMoney) as caught:
        parse(value)
    assert len(str(caught.value).split()) > 3
    return caught.value.fault


@pytest.mark.parametrize(
    ("value", "centavos"),
    [
        ("10.00", 1000),
        ("10.5", 1050),
        ("10", 1000),
        ("0", 0),
        ("0.01", 1),
        ("99999999.99", MAX_CENTAVOS),
        (100, 10_000),
        (100.0, 10_000),
        (9.99, 999),
        (0.29, 29),
        (1.15, 115),
        (99_999_999.99, MAX_CENTAVOS),
        (Decimal("9.99"), 999),
        (Decimal("9.9900000"), 999),
        (Decimal("9." + "0" * 39), 900),
        (Decimal("1E+2"), 10_000),
        (Decimal(0), 0),
    ],
)
def test_amounts_are_taken_by_their_value(value: object, centavos: int) -> None:
    assert parse_centavos(value) == centavos


@pytest.mark.parametrize(
    "value",
    [
        *["", " ", ".", "1.", ".5", "01", "00", "00.50", "1.001", "1,00", "1.000,00", "1 000"],
        *["+1", "-1", "-0", "-0.00", " 1", "1 ", "1\n", "\n1", "1\0", "1e2", "1E2", "0x1", "1_000"],
        *["NaN", "nan", "sNaN", "Infinity", "inf", "R$ 1", "1/2", "0.0.0", "--1", "a"],
        *["\uff11\uff10", "\u0661", "1.\uff11", "\u00b2", "\u00bd", "\u2212" + "1", "1\u200b"],
        *[-1, -0.01, -0.0, 0.001, 9.990000000000002, 10.005, 0.1 + 0.2, 1e-9, 5e-324],
        *[float("nan"), float("inf"), float("-inf"), -(10**4000)],
        *[Decimal("NaN"), Decimal("sNaN"), Decimal("-sNaN123"), Decimal("Infinity")],
        *[Decimal("-0"), Decimal(-1), Decimal("0.001"), Decimal("1e-999999")],
        *[Decimal("9." + "0" * 40), Decimal("1." + "0" * 60)],
    ],
)
def test_anything_else_is_not_spelled_as_money(value: object) -> None:
    assert fault_of(parse_centavos, value) is MoneyFault.FORMAT


@pytest.mark.parametrize(
    "value",
    [
        *["100000000", "100000000.00", "99999999990", "9" * 41, "9" * 200_000],
        *[100_000_000, 10**30, 10**400_000, 1e8, 1e22, 1e308],
        *[Decimal("1e8"), Decimal("1e999999"), Decimal("9e40"), Decimal("9e41")],
    ],
    ids=lambda value: type(value).__name__,
)
def test_amounts_beyond_the_highest_are_out_of_range(value: object) -> None:
    assert fault_of(parse_centavos, value) is MoneyFault.RANGE


@pytest.mark.parametrize(
    "value", [None, True, False, [], ["1"], {}, b"1", 1j, Fraction(1, 2), object()]
)
def test_what_is_neither_text_nor_number_has_the_wrong_type(value: object) -> None:
    assert fault_of(parse_centavos, value) is MoneyFault.TYPE
    assert fault_of(parse_quantity, value) is MoneyFault.TYPE
    assert fault_of(parse_value, value) is MoneyFault.TYPE


@pytest.mark.parametrize(
    ("value", "qty_e4"),
    [
        ("0.350", 3500),
        ("0.3505", 3505),
        (0.3505, 3505),
        (0.35, 3500),
        (2, 20_000),
        (1.5, 15_000),
        ("0", 0),
        ("0.0001", 1),
        (Decimal(99_999), MAX_QUANTITY_E4),
        ("99999.0000", MAX_QUANTITY_E4),
    ],
)
def test_quantities_are_taken_to_four_places(value: object, qty_e4: int) -> None:
    assert parse_quantity(value) == qty_e4


def test_quantities_have_four_places_at_most_and_a_ceiling() -> None:
    assert fault_of(parse_quantity, "0.35051") is MoneyFault.FORMAT
    assert fault_of(parse_quantity, 0.35051) is MoneyFault.FORMAT
    assert fault_of(parse_quantity, "1E+1") is MoneyFault.FORMAT
    assert fault_of(parse_quantity, "99999.0001") is MoneyFault.RANGE
    assert fault_of(parse_quantity, 2**63) is MoneyFault.RANGE


@pytest.mark.parametrize(
    ("value", "value_e10", "text"),
    [
        ("0.4723", 4_723_000_000, "0.4723"),
        ("5.899", 58_990_000_000, "5.899"),
        (5.899, 58_990_000_000, "5.899"),
        (Decimal("9.99"), 99_900_000_000, "9.99"),
        (10, 10 * 10**10, "10.00"),
        ("0.0000000001", 1, "0.0000000001"),
        ("1.10000000000", 11_000_000_000, "1.10"),
        ("99999999.99", MAX_VALUE_E10, "99999999.99"),
        ("0", 0, "0.00"),
    ],
)
def test_unit_values_are_taken_to_ten_places(value: object, value_e10: int, text: str) -> None:
    assert parse_value(value) == value_e10
    assert format_value(value_e10) == text


def test_unit_values_have_ten_places_at_most_and_a_ceiling() -> None:
    assert fault_of(parse_value, "0.00000000001") is MoneyFault.FORMAT
    assert fault_of(parse_value, 9.990000000000002) is MoneyFault.FORMAT
    assert fault_of(parse_value, "99999999.9900000001") is MoneyFault.RANGE
    with pytest.raises(ValueError, match="negative"):
        format_value(-1)


@pytest.mark.parametrize(
    ("centavos", "text"), [(0, "0.00"), (-1, "-0.01"), (1, "0.01"), (-12_345, "-123.45")]
)
def test_a_difference_may_be_below_zero(centavos: int, text: str) -> None:
    assert format_signed_centavos(centavos) == text


@pytest.mark.parametrize(("qty_e4", "text"), [(10_000, "1"), (3570, "0.357"), (1, "0.0001")])
def test_a_quantity_is_written_as_short_as_it_is(qty_e4: int, text: str) -> None:
    assert format_quantity(qty_e4) == text


@pytest.mark.parametrize(
    "value",
    [
        *[Decimal("1e999999999999"), Decimal("1e-999999999999"), Decimal("0e999999999999")],
        *[Decimal("7" * 100_000), 10**1_000_000],
        *["9" * 262_144, "0." + "0" * 262_144, "1" * 262_144 + "x"],
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_hostile_number_is_refused_at_once(value: object) -> None:
    started_s = time.process_time()
    with pytest.raises(InvalidMoney):
        parse_centavos(value)
    assert time.process_time() - started_s < 0.2


def test_a_float_of_another_library_is_read_by_its_value() -> None:
    class Float64(float):
        def __repr__(self) -> str:
            return f"np.float64({float(self)})"

    assert parse_centavos(Float64(9.99)) == 999


@given(st.data(), strategies.amounts(min_centavos=0))
def test_every_spelling_of_an_amount_means_it(data: st.DataObject, centavos: int) -> None:
    assert parse_centavos(data.draw(strategies.amount_spellings(centavos))) == centavos
    assert parse_centavos(format_centavos(centavos)) == centavos


@given(st.data(), strategies.quantities())
def test_every_spelling_of_a_quantity_means_it(data: st.DataObject, qty_e4: int) -> None:
    assert parse_quantity(data.draw(strategies.quantity_spellings(qty_e4))) == qty_e4
    assert parse_quantity(format_quantity(qty_e4)) == qty_e4


@given(st.data(), strategies.values())
def test_every_spelling_of_a_unit_value_means_it(data: st.DataObject, value_e10: int) -> None:
    assert parse_value(data.draw(strategies.value_spellings(value_e10))) == value_e10
    assert parse_value(format_value(value_e10)) == value_e10


@given(st.text(alphabet="0123456789.eE+-_ \n\uff11\u0661", max_size=12) | st.text(max_size=12))
@example("0.000")
@example("1.20")
def test_a_text_is_money_exactly_when_it_is_the_text_of_an_amount(text: str) -> None:
    try:
        centavos = parse_centavos(text)
    except InvalidMoney:
        return
    full = format_centavos(centavos)
    assert text in {full, full.removesuffix("0"), full.removesuffix(".00")} or (
        text.startswith(full) and not text[len(full) :].strip("0")  # zeros behind change nothing
    )


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(JSON_VALUES)
def test_nothing_that_json_can_hold_raises_anything_else(value: object) -> None:
    for parse, highest in (
        (parse_centavos, MAX_CENTAVOS),
        (parse_quantity, MAX_QUANTITY_E4),
        (parse_value, MAX_VALUE_E10),
    ):
        with suppress(InvalidMoney):
            assert 0 <= parse(value) <= highest


@given(st.floats(min_value=0, max_value=1e9))
def test_a_float_is_money_exactly_when_its_shortest_decimal_is(number: float) -> None:
    exact = Fraction(repr(number)) * 100
    if exact.denominator == 1 and exact <= MAX_CENTAVOS:
        assert parse_centavos(number) == exact
    else:
        with pytest.raises(InvalidMoney):
            parse_centavos(number)


@given(st.fractions(min_value=0))
@example(Fraction(1, 73))
@example(Fraction(1, 137))
def test_exact_amounts_are_read_back_as_they_were_written(centavos: Fraction) -> None:
    assert parse_exact(format_exact(centavos)) == centavos


@given(st.integers(0, 10**12), st.integers(0, 12), st.integers(0, 12))
@example(1, 5, 0)
@example(7, 0, 5)
@example(10**10 + 1, 5, 5)
@example(1, 0, 30)  # no float holds such a denominator
def test_a_decimal_is_written_in_full_and_no_longer(number: int, twos: int, fives: int) -> None:
    centavos = Fraction(number, 2**twos * 5**fives)
    whole, _, decimals = format_exact(centavos).partition(".")
    with localcontext(Context(prec=100, traps=[Inexact])):
        reais = Decimal(centavos.numerator) / centavos.denominator / 100
    assert Decimal(f"{whole}.{decimals}") == reais
    assert decimals.isdigit()
    assert len(decimals) == 2 or (len(decimals) > 2 and not decimals.endswith("0"))
    assert whole == str(centavos // 100)


@given(st.fractions(min_value=0))
def test_what_no_decimal_tells_is_a_fraction_in_lowest_terms(centavos: Fraction) -> None:
    centavos += Fraction(1, 7)
    while centavos.denominator % 7:
        centavos /= 7
    reais = centavos / 100
    assert format_exact(centavos) == f"{reais.numerator}/{reais.denominator}"


@pytest.mark.parametrize(
    ("centavos", "text"),
    [
        (Fraction(813, 2), "4.065"),
        (Fraction(1, 32), "0.0003125"),
        (Fraction(3, 3125), "0.0000096"),
        (Fraction(123_456_789, 100_000), "12.3456789"),
        (Fraction(0), "0.00"),
        (Fraction(100), "1.00"),
        (Fraction(470, 3), "47/30"),
        (Fraction(1, 1000), "0.00001"),
    ],
)
def test_exact_amounts_are_decimals_where_a_decimal_exists(centavos: Fraction, text: str) -> None:
    assert format_exact(centavos) == text


def test_a_negative_amount_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="negative"):
        format_centavos(-1)
