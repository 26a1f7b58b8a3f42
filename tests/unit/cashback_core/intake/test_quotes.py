"""A quote finds a name that the sale would be refused for, or says that it would be noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cashback_core.intake.submission import QuoteSale
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.same_sale import EqualContent, EqualRefused, NewSale
from cashback_core.sales.terms import Terms
from cashback_core.sales.validation import parse_sale
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.names import NameDifference
from cashback_core.values.violations import InvalidSale
from contract.builders import PROGRAMME, a_cpf, a_sale, accepted, buyer_of, submitted

NOW = datetime(2026, 6, 15, 15, tzinfo=UTC)
DOCUMENT = a_cpf()


def sale_of(name: str) -> dict[str, Any]:
    return {
        "sold_at": "2026-01-02 00:00:00",
        "customer": {"document": str(DOCUMENT), "name": name},
        "total": "10.00",
        "products": [{"type": "A", "value": "10.00", "qty": 1}],
    }


async def a_quote(difference: NameDifference) -> tuple[QuoteSale, MemoryStore]:
    rules = replace(SaleRules(), name_difference=difference)
    terms = Terms(merchant_id=1, rules=rules, programme=PROGRAMME)
    store = MemoryStore({1: terms}, now=lambda: NOW)
    first = a_sale(document=DOCUMENT, name="ANA LIMA")
    await accepted(store, submitted(first, submitted_by="ours"))
    return QuoteSale(store=store, now=lambda: NOW), store


async def test_another_person_is_refused_as_the_sale_would_be() -> None:
    quote, store = await a_quote(NameDifference.REFUSE)
    with pytest.raises(InvalidSale) as caught:
        await quote(1, sale_of("ANA LIMAO"))
    (violation,) = caught.value.violations
    assert (violation.pointer, violation.code) == ("/customer/name", "customer_name_mismatch")
    assert "PATCH /api/customers/{id}" in violation.expected()
    assert not (await quote(1, sale_of("Ana L."))).name_differs
    assert len(store.rows) == 1


async def test_where_it_is_noted_the_quote_says_so() -> None:
    quote, store = await a_quote(NameDifference.NOTE)
    assert (await quote(1, sale_of("ANA LIMAO"))).name_differs
    assert not (await quote(1, sale_of("ANA LIMA"))).name_differs
    assert store.customers == {(1, DOCUMENT): "ANA LIMA"}


GUESSES = ["ANA LIMA", "ANA L", "ANA LIMAO", "BRUNO"]


@pytest.mark.parametrize("difference", list(NameDifference))
async def test_no_quote_tells_another_group_whether_a_name_fits(difference: NameDifference) -> None:
    quote, store = await a_quote(difference)
    told = [await quote(1, sale_of(name), reads_only="theirs") for name in GUESSES]
    assert {(q.meaning, q.name_differs) for q in told} == {(NewSale(), False)}
    # A sale under a name in part makes the customer theirs, and the known name no more so.
    sale = a_sale(document=DOCUMENT, name="ANA L", centavos=1)
    await accepted(store, submitted(sale, submitted_by="theirs"))
    told = [await quote(1, sale_of(name), reads_only="theirs") for name in GUESSES]
    assert not any(q.name_differs for q in told)


async def test_a_quote_tells_whose_sales_have_told_the_name_that_it_fits() -> None:
    quote, _ = await a_quote(NameDifference.REFUSE)
    for group in (None, "ours"):
        assert (await quote(1, sale_of("Ana L."), reads_only=group)).meaning == NewSale()
        with pytest.raises(InvalidSale):
            await quote(1, sale_of("ANA LIMAO"), reads_only=group)


@pytest.mark.parametrize("setting", list(EqualContent))
@pytest.mark.parametrize("name", ["ANA LIMA", "BRUNO"])
async def test_no_quote_tells_another_group_that_content_is_known(
    setting: EqualContent, name: str
) -> None:
    """With a receipt in hand each quote would test a CPF."""
    quote, store = await a_quote(NameDifference.REFUSE)
    terms = await store.terms(1)
    assert terms is not None
    store.set_terms(replace(terms, equal_content=setting))
    document = sale_of(name)
    sale = parse_sale(document, rules=SaleRules(), now=NOW)
    sold = replace(sale, customer=replace(buyer_of(sale), name="ANA LIMA"))
    first = await accepted(store, submitted(sold, submitted_by="ours"))
    for told in ({}, {"sale_id": "NF-1"} if setting is EqualContent.NEVER else {}):
        theirs = await quote(1, document | told, reads_only="theirs")
        assert (theirs.meaning, theirs.name_differs) == (NewSale(), False)
        ours = await quote(1, document | told, reads_only="ours")
        assert ours.meaning == EqualRefused(first.id)
