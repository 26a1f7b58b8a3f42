"""Transactions for named merchants: the serving role sees their rows and no others (0008).

The setting ends with its transaction, so a connection carries nothing over to the next one. Where
it was forgotten there is no row to be seen, and none can be written.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from psycopg import AsyncConnection


@asynccontextmanager
async def transaction_of(
    connection: AsyncConnection[Any], merchants: Iterable[int]
) -> AsyncGenerator[None, None]:
    """A transaction for these merchants, begun in one round trip; on an autocommit connection."""
    await connection.execute(
        sql.SQL("begin; set local cashback.merchants = {}").format(sql.Literal(_array(merchants))),
        prepare=False,  # two statements
    )
    try:
        yield
    except BaseException:
        # What went wrong is told, not that the connection is gone; it is never used half way.
        with suppress(psycopg.Error):
            await connection.rollback()
        if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            await connection.close()
        raise
    await connection.commit()


@asynccontextmanager
async def reading_of(
    connection: AsyncConnection[Any], merchant_id: int
) -> AsyncGenerator[None, None]:
    """A read-only transaction for one merchant, all of it one snapshot.

    It is begun with the first question, in the same round trip.
    """
    async with connection.pipeline(), connection.transaction():
        await connection.execute("set transaction isolation level repeatable read read only")
        await name_merchants(connection, [merchant_id])
        yield


async def name_merchants(connection: AsyncConnection[Any], merchants: Iterable[int]) -> None:
    """Name them for the rest of a transaction that has begun."""
    await connection.execute(
        "select set_config('cashback.merchants', %s, true)", [_array(merchants)]
    )


def _array(merchants: Iterable[int]) -> str:
    return "{" + ",".join(map(str, sorted(merchants))) + "}"
