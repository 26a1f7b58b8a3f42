"""Every step from what was sold to what is due: complete, consistent, in every language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import (
    BuyerRule,
    Buyers,
    Language,
    NothingDue,
    Programme,
    Rate,
    SaleRules,
    calculate,
    languages,
    parse_sale,
)
from cashback_core.sales.explanation import Step, explain
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO, STORES
from cashback_core.values.money import parse_centavos, parse_exact
from cashback_core.words.locales import ENGLISH, phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW: Final = datetime(2026, 6, 15, 15, tzinfo=UTC)
PROGRAMME: Final = Programme(
    (
        *DEMO.programme.rates,
        Rate(
            type="X",
            rate_bp=0,
            version=3,
            starts_at=datetime(2000, 1, 1, tzinfo=UTC),
            excluded=True,
        ),
    )
)


def explained(rules: SaleRules | None = None, **changes: Any) -> Sequence[Step]:
    document = {
        "sold_at": "2026-06-01 00:00:00",
        "customer": {"document": "52998224725", "name": "ANA"},
        "total": "100.00",
        "products": [{"type": "A", "value": "100.00", "qty": 1}],
    }
    rules = rules or SaleRules()
    sale = parse_sale(document | changes, rules=rules, now=NOW, programme=PROGRAMME)
    return explain(sale, calculate(sale, PROGRAMME, rules=rules, accepted_at=NOW), accepted_at=NOW)


def told(steps: Sequence[Step], language: Language = ENGLISH) -> list[tuple[str, str]]:
    return [(step.pointer, step.text(language)) for step in steps]


def test_a_plain_sale_is_told_in_three_steps() -> None:
    assert told(explained()) == [
        ("/products/0", "100.00 × 1 = 100.00."),
        (
            "/products/0",
            (
                "Type A earns 5 % (version 1) of 100.00; with the sale's share exactly 5.00, of"
                " which 5.00 is paid."
            ),
        ),
        ("", "Together 5.00."),
    ]


def everything() -> Sequence[Step]:
    lines = [
        {"type": "A", "value": "9.99", "qty": "0.357"},
        {"type": "B", "value": "9.99", "qty": "0.357", "amount": "3.56", "discount": "0.56"},
        {"type": "X", "value": "5.00", "qty": 1, "surcharge": "1.00"},
    ]
    return explained(
        SaleRules(sale_tolerance_centavos=1, max_ahead=timedelta(hours=1)),
        sold_at="2026-06-15T15:30:00Z",
        products=lines,
        discount="0.57",
        surcharge="2.00",
        total="13.99",  # 3.57 + 3.00 + 6.00 - 0.57 + 2.00, and a centavo less
        payments=[{"kind": "cashback", "value": "1.99"}, {"kind": "pix", "value": "12.00"}],
    )


def test_every_rule_has_its_step() -> None:
    steps = everything()
    assert [(step.pointer, step.code) for step in steps] == [
        ("/sold_at", "counts_at_acceptance"),
        ("/products/0", "amount_rounded"),
        ("/products/0", "rate"),
        ("/products/1", "amount_told"),
        ("/products/1/discount", "line_discount"),
        ("/products/1", "rate"),
        ("/products/2", "amount"),
        ("/products/2/surcharge", "surcharge"),
        ("/products/2", "excluded"),
        ("/discount", "sale_discount"),
        ("/surcharge", "surcharge"),
        ("/total", "total_difference"),
        ("/total", "earning"),
        ("/payments", "unearning"),
        ("", "sum_half_even"),
        ("", "allotted"),
    ]
    assert dict(steps[1].values) == {
        "value": "9.99", "qty": "0.357", "exact": "3.56643", "amount": "3.57"
    }  # fmt: skip
    assert steps[3].values["difference"] == "-0.01"
    assert dict(steps[12].values) == {"total": "13.99", "earning": "10.99"}


@pytest.mark.parametrize(
    ("customer", "code"),
    [
        ({"document": "11222333000181", "name": "EMPRESA"}, "nothing_due_company"),
        (None, "nothing_due_nobody"),
        (
            {"document": "AA-12345", "document_type": "foreign", "name": "ANA"},
            "nothing_due_foreign",
        ),
    ],
)
def test_nothing_due_is_told_with_its_reason(customer: object, code: str) -> None:
    record = BuyerRule.RECORD
    rules = SaleRules(buyers=Buyers(company=record, foreign=record, nobody=record))
    assert [step.code for step in explained(rules, customer=customer)] == ["amount", code]


def test_less_than_a_centavo_is_told_so() -> None:
    line = {"type": "A", "value": "0.01", "qty": 1}
    steps = explained(products=[line], total="0.01")
    assert [step.code for step in steps][-2:] == ["sum_half_even", "nothing_due_rounds_to_zero"]


def test_surcharges_that_earn_are_told_so() -> None:
    steps = explained(SaleRules(surcharge_earns=True), surcharge="10.00", total="110.00")
    assert [step.code for step in steps] == ["amount", "rate", "surcharge_earns", "sum"]


SITUATIONS = st.sampled_from([DEMO, STORES]) | strategies.situations()


@given(st.data())
def test_whatever_is_sold_the_steps_add_up_to_what_is_due(data: st.DataObject) -> None:
    situation = data.draw(SITUATIONS)
    sale = data.draw(strategies.sales(situation, max_lines=4))
    cashback = calculate(
        sale, situation.programme, rules=situation.rules, accepted_at=situation.now
    )
    steps = explain(sale, cashback, accepted_at=situation.now)
    rates = [step for step in steps if step.code == "rate"]
    assert sum(parse_centavos(s.values["cashback"]) for s in rates) == cashback.cashback_centavos
    exact = sum((parse_exact(s.values["exact"]) for s in rates), Fraction(0))
    assert exact == cashback.exact_centavos
    places = {"", "/sold_at", "/discount", "/surcharge", "/total", "/payments"}
    for step in steps:
        assert step.pointer in places or re.match(r"/products/[0-3](/\w+)?\Z", step.pointer)
        for language in languages():
            text = step.text(language)
            assert text
            assert "{" not in text.replace(sale.lines[0].type, "")
            for value in step.values.values():
                assert value in text


def test_every_text_of_a_step_belongs_to_one() -> None:
    codes = {name.removeprefix("step.") for name in phrases(ENGLISH) if name.startswith("step.")}
    seen = {step.code for step in everything()} | {step.code for step in explained()}
    elsewhere = {"surcharge_earns", "sum_half_up", "sum_down"}
    elsewhere |= {f"nothing_due_{why}" for why in NothingDue}
    assert codes == seen | elsewhere


def test_only_what_is_recorded_is_asked() -> None:
    """A record of last year is explained as it was, whatever the terms say today."""
    sale = parse_sale(
        {
            "sold_at": "2026-06-01 00:00:00",
            "customer": {"document": "52998224725", "name": "ANA"},
            "total": "100.00",
            "products": [{"type": "A", "value": "100.00", "qty": 1}],
        },
        rules=SaleRules(),
        now=NOW,
    )
    cashback = calculate(sale, PROGRAMME)
    many = replace(
        cashback,
        lines=(replace(cashback.lines[0], rate_bp=1234, rate_version=7),),
    )
    (_, rate, _) = explain(sale, many)
    assert (rate.values["rate"], rate.values["version"]) == ("12.34", "7")
