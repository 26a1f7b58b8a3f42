"""What is sent again is found by instant or key, also in a table that was never analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.sales.searches import PLANNED_AS_WRITTEN
from adapters.postgres.webhooks import resending
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.webhooks.endpoints import MAX_RESENT
from contract.builders import leased
from integration.young_tables import BASE, CASHBACKS, FILL, buffers, plan_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database

HOOK: Final = UUID(int=7)
PASSED: Final = CASHBACKS - 4  # of the positions; what comes after is told anyway


@pytest.fixture
async def young(database: Database, dsn: str) -> AsyncIterator[psycopg.Connection[Any]]:
    """A serving session of merchant 1, whose endpoint was told of nearly all."""
    await leased(PostgresCashbackStore(database, DeliveryPolicy()))
    with psycopg.connect(dsn, autocommit=True) as owner:
        for statement in FILL:
            owner.execute(statement)
        owner.execute(
            "insert into webhooks (merchant_id, webhook_id, url, created_by, secret_id)"
            " values (1, %s, 'https://erp.example/hooks', 'test', %s)",
            [HOOK, UUID(int=8)],
        )
        owner.execute(
            "insert into webhook_progress values (1, %s, %s, %s, 0)",
            [HOOK, BASE + PASSED, UUID(int=0)],
        )
    with psycopg.connect(dsn, options="-c role=cashback_serving") as serving:
        serving.execute("select set_config('cashback.merchants', '{1}', true)")
        serving.execute(PLANNED_AS_WRITTEN)
        yield serving


def known(young: psycopg.Connection[Any], **more: Any) -> dict[str, Any]:
    row = young.execute("select max(at) from events where merchant_id = 1").fetchone()
    assert row is not None
    return {
        "merchant_id": 1,
        "key": HOOK,
        "types": None,
        "limit": MAX_RESENT + 1,
        "latest": row[0],
        **more,
    }


@pytest.mark.parametrize("types", [None, ["cashback.pending", "cashback.sending"]])
def test_what_came_since_an_instant_is_all_that_is_read(
    young: psycopg.Connection[Any], types: list[str] | None
) -> None:
    asked = known(young, types=types)
    # The last hour of the six days: 30 cashbacks of merchant 1, of which two were not told yet.
    row = young.execute(
        "select at from events where merchant_id = 1 and cashback_id = %s and sequence = 1",
        [UUID(int=CASHBACKS - 60)],
    ).fetchone()
    assert row is not None
    asked["since"] = row[0]
    plan = plan_of(young, resending._SINCE, asked)
    found = young.execute(resending._SINCE, asked).fetchall()
    expected = set(range(BASE + CASHBACKS - 60, BASE + PASSED, 2))
    # And the one that all were made of, which is of now.
    assert len({position for position, _, _ in found} - expected) == 1
    assert expected <= {position for position, _, _ in found}
    assert "Index Scan using events_by_instant" in plan
    assert "Seq Scan on events" not in plan
    assert buffers(plan) < 100, plan


def test_one_change_is_found_by_its_key(young: psycopg.Connection[Any]) -> None:
    asked = known(young, cashback_id=UUID(int=4_001), sequence=1)
    assert young.execute(resending._ONE, asked).fetchall() == []  # it is another merchant's
    asked["cashback_id"] = UUID(int=4_000)
    assert len(young.execute(resending._ONE, asked).fetchall()) == 1
    plan = plan_of(young, resending._ONE, asked)
    assert "Seq Scan on events" not in plan
    assert buffers(plan) < 20, plan
