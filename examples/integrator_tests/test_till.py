"""The till's tests: on a double in this process, or on a running gateway (`--cashback=gateway`)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from till import SaleRefusedError, tell_sale

if TYPE_CHECKING:
    from cashback_kit.double import Double
    from cashback_kit.system import CashbackSystem

MARIA = "52998224725"
JOSE = "11144477735"


def a_sale(document: str, name: str = "MARIA DE SOUZA") -> dict[str, Any]:
    """100.00 of type A, which has 5 %."""
    return {
        "sale_id": f"till-1-{uuid4()}",
        "sold_at": "2026-01-02T12:00:00-03:00",
        "customer": {"document": document, "name": name},
        "total": "100.00",
        "products": [{"type": "A", "value": "100.00", "qty": 1}],
    }


def test_the_customer_reads_what_was_credited(cashback: CashbackSystem) -> None:
    receipt = tell_sale(cashback.client(), a_sale(MARIA))
    assert receipt.line == "Cashback de R$ 5.00 creditado"
    assert "5.00" in [credit.cashback for credit in cashback.provider.credits(MARIA)]


def test_a_sale_that_is_told_twice_is_credited_once(cashback: CashbackSystem) -> None:
    sale, before = a_sale(MARIA), len(cashback.provider.credits(MARIA))
    first = tell_sale(cashback.client(), sale)
    assert tell_sale(cashback.client(), sale) == first
    assert len(cashback.provider.credits(MARIA)) == before + 1


def test_while_the_provider_is_busy_the_cashback_is_on_its_way(cashback: CashbackSystem) -> None:
    cashback.provider.misbehave("busy_429", document=JOSE, times=2)
    receipt = tell_sale(cashback.client(), a_sale(JOSE, "JOSE DA SILVA"))
    assert receipt.line == "Cashback de R$ 5.00 a caminho"
    assert cashback.settled(receipt.cashback_id)["status"] == "applied"


def test_a_wrong_total_is_told_on_the_screen(cashback: CashbackSystem) -> None:
    with pytest.raises(SaleRefusedError, match=r"-10\.00"):
        tell_sale(cashback.client(), {**a_sale(MARIA), "total": "90.00"})


def test_whoever_is_not_logged_in_tries_again_later(cashback: CashbackSystem) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        tell_sale(cashback.client(None), a_sale(MARIA))


def test_a_day_without_the_provider_costs_nothing_but_time(cashback_double: Double) -> None:
    """Only a double's time can be turned."""
    cashback_double.provider.misbehave("busy_429", retry_after_s=600)
    receipt = tell_sale(cashback_double.client(), a_sale(MARIA))
    assert receipt.line.endswith("a caminho")
    cashback_double.turn(timedelta(hours=12))
    assert cashback_double.provider.credits(MARIA) == ()
    cashback_double.provider.behave()
    cashback_double.turn(timedelta(hours=1))
    assert len(cashback_double.provider.credits(MARIA)) == 1
