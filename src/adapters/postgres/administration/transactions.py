"""Transactions of people who administer: few connections, rows of their merchant, signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from adapters.postgres.connection.database import ADMINISTERING, NAME_MERCHANTS, Database, named
from adapters.postgres.connection.sessions import DatabaseRole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import psycopg

    from cashback_core.administration.resources import Caller


async def merchant_called(database: Database, slug: str) -> int | None:
    """The merchant of that slug, by what the login of an API may do, and that of a worker, too.

    The eraser sees which merchants there are, serving what those are called that it names. Raises
    StoreUnavailable.
    """
    take_role = "select set_config('role', %s, true)"
    lent = database.pool(ADMINISTERING).connection()
    async with lent as connection, connection.transaction():
        await connection.execute(take_role, [DatabaseRole.ERASER])
        found = await connection.execute("select merchant_id from merchants")
        everybody = named(merchant_id for (merchant_id,) in await found.fetchall())
        await connection.execute(take_role, [DatabaseRole.SERVING])
        await connection.execute(NAME_MERCHANTS, [everybody])
        found = await connection.execute(
            "select merchant_id from merchants where slug = %s", [slug]
        )
        row = await found.fetchone()
    return None if row is None else int(row[0])


class Administration:
    """Shared by the stores of every administered resource."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(ADMINISTERING)

    @asynccontextmanager
    async def transaction(
        self, caller: Caller
    ) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        """One transaction: it sees the rows of the caller's merchant, and signs what it changes.

        The settings end with the transaction. An exception undoes all of it. Raises
        StoreUnavailable.
        """
        merchants = [] if caller.merchant_id is None else [caller.merchant_id]
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                """
                select set_config('role', %(role)s, true),
                    set_config('cashback.merchants', %(merchants)s, true),
                    set_config('cashback.actor', %(actor)s, true),
                    set_config('cashback.request_id', %(request_id)s, true)
                """,
                {
                    "role": DatabaseRole.PLATFORM
                    if caller.merchant_id is None
                    else DatabaseRole.SERVING,
                    "merchants": named(merchants),
                    "actor": caller.actor,
                    "request_id": caller.request_id or "",
                },
            )
            yield connection
