"""Sales as tills print them: each rule by example, and all against an oracle in decimals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashback_core import (
    BuyerRule,
    Cashback,
    InvalidSale,
    NothingDue,
    Programme,
    Rate,
    Rounding,
    Sale,
    SaleRules,
    calculate,
    format_centavos,
    parse_sale,
    same_content,
)
from cashback_core.sales.reading.totals import TotalCause
from cashback_core.sales.sale import line_amount
from cashback_core.sales.validation import TERMS_CODES, parse_repeat
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO, STORES, Situation
from contract.fiscal_oracle import Reckoned, Terms, reckon

NOW: Final = datetime(2026, 6, 15, 15, tzinfo=UTC)
SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
A: Final = {"type": "A", "value": "100.00", "qty": 1}
KILOS: Final = {"type": "A", "value": "9.99", "qty": "0.357"}
EXCLUDED: Final = Programme(
    (
        *DEMO.programme.rates,
        Rate(type="X", rate_bp=0, version=1, starts_at=SINCE, excluded=True),
    )
)


def document(**changes: object) -> dict[str, Any]:
    sale: dict[str, Any] = {
        "sold_at": "2026-01-02 00:00:00",
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [A],
    }
    return sale | changes


def read(told: dict[str, Any], rules: SaleRules | None = None) -> tuple[Sale, Cashback]:
    rules = rules or SaleRules()
    sale = parse_sale(told, rules=rules, now=NOW, programme=EXCLUDED)
    return sale, calculate(sale, EXCLUDED, rules=rules, accepted_at=NOW)


def earned(told: dict[str, Any], rules: SaleRules | None = None) -> str:
    return format_centavos(read(told, rules)[1].cashback_centavos)


def faults(told: dict[str, Any], rules: SaleRules | None = None) -> list[dict[str, str]]:
    with pytest.raises(InvalidSale) as caught:
        read(told, rules)
    return [{"at": v.pointer, "code": v.code, **v.values} for v in caught.value.violations]


def test_a_surcharge_earns_nothing_unless_the_merchant_says_so() -> None:
    told = document(total="110.00", surcharge="10.00")
    assert earned(told) == "5.00"
    assert earned(told, SaleRules(surcharge_earns=True)) == "5.50"
    of_line = document(total="110.00", products=[{**A, "surcharge": "10.00"}])
    assert earned(of_line) == "5.00"
    assert earned(of_line, SaleRules(surcharge_earns=True)) == "5.50"


def test_an_instant_ahead_is_kept_as_it_was_told() -> None:
    told = document(sold_at="2026-06-15T16:00:00Z")
    sale, _ = read(told, SaleRules(max_ahead=timedelta(hours=1)))
    assert sale.sold_at == datetime(2026, 6, 15, 16, tzinfo=UTC), "kept as it was told"


def test_a_sale_ahead_of_its_acceptance_earns_the_rate_of_then() -> None:
    change = Rate(type="A", rate_bp=900, version=2, starts_at=NOW + timedelta(minutes=30))
    programme = Programme((*DEMO.programme.rates, change))
    rules = SaleRules(max_ahead=timedelta(hours=1))
    told = document(sold_at="2026-06-15T16:00:00Z")
    sale = parse_sale(told, rules=rules, now=NOW, programme=programme)
    assert calculate(sale, programme, accepted_at=NOW).cashback_centavos == 500
    assert calculate(sale, programme).cashback_centavos == 900


@pytest.mark.parametrize(
    ("kind", "cashback"), [("cashback", "3.00"), ("gift_card", "3.00"), ("pix", "5.00")]
)
def test_what_was_paid_by_cashback_earns_nothing(kind: str, cashback: str) -> None:
    paid = [{"kind": kind, "value": "40.00"}, {"kind": "cash", "value": "60.00"}]
    assert earned(document(payments=paid)) == cashback


def test_an_excluded_type_is_recorded_and_earns_nothing() -> None:
    lines = [A, {"type": "X", "value": "50.00", "qty": 1}]
    _, cashback = read(document(total="150.00", products=lines))
    assert [(x.cashback_centavos, x.excluded) for x in cashback.lines] == [(500, False), (0, True)]
    _, nothing = read(document(total="50.00", products=lines[1:]))
    assert nothing.nothing_due is NothingDue.EARNS_NOTHING


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"products": [{**A, "value": "0.01"}], "total": "0.01"}, NothingDue.ROUNDS_TO_ZERO),
        ({"products": [{**A, "discount": "100.00"}], "total": "0.00"}, NothingDue.EARNS_NOTHING),
        ({"payments": [{"kind": "gift_card", "value": "100.00"}]}, NothingDue.EARNS_NOTHING),
        ({"total": "5.00", "discount": "100.00", "surcharge": "5.00"}, NothingDue.EARNS_NOTHING),
        ({"products": [{**A, "value": "0"}], "total": "0"}, NothingDue.EARNS_NOTHING),
    ],
)
def test_what_is_not_rounded_is_not_called_so(changes: dict[str, object], why: NothingDue) -> None:
    assert read(document(**changes))[1].nothing_due is why


TWO: Final = {"type": "A", "value": "10.00", "qty": 2}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"products": [KILOS], "total": "3.56"}, TotalCause.TRUNCATION),
        ({"products": [{**KILOS, "value": "0.50", "qty": "0.25"}], "total": "0.12"}, "truncation"),
        ({"products": [{**TWO, "discount": "1.00"}], "total": "18.00"}, "discount_per_unit"),
        ({"products": [{**TWO, "discount": "1.50"}], "total": "20.00"}, "discount_twice"),
        ({"products": [TWO], "discount": "1.50", "total": "20.00"}, "discount_twice"),
        ({"products": [TWO], "surcharge": "1.50", "total": "20.00"}, "surcharge_missing"),
        ({"products": [{**TWO, "surcharge": "1.50"}], "total": "23.00"}, "surcharge_twice"),
        ({"products": [TWO], "total": "19.00"}, "discount_untold"),
        ({"products": [TWO], "total": "22.00"}, "surcharge_untold"),
        ({"products": [TWO], "total": "20.01"}, "none"),  # so much is rounding's, too
        ({"products": [TWO], "total": "19.99"}, "none"),
        ({"products": [{**TWO, "surcharge": "1.50"}], "total": "24.00"}, "none"),
        ({"products": [{**TWO, "discount": "1.50"}], "total": "18.00"}, "none"),
        ({"products": [KILOS, KILOS], "total": "7.13"}, "sum_rounded"),
        ({"products": [{**KILOS, "amount": "3.57"}], "total": "3.56"}, "none"),
    ],
)
def test_the_likely_cause_of_a_wrong_total_is_told(changes: dict[str, object], cause: str) -> None:
    (fault,) = faults(document(**changes))
    assert fault["cause"] == cause


@pytest.mark.parametrize(
    ("rounding", "total", "cause"),
    [
        (Rounding.HALF_UP, "0.12", "truncation"),  # half even comes to the same
        (Rounding.HALF_UP, "0.14", "none"),
        (Rounding.DOWN, "0.13", "half_up"),
    ],
)
def test_another_rounding_than_the_merchants_is_told(
    rounding: Rounding, total: str, cause: str
) -> None:
    line = {"type": "A", "value": "0.50", "qty": "0.25"}  # 0.125
    (fault,) = faults(document(products=[line], total=total), SaleRules(line_rounding=rounding))
    assert fault["cause"] == cause


def test_half_to_even_is_told_where_truncation_does_not_fit() -> None:
    lines = [
        {"type": "A", "value": "0.50", "qty": "0.25"},
        {"type": "A", "value": "0.99", "qty": "1.5"},
    ]
    (fault,) = faults(document(products=lines, total="1.60"))  # 0.12 + 1.48; up 1.62, down 1.60
    assert fault["cause"] == "truncation"
    lines[1] = {"type": "A", "value": "0.37", "qty": "1.5"}  # 0.555: 0.56 both ways, down 0.55
    (fault,) = faults(document(products=lines, total="0.68"))
    assert fault["cause"] == "half_even"


@pytest.mark.parametrize(
    ("amount", "tolerance", "taken"),
    [
        ("3.56", 0, True),  # 3.56643: either centavo beside it passes
        ("3.57", 0, True),
        ("3.55", 0, False),
        ("3.58", 0, False),
        ("3.55", 1, True),
        ("3.58", 1, True),
        ("3.54", 1, False),
        ("3.59", 1, False),
    ],
)
def test_a_told_amount_counts_near_the_exact_product(
    amount: str, tolerance: int, *, taken: bool
) -> None:
    told = document(total=amount, products=[{**KILOS, "amount": amount}])
    rules = SaleRules(line_tolerance_centavos=tolerance)
    if taken:
        assert format_centavos(read(told, rules)[0].lines[0].amount_centavos) == amount
    else:
        (fault,) = faults(told, rules)
        assert (fault["at"], fault["code"]) == ("/products/0/amount", "amount_mismatch")
        limits = {0: ("3.56", "3.57"), 1: ("3.55", "3.58")}[tolerance]
        assert (fault["lowest"], fault["highest"]) == limits


def test_of_a_whole_product_no_other_centavo_passes() -> None:
    for amount in ("99.99", "100.01"):
        told = document(total=amount, products=[{**A, "amount": amount}])
        assert faults(told)[0]["code"] == "amount_mismatch"


def oracle(told: dict[str, Any], situation: Situation, sale: Sale) -> Reckoned:
    """By the oracle; what is not a number (types, who buys) is told to it."""
    rules = situation.rules
    at = min(sale.sold_at, situation.now)
    rates = {line.type: situation.programme.rate_at(line.type, at) for line in sale.lines}
    document_type = None if sale.document is None else type(sale.document).__name__
    buyers = {"Cpf": BuyerRule.PAY, "Cnpj": rules.buyers.company, None: rules.buyers.nobody}
    terms = Terms(
        rates_bp={type_: rate.rate_bp for type_, rate in rates.items() if rate is not None},
        line_rounding=rules.line_rounding.value,
        line_tolerance_centavos=rules.line_tolerance_centavos,
        sale_tolerance_centavos=rules.sale_tolerance_centavos,
        surcharge_earns=rules.surcharge_earns,
        cashback_rounding=situation.programme.rounding.value,
        pays=buyers.get(document_type, rules.buyers.foreign) is BuyerRule.PAY,
    )
    return reckon(told, [line.type for line in sale.lines], terms)


def centavos(reais: Decimal) -> int:
    whole = reais * 100
    assert whole == int(whole)
    return int(whole)


SITUATIONS = st.sampled_from([DEMO, STORES]) | strategies.situations()


@given(st.data())
def test_amounts_totals_and_cashbacks_agree_with_the_oracle(data: st.DataObject) -> None:
    situation = data.draw(SITUATIONS)
    sale = data.draw(strategies.sales(situation))
    told = cast("dict[str, Any]", data.draw(strategies.spellings(sale, situation)))
    parsed = situation.parse(told)
    right = oracle(told, situation, sale)
    assert right.amounts_fit
    assert right.total_fits
    assert [line.amount_centavos for line in parsed.lines] == [centavos(a) for a in right.amounts]
    assert parsed.difference_centavos == centavos(right.difference)
    cashback = calculate(
        parsed, situation.programme, rules=situation.rules, accepted_at=situation.now
    )
    assert [line.exact_centavos for line in cashback.lines] == list(right.exact_centavos)
    assert cashback.exact_centavos == sum(right.exact_centavos)
    assert cashback.cashback_centavos == right.cashback_centavos
    assert [x.cashback_centavos for x in cashback.lines] == list(right.allotted_centavos)
    assert 0 <= cashback.cashback_centavos <= sale.total_centavos
    assert (cashback.nothing_due is None) is (cashback.cashback_centavos > 0)


@given(st.data())
def test_a_wrong_amount_or_total_is_refused_exactly_when_the_oracle_refuses(
    data: st.DataObject,
) -> None:
    situation = data.draw(SITUATIONS)
    sale = replace(data.draw(strategies.sales(situation, max_lines=2)), payments=())
    told = cast("dict[str, Any]", data.draw(strategies.spellings(sale, situation)))
    off = data.draw(st.integers(-3, 3) | st.integers(-250, 250))
    if data.draw(st.booleans()):
        wrong = sale.total_centavos + off
        told["total"] = f"{Decimal(wrong) / 100:.2f}"
    else:
        line = sale.lines[0]
        wrong = line.amount_centavos + off
        told["products"][0]["amount"] = f"{Decimal(wrong) / 100:.2f}"
        assume(wrong >= line.discount_centavos)
        told["total"] = f"{Decimal(sale.total_centavos + off) / 100:.2f}"
    assume(wrong >= 0 and not told["total"].startswith("-"))
    nets = sum(x.net_centavos for x in sale.lines) + min(off, 0)
    assume(sale.discount_centavos <= nets)
    right = oracle(told, situation, sale)
    try:
        situation.parse(told)
    except InvalidSale as error:
        (fault,) = error.violations
        expected = "total_mismatch" if right.amounts_fit else "amount_mismatch"
        assert fault.code == expected
        assert not right.total_fits
    else:
        assert right.total_fits


@given(st.data())
def test_whatever_was_taken_under_some_rules_is_the_same_sale_under_any(
    data: st.DataObject,
) -> None:
    """Rounding, tolerances and buyers may be laid down anew: a repeat is answered all the same."""
    situation = data.draw(SITUATIONS)
    sale = data.draw(strategies.sales(situation))
    told = data.draw(strategies.spellings(sale, situation))
    again = parse_repeat(told, zone=situation.rules.zone)
    assert same_content(recorded=sale, received=again)
    later = data.draw(strategies.rules([situation.rules.zone.key]))
    # Within what numbers are unique is laid down for ever.
    later = replace(later, numbers=situation.rules.numbers)
    assert codes_of(told, later, situation.now) <= TERMS_CODES


@given(st.data())
def test_a_gift_stays_one_whatever_rounding_is_laid_down_anew(data: st.DataObject) -> None:
    """A discount of all of a line is more than the line where its amount is rounded otherwise."""
    first, later = (SaleRules(line_rounding=data.draw(st.sampled_from(Rounding))) for _ in "12")
    value, qty = data.draw(st.integers(1, 999)), data.draw(st.integers(1, 9_999))
    line = {"type": "A", "value": f"{Decimal(value) / 100:.2f}", "qty": f"{Decimal(qty) / 1000}"}
    amount = line_amount(value * 10**8, qty * 10, first.line_rounding)
    gift = {**line, "discount": format_centavos(amount)}
    told = document(products=[gift, A])
    sale = parse_sale(told, rules=first, now=NOW)
    assert codes_of(told, later, NOW) <= TERMS_CODES
    assert same_content(recorded=sale, received=parse_repeat(told, zone=later.zone))


def test_a_gift_is_a_repeat_after_the_merchant_rounds_down() -> None:
    told = document(products=[{**KILOS, "discount": "3.57"}, A])
    assert read(told)[0].lines[0].goods_centavos == 0
    down = SaleRules(line_rounding=Rounding.DOWN)
    assert codes_of(told, down, NOW) == {"discount_too_large"}


def codes_of(told: dict[str, object], rules: SaleRules, now: datetime) -> set[str]:
    try:
        parse_sale(told, rules=rules, now=now)
    except InvalidSale as error:
        return {violation.code for violation in error.violations}
    return set()


@given(st.data())
def test_a_plain_sale_earns_the_same_by_the_short_way_and_by_the_long(data: st.DataObject) -> None:
    """What takes the long way, with nothing that changes anything: paid by Pix, told in a place."""
    sale = data.draw(strategies.sales())
    assume(not sale.payments)
    pix = data.draw(strategies.payments(sale.total_centavos))
    long = replace(sale, payments=tuple(replace(p, kind=p.kind.PIX) for p in pix))
    assert calculate(sale, DEMO.programme) == calculate(long, DEMO.programme)


@given(st.data())
def test_what_is_paid_by_cashback_never_earns_more(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales())
    paid = data.draw(strategies.payments(sale.total_centavos))
    without = calculate(replace(sale, payments=()), DEMO.programme)
    with_some = calculate(replace(sale, payments=paid), DEMO.programme)
    assert with_some.exact_centavos <= without.exact_centavos
    if all(part.kind.value in {"cashback", "gift_card"} for part in paid):
        assert with_some.cashback_centavos == 0


@given(st.data())
def test_no_more_is_earned_than_what_was_paid_without_the_surcharges(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales())
    surcharge = sale.surcharge_centavos + sum(x.surcharge_centavos for x in sale.lines)
    rules = SaleRules()
    cashback = calculate(replace(sale, payments=()), DEMO.programme, rules=rules)
    assert cashback.exact_centavos <= max(0, sale.total_centavos - surcharge)
