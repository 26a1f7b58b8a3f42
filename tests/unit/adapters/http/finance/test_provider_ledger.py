"""The provider's ledger over HTTP: whose is told to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_core.reconciliation import FindingClass
from cashback_core.values.instants import format_instant
from contract.keeping_ledger import AT, DAY, ONES, UNKNOWN, Told, a_told

if TYPE_CHECKING:
    from fakes.api import Api

LEDGER = "/api/provider-ledger"
TOLD = Told(
    lines=(
        a_told(),
        a_told(2, whose=ONES[1], centavos=70),
        a_told(3, cls=FindingClass.REVERSED, centavos=-5, whose=None),
        UNKNOWN._replace(key="0" * 32),
    )
)


@pytest.fixture
def told(api: Api) -> Api:
    api.ledger.take_in(TOLD.lines, TOLD.window, asked_at=TOLD.asked_at, at=AT + 7 * DAY)
    return api


async def test_the_platform_reads_every_merchants_and_the_accounts(told: Api) -> None:
    answer = await told.call("GET", LEDGER, username="petra")
    assert answer.status == 200
    assert answer.json()["told_at"] == format_instant(AT + 7 * DAY)
    assert answer.json()["complete_since"] == format_instant(TOLD.since)
    assert answer.json()["complete_through"] == format_instant(TOLD.through)
    assert answer.json()["told_through"] == format_instant(TOLD.through)
    assert (answer.json()["lines"], answer.json()["amount"]) == (4, "10.65")
    assert [(one["merchant"], one["class"], one["amount"]) for one in answer.json()["classes"]] == [
        (None, "reversed", "-0.05"),
        (None, "unknown_here", "5.00"),
        ("demo", "matched", "5.00"),
        ("other", "matched", "0.70"),
    ]


@pytest.mark.parametrize("username", ["anna", "olga"])
async def test_a_merchant_reads_its_own_alone(told: Api, username: str) -> None:
    answer = await told.call("GET", LEDGER, username=username)
    assert answer.status == 200
    assert [one["merchant"] for one in answer.json()["classes"]] == ["demo"]
    assert (answer.json()["lines"], answer.json()["amount"]) == (1, "5.00")


async def test_before_any_statement_nothing_is_told(api: Api) -> None:
    answer = await api.call("GET", LEDGER, username="petra")
    assert answer.json() == {
        "told_at": None, "complete_since": None, "complete_through": None, "gap_until": None,
        "told_through": None, "classes": [], "lines": 0, "amount": "0.00",
    }  # fmt: skip


async def test_a_database_that_is_away_is_a_503(api: Api) -> None:
    api.ledger.away = True
    assert (await api.call("GET", LEDGER, username="petra")).status == 503
