"""Waking a worker the moment a cashback becomes due, instead of asking again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.connection.sessions import DatabaseRole, Session
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.postgres.connection.database import Database

CHANNEL: Final = "cashback_due"
"""Notified by a trigger, with the commit that makes a cashback due."""

AGAIN_S: Final = 1.0

ASKED_S: Final = 5.0
"""How often a listener asks whether its connection is there: at a dead one it waits for ever."""

_SESSION: Final = Session(
    application="cashback-listener", role=DatabaseRole.WORKER, autocommit=True
)

_log = logging.getLogger(__name__)


class DueListener:
    """Listens over a connection of its own, and again after every loss of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listen(self, wake: Callable[[], object]) -> None:
        """Call `wake` at each notification, until cancelled.

        Also at each new connection: what became due in between was told to nobody.
        """
        while True:
            try:
                with translated():
                    await self._listen(wake)
            except StoreUnavailable as error:
                _log.warning("not listening for a moment: %s", error)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, wake: Callable[[], object]) -> None:
        async with await self._database.connect(_SESSION) as connection:
            with watched(connection):
                await connection.execute("listen cashback_due")
            wake()
            while True:
                async for _ in connection.notifies(timeout=ASKED_S):
                    wake()
                with watched(connection):
                    await connection.execute("")
