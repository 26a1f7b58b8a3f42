"""The same sale or not: fingerprints, differences, and names that are never told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashback_core import Cpf, Customer, Line, Sale, differences, fingerprint, strategies
from cashback_core.content import HIDDEN, MAX_DIFFERENCES
from cashback_core.erased import ERASED, customer_of, is_pseudonym

if TYPE_CHECKING:
    from collections.abc import Callable


def content(sale: Sale) -> object:
    """Everything about a sale but the ERP's number for it."""
    return replace(sale, sale_id=None)


CHANGES: dict[str, Callable[[Sale], Sale]] = {
    "sold_at": lambda s: replace(s, sold_at=s.sold_at + timedelta(microseconds=1)),
    "document": lambda s: replace(s, customer=replace(s.customer, document=Cpf("52998224725"))),
    "name": lambda s: replace(s, customer=replace(s.customer, name=s.customer.name + "x")),
    "total": lambda s: replace(s, total_centavos=s.total_centavos + 1),
    "discount": lambda s: replace(s, discount_centavos=s.discount_centavos + 1),
    "a line more": lambda s: replace(s, lines=(*s.lines, s.lines[0])),
    "type": lambda s: first_line(s, type=s.lines[0].type + "x", sku=None),
    "sku": lambda s: first_line(s, sku=(s.lines[0].sku or "") + "x"),
    "value": lambda s: first_line(s, value_centavos=s.lines[0].value_centavos + 1),
    "qty": lambda s: first_line(s, qty_thousandths=s.lines[0].qty_thousandths + 1),
    "line discount": lambda s: first_line(s, discount_centavos=s.lines[0].discount_centavos + 1),
}


def first_line(sale: Sale, **changes: Any) -> Sale:
    line = replace(sale.lines[0], **changes)
    return replace(sale, lines=(line, *sale.lines[1:]))


@pytest.mark.parametrize("what", sorted(CHANGES))
@given(sale=strategies.sales(max_lines=3))
def test_whatever_changes_is_told_and_changes_the_fingerprint(what: str, sale: Sale) -> None:
    other = CHANGES[what](sale)
    assume(other != sale)
    assert fingerprint(other) != fingerprint(sale)
    assert differences(recorded=sale, received=other)


@given(strategies.sales(max_lines=3), st.none() | strategies.sale_ids())
def test_the_sale_id_is_no_part_of_the_content(sale: Sale, sale_id: str | None) -> None:
    other = replace(sale, sale_id=sale_id)
    assert fingerprint(other) == fingerprint(sale)
    told = differences(recorded=sale, received=other)
    assert [d.pointer for d in told] == ([] if sale_id == sale.sale_id else ["/sale_id"])


@given(strategies.sales(max_lines=2), strategies.sales(max_lines=2))
def test_fingerprints_are_equal_exactly_when_contents_are(one: Sale, other: Sale) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (content(one) == content(other))
    assert (differences(recorded=one, received=other) == ()) == (one == other)


@given(st.data())
def test_every_spelling_of_a_sale_has_the_same_fingerprint(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales())
    one = strategies.DEMO.parse(data.draw(strategies.spellings(sale)))
    other = strategies.DEMO.parse(data.draw(strategies.spellings(sale)))
    assert fingerprint(one) == fingerprint(other)
    assert differences(recorded=one, received=other) == ()


def a_sale(name: str, type_: str) -> Sale:
    return Sale(
        sold_at=strategies.DEMO.now,
        customer=Customer(document=Cpf("52998224725"), name=name),
        lines=(Line(type=type_, value_centavos=1, qty_thousandths=1000),),
        total_centavos=1,
    )


def test_no_text_can_look_like_the_fields_beside_it() -> None:
    texts = ["a", "a\n1-0\n1:A", "1:a", "\n", "a\n", "\ud800", "\udc00"]
    sales = [a_sale(name, type_) for name in texts for type_ in texts]
    assert len({fingerprint(sale) for sale in sales}) == len(sales)


def test_the_fingerprint_is_stable() -> None:
    # It is stored for ever: a change of it would make every recorded sale look unknown.
    expected = "a6e0a682c9eff3762032ce67be93c26b22cad88a62ca89a3af96d9bcba3ae6c4"
    assert fingerprint(a_sale("JOSE DA SILVA", "A")) == expected


@given(strategies.sales(max_lines=2), strategies.sales(max_lines=2))
def test_neither_a_recorded_name_nor_a_document_is_told(recorded: Sale, received: Sale) -> None:
    for difference in differences(recorded=recorded, received=received):
        if difference.pointer == "/customer/name":
            assert difference.recorded == HIDDEN
            assert difference.received == received.customer.name
        if difference.pointer == "/customer/document":
            told = f"{difference.recorded}{difference.received}"
            assert recorded.customer.document not in told
            assert received.customer.document not in told


def test_each_field_is_told_under_its_own_name() -> None:
    recorded = a_sale("JOSE", "A")
    line = Line(type="B", value_centavos=2, qty_thousandths=2500, discount_centavos=3)
    received = Sale(
        sold_at=recorded.sold_at + timedelta(hours=1),
        customer=Customer(document=Cpf("11144477735"), name="ANA"),
        lines=(line,),
        total_centavos=200,
        discount_centavos=100,
        sale_id="NF-1",
    )
    told = [
        (d.pointer, d.recorded, d.received)
        for d in differences(recorded=recorded, received=received)
    ]
    assert told == [
        ("/sold_at", "2026-06-15T15:00:00.123456Z", "2026-06-15T16:00:00.123456Z"),
        ("/customer/document", "***.982.247-**", "***.444.777-**"),
        ("/customer/name", "***", "ANA"),
        ("/total", "0.01", "2.00"),
        ("/discount", "0.00", "1.00"),
        ("/sale_id", None, "NF-1"),
        ("/products/0/type", "A", "B"),
        ("/products/0/value", "0.01", "0.02"),
        ("/products/0/qty", "1", "2.5"),
        ("/products/0/discount", "0.00", "0.03"),
    ]


def test_differences_are_told_as_on_the_wire_and_not_without_end() -> None:
    line = Line(type="A", value_centavos=1000, qty_thousandths=350)
    recorded = replace(a_sale("JOSE", "A"), lines=(line,))
    received = replace(recorded, lines=(replace(line, qty_thousandths=1000), line))
    told = [
        (d.pointer, d.recorded, d.received)
        for d in differences(recorded=recorded, received=received)
    ]
    assert told == [
        ("/products/0/qty", "0.35", "1"),
        ("/products/1/type", None, "A"),
        ("/products/1/value", None, "10.00"),
        ("/products/1/qty", None, "0.35"),
        ("/products/1/discount", None, "0.00"),
    ]
    longer = replace(recorded, lines=(line,) * 50)
    assert len(differences(recorded=recorded, received=longer)) == MAX_DIFFERENCES == 20


@given(sale=strategies.sales(max_lines=3), other=strategies.sales(max_lines=3))
def test_of_an_erased_customer_the_rest_decides(sale: Sale, other: Sale) -> None:
    erased = replace(sale, customer=ERASED)
    assert differences(recorded=erased, received=sale) == ()
    assert differences(recorded=erased, received=replace(sale, customer=other.customer)) == ()
    found = differences(recorded=erased, received=other)
    assert bool(found) is (replace(other, customer=ERASED) != erased)
    assert not {d.pointer for d in found} & {"/customer/document", "/customer/name"}


@given(sale=strategies.sales(max_lines=1))
def test_only_a_pseudonym_stands_for_nobody(sale: Sale) -> None:
    document, name = sale.customer.document, sale.customer.name
    assert not is_pseudonym(document)
    assert customer_of(document, name) == sale.customer
    assert customer_of("E" + "0f" * 16, "erased") == ERASED
    for near in ("E" + "0" * 31, "E" + "0" * 33, "E" + "0" * 31 + "G", "e" + "0" * 32):
        assert not is_pseudonym(near)
