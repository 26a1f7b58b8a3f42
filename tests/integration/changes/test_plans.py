"""A page of the feed reads no more than it tells, also of a table that was never analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery import changes
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import leased
from integration.young_tables import BASE, CASHBACKS, FILL, buffers, plan_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database

LIMIT: Final = 50


@pytest.fixture
async def young(database: Database, dsn: str) -> AsyncIterator[psycopg.Connection[Any]]:
    """A serving session on tables that the planner knows nothing about."""
    await leased(PostgresCashbackStore(database, DeliveryPolicy()))
    with psycopg.connect(dsn, autocommit=True) as owner:
        for statement in FILL:
            owner.execute(statement)
    with psycopg.connect(dsn, options="-c role=cashback_serving") as serving:
        serving.execute("select set_config('cashback.merchants', '{1}', true)")
        serving.execute(changes._IN_ORDER)
        yield serving


@pytest.mark.parametrize("position", [0, BASE + CASHBACKS // 2, BASE + CASHBACKS - 10])
def test_a_page_reads_its_part_of_the_index(young: psycopg.Connection[Any], position: int) -> None:
    after = {"merchant": 1, "position": position, "id": UUID(int=0), "sequence": 0}
    page = plan_of(young, changes._CHANGES, {**after, "below": None, "limit": LIMIT})
    assert "events_in_order" in page
    assert buffers(page) < 30 + 8 * LIMIT, page
    assert not [
        table for table in ("sales", "cashbacks", "events") if f"Seq Scan on {table}" in page
    ]
    stride = plan_of(young, changes._STRIDE, {**after, "passed": changes.STRIDE - 1})
    assert "events_in_order" in stride
    assert buffers(stride) < 30 + changes.STRIDE, stride


def test_a_look_reads_an_entry_of_the_index_for_each_place(
    young: psycopg.Connection[Any],
) -> None:
    # The number of a transaction of this cluster: other tests have made more or fewer of them.
    ((latest,),) = young.execute("select max(position) from events").fetchall()
    ends = [0, BASE + CASHBACKS // 2, latest + 1, latest + CASHBACKS]
    asked = {
        "merchants": [1] * len(ends),
        "positions": ends,
        "ids": [UUID(int=0)] * len(ends),
        "sequences": [0] * len(ends),
    }
    look = plan_of(young, changes._GROWN, asked)
    assert "events_in_order" in look
    assert buffers(look) < 100, look
    assert sorted(young.execute(changes._GROWN, asked).fetchall()) == [(1,), (2,)]
