"""Whoever looks up one sale reads one sale, however many there are and whatever the planner knows.

A plan that was made while a table was young is kept by its session. Of indexes that all lead with
the merchant it took the smallest one then, and read a merchant's whole history at each look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import leased

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

SIZES: Final = (1, 60, 130, 200, 300, 420, 600, 900)
"""Where an index of the same instants is a page, and the key two or more, it was taken."""

MORE: Final[tuple[LiteralString, ...]] = (
    """
    insert into sales select (jsonb_populate_record(s, jsonb_build_object(
        'cashback_id', lpad(to_hex(n), 32, '0'), 'sale_id', 'N' || n
    ))).* from first_sale as s, generate_series(%(begin)s::integer, %(end)s::integer) as n
    """,
    """
    insert into cashbacks select (jsonb_populate_record(c, jsonb_build_object(
        'cashback_id', lpad(to_hex(n), 32, '0')
    ))).* from first_cashback as c, generate_series(%(begin)s::integer, %(end)s::integer) as n
    """,
    """
    insert into events select (jsonb_populate_record(e, jsonb_build_object(
        'cashback_id', lpad(to_hex(n), 32, '0')
    ))).* from first_events as e, generate_series(%(begin)s::integer, %(end)s::integer) as n
    """,
)
LOOKS: Final[dict[str, LiteralString]] = {
    "sales_pkey": "select from only sales as x where merchant_id = $1 and cashback_id = $2"
    " for key share of x",
    "cashbacks_pkey": "select from only cashbacks as x where merchant_id = $1 and cashback_id = $2"
    " for key share of x",
    "events_pkey": "select position from events where merchant_id = $1 and cashback_id = $2"
    " and sequence = 1",
}
"""As foreign keys look, and as an event looks for the one before it."""

OF_LINES: Final[LiteralString] = """
    select min(least(s.sold_at, s.accepted_at))
    from added as a join sales as s using (merchant_id, cashback_id) group by a.type
"""
"""As the trigger `lines_follow_terms` looks."""


async def test_a_key_is_looked_up_by_its_key_at_every_size(database: Database, dsn: str) -> None:
    await leased(PostgresCashbackStore(database, DeliveryPolicy()))
    with psycopg.connect(dsn, autocommit=True) as owner:
        for table in ("sales", "cashbacks", "events"):
            owner.execute(f"alter table {table} set (autovacuum_enabled = off)".encode())
        owner.execute("set session_replication_role = replica")  # no guard looks at each
        owner.execute("create temporary table first_sale as select * from sales")
        owner.execute("create temporary table first_cashback as select * from cashbacks")
        owner.execute("create temporary table first_events as select * from events")
        owner.execute("create temporary table added as select * from sale_lines")
        there = 1
        for size in SIZES:
            for statement in MORE:
                owner.execute(statement, {"begin": there + 1, "end": size})
            there = size
            for mode in ("generic", "serving"):
                looked = planned(owner, mode)
                for index, plan in looked.items():
                    assert f"using {index}" in plan, (size, mode, plan)
                    assert "cashback_id = " in plan.split("Index Cond:")[1].split("\n")[0], plan


def planned(owner: psycopg.Connection[Any], mode: str) -> dict[str, str]:
    """How each look is made by a session that plans it now; `serving` keeps merchants apart."""
    plans: dict[str, str] = {}
    with owner.transaction(force_rollback=True):
        owner.execute("set local plan_cache_mode = force_generic_plan")
        owner.execute("set local enable_seqscan = off")
        if mode == "serving":
            owner.execute("set local enable_hashjoin = off")
            owner.execute("set local enable_mergejoin = off")
            owner.execute("grant select on added to cashback_serving")
            owner.execute("set local role cashback_serving")
            owner.execute("select set_config('cashback.merchants', '{1}', true)")
            plans["sales_pkey"] = explained(owner, "explain (costs off)" + OF_LINES)
            return plans
        for index, look in LOOKS.items():
            owner.execute(f"prepare {index} (bigint, uuid) as {look}".encode())
            plans[index] = explained(
                owner, f"explain (costs off) execute {index} (1, gen_random_uuid())"
            )
            owner.execute(f"deallocate {index}".encode())
    return plans


def explained(owner: psycopg.Connection[Any], query: str) -> str:
    return "\n".join(str(row[0]) for row in owner.execute(query.encode()).fetchall())


@pytest.mark.parametrize(
    "table",
    ["sales", "sale_lines", "cashbacks", "attempts", "events", "customers", "sale_names"],
)
def test_only_the_key_holds_every_row_merchant_by_merchant(dsn: str, table: str) -> None:
    """Whatever else leads with the merchant is partial: it is never taken for the key's work."""
    with psycopg.connect(dsn) as owner:
        found = owner.execute(
            "select i.indexrelid::regclass::text from pg_index as i join pg_attribute as a"
            " on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
            " where i.indrelid = %s::regclass and a.attname = 'merchant_id'"
            " and i.indpred is null",
            [table],
        ).fetchall()
    assert found == [(f"{table}_pkey",)]
