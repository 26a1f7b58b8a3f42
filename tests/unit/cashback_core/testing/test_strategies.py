"""The public strategies: total over the codes, honest about what they promise."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any
from unicodedata import is_normalized

import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from cashback_core import Cnpj, Cpf, Programme, Sale
from cashback_core.sales.sale import MAX_LINES
from cashback_core.testing import strategies
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_E4
from cashback_core.words.en.sales import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_BY_PARSING = {"customer_name_mismatch", "idempotency_key_holds_document"}
"""Codes that only the store can tell, and one that is no fault of the document."""


def test_there_is_a_defect_for_every_code_that_parsing_can_yield() -> None:
    assert set(strategies.DEFECTS) == set(FAULTS) - NOT_BY_PARSING


def test_every_exported_name_exists() -> None:
    assert all(hasattr(strategies, name) for name in strategies.__all__)


@given(strategies.cpfs(), strategies.cnpjs())
def test_documents_are_valid(cpf: Cpf, cnpj: Cnpj) -> None:
    assert Cpf.parse(str(cpf)) == cpf
    assert Cnpj.parse(str(cnpj)) == cnpj


@given(strategies.cnpjs(alphanumeric=False))
def test_numeric_cnpjs_hold_digits_only(cnpj: Cnpj) -> None:
    assert cnpj.isdigit()


@given(strategies.amounts(), strategies.quantities())
def test_amounts_and_quantities_are_within_what_a_sale_may_hold(centavos: int, qty: int) -> None:
    assert 1 <= centavos <= MAX_CENTAVOS
    assert 1 <= qty <= MAX_QUANTITY_E4


@given(st.data())
def test_sales_are_consistent(data: st.DataObject) -> None:
    situation = data.draw(strategies.situations())
    sale = data.draw(strategies.sales(situation))
    assert sale.sold_at.tzinfo is UTC
    assert situation.earliest <= sale.sold_at <= situation.latest
    nets = sum(line.net_centavos for line in sale.lines)
    right = nets - sale.discount_centavos + sale.surcharge_centavos
    assert sale.total_centavos == right + sale.difference_centavos
    assert 0 <= sale.total_centavos <= MAX_CENTAVOS
    assert all(0 <= line.discount_centavos <= line.amount_centavos for line in sale.lines)


HAS_OFFSET = re.compile(r"(?i:z|[+-]\d\d:\d\d)$")

SPELLINGS: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("a masked CPF", lambda d: "-" in d["customer"]["document"]),
    ("a surcharge", lambda d: d.get("surcharge") not in {None, "0", "0.0", "0.00", 0}),
    ("a line's own amount", lambda d: any(line.get("amount") for line in d["products"])),
    ("a cashback that pays", lambda d: "cashback" in str(d.get("payments"))),
    ("a store", lambda d: d.get("store") is not None),
    ("metadata", lambda d: bool(d.get("metadata"))),
    ("to be confirmed later", lambda d: d.get("confirm") == "later"),
    ("a null", lambda d: None in d.values()),
    ("a decomposed name", lambda d: not is_normalized("NFC", d["customer"]["name"])),
    ("a local wall clock", lambda d: not HAS_OFFSET.search(d["sold_at"])),
    ("an offset", lambda d: "+" in d["sold_at"]),
    ("a float", lambda d: isinstance(d["total"], float)),
    ("an integer", lambda d: isinstance(d["products"][0]["qty"], int)),
    ("a line discount", lambda d: any("discount" in line for line in d["products"])),
    ("a sale discount", lambda d: d.get("discount") not in {None, "0", "0.0", "0.00", 0}),
    ("no sale id", lambda d: "sale_id" not in d),
]


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_sales_may_have_many_lines(data: st.DataObject) -> None:
    sale = data.draw(strategies.sales(max_lines=60))
    assert 1 <= len(sale.lines) <= 60 <= MAX_LINES


@pytest.mark.parametrize(("what", "is_met"), SPELLINGS)
def test_documents_come_in_every_spelling(
    what: str, is_met: Callable[[dict[str, Any]], bool]
) -> None:
    any_will_do = settings(max_examples=5000, database=None, phases=[Phase.generate])
    assert find(strategies.sale_documents(), is_met, settings=any_will_do), what


@given(st.data())
def test_only_the_codes_asked_for_are_spoilt(data: st.DataObject) -> None:
    codes = frozenset({"money_format", "required"})
    assert data.draw(strategies.invalid_documents(codes=codes)).code in codes


@given(strategies.programmes())
def test_programmes_have_a_rate_for_every_type(programme: Programme) -> None:
    assume(programme.rates)
    situation = strategies.Situation(programme=programme)
    types = {rate.type for rate in programme.rates}
    assert situation.types_at(situation.now) == sorted(types)


@given(strategies.sales())
def test_sales_show_no_cpf_in_their_repr(sale: Sale) -> None:
    assert sale.customer is not None
    document = str(sale.customer.document)
    others = f"{sale.customer.name}{sale.sale_id}{sale.lines}{sale.place}{sale.metadata}"
    assume(document not in others)
    assert document not in repr(sale)
