"""Constructors refuse what their types promise."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from cashback_core import (
    Actor,
    Applied,
    Cnpj,
    Cpf,
    Customer,
    Delivery,
    Ended,
    InvalidDocument,
    Line,
    Move,
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
LINE = Line(type="A", value_centavos=1000, qty_thousandths=1000)
SALE = Sale(
    sold_at=AT, customer=Customer(document=CPF, name="ANA"), lines=(LINE,), total_centavos=1000
)
LIKE_AN_INT: Any = 5.5
LIKE_A_CPF: Any = "52998224725"

REFUSED: dict[str, Callable[[], object]] = {
    "a rate in halves": lambda: Rate(type="A", rate_bp=LIKE_AN_INT, version=1, starts_at=AT),
    "a rate of True": lambda: Rate(type="A", rate_bp=True, version=1, starts_at=AT),
    "a rate's version 0": lambda: Rate(type="A", rate_bp=5, version=0, starts_at=AT),
    "a naive rate": lambda: Rate(type="A", rate_bp=5, version=1, starts_at=NAIVE),
    "a naive period": lambda: TypePeriod(type="A", version=1, starts_at=NAIVE),
    "a period's version 0": lambda: TypePeriod(type="A", version=0, starts_at=AT),
    "a line in floats": lambda: replace(LINE, value_centavos=LIKE_AN_INT),
    "a line of less than nothing": lambda: replace(LINE, value_centavos=-1),
    "a line of no quantity": lambda: replace(LINE, qty_thousandths=0),
    "a line whose discount is above it": lambda: replace(LINE, discount_centavos=1001),
    "a customer whose document is a text": lambda: replace(SALE.customer, document=LIKE_A_CPF),
    "a customer without a name": lambda: replace(SALE.customer, name=""),
    "a name with a control character": lambda: replace(SALE.customer, name="ANA\0"),
    "a name that is not composed": lambda: replace(SALE.customer, name="JOSE\u0301"),
    "a naive sale": lambda: replace(SALE, sold_at=NAIVE),
    "a wall clock with an offset": lambda: replace(SALE, sold_at_wall=AT),
    "a total in floats": lambda: replace(SALE, total_centavos=LIKE_AN_INT),
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
