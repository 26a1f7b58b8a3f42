"""A database that was away for a while is asked again as soon as it is back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.identity.identities import PostgresIdentities
from cashback_core.ports import StoreUnavailable
from cashback_gateway.local_state import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

REFUSED: Final = 3
"""So many calls find the door shut, by when a pool with pauses would rest for seconds."""


@asynccontextmanager
async def door(port: int, dsn: str) -> AsyncGenerator[None, None]:
    """A way to the database that is there only meanwhile."""
    server = conninfo_to_dict(dsn)
    socket = f"{server['host']}/.s.PGSQL.{server['port']}"

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pass_on(reader, out), pass_on(inside, writer))

    async with await asyncio.start_server(meet, "127.0.0.1", port):
        yield


async def test_sessions_are_answered_at_once_when_the_database_is_back(dsn: str) -> None:
    port = free_port("127.0.0.1")
    identities = PostgresIdentities(make_conninfo(dsn, host="127.0.0.1", port=port))
    await identities.open()
    try:
        for _ in range(REFUSED):
            with pytest.raises(StoreUnavailable):
                await identities.standing(uuid4(), token_id="x")
        async with door(port, dsn):
            assert await identities.standing(uuid4(), token_id="x") is None
            await identities.close()
    finally:
        await identities.close()
