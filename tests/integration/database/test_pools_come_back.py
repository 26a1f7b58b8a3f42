"""A database that was away for a while is asked again as soon as it is back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.connection.database import Database
from adapters.postgres.identity.identities import PostgresIdentities
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.local.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

REFUSED: Final = 3
"""So many calls find the door shut, by when a pool with pauses would rest for seconds."""


@contextlib.asynccontextmanager
async def door(port: int, dsn: str) -> AsyncGenerator[None, None]:
    """A way to the database that is there only meanwhile.

    Sockets and tasks of its own: when it shuts, nothing of a call that came late is left behind.
    """
    server = conninfo_to_dict(dsn)
    inside = f"{server['host']}/.s.PGSQL.{server['port']}"
    loop = asyncio.get_running_loop()
    passing: set[asyncio.Task[None]] = set()

    async def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whoever has gone needs nothing more
            while data := await loop.sock_recv(source, 65_536):
                await loop.sock_sendall(target, data)
            target.shutdown(socket.SHUT_WR)

    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", port)))

        def let_in() -> None:
            caller = sockets.enter_context(listener.accept()[0])
            called = sockets.enter_context(socket.socket(socket.AF_UNIX))
            called.connect(inside)
            for end in (caller, called):
                end.setblocking(False)
            passing.add(asyncio.create_task(pass_on(caller, called)))
            passing.add(asyncio.create_task(pass_on(called, caller)))

        loop.add_reader(listener, let_in)
        try:
            yield
        finally:
            loop.remove_reader(listener)
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)


async def test_sessions_are_answered_at_once_when_the_database_is_back(dsn: str) -> None:
    port = free_port("127.0.0.1")
    async with Database(make_conninfo(dsn, host="127.0.0.1", port=port)) as database:
        identities = PostgresIdentities(database)
        for _ in range(REFUSED):
            with pytest.raises(StoreUnavailable):
                await identities.standing(uuid4(), token_id="x")
        async with door(port, dsn):
            assert await identities.standing(uuid4(), token_id="x") is None
            await database.close()
