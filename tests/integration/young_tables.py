"""Thousands of cashbacks on tables that were never analysed, and what a plan reads of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, LiteralString

if TYPE_CHECKING:
    import psycopg

CASHBACKS: Final = 9_000
BASE: Final = 10_000_000
"""What their positions count from: above the transactions that a test's cluster comes to."""

FILL: Final[tuple[LiteralString, ...]] = (
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
        'merchant_id', o.merchant_id, 'cashback_id', o.id, 'position', 10000000 + o.n,
        'at', e.at - make_interval(mins => 9001 - o.n)
    ))).* from events as e, others as o
    """,
    "update feed set raised = 1000000000",  # all of them may be read
)
"""As the one that is there, with its two events: one a minute, half of them merchant 1's."""


def plan_of(
    connection: psycopg.Connection[Any], query: LiteralString, values: dict[str, Any]
) -> str:
    """What was done for it, and what was read."""
    explain = "explain (analyze, buffers, costs off, timing off) "
    return "\n".join(row[0] for row in connection.execute(explain + query, values).fetchall())


def buffers(plan: str) -> int:
    """The pages that a plan has read, of memory or of files."""
    read = re.search(r"Buffers: shared (?:hit=([0-9]+))?(?: ?read=([0-9]+))?", plan)
    assert read is not None, plan
    return sum(int(n) for n in read.groups() if n)
