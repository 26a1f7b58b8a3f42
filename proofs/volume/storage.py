"""What fillfactors do for rows that move: the same sales accepted and paid under each of them.

`python -m volume.storage` needs no past, and a minute. Updates within a page (HOT) write no index
entry; which of them were is the server's own count.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.schema.migration import migrate
from cashback_gateway.local import demo_data
from volume.cost import Meter, costs
from volume.house import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP: Final = 32
CHOICES: Final = tuple(
    {"attempts": attempts, "cashbacks": cashbacks}
    for attempts, cashbacks in (
        (100, 100), (80, 80), (50, 80), (40, 80), (30, 80), (25, 80), (30, 90), (30, 60),
    )
)  # fmt: skip
_FOUND: Final = """
    select relname, n_tup_upd, n_tup_hot_upd, pg_table_size(relid), pg_indexes_size(relid)
    from pg_stat_user_tables where relname = any(%s) order by 1
"""


def main() -> int:
    """Measure each choice in a database of its own, and tell."""
    parser = argparse.ArgumentParser(prog="python -m volume.storage", description=__doc__)
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="on a real disk")
    parser.add_argument("--turns", type=int, default=50, help="of 64 sales")
    chosen = parser.parse_args()
    print(
        "| fillfactor | table | updates | HOT | table kB | indexes kB | log bytes a sale | end µs |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    with throwaway_postgres(chosen.folder) as server:
        for number, factors in enumerate(CHOICES):
            dsn = server.create_database(f"storage_{number}")
            migrate(dsn)
            demo_data.load_merchant(dsn)
            for row in asyncio.run(_measured(dsn, factors, chosen.turns)):
                print("| " + " | ".join(map(str, row)) + " |", flush=True)
    return 0


async def _measured(dsn: str, factors: dict[str, int], turns: int) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table, factor in factors.items():
            connection.execute(
                sql.SQL("alter table {} set (fillfactor = {}, autovacuum_enabled = off)").format(
                    sql.Identifier(table), sql.Literal(factor)
                )
            )
        async with opened(dsn, datetime.now(UTC)) as house:
            meter = Meter(house=house, connection=connection)
            await costs([meter], GROUP, turns=turns)
            connection.execute("vacuum attempts, cashbacks")  # as autovacuum does now and then
            (cost,) = await costs([meter], GROUP, turns=turns)
        connection.execute("select pg_stat_clear_snapshot()")
        rows = connection.execute(_FOUND, [list(factors)]).fetchall()
    return [
        (
            factors[table], table, updates, f"{hot / updates:.0%}", size // 1024, indexes // 1024,
            round(cost.wal_bytes), round(cost.conclude_us),
        )
        for table, updates, hot, size, indexes in rows
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
