"""The cashback of a sale: one exact fraction, rounded once, then allotted to the lines."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final

from cashback_core.sales.effective_dates import counts_at
from cashback_core.sales.payments import UNEARNING
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, SaleRules
from cashback_core.sales.sale import Sale
from cashback_core.values.documents import Cpf, DocumentKind, document_kind
from cashback_core.values.exact import Exact
from cashback_core.values.rounding import Rounding, round_ratio
from cashback_core.values.suggestions import Nearest
from cashback_core.values.unchecked import unchecked
from cashback_core.values.violations import InvalidSale, Violation, show

_BASIS_POINTS: Final = 10_000
"""Of the whole."""


class NothingDue(StrEnum):
    """Why nothing is due for a sale."""

    ROUNDS_TO_ZERO = "rounds_to_zero"
    """What it earns is rounded to nothing."""
    EARNS_NOTHING = "earns_nothing"
    """Excluded, of no rate, wholly discounted, or paid by what earns nothing."""
    COMPANY = "company"
    """A company bought, and such sales are only recorded."""
    FOREIGN = "foreign"
    """Who bought has a foreign document, and such sales are only recorded."""
    NOBODY = "nobody"
    """Nobody was told as the buyer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCashback:
    """What one line earned and why.

    `exact` is the line's share before any rounding; `cashback_centavos` what it was allotted, less
    than one centavo away from it. `excluded`: its type earned nothing then.
    """

    type: str
    rate_bp: int
    rate_version: int
    amount_centavos: int
    net_centavos: int
    exact: Exact
    cashback_centavos: int
    excluded: bool = False

    @property
    def exact_centavos(self) -> Fraction:
        """The line's share as a number."""
        return self.exact.centavos


_line_cashback = unchecked(LineCashback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashback:
    """The cashback of a sale with its explanation, in the order of the sale's lines.

    The lines' cashbacks always add up to `cashback_centavos`. `nothing_due` says why that is zero,
    where it is. `surcharge_earns` is the rule that it was calculated by.
    """

    cashback_centavos: int
    exact: Exact
    rounding: Rounding
    lines: tuple[LineCashback, ...]
    nothing_due: NothingDue | None = None
    surcharge_earns: bool = False

    @property
    def exact_centavos(self) -> Fraction:
        """What was earned before it was rounded, as a number."""
        return self.exact.centavos


def calculate(
    sale: Sale,
    programme: Programme,
    *,
    rules: SaleRules | None = None,
    accepted_at: datetime | None = None,
) -> Cashback:
    """The cashback that a sale earns under a programme and its merchant's rules.

    Exact = Σ(goods x rate) x E ÷ Σ goods x (total - P) ÷ total. Goods are what a line is worth
    without its discount, with its surcharge only if surcharges earn; E is the total without the
    surcharges that do not; P what was paid by what earns nothing (`UNEARNING`). So a sale's
    discount, and what was paid by cashback, lower every line alike. It is rounded once per sale,
    and the lines get their parts by largest remainder, ties going to the lower (type, amount, net,
    position). To whom the rules do not pay nothing is due, whatever the lines.

    Rates are those at the sale's instant, or at `accepted_at` if a till's clock was ahead of it.
    Without `rules` they are the defaults. Raises InvalidSale when a type has no rate then.
    """
    rates = _rates(sale, programme, counts_at(sale.sold_at, accepted_at))
    surcharge_earns = rules is not None and rules.surcharge_earns
    unpaid = _not_paid(sale, rules)
    lines = sale.lines
    nets = [
        line.amount_centavos - line.discount_centavos + line.surcharge_centavos for line in lines
    ]
    if unpaid is not None:
        numerators, denominator = [0] * len(lines), 1
    elif _is_plain(sale):
        numerators, denominator = _plain_shares(sale, rates, nets)
    else:
        numerators, denominator = _shares(sale, rates, surcharge_earns=surcharge_earns)
    exact = sum(numerators)
    cashback = round_ratio(exact, denominator, programme.rounding)
    parts = _allot(cashback, numerators, denominator, sale, nets)
    return Cashback(
        cashback_centavos=cashback,
        exact=Exact(exact, denominator),
        rounding=programme.rounding,
        lines=tuple(
            [
                _line_cashback(
                    type=line.type,
                    rate_bp=rate.rate_bp,
                    rate_version=rate.version,
                    amount_centavos=line.amount_centavos,
                    net_centavos=net,
                    exact=Exact(numerator, denominator),
                    cashback_centavos=part,
                    excluded=rate.excluded,
                )
                for line, rate, net, numerator, part in zip(
                    lines, rates, nets, numerators, parts, strict=True
                )
            ]
        ),
        nothing_due=unpaid or (None if cashback else _earned_nothing(exact)),
        surcharge_earns=surcharge_earns,
    )


def _earned_nothing(exact: int) -> NothingDue:
    return NothingDue.ROUNDS_TO_ZERO if exact else NothingDue.EARNS_NOTHING


def unearning_centavos(sale: Sale) -> int:
    """What of a sale was paid by what earns nothing."""
    return sum([part.value_centavos for part in sale.payments if part.kind in UNEARNING])


def surcharges_centavos(sale: Sale) -> int:
    """Every surcharge of a sale, its lines' among them."""
    return sale.surcharge_centavos + sum([line.surcharge_centavos for line in sale.lines])


def _is_plain(sale: Sale) -> bool:
    """Whether nothing but discounts makes the total, and all that was paid earns."""
    if sale.payments or sale.difference_centavos or sale.surcharge_centavos:
        return False
    return sum([line.surcharge_centavos for line in sale.lines]) == 0


def _plain_shares(sale: Sale, rates: list[Rate], nets: list[int]) -> tuple[list[int], int]:
    """As `_shares`, of a sale that nothing but discounts lowers."""
    total, whole = sale.total_centavos, sum(nets)
    if total == whole:  # as of most: nothing is taken off the sale, and no line bears a part of it
        return [net * rate.rate_bp for net, rate in zip(nets, rates, strict=True)], _BASIS_POINTS
    denominator = _BASIS_POINTS * whole or 1  # everything was discounted: nothing is earned
    return [net * rate.rate_bp * total for net, rate in zip(nets, rates, strict=True)], denominator


def _shares(sale: Sale, rates: list[Rate], *, surcharge_earns: bool) -> tuple[list[int], int]:
    """The exact share of each line in centavos, as numerators of one denominator."""
    total = sale.total_centavos
    if surcharge_earns:
        goods = [line.net_centavos for line in sale.lines]
        earning = total
    else:
        goods = [line.goods_centavos for line in sale.lines]
        earning = max(0, total - surcharges_centavos(sale))
    whole = sum(goods)
    if not whole or not total:
        return [0] * len(goods), 1
    factor = earning * (total - unearning_centavos(sale))
    numerators = [good * rate.rate_bp * factor for good, rate in zip(goods, rates, strict=True)]
    return numerators, _BASIS_POINTS * whole * total


def _not_paid(sale: Sale, rules: SaleRules | None) -> NothingDue | None:
    """Why nothing is paid to who bought; None where it is."""
    customer = sale.customer
    if customer is None:
        return NothingDue.NOBODY
    document = customer.document
    if isinstance(document, Cpf):
        return None
    if rules is not None and rules.buyers.rule_of(document) is BuyerRule.PAY:
        return None
    company = document_kind(document) is DocumentKind.CNPJ
    return NothingDue.COMPANY if company else NothingDue.FOREIGN


def _rates(sale: Sale, programme: Programme, instant: datetime) -> list[Rate]:
    rates: list[Rate] = []
    violations: list[Violation] = []
    nearest: Nearest | None = None
    for index, line in enumerate(sale.lines):
        rate = programme.rate_at(line.type, instant)
        if rate is None:
            nearest = nearest or Nearest(programme.types_at(instant))
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
    cashback: int, numerators: list[int], denominator: int, sale: Sale, nets: list[int]
) -> list[int]:
    """Largest remainder (Hamilton): floors first, then one centavo each to the largest rests.

    Equal rests are ordered by type, amount and net, and then by position, for sorting is stable.
    """
    floors = [numerator // denominator for numerator in numerators]
    missing = cashback - sum(floors)
    if missing == 0:
        return floors
    order = sorted(
        [
            (-(numerator % denominator), line.type, line.amount_centavos, net, index)
            for index, (numerator, line, net) in enumerate(
                zip(numerators, sale.lines, nets, strict=True)
            )
        ]
    )
    for *_, index in order[:missing]:
        floors[index] += 1
    return floors
