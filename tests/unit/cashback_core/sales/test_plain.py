"""The quick way of a plain document and the ordinary way of its JSON come to the same."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cashback_core import (
    Cnpj,
    NumberScope,
    Programme,
    Rate,
    Rounding,
    SaleRules,
    format_instant,
)
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.reading.plain import PlainSale, read_plain, whole
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO, Situation
from contract.plain_documents import became_of, plain, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core import Sale
    from cashback_core.sales.reading.plain import Number, PlainFields

BODY: dict[str, Any] = {
    "sold_at": "2026-06-03 08:59:00",
    "customer": {"document": "529.982.247-25", "name": "JOSÉ DA SILVA"},
    "total": "108.90",
    "products": [
        {"type": "A", "value": "9.90", "qty": 1},
        {"type": "B", "value": "0.4723", "qty": "100", "discount": "0.23"},
        {"type": "C", "value": "53.00", "qty": 1},
    ],
    "discount": "1.00",
    "sale_id": "1042",
}


@dataclass(slots=True, kw_only=True)
class Buyer:
    document: str
    name: str


@dataclass(slots=True, kw_only=True)
class Product:
    type: str
    value: Number
    qty: Number
    discount: Number = 0


@dataclass(kw_only=True)
class Told(PlainSale):
    sold_at: str
    customer: Buyer
    products: list[Product]
    total: Number
    discount: Number = 0
    sale_id: str | None = None

    def told(self) -> PlainFields:
        return self

    def whole(self) -> dict[str, object]:
        return asdict(self)


def typed(document: Any) -> Told | None:
    """A document of the plain form; None for any other."""
    try:
        fields: dict[str, Any] = dict(document)
        buyer = Buyer(**fields["customer"])
        products = [Product(**line) for line in fields["products"]]
        fields |= {"customer": buyer, "products": products}
        sale = Told(**fields)
    except (TypeError, ValueError, KeyError):
        return None
    numbers = [sale.total, sale.discount]
    numbers += [n for line in products for n in (line.value, line.qty, line.discount)]
    texts = [sale.sold_at, buyer.document, buyer.name, *(line.type for line in products)]
    texts += [] if sale.sale_id is None else [sale.sale_id]
    fits = {*map(type, texts)} <= {str} and {*map(type, numbers)} <= {str, int}
    return sale if fits else None


def quick(sale: PlainSale, situation: Situation, key: str | None = None) -> Sale | None:
    rules, programme = situation.rules, situation.programme
    by = JudgedBy(rules, situation.now, programme, situation.catalogue, key)
    return read_plain(sale, by)


@settings(max_examples=150)
@given(st.data())
def test_both_ways_come_to_the_same(data: st.DataObject) -> None:
    situation = data.draw(st.just(DEMO) | strategies.situations())
    document = data.draw(told(situation))
    sale = typed(document)
    if sale is None:
        event("of another form")
        return
    key = data.draw(st.sampled_from([None, "key-1", f"k{sale.customer.document}"]))
    assert became_of(sale, situation, key) == became_of(document, situation, key)
    event("quick" if quick(sale, situation, key) is not None else "left to the ordinary way")


@settings(max_examples=60)
@given(st.data())
def test_no_plain_sale_of_a_person_is_left_to_the_ordinary_way(data: st.DataObject) -> None:
    situation = data.draw(st.just(DEMO) | strategies.situations())
    document = plain(data.draw(strategies.sale_documents(situation, max_lines=3)))
    sale = typed(document)
    if sale is None or len(sale.customer.name) > 120:
        return
    counts_alone = situation.rules.numbers is NumberScope.MERCHANT or sale.sale_id is None
    is_person = not Cnpj.is_valid(sale.customer.document)
    assert (quick(sale, situation) is not None) == (counts_alone and is_person)


def spoilt(**changes: object) -> dict[str, Any]:
    return {**BODY, **changes}


def line(**changes: object) -> dict[str, Any]:
    return {**BODY, "products": [{**BODY["products"][0], **changes}]}


LEFT: Mapping[str, dict[str, Any]] = {
    "no line": spoilt(products=[]),
    "too many lines": spoilt(products=BODY["products"] * 331, total="35644.00", discount=0),
    "nothing of a line": line(qty=0),
    "a value below zero": line(value=-1),
    "a value beyond any": line(value="100000000.00"),
    "a quantity of five places": line(qty="1.00001"),
    "a type of no rate": line(type="Z"),
    "a line's discount above its amount": line(discount="9.91"),
    "a line's discount above its amount that its total takes off": spoilt(
        products=[
            {"type": "A", "value": "1.00", "qty": 1, "discount": "1.01"},
            BODY["products"][2],
        ],
        total="51.99",
    ),
    "a discount above the lines": spoilt(discount="109.91", total="0.00"),
    "a total of a centavo less": spoilt(total="108.89"),
    "a total of a centavo more": spoilt(total="108.91"),
    "a total that is none": spoilt(total="108,90"),
    "a discount below zero": spoilt(discount=-1),
    "a wall clock that is none": spoilt(sold_at="03/06/2026"),
    "a day that is none": spoilt(sold_at="2026-02-30 08:59:00"),
    "an hour that was skipped": spoilt(sold_at="2018-11-04 00:30:00"),
    "an instant ahead": spoilt(sold_at="2026-06-15 15:05:01Z"),
    "an instant long ago": spoilt(sold_at="2016-06-13 15:00:00Z"),
    "a wrong check digit": spoilt(customer={"document": "52998224726", "name": "ANA"}),
    "a company": spoilt(customer={"document": "11222333000181", "name": "ANA"}),
    "a name without a letter": spoilt(customer={"document": "52998224725", "name": "123"}),
    "a long name": spoilt(customer={"document": "52998224725", "name": "É" * 121}),
    "a sale id with a blank": spoilt(sale_id="1 042"),
    "an empty sale id": spoilt(sale_id=""),
    "a sale id that tells who bought": spoilt(sale_id="N52998224725"),
}


@pytest.mark.parametrize("document", LEFT.values(), ids=LEFT.keys())
def test_the_least_doubt_is_the_ordinary_ways(document: dict[str, Any]) -> None:
    sale = typed(document)
    assert sale is not None
    assert quick(sale, DEMO) is None
    assert became_of(sale, DEMO) == became_of(document, DEMO)


def test_the_limits_themselves_are_quick() -> None:
    document = json.loads(json.dumps(BODY))
    for sold_at in ("2026-06-15 15:05:00Z", "2026-06-15T12:05:00", "2016-06-14 15:00:01-00:00"):
        sale = typed({**document, "sold_at": sold_at})
        assert sale is not None
        assert quick(sale, DEMO) is not None
        assert became_of(sale, DEMO) == became_of({**document, "sold_at": sold_at}, DEMO)
    many = spoilt(products=[{"type": "A", "value": "1.00", "qty": 1}] * 990, total=990, discount=0)
    sale = typed(many)
    assert sale is not None
    assert quick(sale, DEMO) is not None


def test_what_the_terms_let_pass_is_quick_and_nothing_beyond() -> None:
    rules = SaleRules(sale_tolerance_centavos=2, max_ahead=timedelta(0))
    lenient = replace(DEMO, rules=rules)
    for total, is_quick in (("108.88", True), ("108.92", True), ("108.87", False)):
        sale = typed(spoilt(total=total))
        assert sale is not None
        read = quick(sale, lenient)
        assert (read is not None) == is_quick
        assert became_of(sale, lenient) == became_of(spoilt(total=total), lenient)


def test_no_tolerance_lets_a_discount_be_more_than_its_lines() -> None:
    lenient = replace(DEMO, rules=SaleRules(sale_tolerance_centavos=2))
    document = line(discount="0.01") | {"discount": "9.90", "total": "0.00"}
    sale = typed(document)
    assert sale is not None
    assert quick(sale, lenient) is None
    assert became_of(sale, lenient) == became_of(document, lenient)


@pytest.mark.parametrize("rounding", Rounding)
def test_lines_are_rounded_as_the_merchant_lays_down(rounding: Rounding) -> None:
    situation = replace(DEMO, rules=SaleRules(line_rounding=rounding))
    for total in ("0.00", "0.01"):
        document = line(value="0.01", qty="0.5") | {"discount": 0, "total": total}
        sale = typed(document)
        assert sale is not None
        assert (quick(sale, situation) is not None) == (
            (total == "0.01") == (rounding is Rounding.HALF_UP)
        )
        assert became_of(sale, situation) == became_of(document, situation)


def test_a_sale_ahead_counts_now_and_not_by_a_rate_to_come() -> None:
    to_come = Rate(type="E", rate_bp=1, version=1, starts_at=DEMO.now + timedelta(minutes=1))
    situation = replace(DEMO, programme=Programme((to_come,)))
    document = line(type="E") | {
        "sold_at": format_instant(DEMO.now.replace(microsecond=0) + timedelta(minutes=2)),
        "discount": 0,
        "total": "9.90",
    }
    sale = typed(document)
    assert sale is not None
    assert quick(sale, situation) is None
    assert became_of(sale, situation) == became_of(document, situation)
    later = replace(situation, now=DEMO.now + timedelta(minutes=1))
    assert quick(sale, later) is not None


def test_a_number_that_needs_its_store_is_the_ordinary_ways() -> None:
    by_store = replace(DEMO, rules=SaleRules(numbers=NumberScope.STORE))
    sale = typed(BODY)
    assert sale is not None
    assert quick(sale, by_store) is None
    assert quick(replace(sale, sale_id=None), by_store) is not None


def test_a_key_that_tells_who_bought_is_the_ordinary_ways() -> None:
    sale = typed(BODY)
    assert sale is not None
    assert quick(sale, DEMO, "key-1") is not None
    assert quick(sale, DEMO, "key-52998224725") is None


def test_the_whole_of_decoded_json_is_itself() -> None:
    sale = typed(BODY)
    assert sale is not None
    assert whole(BODY) is BODY
    assert whole(sale) == sale.whole()
    with pytest.raises(NotImplementedError):
        PlainSale().whole()
    with pytest.raises(NotImplementedError):
        PlainSale().told()
