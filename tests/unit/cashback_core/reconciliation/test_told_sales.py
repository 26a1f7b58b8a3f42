"""A line of a day's file is read as far as it can be, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation.statement_values import Odd
from cashback_core.reconciliation.told_sales import ToldSale, read_told_sale

if TYPE_CHECKING:
    from cashback_core.reconciliation.statement_values import Fields, Value

ZONE = ZoneInfo("America/Sao_Paulo")
LINE: Fields = {
    "sale_id": "NF-1", "total": "10.00", "sold_at": "2026-01-02 10:00",
    "customer.document": "529.982.247-25", "customer.name": " JOSE ", "cashback": "0.50",
}  # fmt: skip


def test_a_line_tells_a_sale() -> None:
    assert read_told_sale(7, LINE, ZONE) == ToldSale(
        line=7,
        name_kind="sale_id",
        name="NF-1",
        document="52998224725",
        customer_name="JOSE",
        sold_at=datetime(2026, 1, 2, 13, tzinfo=UTC),
        total_centavos=1_000,
        cashback_centavos=50,
    )


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("***.982.247-**", "***.982.247-**"), ("XXX.982.247-XX", "***.982.247-**"),
        ("xx.222.333/xxxx-xx", "**.222.333/****-**"), ("###.982.247-••", "***.982.247-**"),
        ("AX12345", "AX12345"), (1234567890, "01234567890"), (52998224725, "52998224725"),
        ("11.222.333/0001-81", "11222333000181"),
    ],
)  # fmt: skip
def test_documents_are_plain_or_starred(told: Value, kept: str) -> None:
    assert read_told_sale(1, {**LINE, "customer.document": told}, ZONE).document == kept


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({**LINE, "total": None}, "total: missing"),
        ({**LINE, "total": "-1.00"}, "total: below zero"),
        ({**LINE, "total": "1.005"}, "total: not exact to the centavo"),
        ({**LINE, "sold_at": "02/01/2026"}, "sold_at: not an instant"),
        ({**LINE, "store": Odd.TWICE}, "store: given twice"),
        ({"total": "1.00"}, "sale_id: a sale without one needs its instant"),
    ],
)
def test_what_is_wrong_is_told_of_its_field(fields: Fields, problem: str) -> None:
    assert read_told_sale(1, fields, ZONE).problem == problem


VALUES = st.one_of(st.none(), st.text(max_size=40), st.integers(), st.sampled_from(list(Odd)))


@given(st.dictionaries(st.sampled_from([*LINE, "store", "discount", "idempotency_key"]), VALUES))
def test_whatever_a_line_tells_it_is_read_or_told(fields: Fields) -> None:
    sale = read_told_sale(1, fields, ZONE)
    assert sale.problem is not None or sale.total_centavos is not None
    assert all(
        text is None or text.isprintable()
        for text in (sale.name, sale.store, sale.document, sale.customer_name)
    )
