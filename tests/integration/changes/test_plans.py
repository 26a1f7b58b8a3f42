"""A page of the feed reads no more than it tells, also of a table that was never analysed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery import changes
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import leased

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.postgres.connection.database import Database

CASHBACKS: Final = 9_000
LIMIT: Final = 50


_FILL: Final[tuple[LiteralString, ...]] = (
    "set session_replication_role = replica",  # no guard looks at each
    "alter table events set (autovacuum_enabled = off)",
    "alter table sales set (autovacuum_enabled = off)",
    "alter table cashbacks set (autovacuum_enabled = off)",
    """
    create temporary table others as
    select n, 1 + n % 2 as merchant_id, lpad(to_hex(n), 32, '0')::uuid as id
    from generate_series(1, 9000) as n
    """,
    """
    insert into sales select (jsonb_populate_record(s, jsonb_build_object(
        'merchant_id', o.merchant_id, 'cashback_id', o.id, 'sale_id', 'N' || o.n
    ))).* from sales as s, others as o
    """,
    """
    insert into cashbacks select (jsonb_populate_record(c, jsonb_build_object(
        'merchant_id', o.merchant_id, 'cashback_id', o.id
    ))).* from cashbacks as c, others as o
    """,
    """
    insert into events select (jsonb_populate_record(e, jsonb_build_object(
        'merchant_id', o.merchant_id, 'cashback_id', o.id, 'position', 100 + o.n
    ))).* from events as e, others as o
    """,
    "update feed set raised = 1000000000",  # all of them may be read
)
"""Thousands of cashbacks as the one that is there, with its two events."""


@pytest.fixture
async def young(database: Database, dsn: str) -> AsyncIterator[psycopg.Connection[Any]]:
    """A serving session on tables that the planner knows nothing about."""
    await leased(PostgresCashbackStore(database, DeliveryPolicy()))
    with psycopg.connect(dsn, autocommit=True) as owner:
        for statement in _FILL:
            owner.execute(statement)
    with psycopg.connect(dsn, options="-c role=cashback_serving") as serving:
        serving.execute("select set_config('cashback.merchants', '{1}', true)")
        serving.execute(changes._IN_ORDER)
        yield serving


def plan_of(
    connection: psycopg.Connection[Any], query: LiteralString, values: dict[str, Any]
) -> str:
    explain = "explain (analyze, buffers, costs off, timing off) "
    return "\n".join(row[0] for row in connection.execute(explain + query, values).fetchall())


def buffers(plan: str) -> int:
    read = re.search(r"Buffers: shared (?:hit=([0-9]+))?(?: ?read=([0-9]+))?", plan)
    assert read is not None, plan
    return sum(int(n) for n in read.groups() if n)


@pytest.mark.parametrize("position", [0, 100 + CASHBACKS // 2, 90 + CASHBACKS])
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
    ends = [0, 100 + CASHBACKS // 2, 101 + CASHBACKS, 2 * CASHBACKS]
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
