"""Constructors refuse what their types promise."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given

from cashback_core import (
    Actor,
    Applied,
    BuyerRule,
    Buyers,
    Cnpj,
    Cpf,
    Customer,
    Delivery,
    DocumentFault,
    Ended,
    ForeignDocument,
    InvalidDocument,
    Line,
    Move,
    Payment,
    PaymentKind,
    Place,
    Programme,
    Rate,
    Sale,
    SaleRules,
    Status,
    TypePeriod,
    parse_sale,
)
from cashback_core.testing import strategies

if TYPE_CHECKING:
    from collections.abc import Callable

NAIVE = datetime(2026, 1, 2, 3)  # noqa: DTZ001 (what is to be refused)
AT = datetime(2026, 1, 2, 3, tzinfo=UTC)
CPF = Cpf("52998224725")
LINE = Line(type="A", value_e10=10 * 10**10, qty_e4=10_000, amount_centavos=1000)
ANA = Customer(document=CPF, name="ANA")
SALE = Sale(sold_at=AT, customer=ANA, lines=(LINE,), total_centavos=1000)
PIX = Payment(kind=PaymentKind.PIX, value_centavos=1000)
RULES = SaleRules()
LIKE_AN_INT: Any = 5.5
LIKE_A_CPF: Any = "52998224725"
RATE = Rate(type="A", rate_bp=5, version=1, starts_at=AT)
PERIOD = TypePeriod(type="A", version=1, starts_at=AT)
NO_TEXT: Any = 5
ANYTHING: Any = None

REFUSED: dict[str, Callable[[], object]] = {
    "a rate in halves": lambda: Rate(type="A", rate_bp=LIKE_AN_INT, version=1, starts_at=AT),
    "a rate of True": lambda: Rate(type="A", rate_bp=True, version=1, starts_at=AT),
    "a rate's version 0": lambda: Rate(type="A", rate_bp=5, version=0, starts_at=AT),
    "a naive rate": lambda: Rate(type="A", rate_bp=5, version=1, starts_at=NAIVE),
    "a rate's version True": lambda: replace(RATE, version=True),
    "a rate of a type without a name": lambda: replace(RATE, type=""),
    "a rate of a type that is a line feed": lambda: replace(RATE, type="\n"),
    "a rate of a type that is a number": lambda: replace(RATE, type=NO_TEXT),
    "a rate that starts at a text": lambda: replace(RATE, starts_at=cast("Any", "2026")),
    "a rate that starts at a date": lambda: replace(RATE, starts_at=cast("Any", date(2026, 1, 2))),
    "a programme in a list": lambda: Programme(cast("Any", [RATE])),
    "a programme of texts": lambda: Programme(cast("Any", ("x",))),
    "a programme rounded as a text says": lambda: Programme((RATE,), cast("Any", "half_even")),
    "a period's version True": lambda: replace(PERIOD, version=True),
    "a period of a type without a name": lambda: replace(PERIOD, type=""),
    "a period of a type that is a number": lambda: replace(PERIOD, type=NO_TEXT),
    "a naive period": lambda: TypePeriod(type="A", version=1, starts_at=NAIVE),
    "a period's version 0": lambda: TypePeriod(type="A", version=0, starts_at=AT),
    "a line in floats": lambda: replace(LINE, value_e10=LIKE_AN_INT),
    "a line of less than nothing": lambda: replace(LINE, value_e10=-1, amount_centavos=0),
    "a line of no quantity": lambda: replace(LINE, qty_e4=0, amount_centavos=0),
    "a line whose discount is above it": lambda: replace(LINE, discount_centavos=1001),
    "a line without a type": lambda: replace(LINE, type=ANYTHING),
    "a line of a type that is a number": lambda: replace(LINE, type=NO_TEXT),
    "a line of a sku that is a number": lambda: replace(LINE, sku=NO_TEXT),
    "a line of a sku without a name": lambda: replace(LINE, sku=""),
    "a customer whose document is a text": lambda: replace(ANA, document=LIKE_A_CPF),
    "a customer without a name": lambda: replace(ANA, name=""),
    "a customer whose name is a number": lambda: replace(ANA, name=NO_TEXT),
    "a name with a control character": lambda: replace(ANA, name="ANA\0"),
    "a name that is not composed": lambda: replace(ANA, name="JOSE\u0301"),
    "a line of another amount": lambda: replace(LINE, amount_centavos=1001),
    "a line of another amount by far": lambda: replace(
        LINE, amount_centavos=1101, difference_centavos=101
    ),
    "a line of an amount below zero": lambda: replace(LINE, amount_centavos=-1),
    "a line of a surcharge below zero": lambda: replace(LINE, surcharge_centavos=-1),
    "a foreigner's document as a text": lambda: replace(ANA, document=cast("Any", "AB-12345")),
    "a payment of a text": lambda: Payment(kind=cast("Any", "pix"), value_centavos=1),
    "a payment below zero": lambda: replace(PIX, value_centavos=-1),
    "a place with a blank": lambda: Place(store="loja 1"),
    "a place of 33 characters": lambda: Place(till="x" * 33),
    "a place of nothing": lambda: Place(series=""),
    "payments that are not all of it": lambda: replace(SALE, payments=(PIX, PIX)),
    "payments in a list": lambda: replace(SALE, payments=cast("Any", [PIX])),
    "payments of texts": lambda: replace(SALE, payments=cast("Any", ("pix",))),
    "too many payments": lambda: replace(
        SALE, payments=(PIX, *[replace(PIX, value_centavos=0)] * 20)
    ),
    "a sale that forgot its surcharge": lambda: replace(SALE, surcharge_centavos=1),
    "a surcharge below zero": lambda: replace(SALE, surcharge_centavos=-1, total_centavos=999),
    "a difference that no merchant lets pass": lambda: replace(
        SALE, difference_centavos=100, total_centavos=1100
    ),
    "a discount above the lines": lambda: replace(
        SALE, discount_centavos=1001, surcharge_centavos=1, total_centavos=0
    ),
    "a place that is a text": lambda: replace(SALE, place=cast("Any", "1")),
    "confirmed by a text": lambda: replace(SALE, confirm_later=cast("Any", "later")),
    "a cashier of two lines": lambda: replace(SALE, cashier="ANA\nBIA"),
    "a cashier of nothing": lambda: replace(SALE, cashier=""),
    "metadata in disorder": lambda: replace(SALE, metadata=(("b", "1"), ("a", "2"))),
    "metadata told twice": lambda: replace(SALE, metadata=(("a", "1"), ("a", "2"))),
    "metadata of a strange key": lambda: replace(SALE, metadata=(("a b", "1"),)),
    "metadata without end": lambda: replace(SALE, metadata=(("a", "x" * 201),)),
    "metadata in numbers": lambda: replace(SALE, metadata=cast("Any", (("a", 1),))),
    "21 metadata": lambda: replace(SALE, metadata=tuple((f"k{n:02}", "") for n in range(21))),
    "an excluded rate that earns": lambda: replace(RATE, excluded=True),
    "nobody, paid": lambda: Buyers(nobody=BuyerRule.PAY),
    "buyers as texts say": lambda: Buyers(company=cast("Any", "pay")),
    "a tolerance of a real": lambda: replace(RULES, line_tolerance_centavos=100),
    "a tolerance below zero": lambda: replace(RULES, sale_tolerance_centavos=-1),
    "a tolerance in halves": lambda: replace(RULES, sale_tolerance_centavos=LIKE_AN_INT),
    "lines rounded as a text says": lambda: replace(RULES, line_rounding=cast("Any", "down")),
    "surcharges that earn by a text": lambda: replace(RULES, surcharge_earns=cast("Any", "no")),
    "a clock ahead for ever": lambda: replace(RULES, max_ahead=timedelta(days=1, seconds=1)),
    "a clock ahead by less than nothing": lambda: replace(RULES, max_ahead=-timedelta(seconds=1)),
    "confirmed within minutes": lambda: replace(RULES, confirm_within=timedelta(minutes=59)),
    "confirmed within years": lambda: replace(RULES, confirm_within=timedelta(days=91)),
    "numbers as a text says": lambda: replace(RULES, numbers=cast("Any", "store")),
    "buyers that are none": lambda: replace(RULES, buyers=cast("Any", None)),
    "a naive sale": lambda: replace(SALE, sold_at=NAIVE),
    "a wall clock with an offset": lambda: replace(SALE, sold_at_wall=AT),
    "a total in floats": lambda: replace(SALE, total_centavos=LIKE_AN_INT),
    "a sale at a date": lambda: replace(SALE, sold_at=cast("Any", date(2026, 1, 2))),
    "a sale to a text": lambda: replace(SALE, customer=LIKE_A_CPF),
    "a sale whose lines are a list": lambda: replace(SALE, lines=cast("Any", [LINE])),
    "a sale whose lines are texts": lambda: replace(SALE, lines=cast("Any", ("x",))),
    "a sale below its lines": lambda: replace(SALE, total_centavos=999),
    "a sale above its lines": lambda: replace(SALE, total_centavos=1001),
    "a sale that forgot its discount": lambda: replace(SALE, discount_centavos=1),
    "a sale id without a character": lambda: replace(SALE, sale_id=""),
    "a sale id that is a number": lambda: replace(SALE, sale_id=NO_TEXT),
    "a sale without lines": lambda: replace(SALE, lines=()),
    "a naive present": lambda: parse_sale({}, rules=SaleRules(), now=NAIVE),
    "a naive delivery": lambda: Delivery(status=Status.PENDING, attempt=0, open_since_at=NAIVE),
    "a naive end": lambda: Ended(
        attempt=1, outcome=Applied(), at=NAIVE, chance=0.5, deliverer=Actor.API
    ),
    "a naive due": lambda: Move(to=Status.PENDING, actor=Actor.API, reason="later", due_at=NAIVE),
    "pending, never due": lambda: Move(to=Status.PENDING, actor=Actor.API, reason="later"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_a_type_promises_is_asked_of_its_values(what: str) -> None:
    with pytest.raises(ValueError, match=" "):
        REFUSED[what]()


@pytest.mark.parametrize("text", ["abc", "529.982.247-25", "52998224724", "11111111111", ""])
def test_no_cpf_is_made_of_anything_else(text: str) -> None:
    with pytest.raises(InvalidDocument):
        Cpf(text)


@pytest.mark.parametrize("text", ["abc", "11.222.333/0001-81", "11222333000180", "0" * 14])
def test_no_cnpj_is_made_of_anything_else(text: str) -> None:
    with pytest.raises(InvalidDocument):
        Cnpj(text)


@pytest.mark.parametrize(
    "text", ["1234", "a" * 21, "AB 12345", "./-./", "ÁB12345", "AB12345\n", "52998224725"]
)
def test_no_foreign_document_is_made_of_anything_else(text: str) -> None:
    with pytest.raises(InvalidDocument):
        ForeignDocument(text)
    assert not ForeignDocument.is_valid(text)


@pytest.mark.parametrize("value", [None, 5, True, b"52998224725", ("52998224725",)])
def test_what_is_no_text_is_no_document(value: Any) -> None:
    for make in (Cpf, Cpf.parse, Cnpj, Cnpj.parse, ForeignDocument, ForeignDocument.parse):
        with pytest.raises(InvalidDocument) as caught:
            make(value)
        assert caught.value.fault is DocumentFault.FORMAT
    assert not Cpf.is_valid(value)
    assert not Cnpj.is_valid(value)


@given(strategies.sales() | strategies.sales(strategies.STORES))
def test_what_is_known_is_what_its_constructor_makes(sale: Sale) -> None:
    def again(whole: Line | Sale) -> Line | Sale:
        values: dict[str, Any] = {each.name: getattr(whole, each.name) for each in fields(whole)}
        return type(whole).known(**values)

    assert again(sale) == sale
    assert [again(line) for line in sale.lines] == list(sale.lines)
    assert again(replace(sale, sold_at_wall=NAIVE)).__repr__().endswith(f"{NAIVE!r})")


@given(strategies.cpfs(), strategies.cnpjs())
def test_documents_are_formatted_as_people_write_them(cpf: Cpf, cnpj: Cnpj) -> None:
    assert Cpf.parse(cpf.formatted) == cpf
    assert Cnpj.parse(cnpj.formatted) == cnpj
    assert Cpf.is_valid(cpf.formatted)
    assert Cnpj.is_valid(cnpj.formatted)
    assert not Cpf.is_valid(cnpj)
    assert not Cnpj.is_valid(cpf)


@pytest.mark.parametrize("document", [CPF, Cpf.known("erased")])
def test_a_copy_of_a_document_is_that_document(document: Cpf) -> None:
    for other in (copy.deepcopy(document), pickle.loads(pickle.dumps(document))):  # noqa: S301
        assert (other, type(other)) == (document, Cpf)


@given(strategies.sale_documents())
def test_a_sales_document_is_sent_as_json(document: dict[str, object]) -> None:
    assert strategies.DEMO.parse(json.loads(json.dumps(document))) == strategies.DEMO.parse(
        document
    )


@given(strategies.invalid_documents())
def test_an_invalid_document_is_sent_as_json(invalid: strategies.InvalidSaleDocument) -> None:
    json.dumps(invalid.document)
