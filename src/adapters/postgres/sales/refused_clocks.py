"""Clients whose clock is too far ahead; see `cashback_core.intake.refused_clocks`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.connection.database import NAME_MERCHANTS, READING, Database, named
from adapters.postgres.sales.sale_names import encode
from cashback_core.intake.refused_clocks import RefusedClockStore

if TYPE_CHECKING:
    from collections.abc import Collection

    from cashback_core.intake.refused_clocks import RefusedClock


class PostgresRefusedClocks(RefusedClockStore):
    """One row of a client and merchant, whoever counts."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(READING)

    async def note_refused_clocks(self, refused: Collection[RefusedClock]) -> None:
        merchants = named(sorted({one.merchant_id for one in refused}))
        rows = [
            {
                "m": one.merchant_id,
                "c": one.client,
                "s": one.ahead_s,
                "n": one.sales,
                "f": one.first_at,
                "l": one.last_at,
            }
            for one in refused
        ]
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(NAME_MERCHANTS, [merchants])
            await connection.execute(
                """
                insert into refused_clocks as k (
                    merchant_id, client, ahead_s, ahead_at, sales, first_at, last_at
                )
                select m, c, s, l, n, f, l
                from jsonb_to_recordset(%s::jsonb) as r (
                    m bigint, c text, s float8, n bigint, f timestamptz, l timestamptz
                )
                order by m, c  -- so that two processes never wait for each other
                on conflict (merchant_id, client) do update set
                    -- Of many tills behind one client the furthest counts, for an hour.
                    ahead_s = case
                        when k.ahead_s > excluded.ahead_s
                            and k.ahead_at > excluded.ahead_at - interval '1 hour'
                        then k.ahead_s else excluded.ahead_s
                    end,
                    ahead_at = case
                        when k.ahead_s > excluded.ahead_s
                            and k.ahead_at > excluded.ahead_at - interval '1 hour'
                        then k.ahead_at else excluded.ahead_at
                    end,
                    -- After a day of none it begins anew.
                    sales = excluded.sales + case
                        when k.last_at > excluded.first_at - interval '1 day' then k.sales else 0
                    end,
                    first_at = case
                        when k.last_at > excluded.first_at - interval '1 day'
                        then least(k.first_at, excluded.first_at) else excluded.first_at
                    end,
                    last_at = greatest(k.last_at, excluded.last_at)
                """,
                [encode(rows)],
            )
