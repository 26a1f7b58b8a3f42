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
    Rounding,
    SaleRules,
    calculate,
    languages,
    parse_sale,
)
from cashback_core.sales.erased import ERASED
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


PLAIN: Final = {
    "sold_at": "2026-06-01 00:00:00",
    "customer": {"document": "52998224725", "name": "ANA"},
    "total": "100.00",
    "products": [{"type": "A", "value": "100.00", "qty": 1}],
}
NO_RATE: Final = Rate(type="A", rate_bp=0, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC))


def explained(rules: SaleRules | None = None, **changes: Any) -> Sequence[Step]:
    rules = rules or SaleRules()
    sale = parse_sale(PLAIN | changes, rules=rules, now=NOW, programme=PROGRAMME)
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
        ("", "allotted_to_one"),
    ]
    assert dict(steps[1].values) == {
        "value": "9.99", "qty": "0.357", "exact": "3.56643", "amount": "3.57",
        "modes": "half_up, half_even",
    }  # fmt: skip
    assert (steps[3].values["rounded"], steps[3].values["difference"]) == ("3.57", "-0.01")
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


def test_what_earns_nothing_at_all_is_not_called_rounded() -> None:
    line = {"type": "X", "value": "50.00", "qty": 1}
    steps = explained(products=[line], total="50.00")
    assert [step.code for step in steps][-2:] == ["sum", "nothing_due_earns_nothing"]


COMPANY: Final = {"document": "11222333000181", "name": "EMPRESA"}
FOREIGN: Final = {"document": "AA-12345", "document_type": "foreign", "name": "ANA"}


def test_where_nothing_is_paid_nothing_is_said_to_earn() -> None:
    rules = SaleRules(buyers=Buyers(company=BuyerRule.RECORD))
    steps = explained(
        rules,
        customer=COMPANY,
        products=[{"type": "A", "value": "100.00", "qty": 1, "surcharge": "1.00"}],
        surcharge="9.00",
        total="110.00",
        payments=[{"kind": "cashback", "value": "110.00"}],
        confirm="later",
    )
    assert [step.code for step in steps] == [
        *("amount", "surcharge_added", "surcharge_added", "nothing_due_company")
    ]


@pytest.mark.parametrize("kind", ["company", "foreign"])
def test_a_buyer_of_a_kind_that_the_merchant_pays_is_told(kind: str) -> None:
    pay = BuyerRule.PAY
    customer, buyers, code = {
        "company": (COMPANY, Buyers(company=pay), "buyer_paid_cnpj"),
        "foreign": (FOREIGN, Buyers(foreign=pay), "buyer_paid_foreign"),
    }[kind]
    steps = explained(SaleRules(buyers=buyers), customer=customer)
    assert [(step.pointer, step.code) for step in steps] == [
        *(("/customer", code), ("/products/0", "amount"), ("/products/0", "rate"), ("", "sum"))
    ]


def test_of_an_erased_customer_no_kind_is_told() -> None:
    sale = parse_sale(PLAIN, rules=SaleRules(), now=NOW).of(ERASED)
    assert [s.code for s in explain(sale, calculate(sale, PROGRAMME))] == ["amount", "rate", "sum"]


def test_an_access_key_is_told_as_it_is_read() -> None:
    key = "35260811222333000181650120000000421123456784"
    first, *_ = explained(sale_id=key)
    assert (first.pointer, first.code) == ("/sale_id", "access_key")
    assert [*first.values.values()] == ["11222333000181", "2026-08", "12", "42"]
    assert explained(sale_id=key[:-1] + "5")[0].code == "amount", "a wrong digit: opaque"


def test_what_is_confirmed_later_is_told_with_the_time_that_there_is() -> None:
    sale = parse_sale({**PLAIN, "confirm": "later"}, rules=SaleRules(), now=NOW)
    cashback = calculate(sale, PROGRAMME)
    recorded, quoted = (
        explain(sale, cashback, confirm_within=within)[-1] for within in (None, timedelta(hours=72))
    )
    assert (recorded.pointer, recorded.code) == ("/confirm", "confirmed_later")
    confirmed = explain(sale, cashback, unconfirmed=False)
    assert "/confirm" not in {step.pointer for step in confirmed}
    assert (quoted.code, dict(quoted.values)) == ("confirmed_within", {"hours": "72"})
    nothing = explain(sale, calculate(sale, Programme((NO_RATE,))))
    assert nothing[-1].code == "nothing_due_earns_nothing", "there is nothing to confirm"


@pytest.mark.parametrize(
    ("qty", "amount", "modes"),
    [
        ("0.25", "0.13", "half_up"),  # 0.125
        ("0.25", "0.12", "half_even, down"),
        ("0.75", "0.38", "half_up, half_even"),  # 0.375
        ("0.75", "0.37", "down"),
        ("0.3333", "0.16", "down"),  # 0.16665
        ("0.3333", "0.17", "half_up, half_even"),
        ("0.2222", "0.11", "half_up, half_even, down"),  # 0.1111
    ],
)
def test_by_which_roundings_an_amount_came_about_is_told(qty: str, amount: str, modes: str) -> None:
    line = {"type": "A", "value": "0.50", "qty": qty}
    rounding = Rounding(modes.split(", ", maxsplit=1)[0])
    step = explained(SaleRules(line_rounding=rounding), products=[line], total=amount)[0]
    assert (step.code, step.values["amount"], step.values["modes"]) == (
        *("amount_rounded", amount, modes),
    )


def test_the_longest_explanation_is_four_steps_a_line_and_some_of_the_sale() -> None:
    line = {"type": "A", "value": "9.99", "qty": "0.357", "discount": "0.01", "surcharge": "0.01"}
    steps = explained(products=[line] * 990, total="3534.30")
    assert len(steps) <= 4 * 990 + 10


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
    places |= {"/sale_id", "/customer", "/confirm"}
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
    elsewhere = {"surcharge_earns", "surcharge_added", "sum_half_up", "sum_down"}
    elsewhere |= {"allotted", "allotted_to_one", "access_key"}
    elsewhere |= {"buyer_paid_cnpj", "buyer_paid_foreign", "confirmed_later", "confirmed_within"}
    elsewhere |= {f"nothing_due_{why}" for why in NothingDue}
    assert codes == seen | elsewhere


def test_only_what_is_recorded_is_asked() -> None:
    """A record of last year is explained as it was, whatever the terms say today."""
    sale = parse_sale(PLAIN, rules=SaleRules(), now=NOW)
    cashback = calculate(sale, PROGRAMME)
    many = replace(
        cashback,
        lines=(replace(cashback.lines[0], rate_bp=1234, rate_version=7),),
    )
    (_, rate, _) = explain(sale, many)
    assert (rate.values["rate"], rate.values["version"]) == ("12.34", "7")


@pytest.mark.parametrize(
    ("surcharge_earns", "discount", "total", "of", "left"),
    [
        (False, "9.00", "106.00", "90.00", "81.00"),
        (True, "9.00", "106.00", "95.00", "106.00"),
        (False, "95.00", "20.00", "90.00", "0.00"),
    ],
)
def test_the_sales_discount_is_off_what_is_said_to_earn(
    *, surcharge_earns: bool, discount: str, total: str, of: str, left: str
) -> None:
    line = {"type": "A", "value": "100.00", "qty": 1, "discount": "10.00", "surcharge": "5.00"}
    sale = {"total": total, "discount": discount, "surcharge": "20.00", "products": [line]}
    rules = SaleRules(surcharge_earns=surcharge_earns)
    parsed = parse_sale({**PLAIN, **sale}, rules=rules, now=NOW)
    cashback = calculate(parsed, PROGRAMME, rules=rules, accepted_at=NOW)
    steps = {step.code: step.values for step in explain(parsed, cashback)}
    assert steps["sale_discount"]["sum"] == of
    assert steps["rate"]["base"] == of, "the one is the other's share"
    assert surcharge_earns or steps["earning"]["earning"] == left
