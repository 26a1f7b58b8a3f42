"""Transactions of people who administer: few connections, rows of their merchant, signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.connection import Role, connection_pool, named, serving_dsn, translated

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import psycopg

    from cashback_core.administering import Caller, Versions

POOL_TIMEOUT_S: Final = 5.0
MAX_CONNECTIONS: Final = 2
"""Administrators are few, and must not take the connections that sales need."""


class Administration:
    """Connects when it is first asked; shared by the stores of every administered resource."""

    def __init__(self, dsn: str, *, application: str = "cashback administration") -> None:
        self._pool = connection_pool(
            serving_dsn(dsn, application=application, role=Role.SERVING),
            most=MAX_CONNECTIONS,
            wait_s=POOL_TIMEOUT_S,
        )

    async def open(self) -> None:
        """Begin to serve; needs no database yet."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Hang up."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(
        self, caller: Caller
    ) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        """One transaction: it sees the rows of the caller's merchant, and signs what it changes.

        The settings end with the transaction. An exception undoes all of it. Raises
        StoreUnavailable.
        """
        merchants = [] if caller.merchant_id is None else [caller.merchant_id]
        with translated():
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute(
                    """
                    select set_config('role', %(role)s, true),
                        set_config('cashback.merchants', %(merchants)s, true),
                        set_config('cashback.actor', %(actor)s, true),
                        set_config('cashback.request_id', %(request_id)s, true)
                    """,
                    {
                        "role": Role.PLATFORM if caller.merchant_id is None else Role.SERVING,
                        "merchants": named(merchants),
                        "actor": caller.actor,
                        "request_id": caller.request_id or "",
                    },
                )
                yield connection


def as_integers(versions: Versions) -> list[int] | None:
    """Versions as a parameter; what no column can hold matches nothing, and is left out."""
    return None if versions is None else [version for version in versions if version < 1 << 31]
