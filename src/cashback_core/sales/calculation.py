"""The cashback of a sale: one exact fraction, rounded once, then allotted to the lines."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Sale
from cashback_core.values.rounding import Rounding, round_ratio
from cashback_core.values.suggestions import Nearest
from cashback_core.values.violations import InvalidSale, Violation, show


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCashback:
    """What one line earned and why.

    `exact_centavos` is the line's share before any rounding; `cashback_centavos` what it was
    allotted, less than one centavo away from it.
    """

    type: str
    rate_bp: int
    rate_version: int
    amount_centavos: int
    net_centavos: int
    exact_centavos: Fraction
    cashback_centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashback:
    """The cashback of a sale with its explanation, in the order of the sale's lines.

    The lines' cashbacks always add up to `cashback_centavos`.
    """

    cashback_centavos: int
    exact_centavos: Fraction
    rounding: Rounding
    lines: tuple[LineCashback, ...]


def calculate(sale: Sale, programme: Programme) -> Cashback:
    """The cashback that a sale earns under a programme.

    Exact = Σ(line net x rate) x total ÷ Σ line nets: a sale discount lowers every line alike. It
    is rounded once per sale, and the lines get their parts by largest remainder, ties going to
    the lower (type, amount, net, position). Raises InvalidSale when a type has no rate at the
    sale's instant.
    """
    rates = _rates(sale, programme)
    amounts = [line.amount_centavos for line in sale.lines]
    nets = [
        amount - line.discount_centavos for amount, line in zip(amounts, sale.lines, strict=True)
    ]
    denominator = 10_000 * sum(nets) or 1  # everything was discounted: nothing is earned
    numerators = [
        net * rate.rate_bp * sale.total_centavos for net, rate in zip(nets, rates, strict=True)
    ]
    cashback = round_ratio(sum(numerators), denominator, programme.rounding)
    ties = list(zip([line.type for line in sale.lines], amounts, nets, strict=True))
    parts = _allot(cashback, numerators, denominator, ties)
    return Cashback(
        cashback_centavos=cashback,
        exact_centavos=Fraction(sum(numerators), denominator),
        rounding=programme.rounding,
        lines=tuple(
            LineCashback(
                type=line.type,
                rate_bp=rate.rate_bp,
                rate_version=rate.version,
                amount_centavos=amount,
                net_centavos=net,
                exact_centavos=Fraction(numerator, denominator),
                cashback_centavos=part,
            )
            for line, rate, amount, net, numerator, part in zip(
                sale.lines, rates, amounts, nets, numerators, parts, strict=True
            )
        ),
    )


def _rates(sale: Sale, programme: Programme) -> list[Rate]:
    rates: list[Rate] = []
    violations: list[Violation] = []
    nearest: Nearest | None = None
    for index, line in enumerate(sale.lines):
        rate = programme.rate_at(line.type, sale.sold_at)
        if rate is None:
            nearest = nearest or Nearest(programme.types_at(sale.sold_at))
            known = nearest(line.type)
            violations.append(unknown_product_type(index, line.type, line.sku, known=known))
        else:
            rates.append(rate)
    if violations:
        raise InvalidSale(tuple(violations))
    return rates


def unknown_product_type(
    index: int,
    type: str,  # noqa: A002 (the domain's word)
    sku: str | None,
    *,
    known: str,
) -> Violation:
    """The violation of line `index`, whose type has no rate at the sale's instant.

    It points at what the line has: its type, or the sku that led to the type. `known` tells the
    types that have a rate (`Nearest`).
    """
    return Violation(
        pointer=f"/products/{index}/{'type' if sku is None else 'sku'}",
        code="product_type_unknown",
        received=show(type),
        values={"types": known},
    )


def _allot(
    whole: int, numerators: list[int], denominator: int, ties: list[tuple[str, int, int]]
) -> list[int]:
    """Largest remainder (Hamilton): floors first, then one centavo each to the largest rests.

    Equal rests are ordered by `ties`, and then by position, for sorting is stable.
    """
    floors = [numerator // denominator for numerator in numerators]
    missing = whole - sum(floors)
    if missing == 0:
        return floors
    places = range(len(numerators))
    order = sorted(places, key=lambda i: (-(numerators[i] % denominator), ties[i]))
    for index in order[:missing]:
        floors[index] += 1
    return floors
