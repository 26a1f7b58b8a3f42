"""Waking a worker the moment a cashback becomes due, instead of asking again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from psycopg import AsyncConnection, InterfaceError, OperationalError

from adapters.postgres.connection import DatabaseRole, serving_dsn

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL: Final = "cashback_due"
"""Notified by a trigger, with the commit that makes a cashback due."""

AGAIN_S: Final = 1.0

_log = logging.getLogger(__name__)


class DueListener:
    """Listens over a connection of its own, and again after every loss of it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = serving_dsn(dsn, application="cashback-listener", role=DatabaseRole.WORKER)

    async def listen(self, wake: Callable[[], object]) -> None:
        """Call `wake` at each notification, until cancelled.

        Also at each new connection: what became due in between was told to nobody.
        """
        while True:
            try:
                connection = await AsyncConnection.connect(self._dsn, autocommit=True)
                async with connection:
                    await connection.execute("listen cashback_due")
                    wake()
                    async for _ in connection.notifies():
                        wake()
            except (OperationalError, InterfaceError, OSError) as error:
                _log.warning("not listening for a moment: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_S)
