"""Waiting until a feed goes on: everybody of a process who waits is looked after by one look.

A look asks one question, however many wait, and there is none while nobody does. Nothing is told by
whoever commits: that would cost every sale, and what is committed is not to be read at once anyhow
(see `changes.ChangeFeed`), so it would have to be looked for all the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from cashback_core.changes.changes import MAX_PLACES
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashback_core.changes.changes import ChangeFeed, FeedPlace

LOOK_S: Final = 0.5
"""How long after one look the next one is: so long after it may be read, a change is told."""

MOST: Final = 300
"""Most who wait at once in a process; far fewer than the requests that it takes."""

MOST_OF_MERCHANT: Final = 20
"""Most of them of one merchant."""

MOST_OF_CALLER: Final = 4
"""Most of them of one user or API client: nobody takes all of the merchant's."""

assert MOST <= MAX_PLACES


class ProcessWaitsEnoughError(Exception):
    """As many as may wait already do; another process, or a later moment, may have room."""


class MerchantWaitsEnoughError(Exception):
    """As many of one merchant as may wait already do."""


class CallerWaitsEnoughError(Exception):
    """As many of one caller as may wait already do."""


class ChangeWaiting:
    """Those of one process who wait for their feeds to go on."""

    def __init__(self, feed: ChangeFeed, *, look_s: float = LOOK_S) -> None:
        self._feed = feed
        self._look_s = look_s
        self._waiting: dict[asyncio.Future[bool], tuple[FeedPlace, str]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def grown(self, place: FeedPlace, *, caller: str, within_s: float) -> bool:
        """Whether something follows the place before so many seconds are over, as soon as it does.

        `caller` names who waits, among those of the place's merchant. False, too, when the process
        stops. Raises ProcessWaitsEnoughError, MerchantWaitsEnoughError and CallerWaitsEnoughError
        at once, and StoreUnavailable when the database is away.
        """
        if self._closed or within_s <= 0:
            return False
        self._refuse_too_many(place.merchant_id, caller)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = (place, caller)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="changes")
        try:
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError:
            return False
        finally:
            del self._waiting[answer]

    def close(self) -> None:
        """Let everybody go, and nobody wait any more: the process stops."""
        self._closed = True
        self._tell(self._waiting, grown=False)

    def _refuse_too_many(self, merchant_id: int, caller: str) -> None:
        if len(self._waiting) >= MOST:
            raise ProcessWaitsEnoughError
        of = Counter(
            who for place, who in self._waiting.values() if place.merchant_id == merchant_id
        )
        if of[caller] >= MOST_OF_CALLER:
            raise CallerWaitsEnoughError
        if of.total() >= MOST_OF_MERCHANT:
            raise MerchantWaitsEnoughError

    async def _look(self) -> None:
        """Look again and again, until nobody waits."""
        while self._waiting:
            asked = {answer: place for answer, (place, _) in self._waiting.items()}
            try:
                grown = await self._feed.grown(frozenset(asked.values()))
            except StoreUnavailable as error:
                for answer in asked:
                    if not answer.done():
                        answer.set_exception(StoreUnavailable(str(error)))
            else:
                self._tell(answer for answer, place in asked.items() if place in grown)
            await asyncio.sleep(self._look_s)

    def _tell(self, answers: Iterable[asyncio.Future[bool]], *, grown: bool = True) -> None:
        for answer in list(answers):
            if not answer.done():
                answer.set_result(grown)
