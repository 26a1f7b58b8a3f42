"""Products by sku: the type in force at the sale's instant, as if the ERP had given it by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import (
    Catalogue,
    Programme,
    Rate,
    SaleRules,
    TypePeriod,
    calculate,
    content_names,
    differences,
    parse_sale,
    skus_of,
)
from cashback_core.sales.sale import MAX_LINES
from cashback_core.testing import strategies
from cashback_core.testing.strategies import DEMO
from cashback_core.values.violations import InvalidSale
from contract.builders import unchecked

if TYPE_CHECKING:
    from cashback_core import Sale

TICK = timedelta(microseconds=1)
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
CHANGE = datetime(2025, 1, 1, tzinfo=UTC)
CAFE = Catalogue(
    {
        "CAFE": (
            TypePeriod(type="B", version=2, starts_at=CHANGE),
            TypePeriod(type="A", version=1, starts_at=SINCE),
        )
    }
)


def document(*lines: dict[str, object], sold_at: str = "2026-01-02T03:00:00Z") -> dict[str, Any]:
    return {
        "sold_at": sold_at,
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": f"{10 * len(lines)}.00",
        "products": [{"value": "10.00", "qty": 1, **line} for line in lines],
    }


def read(*lines: dict[str, object], sold_at: str = "2026-01-02T03:00:00Z") -> Sale:
    return parse_sale(
        document(*lines, sold_at=sold_at),
        rules=SaleRules(),
        now=DEMO.now,
        programme=DEMO.programme,
        catalogue=CAFE,
    )


def faults(*lines: dict[str, object], sold_at: str = "2026-01-02T03:00:00Z") -> list[str]:
    with pytest.raises(InvalidSale) as caught:
        read(*lines, sold_at=sold_at)
    return [f"{v.pointer} {v.code} {v.received}" for v in caught.value.violations]


def test_a_type_begins_at_its_instant_and_ends_where_the_next_begins() -> None:
    assert CAFE.type_at("CAFE", SINCE - TICK) is None
    assert CAFE.type_at("CAFE", SINCE) == "A"
    assert CAFE.type_at("CAFE", CHANGE - TICK) == "A"
    assert CAFE.type_at("CAFE", CHANGE) == "B"
    assert CAFE.type_at("cafe", CHANGE) is None


def test_two_types_of_a_product_cannot_begin_together() -> None:
    a, b = (TypePeriod(type=t, version=1, starts_at=SINCE) for t in "AB")
    with pytest.raises(ValueError, match="same instant"):
        Catalogue({"CAFE": (a, b)})


def test_the_sales_instant_picks_the_products_type() -> None:
    before = read({"sku": "CAFE"}, sold_at="2024-12-31T23:59:59.999999Z")
    after = read({"sku": "CAFE"}, sold_at="2025-01-01T00:00:00Z")
    assert [(x.sku, x.type) for x in (*before.lines, *after.lines)] == [
        ("CAFE", "A"),
        ("CAFE", "B"),
    ]


def test_a_line_gives_a_type_or_a_sku_and_what_is_null_is_not_given() -> None:
    assert read({"type": "A", "sku": None}, {"type": None, "sku": "CAFE"}).lines[1].type == "B"
    assert faults({"type": "A", "sku": "CAFE"}) == ["/products/0 type_or_sku type, sku"]
    assert faults({}) == ["/products/0 type_or_sku None"]
    assert faults({"sku": None}) == ["/products/0 type_or_sku None"]
    assert faults({"type": None}) == ["/products/0 type_or_sku None"]


def test_an_unknown_product_is_told_from_one_without_a_type_yet() -> None:
    assert faults({"sku": "CHA"}) == ["/products/0/sku unknown_sku CHA"]
    assert faults({"sku": "CAFE"}, sold_at="2023-01-01T00:00:00Z") == [
        "/products/0/sku sku_without_type CAFE"
    ]
    assert faults({"sku": 7891000}) == ["/products/0/sku wrong_type 7891000"]
    assert faults({"sku": "x" * 65})[0].startswith("/products/0/sku sku_format xxx")


def test_a_sku_is_judged_as_far_as_it_can_be_when_the_instant_is_wrong() -> None:
    told = faults({"sku": "CAFE"}, {"sku": "CHA"}, sold_at="yesterday")
    assert told == ["/sold_at sold_at_format yesterday", "/products/1/sku unknown_sku CHA"]


def test_without_a_catalogue_no_product_is_known() -> None:
    with pytest.raises(InvalidSale, match="no such product"):
        parse_sale(document({"sku": "CAFE"}), rules=SaleRules(), now=DEMO.now)


def test_a_products_type_without_a_rate_points_at_the_sku() -> None:
    programme = Programme((Rate(type="Z", rate_bp=1, version=1, starts_at=SINCE),))
    sale = read({"sku": "CAFE"})
    for judge in (
        lambda: calculate(sale, programme),
        lambda: parse_sale(
            document({"sku": "CAFE"}),
            rules=SaleRules(),
            now=DEMO.now,
            programme=programme,
            catalogue=CAFE,
        ),
    ):
        with pytest.raises(InvalidSale) as caught:
            judge()
        (violation,) = caught.value.violations
        assert (violation.pointer, violation.code) == ("/products/0/sku", "product_type_unknown")


def by_hand(sale: Sale) -> Sale:
    return replace(sale, lines=tuple(replace(line, sku=None) for line in sale.lines))


@given(st.data())
def test_naming_the_product_earns_what_giving_its_type_earns(data: st.DataObject) -> None:
    situation = data.draw(strategies.situations())
    sale = situation.parse(data.draw(strategies.sale_documents(situation)))
    spelt = situation.parse(data.draw(strategies.spellings(by_hand(sale), situation)))
    assert calculate(spelt, situation.programme) == calculate(sale, situation.programme)


@given(st.data())
def test_a_product_and_its_type_are_told_apart_as_content(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales())
    named = any(line.sku is not None for line in sale.lines)
    assert (content_names(sale) != content_names(by_hand(sale))) == named
    assert bool(differences(recorded=sale, received=by_hand(sale))) == named


def test_the_catalogue_does_not_change_what_the_erp_told() -> None:
    sale = read({"sku": "CAFE"})
    moved = replace(sale, lines=(replace(sale.lines[0], type="C"),))
    assert content_names(moved) == content_names(sale)
    assert differences(recorded=sale, received=moved) == ()


def test_no_sku_can_look_like_a_type_or_like_what_stands_beside_it() -> None:
    line = read({"sku": "CAFE"}).lines[0]
    texts = ("a", "1:a", "sku 1:a", "a\n1000*1000-0", "a\n1000*1000-0\nsku 1:a")
    lines = [replace(line, type=text, sku=None) for text in texts]
    lines += [unchecked(line, sku=text) for text in texts]
    sale = read({"sku": "CAFE"})
    told = {content_names(unchecked(sale, lines=each)) for x in lines for each in ((x,), (x, x))}
    assert len(told) == 2 * len(lines)


def test_differences_tell_the_sku() -> None:
    told = differences(recorded=read({"sku": "CAFE"}), received=read({"type": "B"}))
    assert [(d.pointer, d.recorded, d.received) for d in told] == [
        ("/products/0/type", None, "B"),
        ("/products/0/sku", "CAFE", None),
    ]


@given(st.data())
def test_a_change_of_types_never_changes_a_sale_sold_before_it(data: st.DataObject) -> None:
    situation = data.draw(strategies.situations())
    sale = data.draw(strategies.sales(situation))
    after_us = data.draw(st.integers(1, 10**12))
    change = TypePeriod(type="other", version=9, starts_at=sale.sold_at + after_us * TICK)
    products = situation.catalogue.products
    earlier = {
        sku: (*(p for p in periods if p.starts_at != change.starts_at), change)
        for sku, periods in products.items()
    }
    for line in sale.lines:
        if line.sku is not None:
            assert Catalogue(earlier).type_at(line.sku, sale.sold_at) == line.type


@given(strategies.sale_documents())
def test_the_skus_of_a_document_are_those_of_its_lines(told: dict[str, object]) -> None:
    assert skus_of(told) == {line.sku for line in DEMO.parse(told).lines} - {None}


HOSTILE: list[object] = [
    None,
    7,
    [],
    {},
    {"products": None},
    {"products": "sku"},
    {"products": {"sku": "A"}},
    {"products": [None, 7, "sku", [], {}, {"sku": None}, {"sku": 7}, {"sku": ["A"]}]},
    {"products": [{"sku": ""}, {"sku": " "}, {"sku": "x" * 65}, {"sku": "\0"}]},
    {"products": [{"sku": "A"}] * (MAX_LINES + 1)},
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_document_asks_for_more_than_a_sale_may_name(hostile: object) -> None:
    assert skus_of(hostile) == frozenset()


def test_a_sale_of_as_many_lines_as_there_may_be_names_its_skus() -> None:
    assert skus_of({"products": [{"sku": "A"}] * MAX_LINES}) == {"A"}


def test_two_periods_of_one_instant_are_a_mistake_that_names_the_product() -> None:
    period = TypePeriod(type="A", version=1, starts_at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match=r"^two periods of 'CAFE' start at the same instant$"):
        Catalogue({"CAFE": (period, period)})
