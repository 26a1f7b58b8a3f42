"""Whether a sale adds up, and if not, what the till may have done."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from cashback_core.sales.reading.json_object import FieldReader
from cashback_core.sales.reading.lines import ReadLines
from cashback_core.sales.sale import line_amount
from cashback_core.values.money import (
    PRODUCT_PER_CENTAVO,
    QUANTITY_SCALE,
    format_centavos,
    format_signed_centavos,
)
from cashback_core.values.rounding import Rounding, round_ratio


class TotalCause(StrEnum):
    """What makes a total fit exactly that is not the sum."""

    TRUNCATION = "truncation"
    """The till drops the part of a centavo of each line."""
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    SUM_ROUNDED = "sum_rounded"
    """The till rounds what all lines come to, once."""
    DISCOUNT_PER_UNIT = "discount_per_unit"
    """A line's discount was told of one unit."""
    DISCOUNT_IN_LINES = "discount_in_lines"
    """The sale's discount is that of its lines told again: ICMSTot of an NF-e is their sum."""
    SURCHARGE_IN_LINES = "surcharge_in_lines"
    """The sale's surcharge is that of its lines told again."""
    BOTH_IN_LINES = "both_in_lines"
    """Both are the lines' told again."""
    DISCOUNT_TWICE = "discount_twice"
    """Prices were net already: what was told as a discount is off twice."""
    SURCHARGE_MISSING = "surcharge_missing"
    """A surcharge was told that the total lacks."""
    SURCHARGE_TWICE = "surcharge_twice"
    """A surcharge is in the total twice."""
    SURCHARGE_UNTOLD = "surcharge_untold"
    """More than the lines, and no surcharge is told: said as where to tell it, not as a cause."""
    DISCOUNT_UNTOLD = "discount_untold"
    """Less than the lines, and no discount is told: the same."""
    NONE = "none"


_ROUNDINGS = {
    TotalCause.TRUNCATION: Rounding.DOWN,
    TotalCause.HALF_UP: Rounding.HALF_UP,  # as most tills do: before the other half
    TotalCause.HALF_EVEN: Rounding.HALF_EVEN,
}


def difference_of(
    reader: FieldReader,
    read: ReadLines,
    *,
    total: int,
    discount: int,
    surcharge: int,
    tolerance: int,
) -> int | None:
    """By how much a total differs from the sum, within the tolerance; None, and told, beyond it."""
    nets = sum([line.net_centavos for line in read.lines])
    if discount and not reader.is_covered(discount, nets, ""):
        return None
    difference = total - (nets - discount + surcharge)
    if abs(difference) <= tolerance:
        return difference
    values = {
        "sum": format_centavos(nets - discount + surcharge),
        "difference": format_signed_centavos(difference),
        "cause": likely_cause(read, difference, discount=discount, surcharge=surcharge),
    }
    reader.tell("/total", "total_mismatch", format_centavos(total), values)
    return None


def likely_cause(read: ReadLines, difference: int, *, discount: int, surcharge: int) -> TotalCause:
    """The first cause by which the total fits exactly; else what is perhaps not told at all."""
    for cause, makes in _causes(read, discount=discount, surcharge=surcharge):
        if makes and makes == difference:
            return cause
    lines = read.lines
    if abs(difference) <= len(lines):  # so much is made by rounding: nobody's freight
        return TotalCause.NONE
    if difference > 0 and not surcharge and not any(line.surcharge_centavos for line in lines):
        return TotalCause.SURCHARGE_UNTOLD
    if difference < 0 and not discount and not any(line.discount_centavos for line in lines):
        return TotalCause.DISCOUNT_UNTOLD
    return TotalCause.NONE


def _causes(read: ReadLines, *, discount: int, surcharge: int) -> Iterator[tuple[TotalCause, int]]:
    """Each cause with the difference that it would make."""
    lines = read.lines
    reckoned = [line for index, line in enumerate(lines) if index not in read.told]
    for cause, rounding in _ROUNDINGS.items():
        yield (
            cause,
            sum(
                line_amount(line.value_e10, line.qty_e4, rounding) - line.amount_centavos
                for line in reckoned
            ),
        )
    exact = sum(line.value_e10 * line.qty_e4 for line in reckoned)
    amounts = sum(line.amount_centavos for line in reckoned)
    for rounding in _ROUNDINGS.values():
        once = round_ratio(exact, PRODUCT_PER_CENTAVO, rounding)
        yield TotalCause.SUM_ROUNDED, once - amounts
    per_unit = sum(
        line.discount_centavos
        - round_ratio(line.discount_centavos * line.qty_e4, QUANTITY_SCALE, Rounding.HALF_UP)
        for line in lines
    )
    yield TotalCause.DISCOUNT_PER_UNIT, per_unit
    off_lines = sum(line.discount_centavos for line in lines)
    on_lines = sum(line.surcharge_centavos for line in lines)
    off_again = discount if discount == off_lines else 0
    on_again = surcharge if surcharge == on_lines else 0
    yield TotalCause.DISCOUNT_IN_LINES, off_again
    yield TotalCause.SURCHARGE_IN_LINES, -on_again
    if off_again and on_again:
        yield TotalCause.BOTH_IN_LINES, off_again - on_again
    for off in _each(off_lines, discount):
        yield TotalCause.DISCOUNT_TWICE, off
    on_top = _each(on_lines, surcharge)
    for on in on_top:
        yield TotalCause.SURCHARGE_MISSING, -on
    for on in on_top:
        yield TotalCause.SURCHARGE_TWICE, on


def _each(of_lines: int, of_sale: int) -> tuple[int, ...]:
    """What the lines tell, what the sale tells, and both."""
    return of_lines, of_sale, of_lines + of_sale
