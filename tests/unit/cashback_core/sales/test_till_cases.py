"""What tills really print, each as it is sent, with the answers of merchants of several rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from cashback_core import (
    BuyerRule,
    Buyers,
    InvalidSale,
    Rounding,
    SaleRules,
    calculate,
    format_centavos,
    format_signed_centavos,
    parse_sale,
)
from cashback_core.testing.strategies import DEMO

NOW: Final = datetime(2026, 6, 15, 15, tzinfo=UTC)
CASES: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "till_cases.json").read_text("utf-8")
)
BASE: Final[dict[str, Any]] = {
    "sold_at": "2026-01-02 00:00:00",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [
        {"type": "A", "value": "10.00", "qty": 1},
        {"type": "B", "value": "10.00", "qty": 9},
    ],
}


def rules_of(told: dict[str, Any]) -> SaleRules:
    buyers = {
        kind: BuyerRule(told.get(kind, "refuse")) for kind in ("company", "foreign", "nobody")
    }
    return SaleRules(
        line_rounding=Rounding(told.get("line_rounding", "half_up")),
        sale_tolerance_centavos=told.get("sale_tolerance_centavos", 0),
        surcharge_earns=told.get("surcharge_earns", False),
        max_ahead=timedelta(seconds=told.get("max_ahead_s", 300)),
        buyers=Buyers(**buyers),
    )


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        pytest.param(case["told"], answer, id=f"{case['name']}-{n}")
        for case in CASES
        for n, answer in enumerate(case["answers"])
    ],
)
def test_a_sale_gets_the_answer_of_its_merchants_rules(
    told: dict[str, Any], answer: dict[str, Any]
) -> None:
    rules = rules_of(answer["rules"])
    if "fault" in answer:
        with pytest.raises(InvalidSale) as caught:
            parse_sale(BASE | told, rules=rules, now=NOW, programme=DEMO.programme)
        (violation,) = caught.value.violations
        assert (violation.code, dict(violation.values)) == (answer["fault"], answer["values"])
        return
    sale = parse_sale(BASE | told, rules=rules, now=NOW, programme=DEMO.programme)
    cashback = calculate(sale, DEMO.programme, rules=rules, accepted_at=NOW)
    assert format_centavos(cashback.cashback_centavos) == answer["cashback"]
    assert cashback.nothing_due == answer.get("nothing_due")
    amounts = [format_centavos(line.amount_centavos) for line in sale.lines]
    assert amounts == answer.get("amounts", amounts)
    off = [format_signed_centavos(line.difference_centavos) for line in sale.lines]
    assert off == answer.get("line_differences", ["0.00"] * len(off))
    difference = format_signed_centavos(sale.difference_centavos)
    assert difference == answer.get("difference", "0.00")
