"""What reconciling leaves behind, let go after years: runs, differences, moves of the ledger.

What proves something later stays: closed days, what the ledger's moves added up to, whatever stands
open, and each difference that a person did anything about, with what they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.connection.database import OVERSEEING, Database

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from psycopg import AsyncConnection

_CLEAR_S: Final = 30.0


class PostgresReconciliationPast:
    """By the worker's rights. One call is one transaction, and drops of one kind.

    A round of differences goes on where the last one ended: what people have looked after stays,
    and is not passed anew each time.
    """

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(OVERSEEING)
        self._after: tuple[datetime, UUID] | None = None

    async def clear(self, *, older_than: timedelta, limit: int) -> int:
        """Drop up to `limit` rows that old, or move of one statement; how many.

        Raises StoreUnavailable.
        """
        lent = self._pool.connection(deadline_s=_CLEAR_S)
        async with lent as connection, connection.transaction():
            values: dict[str, object] = {"older": older_than, "limit": limit}
            gone = await connection.execute(
                """
                delete from three_side_runs where run_id in (
                    select run_id from three_side_runs
                    where ended_at < now() - %(older)s::interval
                    order by ended_at limit %(limit)s
                )
                """,
                values,
            )
            return (
                gone.rowcount
                or await self._clear_moves(connection, values)
                or await self._clear_differences(connection, values)
            )

    async def _clear_moves(
        self, connection: AsyncConnection[Any], values: dict[str, object]
    ) -> int:
        gone = await connection.execute(
            # The first statement's that still has any: they come in the order of time.
            """
            delete from provider_moves where ctid = any (array(
                select m.ctid from provider_moves as m
                where m.telling_id = (
                    select t.telling_id from provider_tellings as t
                    where t.telling_id = (select min(telling_id) from provider_moves)
                        and t.at < now() - %(older)s::interval
                )
                limit %(limit)s
            ))
            """,
            values,
        )
        return gone.rowcount

    async def _clear_differences(
        self, connection: AsyncConnection[Any], values: dict[str, object]
    ) -> int:
        found = await connection.execute(
            """
            select difference_id, closed_at from differences
            where closed_at < now() - %(older)s::interval and (
                %(at)s::timestamptz is null
                or (closed_at, difference_id) > (%(at)s::timestamptz, %(id)s::uuid)
            )
            order by closed_at, difference_id limit %(limit)s
            """,
            {**values, "at": self._after and self._after[0], "id": self._after and self._after[1]},
            prepare=False,  # a plan for both would look at all that are closed
        )
        rows = await found.fetchall()
        is_last = len(rows) < int(str(values["limit"]))
        self._after = None if is_last else (rows[-1][1], rows[-1][0])
        gone = await connection.execute(
            """
            delete from differences as d where d.difference_id = any (%s::uuid[])
                and not exists (select from cases as c where c.case_id = d.difference_id)
            """,
            [[row[0] for row in rows]],
        )
        return gone.rowcount
