"""Keeping the positions of the feed above every one that was ever given out.

They are made of transactions' numbers, which begin anew in another cluster and are given out again
by a server that took over from one that failed: see `feed` in migration `0008_cashbacks.sql`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, LiteralString

from adapters.postgres.connection.sessions import DatabaseRole, Session

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

_SESSION: Final = Session(application="cashback-feed", role=DatabaseRole.SERVING)
_RENEW: Final[LiteralString] = "select renew_feed(%s)"

_log = logging.getLogger(__name__)


class FeedRenewal:
    """Over a connection of its own, as everybody who serves and delivers may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> bool:
        """Raise the positions if this is another cluster or timeline; whether they were raised.

        Raises StoreUnavailable.
        """
        return await self._renew(anyway=False)

    async def renew(self) -> None:
        """Raise them: somebody knows that the database has forgotten something. The same raises."""
        await self._renew(anyway=True)

    async def _renew(self, *, anyway: bool) -> bool:
        async with self._database.connection(_SESSION) as connection:
            found = await connection.execute(_RENEW, [anyway])
            row = await found.fetchone()
        raised = row == (True,)
        if raised:
            _log.warning("the positions of the feed of changes are raised: nothing is skipped")
        return raised
