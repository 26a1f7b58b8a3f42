"""A quote finds a name that the sale would be refused for, or says that it would be noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cashback_core.names import NameDifference
from cashback_core.ports import Terms
from cashback_core.reading import SaleRules
from cashback_core.submission import QuoteSale
from cashback_core.violations import InvalidSale
from contract.builders import PROGRAMME, a_cpf, a_sale, accepted, submitted
from fakes.memory_store import MemoryStore

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
    await accepted(store, submitted(a_sale(document=DOCUMENT, name="ANA LIMA")))
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
