"""What a sale's numbers should be, reckoned the other way: in decimals, from the rules' words.

Nothing of the product is used. A document is a mapping as an ERP sends it, each number as it is
spelt; a merchant's rules are told by their names. Unlike the product's integers, amounts are
`Decimal` in reais here and shares are `Fraction`.
"""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CENTAVO: Final = Decimal("0.01")
_MODES: Final = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
}
_EARN_NOTHING: Final = {"cashback", "gift_card"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A merchant's rules, and the rate of each type in basis points."""

    rates_bp: Mapping[str, int]
    line_rounding: str = "half_up"
    line_tolerance_centavos: int = 0
    sale_tolerance_centavos: int = 0
    surcharge_earns: bool = False
    cashback_rounding: str = "half_even"
    pays: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """Whether the numbers are taken, and what they come to: reais, and centavos of cashback."""

    amounts_fit: bool
    total_fits: bool
    amounts: tuple[Decimal, ...] = ()
    difference: Decimal = Decimal(0)
    exact_centavos: tuple[Fraction, ...] = ()
    cashback_centavos: int = 0
    allotted_centavos: tuple[int, ...] = ()


def reckon(document: Mapping[str, Any], types: Sequence[str], terms: Terms) -> Reckoned:
    """The numbers of a document whose lines are of these types."""
    with decimal.localcontext(decimal.Context(prec=200)):
        return _reckon(document, types, terms)


def causes(document: Mapping[str, Any], terms: Terms) -> tuple[str, ...]:
    """Every cause by which the total of a document is right to the centavo, in any order.

    Each is played through: the whole sale is added up once more as a till would that does so.
    """
    with decimal.localcontext(decimal.Context(prec=200)):
        total = _number(document, "total")
        right = added_up(document, terms)
        return tuple(
            cause for cause, tills in _tills(document, terms) if total in tills and total != right
        )


def totals_by(cause: str, document: Mapping[str, Any], terms: Terms) -> list[Decimal]:
    """What tills that do so would print as the total."""
    with decimal.localcontext(decimal.Context(prec=200)):
        return dict(_tills(document, terms))[cause]


def _tills(document: Mapping[str, Any], terms: Terms) -> list[tuple[str, list[Decimal]]]:
    """Each cause with the totals of tills that do so."""
    lines: Sequence[Mapping[str, Any]] = document["products"]
    roundings = {"truncation": "down", "half_up": "half_up", "half_even": "half_even"}
    found = [
        (cause, [added_up(document, replace(terms, line_rounding=rounding))])
        for cause, rounding in roundings.items()
    ]
    untold = sum((_product(x) for x in lines if x.get("amount") is None), Decimal(0))
    told = {**document, "products": [
        x if x.get("amount") is not None else {**x, "amount": "0"} for x in lines
    ]}  # fmt: skip
    once = [
        added_up(told, terms) + untold.quantize(_CENTAVO, rounding=mode) for mode in _MODES.values()
    ]
    found.append(("sum_rounded", once))
    each = [{**x, "discount": _of_all_units(x)} for x in lines]
    found.append(("discount_per_unit", [added_up({**document, "products": each}, terms)]))
    found += _of_lines_again(document, terms)
    found.append(("discount_twice", _without(document, terms, "discount")))
    missing = _without(document, terms, "surcharge")
    found.append(("surcharge_missing", missing))
    right = added_up(document, terms)
    found.append(("surcharge_twice", [right + (right - other) for other in missing]))
    return found


def _of_lines_again(document: Mapping[str, Any], terms: Terms) -> list[tuple[str, list[Decimal]]]:
    """Tills that tell of the sale what all of its lines tell together, of it all or of a part."""
    told = {
        name: _number(document, name)
        and _number(document, name) == sum(_number(line, name) for line in document["products"])
        for name in ("discount", "surcharge")
    }
    alone = [
        (f"{name}_in_lines", [added_up({**document, name: None}, terms)] if told[name] else [])
        for name in told
    ]
    bare = {**document, "discount": None, "surcharge": None}
    both = [added_up(bare, terms)] if all(told.values()) else []
    return [*alone, ("both_in_lines", both)]


def _without(document: Mapping[str, Any], terms: Terms, name: str) -> list[Decimal]:
    """The totals of tills that leave a field out: of the lines, of the sale, of both."""
    head = {**document, name: None}
    bare = [{**line, name: None} for line in document["products"]]
    ways = ({**document, "products": bare}, head, {**head, "products": bare})
    return [added_up(way, terms) for way in ways]


def _of_all_units(line: Mapping[str, Any]) -> Decimal:
    discount = _number(line, "discount") * _number(line, "qty")
    return discount.quantize(_CENTAVO, rounding=decimal.ROUND_HALF_UP)


def added_up(document: Mapping[str, Any], terms: Terms) -> Decimal:
    """What a till prints as the total."""
    lines: Sequence[Mapping[str, Any]] = document["products"]
    nets = [_amount(x, terms) - _number(x, "discount") + _number(x, "surcharge") for x in lines]
    whole = sum(nets, Decimal(0))
    return whole - _number(document, "discount") + _number(document, "surcharge")


def _number(fields: Mapping[str, Any], name: str) -> Decimal:
    value = fields.get(name)
    return Decimal(0) if value is None else Decimal(str(value))


def _reckon(document: Mapping[str, Any], types: Sequence[str], terms: Terms) -> Reckoned:
    lines: Sequence[Mapping[str, Any]] = document["products"]
    amounts = [_amount(line, terms) for line in lines]
    fits = [_amount_fits(line, amount, terms) for line, amount in zip(lines, amounts, strict=True)]
    if not all(fits):
        return Reckoned(amounts_fit=False, total_fits=False)
    goods = [a - _number(x, "discount") for a, x in zip(amounts, lines, strict=True)]
    on_lines = [_number(line, "surcharge") for line in lines]
    total, surcharge = _number(document, "total"), _number(document, "surcharge")
    right = sum(goods) + sum(on_lines) - _number(document, "discount") + surcharge
    difference = total - right
    if abs(difference) > terms.sale_tolerance_centavos * _CENTAVO:
        return Reckoned(amounts_fit=True, total_fits=False, amounts=tuple(amounts))
    if terms.surcharge_earns:
        goods = [good + extra for good, extra in zip(goods, on_lines, strict=True)]
        earning = total
    else:
        earning = max(Decimal(0), total - sum(on_lines) - surcharge)
    unearned = sum(
        (_number(part, "value") for part in document.get("payments") or ()
         if part["kind"] in _EARN_NOTHING),
        Decimal(0),
    )  # fmt: skip
    exact = [
        _share(good, terms.rates_bp[type_], sum(goods), earning, total, unearned)
        if terms.pays
        else Fraction(0)
        for good, type_ in zip(goods, types, strict=True)
    ]
    cashback = _rounded(sum(exact, Fraction(0)), terms.cashback_rounding)
    nets = [
        amount - _number(line, "discount") + _number(line, "surcharge")
        for amount, line in zip(amounts, lines, strict=True)
    ]
    ties = list(zip(types, amounts, nets, range(len(nets)), strict=True))
    return Reckoned(
        amounts_fit=True,
        total_fits=True,
        amounts=tuple(amounts),
        difference=difference,
        exact_centavos=tuple(exact),
        cashback_centavos=cashback,
        allotted_centavos=_allotted(cashback, exact, ties),
    )


def _product(line: Mapping[str, Any]) -> Decimal:
    return _number(line, "value") * _number(line, "qty")


def _amount(line: Mapping[str, Any], terms: Terms) -> Decimal:
    """What was told, or value × quantity rounded."""
    if line.get("amount") is not None:
        return _number(line, "amount")
    return _product(line).quantize(_CENTAVO, rounding=_MODES[terms.line_rounding])


def _amount_fits(line: Mapping[str, Any], amount: Decimal, terms: Terms) -> bool:
    """Less than a centavo, and the tolerance, away from the exact product; else it is not told."""
    if line.get("amount") is None:
        return True
    return abs(amount - _product(line)) < _CENTAVO * (1 + terms.line_tolerance_centavos)


def _share(
    good: Decimal,
    rate_bp: int,
    whole: Decimal | int,
    earning: Decimal,
    total: Decimal,
    unearned: Decimal,
) -> Fraction:
    """What one line earns, in centavos."""
    if not whole or not total:
        return Fraction(0)
    of_the_sale = Fraction(good) / Fraction(whole) * Fraction(earning)
    earned = of_the_sale * Fraction(rate_bp, 10_000)
    return earned * (1 - Fraction(unearned) / Fraction(total)) * 100


def _rounded(centavos: Fraction, mode: str) -> int:
    if mode == "down":
        return math.floor(centavos)
    if mode == "half_up":
        return math.floor(centavos + Fraction(1, 2))
    return round(centavos)


def _allotted(
    whole: int, exact: Sequence[Fraction], ties: Sequence[tuple[str, Decimal, Decimal, int]]
) -> tuple[int, ...]:
    """Floors, and then a centavo each where the largest rests are; equal ones go by their ties."""
    parts = [math.floor(share) for share in exact]
    while sum(parts) < whole:
        waiting = [n for n, share in enumerate(exact) if parts[n] == math.floor(share)]
        best = min(waiting, key=lambda n: (math.floor(exact[n]) - exact[n], ties[n]))
        parts[best] += 1
    return tuple(parts)
