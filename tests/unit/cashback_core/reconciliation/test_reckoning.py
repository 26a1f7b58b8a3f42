"""Another cashback is explained by what an ERP may have meant instead, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cashback_core.reconciliation.reckoning import Reckoned
from cashback_core.reconciliation.three_sides import WhyDiffers
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import Cpf
from cashback_core.values.rounding import Rounding

SOLD = datetime(2026, 11, 29, 15, tzinfo=UTC)
RATES = (
    Rate(type="A", rate_bp=500, version=1, starts_at=datetime(2026, 1, 1, tzinfo=UTC)),
    Rate(type="A", rate_bp=700, version=2, starts_at=datetime(2026, 6, 1, tzinfo=UTC)),
    Rate(type="B", rate_bp=150, version=1, starts_at=datetime(2026, 1, 1, tzinfo=UTC)),
)


def reckoned(*amounts: int, discount: int = 0, difference: int = 0) -> Reckoned:
    lines = tuple(
        Line.of(type="AB"[index % 2], value_e10=amount * 10**8, qty_e4=10_000)
        for index, amount in enumerate(amounts)
    )
    sale = Sale(
        sold_at=SOLD,
        customer=Customer(document=Cpf("52998224725"), name="Maria"),
        lines=lines,
        total_centavos=sum(amounts) - discount + difference,
        discount_centavos=discount,
        difference_centavos=difference,
    )
    programme = Programme(RATES)
    rules = SaleRules()
    cashback = calculate(sale, programme, rules=rules)
    return Reckoned(sale=sale, cashback=cashback, programme=programme, rules=rules)


def test_an_older_version_of_a_rate_is_why() -> None:
    assert reckoned(10_000).cashback.cashback_centavos == 700
    assert reckoned(10_000).leads_to(500) == (WhyDiffers.RATE_VERSION,)


def test_rounding_each_line_or_otherwise_is_why() -> None:
    one = reckoned(150, 100)  # 10.50 and 1.50: 12 together; each rounded half to even 10 and 2
    assert one.cashback.cashback_centavos == 12
    assert one.leads_to(13) == (WhyDiffers.ROUNDING,)  # 11 and 2
    assert one.leads_to(11) == (WhyDiffers.ROUNDING,)  # 10 and 1


def test_a_discount_that_was_not_taken_off_is_why() -> None:
    assert reckoned(10_000, discount=1_000).leads_to(700) == (WhyDiffers.DISCOUNT,)


def test_what_the_tolerance_let_pass_is_why() -> None:
    one = reckoned(10_050, difference=-50)
    assert one.cashback.cashback_centavos == 700
    assert one.leads_to(704) == (WhyDiffers.TOLERANCE,)


def test_two_things_are_told_together() -> None:
    one = reckoned(10_010)  # at 5 %: 500.50
    assert one.leads_to(501) == (WhyDiffers.RATE_VERSION, WhyDiffers.ROUNDING)


@pytest.mark.parametrize("told", [1, 123, 699, 10_000])
def test_what_nothing_leads_to_is_not_explained(told: int) -> None:
    assert reckoned(10_000).leads_to(told) == ()


def test_it_is_reckoned_by_the_rounding_that_it_was_recorded_with() -> None:
    one = reckoned(150)  # 10.50
    down = replace(one, cashback=replace(one.cashback, rounding=Rounding.DOWN))
    assert down.leads_to(11) == (WhyDiffers.ROUNDING,)
