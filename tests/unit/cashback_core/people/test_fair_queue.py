from __future__ import annotations

import asyncio

import pytest

from cashback_core.people.fair_queue import FairQueue, TooManyLogInsError


class Crowd:
    """Whoever wants a turn, from some place, and the order in which they have it."""

    def __init__(self, turns: FairQueue) -> None:
        self.turns = turns
        self.inside: list[str] = []
        self.go = asyncio.Event()

    async def come(self, place: str) -> None:
        async with self.turns(place):
            self.inside.append(place)
            await self.go.wait()

    async def all(self, *places: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.come(place)) for place in places]
        await asyncio.sleep(0)
        return tasks


async def test_places_have_their_turns_one_after_the_other() -> None:
    crowd = Crowd(FairQueue(at_once=1, max_waiting=100))
    tasks = await crowd.all("a", "a", "a", "a", "b", "b", "c")
    crowd.go.set()
    await asyncio.gather(*tasks)
    assert crowd.inside == ["a", "a", "b", "c", "a", "b", "a"]


async def test_whoever_fills_the_queue_makes_way_for_another_place() -> None:
    crowd = Crowd(FairQueue(at_once=1, max_waiting=5))
    flood = await crowd.all(*"aaaaa")
    (owner,) = await crowd.all("b")
    with pytest.raises(TooManyLogInsError):
        await flood[-1]
    (late,) = await crowd.all("a")
    with pytest.raises(TooManyLogInsError):
        await late
    crowd.go.set()
    await asyncio.gather(owner, *flood[:-1])
    assert crowd.inside[:3] == ["a", "a", "b"]


async def test_nobody_makes_way_for_a_place_that_has_as_many() -> None:
    crowd = Crowd(FairQueue(at_once=1, max_waiting=3))
    tasks = await crowd.all("a", "b", "c")
    (late,) = await crowd.all("d")
    with pytest.raises(TooManyLogInsError):
        await late
    crowd.go.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("given_up", range(5))
async def test_whoever_hangs_up_leaves_no_turn_behind(given_up: int) -> None:
    crowd = Crowd(FairQueue(at_once=2, max_waiting=5))
    tasks = await crowd.all(*"aabab")
    tasks[given_up].cancel()
    crowd.go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    crowd.go.clear()
    again = await crowd.all(*"xxxxx")
    assert crowd.inside[-2:] == ["x", "x"]
    assert not any(task.done() for task in again)
    crowd.go.set()
    await asyncio.gather(*again)


async def test_a_turn_that_comes_as_its_owner_hangs_up_goes_to_the_next() -> None:
    crowd = Crowd(FairQueue(at_once=1, max_waiting=5))
    first, second, third = await crowd.all("a", "b", "c")
    crowd.go.set()
    while not first.done():
        await asyncio.sleep(0)
    second.cancel()  # its turn is there, and it has not been told yet
    await asyncio.gather(second, third, return_exceptions=True)
    assert "c" in crowd.inside
    await crowd.all("d")
    assert crowd.inside[-1] == "d"
