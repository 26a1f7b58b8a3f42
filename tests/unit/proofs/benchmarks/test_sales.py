"""The benchmark's own arithmetic, which decides whether an answer counts, against the core's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.sales import RATES_BP, cpf, half_even, sales
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.validation import parse_sale
from cashback_core.values.documents import Cpf
from cashback_core.values.rounding import Rounding

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROGRAMME = Programme(
    tuple(
        Rate(type=type_, rate_bp=rate, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC))
        for type_, rate in RATES_BP.items()
    ),
    Rounding.HALF_EVEN,
)


def test_every_sale_is_valid_and_earns_what_the_core_calculates() -> None:
    for sale in sales(1, 500, sold_at="2026-11-23T11:59:00Z"):
        read = parse_sale(json.loads(sale.body), rules=SaleRules(), now=NOW, programme=PROGRAMME)
        assert len(read.lines) == 3
        assert read.sold_at == NOW - timedelta(minutes=1)
        assert calculate(read, PROGRAMME).cashback_centavos == sale.cashback_centavos > 0


def test_customers_are_distinct_and_valid() -> None:
    documents = [cpf(number) for number in range(1, 5000)]
    assert len(set(documents)) == len(documents)
    assert all(Cpf.parse(document) == document for document in documents)


@pytest.mark.parametrize(
    ("earned", "centavos"), [(5_000, 0), (15_000, 2), (25_000, 2), (25_001, 3), (24_999, 2)]
)
def test_halves_go_to_the_even_centavo(earned: int, centavos: int) -> None:
    assert half_even(earned) == centavos
