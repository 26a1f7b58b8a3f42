from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cashback_core.changes.changes import START, ChangeFeed, ChangePage, FeedPlace, FeedPosition
from cashback_core.changes.waiting import (
    MOST,
    MOST_OF_CALLER,
    MOST_OF_MERCHANT,
    CallerWaitsEnoughError,
    ChangeWaiting,
    MerchantWaitsEnoughError,
    ProcessWaitsEnoughError,
)
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Collection

ANA = "user:ana"
LONG_S = 30.0


@dataclass(slots=True)
class Feed(ChangeFeed):
    """One that is only looked at."""

    grown_now: set[FeedPlace] = field(default_factory=set[FeedPlace])
    looks: list[int] = field(default_factory=list[int])
    away: bool = False

    async def read(
        self, merchant_id: int, after: FeedPosition | None, *, limit: int, group: str | None = None
    ) -> ChangePage:
        raise NotImplementedError

    async def end(self, merchant_id: int) -> FeedPosition:
        raise NotImplementedError

    async def grown(self, places: Collection[FeedPlace]) -> frozenset[FeedPlace]:
        self.looks.append(len(places))
        if self.away:
            raise StoreUnavailable("away")
        return frozenset(places) & self.grown_now


def place_of(merchant_id: int) -> FeedPlace:
    return FeedPlace(merchant_id=merchant_id, position=START)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def waiting(feed: Feed) -> ChangeWaiting:
    return ChangeWaiting(feed, look_s=0.001)


async def begun(waiting: ChangeWaiting, count: int) -> None:
    """Until so many wait."""
    async with asyncio.timeout(5):
        while waiting.count != count:
            await asyncio.sleep(0)


async def test_whoever_waits_is_told_as_soon_as_something_follows(
    feed: Feed, waiting: ChangeWaiting
) -> None:
    mine = asyncio.create_task(waiting.grown(place_of(1), caller=ANA, within_s=LONG_S))
    theirs = asyncio.create_task(waiting.grown(place_of(2), caller=ANA, within_s=LONG_S))
    await begun(waiting, 2)
    feed.grown_now.add(place_of(1))
    assert await mine
    assert not theirs.done()
    feed.grown_now.add(place_of(2))
    assert await theirs
    assert waiting.count == 0


async def test_one_look_is_for_everybody_and_nobody_looks_for_nobody(
    feed: Feed, waiting: ChangeWaiting
) -> None:
    tasks = [
        asyncio.create_task(waiting.grown(place_of(m), caller=ANA, within_s=LONG_S))
        for m in (1, 1, 2, 3)
    ]
    await begun(waiting, 4)
    feed.grown_now = {place_of(m) for m in (1, 2, 3)}
    assert all(await asyncio.gather(*tasks))
    assert feed.looks[-1] == 3, "places, not persons"
    await asyncio.sleep(0.02)
    looked = len(feed.looks)
    await asyncio.sleep(0.02)
    assert len(feed.looks) == looked


async def test_the_time_that_is_waited_has_an_end(feed: Feed, waiting: ChangeWaiting) -> None:
    assert not await waiting.grown(place_of(1), caller=ANA, within_s=0.01)
    assert not await waiting.grown(place_of(1), caller=ANA, within_s=0)
    assert waiting.count == 0
    feed.grown_now.add(place_of(1))
    assert await waiting.grown(place_of(1), caller=ANA, within_s=LONG_S), "and one may wait again"


async def test_more_than_some_do_not_wait(waiting: ChangeWaiting) -> None:
    tasks: list[asyncio.Task[bool]] = []
    for merchant_id in range(MOST // MOST_OF_MERCHANT):
        for n in range(MOST_OF_MERCHANT):
            one = waiting.grown(place_of(merchant_id), caller=f"{n % 5}", within_s=LONG_S)
            tasks.append(asyncio.create_task(one))
        if merchant_id == 0:
            await begun(waiting, MOST_OF_MERCHANT)
            with pytest.raises(MerchantWaitsEnoughError):
                await waiting.grown(place_of(0), caller=ANA, within_s=LONG_S)
    await begun(waiting, MOST)
    with pytest.raises(ProcessWaitsEnoughError):
        await waiting.grown(place_of(-1), caller=ANA, within_s=LONG_S)
    tasks[0].cancel()  # somebody hangs up
    await begun(waiting, MOST - 1)
    again = asyncio.create_task(waiting.grown(place_of(0), caller=ANA, within_s=LONG_S))
    await begun(waiting, MOST)
    waiting.close()
    assert not any(await asyncio.gather(*tasks[1:], again))


async def test_one_caller_does_not_take_all_waits_of_a_merchant(waiting: ChangeWaiting) -> None:
    tasks = [
        asyncio.create_task(waiting.grown(place_of(1), caller=ANA, within_s=LONG_S))
        for _ in range(MOST_OF_CALLER)
    ]
    await begun(waiting, MOST_OF_CALLER)
    with pytest.raises(CallerWaitsEnoughError):
        await waiting.grown(place_of(1), caller=ANA, within_s=LONG_S)
    for place, caller in ((place_of(1), "user:bia"), (place_of(2), ANA)):
        tasks.append(asyncio.create_task(waiting.grown(place, caller=caller, within_s=LONG_S)))
    await begun(waiting, MOST_OF_CALLER + 2)
    waiting.close()
    assert not any(await asyncio.gather(*tasks))


async def test_who_waits_when_the_process_stops_is_let_go_and_nobody_waits_any_more(
    waiting: ChangeWaiting,
) -> None:
    task = asyncio.create_task(waiting.grown(place_of(1), caller=ANA, within_s=LONG_S))
    await begun(waiting, 1)
    waiting.close()
    assert not await task
    assert not await waiting.grown(place_of(1), caller=ANA, within_s=LONG_S)


async def test_a_database_that_is_away_is_told_and_asked_again_by_the_next(
    feed: Feed, waiting: ChangeWaiting
) -> None:
    feed.away = True
    tasks = [
        asyncio.create_task(waiting.grown(place_of(1), caller=ANA, within_s=LONG_S))
        for _ in range(2)
    ]
    assert [type(e) for e in await asyncio.gather(*tasks, return_exceptions=True)] == [
        StoreUnavailable,
        StoreUnavailable,
    ]
    feed.away = False
    feed.grown_now.add(place_of(1))
    assert await waiting.grown(place_of(1), caller=ANA, within_s=LONG_S)
