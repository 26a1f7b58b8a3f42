"""The same content or not: content names, differences, and what is no part of either."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashback_core import (
    Cpf,
    Customer,
    ForeignDocument,
    Line,
    Payment,
    PaymentKind,
    Place,
    Sale,
    content_names,
    differences,
    same_content,
)
from cashback_core.sales.content import MAX_DIFFERENCES, Particulars, may_be_one
from cashback_core.sales.erased import ERASED, customer_of, is_pseudonym
from cashback_core.testing import strategies
from cashback_core.values.documents import store_document
from contract.builders import buyer_of, unchecked

if TYPE_CHECKING:
    from collections.abc import Callable


def content(sale: Sale) -> object:
    """Everything about a sale but its number, the name and the order of its lines; as told."""
    lines = [
        # An amount follows from the rest, and the total.
        unchecked(
            line,
            type="" if line.sku is not None else line.type,
            amount_centavos=0,
            difference_centavos=0,
        )
        for line in sale.lines
    ]
    return (
        sale.sold_at,
        None if sale.document is None else store_document(sale.document),
        sale.total_centavos,
        sale.discount_centavos,
        sale.surcharge_centavos,
        sorted(lines, key=repr),
    )


def may_be_at_one_place(one: Sale, other: Sale) -> bool:
    """By place and payments, whatever the instants are."""
    told = replace(Particulars.of(other), sold_at=one.sold_at)
    return may_be_one(Particulars.of(one), told)


def are_equal(one: Sale, other: Sale) -> bool:
    """By every way there is to tell; they must agree."""
    common = not set(content_names(one)).isdisjoint(content_names(other))
    at_one_place = may_be_at_one_place(one, other)
    told = {
        same_content(recorded=one, received=other),
        same_content(recorded=other, received=one),
        differences(recorded=one, received=other) == (),
        common and at_one_place,
    }
    assert len(told) == 1
    return told.pop()


PIX = Payment(kind=PaymentKind.PIX, value_centavos=200)

CHANGES: dict[str, Callable[[Sale], Sale]] = {
    "sold_at": lambda s: replace(s, sold_at=s.sold_at + timedelta(microseconds=1)),
    "document": lambda s: replace(s, customer=Customer(document=Cpf("52998224725"), name="ANA")),
    "total": lambda s: unchecked(s, total_centavos=s.total_centavos + 1),
    "discount": lambda s: unchecked(s, discount_centavos=s.discount_centavos + 1),
    "a line more": lambda s: unchecked(s, lines=(*s.lines, s.lines[0])),
    "type": lambda s: first_line(s, type=s.lines[0].type + "x", sku=None),
    "sku": lambda s: first_line(s, sku=(s.lines[0].sku or "") + "x"),
    "value": lambda s: first_line(s, value_e10=s.lines[0].value_e10 + 1),
    "qty": lambda s: first_line(s, qty_e4=s.lines[0].qty_e4 + 1),
    "surcharge": lambda s: unchecked(s, surcharge_centavos=s.surcharge_centavos + 1),
    "line surcharge": lambda s: first_line(s, surcharge_centavos=s.lines[0].surcharge_centavos + 1),
    "a buyer of another kind": lambda s: replace(
        s, customer=Customer(document=ForeignDocument.known(str(s.document)), name="ANA")
    ),
    "nobody": lambda s: replace(s, customer=None),
    "line discount": lambda s: first_line(s, discount_centavos=another_discount(s.lines[0])),
}


def another_discount(line: Line) -> int:
    """One that the line can have; the same where it costs nothing."""
    return line.discount_centavos - 1 if line.discount_centavos else min(1, line.amount_centavos)


def first_line(sale: Sale, **changes: Any) -> Sale:
    line = unchecked(sale.lines[0], **changes)
    return unchecked(sale, lines=(line, *sale.lines[1:]))


@pytest.mark.parametrize("what", sorted(CHANGES))
@given(sale=strategies.sales(max_lines=3))
def test_whatever_changes_is_told_and_changes_the_names(what: str, sale: Sale) -> None:
    other = CHANGES[what](sale)
    assume(content(other) != content(sale))
    assert not are_equal(sale, other)


@given(strategies.sales(max_lines=3), st.none() | strategies.sale_ids(), strategies.names())
def test_neither_the_sale_id_nor_the_name_is_part_of_the_content(
    sale: Sale, sale_id: str | None, name: str
) -> None:
    customer = replace(buyer_of(sale), name=name)
    other = replace(sale, sale_id=sale_id, customer=customer)
    assert are_equal(sale, other)
    noted = replace(other, cashier="ANA", metadata=(("a", "b"),), confirm_later=True)
    assert are_equal(sale, noted)


@given(strategies.sales(max_lines=2), strategies.sales(max_lines=2))
def test_names_are_shared_exactly_when_contents_are_equal(one: Sale, other: Sale) -> None:
    alike = replace(other, sold_at=one.sold_at, customer=one.customer)
    for each in (other, alike):
        at_one_place = may_be_at_one_place(one, each)
        assert are_equal(one, each) == (content(one) == content(each) and at_one_place)


@given(st.data())
def test_every_spelling_of_a_sale_is_equal_in_any_order(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales())
    lines = tuple(data.draw(st.permutations(sale.lines)))
    one = strategies.DEMO.parse(data.draw(strategies.spellings(sale)))
    other = strategies.DEMO.parse(data.draw(strategies.spellings(replace(sale, lines=lines))))
    assert are_equal(one, other)


def test_lines_are_counted_not_merged() -> None:
    line = Line.of(type="A", value_e10=100 * 10**8, qty_e4=10_000)
    twice = replace(line, qty_e4=20_000, amount_centavos=2 * line.amount_centavos)
    sale = unchecked(a_sale("JOSE", "A"), total_centavos=400)
    lines = {
        "two and two": (line, line, line, line),
        "a pair": (twice, line, line),
        "pairs": (twice, twice),
    }
    sales = [unchecked(sale, lines=each) for each in lines.values()]
    assert [[are_equal(one, other) for one in sales] for other in sales] == [
        [one is other for one in sales] for other in sales
    ]


ZONES = tuple(map(ZoneInfo, ("America/Sao_Paulo", "America/Manaus", "UTC", "Asia/Kathmandu")))


def told_at(sale: Sale, wall: datetime, zone: ZoneInfo | None) -> Sale:
    """The sale as it is read when this stood in it, with an offset (of UTC) or in that zone."""
    if zone is None:
        return replace(sale, sold_at=wall.replace(tzinfo=UTC), sold_at_wall=None)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return replace(sale, sold_at=instant, sold_at_wall=wall)


WALLS = st.sampled_from([datetime(2026, 1, 2, hour, 30) for hour in range(8)])  # noqa: DTZ001


@given(
    sale=strategies.sales(max_lines=1),
    walls=st.tuples(WALLS, WALLS),
    zones=st.tuples(*[st.none() | st.sampled_from(ZONES)] * 2),
)
def test_a_wall_clock_is_equal_by_itself_or_by_its_utc_and_by_nothing_else(
    sale: Sale, walls: tuple[datetime, datetime], zones: tuple[ZoneInfo | None, ZoneInfo | None]
) -> None:
    one, other = (told_at(sale, wall, zone) for wall, zone in zip(walls, zones, strict=True))
    by_wall = None not in zones and walls[0] == walls[1]
    assert are_equal(one, other) == (one.sold_at == other.sold_at or by_wall)


def a_sale(name: str, type_: str) -> Sale:
    return Sale(
        sold_at=strategies.DEMO.now,
        customer=Customer(document=Cpf("52998224725"), name=name),
        lines=(Line.of(type=type_, value_e10=1 * 10**8, qty_e4=10_000),),
        total_centavos=1,
    )


def test_no_text_can_look_like_the_fields_beside_it() -> None:
    texts = [
        "a",
        "a\n100000000*10000-0+0 type 1:A",
        "1:a",
        "type 1:a",
        "\n",
        "a\n",
        "\ud800",
        "\udc00",
        "",
    ]
    line = Line.of(type="A", value_e10=1 * 10**8, qty_e4=10_000)
    lines = [replace(line, type=text) for text in texts]
    lines += [unchecked(line, sku=text) for text in texts]
    sale = a_sale("JOSE", "A")
    sets = [(x,) for x in lines] + [(x, y) for n, x in enumerate(lines) for y in lines[n:]]
    assert len({content_names(unchecked(sale, lines=each)) for each in sets}) == len(sets)


def test_the_names_are_stable() -> None:
    # They are stored for ever: a change would make every recorded sale look unknown.
    line = Line.of(type="B", value_e10=250 * 10**8, qty_e4=15_000, discount_centavos=5)
    sale = unchecked(a_sale("JOSE DA SILVA", "A"), discount_centavos=1)
    sale = unchecked(sale, lines=(*sale.lines, line, replace(line, sku="789")))
    wall = datetime(2026, 6, 15, 12, 0, 0, 123456)  # noqa: DTZ001
    assert content_names(unchecked(sale, sold_at_wall=wall)) == (
        "XxBvBJCLDGbXTiyZb7Bk6Q/DOPmgKh80",
        "KaYs7aOScLq8hkG7HGmKojYpzLvbVEZy",
    )


@given(strategies.sales(max_lines=2), strategies.sales(max_lines=2))
def test_no_document_is_told_and_no_name(recorded: Sale, received: Sale) -> None:
    for difference in differences(recorded=recorded, received=received):
        assert difference.pointer != "/customer/name"
        if difference.pointer == "/customer/document":
            told = f"{difference.recorded}{difference.received}"
            assert buyer_of(recorded).document not in told
            assert buyer_of(received).document not in told


def test_each_field_is_told_under_its_own_name() -> None:
    recorded = replace(
        a_sale("JOSE", "A"),
        place=Place(store="1", till="9"),
        payments=(Payment(kind=PaymentKind.CASH, value_centavos=1),),
    )
    line = Line.of(type="B", value_e10=2 * 10**8, qty_e4=25_000, discount_centavos=3)
    received = Sale.known(
        sold_at=recorded.sold_at + timedelta(hours=1),
        customer=Customer(document=Cpf("11144477735"), name="ANA"),
        lines=(line,),
        total_centavos=200,
        discount_centavos=100,
        surcharge_centavos=7,
        difference_centavos=0,
        payments=(PIX,),
        place=Place(store="2"),
        sale_id="NF-1",
        confirm_later=False,
        cashier=None,
        metadata=(),
        sold_at_wall=None,
    )
    told = [
        (d.pointer, d.recorded, d.received)
        for d in differences(recorded=recorded, received=received)
    ]
    assert told == [
        ("/sold_at", "2026-06-15T15:00:00.123456Z", "2026-06-15T16:00:00.123456Z"),
        ("/customer/document", "***.***.***-**", "***.***.***-**"),
        ("/total", "0.01", "2.00"),
        ("/discount", "0.00", "1.00"),
        ("/surcharge", "0.00", "0.07"),
        ("/store", "1", "2"),
        ("/payments", "cash 0.01", "pix 2.00"),
        ("/products/0/type", "A", "B"),
        ("/products/0/value", "0.01", "0.02"),
        ("/products/0/qty", "1", "2.5"),
        ("/products/0/discount", "0.00", "0.03"),
    ]


def test_differences_are_told_as_on_the_wire_and_not_without_end() -> None:
    line = Line.of(type="A", value_e10=1000 * 10**8, qty_e4=3500)
    recorded = unchecked(a_sale("JOSE", "A"), lines=(line,))
    received = unchecked(recorded, lines=(unchecked(line, qty_e4=10_000), line))
    told = [
        (d.pointer, d.recorded, d.received)
        for d in differences(recorded=recorded, received=received)
    ]
    assert told == [
        ("/products/0/type", None, "A"),
        ("/products/0/value", None, "10.00"),
        ("/products/0/qty", None, "1"),
        ("/products/0/discount", None, "0.00"),
        ("/products/0/surcharge", None, "0.00"),
    ]
    other = unchecked(recorded, lines=(unchecked(line, qty_e4=20), line, line))
    told = [
        (d.pointer, d.recorded, d.received) for d in differences(recorded=other, received=received)
    ]
    assert told == [
        ("/products/0/qty", "0.002", "1"),
        ("/products/2/type", "A", None),
        ("/products/2/value", "10.00", None),
        ("/products/2/qty", "0.35", None),
        ("/products/2/discount", "0.00", None),
        ("/products/2/surcharge", "0.00", None),
    ]
    longer = unchecked(recorded, lines=(line,) * 50)
    assert len(differences(recorded=recorded, received=longer)) == MAX_DIFFERENCES == 20


@given(sale=strategies.sales(max_lines=3), other=strategies.sales(max_lines=3))
def test_of_an_erased_customer_the_rest_decides(sale: Sale, other: Sale) -> None:
    erased = replace(sale, customer=ERASED)
    assert differences(recorded=erased, received=sale) == ()
    assert differences(recorded=erased, received=replace(sale, customer=other.customer)) == ()
    found = differences(recorded=erased, received=other)
    theirs = replace(other, customer=ERASED)
    at_one_place = may_be_at_one_place(sale, other)
    assert bool(found) is not (content(theirs) == content(erased) and at_one_place)
    assert same_content(recorded=erased, received=other) is not bool(found)
    assert "/customer/document" not in {d.pointer for d in found}
    # A repeat is looked up before its rules are: it may add up to another sum.
    wrong = unchecked(sale, total_centavos=sale.total_centavos + 1)
    assert not same_content(recorded=erased, received=wrong)
    assert [d.pointer for d in differences(recorded=erased, received=wrong)] == ["/total"]


@given(sale=strategies.sales(max_lines=1))
def test_only_a_pseudonym_stands_for_nobody(sale: Sale) -> None:
    customer = buyer_of(sale)
    document, name = customer.document, customer.name
    assert not is_pseudonym(document)
    assert customer_of(document, name) == sale.customer
    assert customer_of("E" + "0f" * 16, "erased") == ERASED
    assert customer_of(None, "erased") is None
    for near in ("E" + "0" * 31, "E" + "0" * 33, "E" + "0" * 31 + "G", "e" + "0" * 32):
        assert not is_pseudonym(near)


PLACES = st.builds(Place, **{n: st.sampled_from([None, "1", "2"]) for n in ("store", "till")})


@given(
    sale=strategies.sales(max_lines=1),
    places=st.tuples(PLACES, PLACES),
    swapped=st.booleans(),
)
def test_a_place_is_content_where_both_tell_it(
    sale: Sale, places: tuple[Place, Place], *, swapped: bool
) -> None:
    one, other = (unchecked(sale, place=place, payments=()) for place in places)
    told_apart = any(
        None not in pair and pair[0] != pair[1]
        for pair in ((places[0].store, places[1].store), (places[0].till, places[1].till))
    )
    assert are_equal(*(other, one) if swapped else (one, other)) is not told_apart
    assert content_names(one) == content_names(other), "places are compared beside the name"


def test_payments_are_content_where_both_tell_them_in_any_order() -> None:
    sale = unchecked(a_sale("JOSE", "A"), total_centavos=300)
    cash = Payment(kind=PaymentKind.CASH, value_centavos=100)
    one = replace_payments(sale, PIX, cash)
    assert are_equal(one, replace_payments(sale, cash, PIX))
    assert are_equal(one, sale)
    assert are_equal(sale, one)
    for others in [(PIX,), (PIX, cash, cash), (replace(PIX, kind=PaymentKind.CASH), cash)]:
        assert not are_equal(one, replace_payments(sale, *others))


def replace_payments(sale: Sale, *payments: Payment) -> Sale:
    return unchecked(sale, payments=payments)


@given(strategies.sales(strategies.STORES, max_lines=2), strategies.sales(strategies.STORES))
def test_sales_to_buyers_of_every_kind_are_told_apart(one: Sale, other: Sale) -> None:
    alike = replace(one, customer=other.customer)
    same_buyer = content(one) == content(alike)
    assert are_equal(one, alike) is same_buyer
