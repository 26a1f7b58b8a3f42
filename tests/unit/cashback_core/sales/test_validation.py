"""Reading a sale: every fault at once, each with its place, and nothing else."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback_core import InvalidSale, SaleRules, Violation, parse_sale
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO, STORES
from cashback_core.values.violations import MAX_VIOLATIONS

NOW = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)


def document(**changes: object) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "sold_at": "2026-01-02 00:00:00",
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [
            {"type": "A", "value": "10.00", "qty": 1},
            {"type": "B", "value": "10.00", "qty": 9},
        ],
    }
    return fields | changes


def violations_of(value: object, rules: SaleRules | None = None) -> tuple[Violation, ...]:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(value, rules=rules or SaleRules(), now=NOW, programme=DEMO.programme)
    return caught.value.violations


def faults_of(value: object) -> set[tuple[str, str]]:
    return {(violation.pointer, violation.code) for violation in violations_of(value)}


def test_the_challenges_sale_is_read() -> None:
    sale = parse_sale(document(), rules=SaleRules(), now=NOW, programme=DEMO.programme)
    assert sale.sold_at == datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert sale.document == "52998224725"
    assert (sale.total_centavos, sale.discount_centavos, sale.sale_id) == (10_000, 0, None)
    assert [(x.type, x.value_e10, x.qty_e4) for x in sale.lines] == [
        ("A", 10 * 10**10, 10_000),
        ("B", 10 * 10**10, 90_000),
    ]


@given(st.data())
def test_every_spelling_of_a_sale_is_read_as_that_sale(data: st.DataObject) -> None:
    situation = data.draw(st.sampled_from([DEMO, STORES]) | strategies.situations())
    sale = data.draw(strategies.sales(situation))
    assert situation.parse(data.draw(strategies.spellings(sale, situation, decimals=True))) == sale


@pytest.mark.parametrize("code", sorted(strategies.DEFECTS))
@settings(max_examples=12)
@given(data=st.data())
def test_one_defect_is_one_violation(code: str, data: st.DataObject) -> None:
    any_situation = st.sampled_from([DEMO, STORES]) | strategies.situations()
    situation = data.draw(any_situation.filter(lambda s: strategies.can_show(code, s)))
    invalid = data.draw(
        strategies.invalid_documents(situation, codes=frozenset({code}), decimals=True)
    )
    with pytest.raises(InvalidSale) as caught:
        situation.parse(invalid.document)
    assert invalid.code == code
    told = [(violation.pointer, violation.code) for violation in caught.value.violations]
    assert told == [(invalid.pointer, code)]


def test_every_fault_is_told_at_once() -> None:
    everything = {
        "sold_at": "yesterday",
        "customer": {"document": "11111111111", "name": "", "wallet": 1},
        "total": "1,00",
        "discount": True,
        "sale_id": "NF 1",
        "foo": 1,
        "products": [
            {"type": 7, "value": "1000000000", "qty": 0},
            {"type": "A", "value": "10.00", "discount": "10.01"},
            {"type": "A", "value": "10.00", "qty": "1", "discount": "10.01"},
            None,
        ],
    }
    assert faults_of(everything) == {
        ("/sold_at", "sold_at_format"),
        ("/customer/document", "document_repeated"),
        ("/customer/name", "name_length"),
        ("/customer/wallet", "unknown_field"),
        ("/total", "money_format"),
        ("/discount", "wrong_type"),
        ("/sale_id", "sale_id_format"),
        ("/foo", "unknown_field"),
        ("/products/0/type", "wrong_type"),
        ("/products/0/value", "money_out_of_range"),
        ("/products/0/qty", "quantity_out_of_range"),
        ("/products/1/qty", "required"),
        ("/products/2/discount", "discount_too_large"),
        ("/products/3", "wrong_type"),
    }


def test_an_empty_object_misses_every_required_field() -> None:
    assert faults_of({}) == {
        (pointer, "required") for pointer in ("/sold_at", "/customer", "/total", "/products")
    }


def test_no_more_than_the_limit_is_told() -> None:
    assert len(violations_of(document(products=[dict[str, object]()] * 990))) == MAX_VIOLATIONS
    unknown = {f"x{n}": n for n in range(20_000)}
    assert len(violations_of(document(**unknown))) == MAX_VIOLATIONS


def test_a_missing_sum_is_not_told_beside_the_fault_that_caused_it() -> None:
    lines = [{"type": "A", "value": "10,00", "qty": 1}]
    assert faults_of(document(products=lines)) == {("/products/0/value", "money_format")}
    assert faults_of(document(discount="500.00")) == {("/discount", "discount_too_large")}


def test_the_right_total_is_told() -> None:
    (violation,) = violations_of(document(total="100.01", discount="0.50"))
    assert (violation.received, violation.expected()) == ("100.01", "99.50")


def test_the_highest_discount_is_told() -> None:
    lines = [{"type": "A", "value": "10.00", "qty": "1.5", "discount": "15.01"}]
    (violation,) = violations_of(document(products=lines))
    assert (violation.received, violation.expected()) == (
        "15.01",
        "at most 15.00; a line's is of all its units, a sale's beside those of its lines",
    )


def test_gifts_and_discounts_may_take_a_line_and_a_sale_whole() -> None:
    free = {"type": "A", "value": "5.00", "qty": 1, "discount": "5.00"}
    gift = {"type": "A", "value": "0.00", "qty": 2}
    lines = [free, gift, {"type": "A", "value": "100.00", "qty": 1}]
    sale = parse_sale(document(products=lines), rules=SaleRules(), now=NOW)
    assert [line.net_centavos for line in sale.lines] == [0, 0, 10_000]
    for nothing in ([free], [gift], [gift, free]):
        whole = parse_sale(document(products=nothing, total="0.00"), rules=SaleRules(), now=NOW)
        assert whole.total_centavos == 0
    discounted = document(discount="100.00", total="0.00")
    assert parse_sale(discounted, rules=SaleRules(), now=NOW).total_centavos == 0
    assert faults_of(document(total="-1.00")) == {("/total", "money_format")}
    none = [{"type": "A", "value": "0.00", "qty": 0}]
    assert ("/products/0/qty", "quantity_out_of_range") in faults_of(document(products=none))


def test_a_sale_may_lie_five_minutes_ahead() -> None:
    latest = "2026-06-15T15:05:00Z"
    parse_sale(document(sold_at=latest), rules=SaleRules(), now=NOW)
    (violation,) = violations_of(document(sold_at="2026-06-15T15:05:00.000001Z"))
    assert violation.code == "sold_at_future"
    assert violation.expected() == (
        "not later than 2026-06-15T12:05:00-03:00; as it is, it will be taken from"
        " 2026-06-15T12:00:00.000001-03:00 on"
    )


def test_the_last_second_of_all_is_refused_east_of_utc_too() -> None:
    east = SaleRules(zone=ZoneInfo("Asia/Kolkata"))
    (violation,) = violations_of(document(sold_at="9999-12-31T23:59:59Z"), east)
    assert violation.code == "sold_at_future"


def test_a_sale_may_be_as_old_as_the_merchant_allows() -> None:
    rules = SaleRules(max_age=timedelta(days=30))
    oldest = "2026-05-16T15:00:00Z"
    parse_sale(document(sold_at=oldest), rules=rules, now=NOW)
    (violation,) = violations_of(document(sold_at="2026-05-16T14:59:59.999999Z"), rules)
    assert violation.code == "sold_at_too_old"
    assert violation.expected() == "not before 2026-05-16T12:00:00-03:00"


def test_a_wall_clock_is_the_merchants() -> None:
    rules = SaleRules(zone=ZoneInfo("America/Manaus"))
    assert parse_sale(document(), rules=rules, now=NOW).sold_at.hour == 4


@pytest.mark.parametrize("days", [0, -1, 36_525])
def test_a_merchants_age_limit_is_up_to_a_century(days: int) -> None:
    with pytest.raises(ValueError, match="age"):
        SaleRules(max_age=timedelta(days=days))
    SaleRules(max_age=timedelta(days=36_524))
    SaleRules(max_age=timedelta(microseconds=1))


def test_unless_the_merchant_says_otherwise_a_sale_may_be_ten_years_old() -> None:
    parse_sale(document(sold_at="2016-06-14T15:00:00Z"), rules=SaleRules(), now=NOW)
    (violation,) = violations_of(document(sold_at="2016-06-14T14:59:59Z"))
    assert violation.code == "sold_at_too_old"


def test_a_type_is_judged_at_the_sales_instant() -> None:
    early = document(sold_at="1999-12-31T23:59:59Z")
    rules = SaleRules(max_age=timedelta(days=36_500))
    codes = [(v.pointer, v.code) for v in violations_of(early, rules)]
    assert codes == [(f"/products/{n}/type", "product_type_unknown") for n in (0, 1)]


def test_without_a_programme_any_type_is_read() -> None:
    lines = [{"type": "whatever", "value": "100.00", "qty": 1}]
    assert parse_sale(document(products=lines), rules=SaleRules(), now=NOW).lines[0].type


def test_names_are_kept_in_nfc() -> None:
    name = unicodedata.normalize("NFD", "JOSÉ ÇÃO")
    customer = {"document": "529.982.247-25", "name": name}
    sale = parse_sale(document(customer=customer), rules=SaleRules(), now=NOW)
    assert sale.customer is not None
    assert sale.customer.name == "JOSÉ ÇÃO"
    assert sale.document == "52998224725"


@pytest.mark.parametrize(
    "name",
    ["a" * 120, "e\u0301" * 120, "\u03b1\u0313\u0300\u0345" * 120, "\U0001f600" * 119 + "a", " a "],
)
def test_a_name_has_up_to_120_characters_in_nfc(name: str) -> None:
    customer = {"document": "52998224725", "name": name}
    parse_sale(document(customer=customer), rules=SaleRules(), now=NOW)


@pytest.mark.parametrize(
    ("sale_id", "valid"),
    [("a" * 64, True), ("a" * 65, False), ("", False), ("NF-1/2 ", False), ("~!", True)],
)
def test_a_sale_id_is_up_to_64_visible_ascii_characters(sale_id: str, valid: bool) -> None:  # noqa: FBT001
    if valid:
        sale = parse_sale(document(sale_id=sale_id), rules=SaleRules(), now=NOW)
        assert sale.sale_id == sale_id
    else:
        assert faults_of(document(sale_id=sale_id)) == {("/sale_id", "sale_id_format")}


def test_any_mapping_is_an_object_and_a_tuple_is_an_array() -> None:
    frozen = MappingProxyType(document(customer=MappingProxyType(document()["customer"])))
    lines: list[dict[str, object]] = document()["products"]
    other = document(products=tuple(MappingProxyType(line) for line in lines))
    for value in (frozen, other):
        assert parse_sale(value, rules=SaleRules(), now=NOW).total_centavos == 10_000


def test_990_lines_are_read_and_991_are_not() -> None:
    line = {"type": "A", "value": "0.01", "qty": 1}
    sale = parse_sale(document(products=[line] * 990, total="9.90"), rules=SaleRules(), now=NOW)
    assert len(sale.lines) == 990
    (violation,) = violations_of(document(products=[line] * 991, total="9.91"))
    assert (violation.code, violation.received) == ("lines_count", "991")


@pytest.mark.parametrize("value", [b"[]", bytearray(b"x"), "AB", {}, range(3).__iter__()])
def test_lines_are_a_list(value: object) -> None:
    assert faults_of(document(products=value)) == {("/products", "wrong_type")}
