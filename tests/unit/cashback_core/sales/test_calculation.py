"""The cashback of a sale: exact, rounded once, allotted so that lines add up."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cashback_core import (
    Cpf,
    Customer,
    InvalidSale,
    Line,
    Programme,
    Rate,
    Rounding,
    Sale,
    calculate,
)
from cashback_core.testing import strategies
from cashback_core.values.rounding import round_ratio

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
MODES = st.sampled_from(Rounding)


@st.composite
def judged_sales(draw: st.DrawFn) -> tuple[Sale, Programme]:
    """A sale and the programme that it is judged by, in any mode of rounding."""
    situation = draw(st.just(strategies.DEMO) | strategies.situations())
    programme = Programme(situation.programme.rates, draw(MODES))
    return draw(strategies.sales(situation)), programme


@st.composite
def plain_sales(draw: st.DrawFn) -> tuple[Sale, Programme]:
    """The same, of lines whose amounts are value × quantity, and nothing but discounts."""
    sale, programme = draw(judged_sales())
    lines = tuple(pieces_of(line, line.qty_e4, discount=True)[0] for line in sale.lines)
    return sale_of(*lines, sold_at=sale.sold_at), programme


def pieces_of(line: Line, *quantities_e4: int, discount: bool = False) -> list[Line]:
    made = [
        Line.of(type=line.type, value_e10=line.value_e10, qty_e4=qty, sku=line.sku)
        for qty in quantities_e4
    ]
    off = [min(line.discount_centavos, each.amount_centavos) if discount else 0 for each in made]
    return [replace(each, discount_centavos=d) for each, d in zip(made, off, strict=True)]


def programme(mode: Rounding = Rounding.HALF_EVEN, **rates_bp: int) -> Programme:
    rates = [Rate(type=t, rate_bp=bp, version=1, starts_at=SINCE) for t, bp in rates_bp.items()]
    return Programme(tuple(rates), mode)


def sale_of(
    *lines: Line,
    discount_centavos: int = 0,
    sold_at: datetime = datetime(2026, 1, 2, tzinfo=UTC),
) -> Sale:
    return Sale(
        sold_at=sold_at,
        customer=Customer(document=Cpf("52998224725"), name="JOSE"),
        lines=lines,
        total_centavos=sum(line.net_centavos for line in lines) - discount_centavos,
        discount_centavos=discount_centavos,
    )


def one(value_centavos: int, type: str = "A", discount_centavos: int = 0) -> Line:  # noqa: A002
    return Line.of(
        type=type,
        value_e10=value_centavos * 10**8,
        qty_e4=10_000,
        discount_centavos=discount_centavos,
    )


def rounded_centavos(reais: Fraction, mode: Rounding) -> int:
    centavos = reais * 100
    return {
        Rounding.HALF_EVEN: round(centavos),
        Rounding.HALF_UP: math.floor(centavos + Fraction(1, 2)),
        Rounding.DOWN: math.floor(centavos),
    }[mode]


@given(judged_sales())
def test_lines_add_up_by_largest_remainder(judged: tuple[Sale, Programme]) -> None:
    sale, rates = judged
    cashback = calculate(sale, rates)
    assert sum(line.cashback_centavos for line in cashback.lines) == cashback.cashback_centavos
    lifted: list[Fraction] = []
    left: list[Fraction] = []
    for line in cashback.lines:
        floor = math.floor(line.exact_centavos)
        remainder = line.exact_centavos - floor
        assert line.cashback_centavos - floor in {0, 1}
        (lifted if line.cashback_centavos > floor else left).append(remainder)
    if lifted:
        assert min(lifted) > 0
        assert min(lifted) >= max(left, default=Fraction(0))


@given(judged_sales())
def test_nothing_is_negative_and_nothing_exceeds_what_was_paid(
    judged: tuple[Sale, Programme],
) -> None:
    sale, rates = judged
    cashback = calculate(sale, rates)
    assert 0 <= cashback.cashback_centavos <= sale.total_centavos
    assert abs(cashback.cashback_centavos - cashback.exact_centavos) < 1
    for line, told in zip(sale.lines, cashback.lines, strict=True):
        assert 0 <= told.cashback_centavos <= sale.total_centavos
        assert 0 <= told.exact_centavos <= sale.total_centavos
        assert told.net_centavos == line.net_centavos
        assert told.amount_centavos == line.amount_centavos


@given(judged_sales(), st.data())
def test_the_order_of_lines_does_not_matter(
    judged: tuple[Sale, Programme], data: st.DataObject
) -> None:
    sale, rates = judged
    shuffled = replace(sale, lines=tuple(data.draw(st.permutations(sale.lines))))
    straight, other = calculate(sale, rates), calculate(shuffled, rates)
    assert other.cashback_centavos == straight.cashback_centavos
    assert other.exact_centavos == straight.exact_centavos
    assert Counter(other.lines) == Counter(straight.lines)


@given(plain_sales(), st.data())
def test_splitting_a_quantity_changes_nothing_where_no_amount_is_rounded(
    judged: tuple[Sale, Programme], data: st.DataObject
) -> None:
    sale, rates = judged
    index = data.draw(st.integers(0, len(sale.lines) - 1))
    line = sale.lines[index]
    assume(line.qty_e4 > 1)
    part = data.draw(st.integers(1, line.qty_e4 - 1))
    pieces = pieces_of(line, part, line.qty_e4 - part)
    lost = sum(piece.amount_centavos for piece in pieces) - line.amount_centavos
    assert abs(lost) <= 1, "two roundings instead of one"
    assume(lost == 0)
    first = min(line.discount_centavos, pieces[0].amount_centavos)
    split_lines = (
        replace(pieces[0], discount_centavos=first),
        replace(pieces[1], discount_centavos=line.discount_centavos - first),
    )
    split = replace(sale, lines=(*sale.lines[:index], *split_lines, *sale.lines[index + 1 :]))
    before, after = calculate(sale, rates), calculate(split, rates)
    assert after.exact_centavos == before.exact_centavos
    assert after.cashback_centavos == before.cashback_centavos
    both = after.lines[index : index + 2]
    assert sum(each.exact_centavos for each in both) == before.lines[index].exact_centavos
    moved = sum(each.cashback_centavos for each in both) - before.lines[index].cashback_centavos
    assert abs(moved) <= 1, "the lines' own centavos may be allotted otherwise, by one"


@given(plain_sales(), st.data())
def test_splitting_a_quantity_moves_the_cashback_by_no_more_than_the_rounding_of_amounts(
    judged: tuple[Sale, Programme], data: st.DataObject
) -> None:
    sale, rates = judged
    lines = [replace(line, discount_centavos=0) for line in sale.lines]
    sale = sale_of(*lines, sold_at=sale.sold_at)
    index = data.draw(st.integers(0, len(sale.lines) - 1))
    line = sale.lines[index]
    assume(line.qty_e4 > 1)
    part = data.draw(st.integers(1, line.qty_e4 - 1))
    pieces = pieces_of(line, part, line.qty_e4 - part)
    split = sale_of(*lines[:index], *pieces, *lines[index + 1 :], sold_at=sale.sold_at)
    before, after = calculate(sale, rates), calculate(split, rates)
    assert abs(after.exact_centavos - before.exact_centavos) <= 1
    assert abs(after.cashback_centavos - before.cashback_centavos) <= 2


@given(
    st.integers(0, 10**15),
    st.integers(1, 10**12),
    MODES,
)
@example(5, 10, Rounding.HALF_EVEN)
@example(15, 10, Rounding.HALF_EVEN)
@example(25, 10, Rounding.HALF_UP)
def test_ratios_are_rounded_as_pythons_own_fractions(
    numerator: int, denominator: int, mode: Rounding
) -> None:
    expected = rounded_centavos(Fraction(numerator, denominator) / 100, mode)
    assert round_ratio(numerator, denominator, mode) == expected


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -1)])
def test_a_ratio_is_of_money_only(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="ratio"):
        round_ratio(numerator, denominator, Rounding.DOWN)


@pytest.mark.parametrize(
    ("mode", "centavos"), [(Rounding.HALF_EVEN, 406), (Rounding.HALF_UP, 407), (Rounding.DOWN, 406)]
)
def test_ten_percent_of_40_65_tells_the_modes_apart(mode: Rounding, centavos: int) -> None:
    assert calculate(sale_of(one(4065)), programme(mode, A=1000)).cashback_centavos == centavos


def test_a_sale_discount_lowers_every_line_alike() -> None:
    sale = sale_of(one(10_000, "A"), one(10_000, "B"), discount_centavos=10_000)
    cashback = calculate(sale, programme(A=1000, B=500))
    assert [line.exact_centavos for line in cashback.lines] == [500, 250]


def test_a_line_discount_lowers_its_line_alone() -> None:
    sale = sale_of(one(10_000, "A", discount_centavos=10_000), one(10_000, "B"))
    cashback = calculate(sale, programme(A=1000, B=500))
    assert [line.cashback_centavos for line in cashback.lines] == [0, 500]


def test_a_sale_that_was_discounted_whole_earns_nothing() -> None:
    sale = sale_of(one(100, discount_centavos=100))
    cashback = calculate(sale, programme(A=1000))
    assert cashback.cashback_centavos == 0
    assert cashback.exact_centavos == 0
    assert [line.cashback_centavos for line in cashback.lines] == [0]


def test_of_equal_remainders_the_lower_type_then_amount_then_position_is_lifted() -> None:
    # Each line earns half a centavo: 10 % of 0.05.
    by_type = calculate(sale_of(one(5, "B"), one(5, "A")), programme(A=1000, B=1000))
    assert [line.cashback_centavos for line in by_type.lines] == [0, 1]
    by_amount = calculate(sale_of(one(15), one(5)), programme(A=1000))
    assert [line.cashback_centavos for line in by_amount.lines] == [1, 1]
    by_position = calculate(sale_of(one(5), one(5)), programme(A=1000))
    assert [line.cashback_centavos for line in by_position.lines] == [1, 0]


def test_of_equal_remainders_the_discount_decides_before_the_position() -> None:
    lower_net = [one(50, discount_centavos=35), one(50, discount_centavos=45)]  # 1.5 and 0.5
    for lines in (lower_net, lower_net[::-1]):
        parts = calculate(sale_of(*lines), programme(A=1000)).lines
        assert {part.net_centavos: part.cashback_centavos for part in parts} == {15: 1, 5: 1}
    lower_amount = [one(50, discount_centavos=45), one(5)]  # 0.5 each
    for lines in (lower_amount, lower_amount[::-1]):
        parts = calculate(sale_of(*lines), programme(A=1000)).lines
        assert {part.amount_centavos: part.cashback_centavos for part in parts} == {50: 0, 5: 1}


def test_rounding_up_lifts_the_line_with_the_larger_remainder() -> None:
    cashback = calculate(sale_of(one(2), one(9)), programme(A=1000))  # 0.2 + 0.9 = 1.1
    assert [line.cashback_centavos for line in cashback.lines] == [0, 1]


def test_each_line_tells_its_rate_and_version() -> None:
    rates = Programme(
        (
            Rate(type="A", rate_bp=100, version=1, starts_at=SINCE),
            Rate(type="A", rate_bp=700, version=2, starts_at=datetime(2026, 1, 2, tzinfo=UTC)),
        )
    )
    (line,) = calculate(sale_of(one(10_000)), rates).lines
    assert (line.type, line.rate_bp, line.rate_version) == ("A", 700, 2)


def test_every_line_without_a_rate_is_told() -> None:
    with pytest.raises(InvalidSale) as caught:
        calculate(sale_of(one(1, "X"), one(1, "A"), one(1, "Y")), programme(A=1))
    assert [(v.pointer, v.code, v.received) for v in caught.value.violations] == [
        ("/products/0/type", "product_type_unknown", "X"),
        ("/products/2/type", "product_type_unknown", "Y"),
    ]


def test_an_amount_is_value_times_quantity_rounded_half_up() -> None:
    assert Line.of(type="A", value_e10=3990 * 10**8, qty_e4=3500).amount_centavos == 1397
    assert Line.of(type="A", value_e10=1 * 10**8, qty_e4=5000).amount_centavos == 1
    assert Line.of(type="A", value_e10=1 * 10**8, qty_e4=4990).amount_centavos == 0
