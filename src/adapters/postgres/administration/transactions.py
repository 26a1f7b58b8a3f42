"""Transactions of people who administer: few connections, rows of their merchant, signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from adapters.postgres.connection.database import ADMINISTERING, Database, named
from adapters.postgres.connection.sessions import DatabaseRole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import psycopg

    from cashback_core.administration.resources import Caller


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
