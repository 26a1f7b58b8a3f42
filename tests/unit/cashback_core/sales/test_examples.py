"""Cases that others worked out: the first implementation, the challenge, norms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from cashback_core import (
    Cnpj,
    Cpf,
    InvalidDocument,
    Programme,
    Rate,
    Rounding,
    SaleRules,
    calculate,
    format_centavos,
    parse_sale,
)
from cashback_core.values.rounding import round_ratio

EXAMPLES: Final[list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
)
SALES: Final = [example for example in EXAMPLES if "lines" in example]
KINDS: Final = ("lines", "round", "valid")


def test_every_example_is_of_a_kind_that_is_tested() -> None:
    assert len(EXAMPLES) == 10
    for example in EXAMPLES:
        assert sum(kind in example for kind in KINDS) == 1, example["source"]


def modes_told() -> list[tuple[dict[str, Any], Rounding, str]]:
    """Each sale with each mode that its source tells a cashback for; a lone one is half-even."""
    told: list[tuple[dict[str, Any], Rounding, str]] = []
    for example in SALES:
        by_mode = example["cashback"]
        if isinstance(by_mode, str):
            by_mode = {Rounding.HALF_EVEN.value: by_mode}
        told += [(example, Rounding(mode), cashback) for mode, cashback in by_mode.items()]
    return told


@pytest.mark.parametrize(("example", "mode", "expected"), modes_told())
def test_sales_earn_what_their_source_says(
    example: dict[str, Any], mode: Rounding, expected: str
) -> None:
    since = datetime(2000, 1, 1, tzinfo=UTC)
    rates = [
        Rate(type=type_, rate_bp=rate_bp, version=1, starts_at=since)
        for type_, rate_bp in example["rates_bp"].items()
    ]
    programme = Programme(tuple(rates), mode)
    document = {
        "sold_at": "2021-09-19 21:12:31",
        "customer": {"document": "79336512404", "name": "JOSE DA SILVA"},
        "total": example["total"],
        "products": [
            {"type": type_, "value": value, "qty": qty} for type_, value, qty in example["lines"]
        ],
    }
    now = datetime(2022, 1, 1, tzinfo=UTC)
    sale = parse_sale(document, rules=SaleRules(), now=now, programme=programme)
    cashback = calculate(sale, programme)
    assert format_centavos(cashback.cashback_centavos) == expected
    assert sum(line.cashback_centavos for line in cashback.lines) == cashback.cashback_centavos


def test_the_norm_rounds_as_it_says() -> None:
    (norm,) = [example for example in EXAMPLES if "round" in example]
    for text, rounded in norm["round"].items():
        exact = Fraction(text) * 100
        centavos = round_ratio(exact.numerator, exact.denominator, Rounding.HALF_EVEN)
        assert format_centavos(centavos) == rounded, text


def test_documents_are_judged_as_their_sources_judge_them() -> None:
    by_source = {example["source"]: example for example in EXAMPLES}
    for source, parse in (("CPF", Cpf.parse), ("CNPJ", Cnpj.parse)):
        for text in by_source[source]["valid"]:
            assert parse(text)
        for text in by_source[source]["invalid"]:
            with pytest.raises(InvalidDocument):
                parse(text)


def test_fiscal_access_keys_are_sale_ids_that_name_their_company() -> None:
    (keys,) = [example for example in EXAMPLES if example["source"] == "fiscal access keys"]
    for key in keys["valid"]:
        assert len(key) == 44
        assert Cnpj.parse(key[6:20])
        document = {
            "sold_at": "2026-01-02 00:00:00",
            "customer": {"document": "79336512404", "name": "JOSE DA SILVA"},
            "total": "1",
            "products": [{"type": "A", "value": "1", "qty": 1}],
            "sale_id": key,
        }
        now = datetime(2026, 6, 1, tzinfo=UTC)
        assert parse_sale(document, rules=SaleRules(), now=now).sale_id == key
