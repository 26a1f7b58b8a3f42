"""How much a caller may ask for: never more than the rate and the burst, at few queries."""

from __future__ import annotations

import asyncio

import pytest

from cashback_core.people.rate_limit import (
    HELD_S,
    REFUSED_S,
    RateExceededError,
    RateLimit,
    RequestRate,
)
from cashback_core.testing.memory_identities import MemoryIdentities
from cashback_core.values.availability import StoreUnavailable

DEMO = "user:demo"


class Callers:
    """Some processes with limits of their own on one database, and a clock that a test turns."""

    def __init__(self, rate: RequestRate, processes: int = 1) -> None:
        self.identities = MemoryIdentities()
        clock = self.identities.clock
        self.advance = clock.advance
        self.limits = [
            RateLimit(self.identities, rate, now_s=clock.monotonic_s) for _ in range(processes)
        ]

    async def passes(self, process: int = 0, subject: str = DEMO) -> bool:
        try:
            await self.limits[process](subject)
        except RateExceededError:
            return False
        await asyncio.sleep(0)  # what is drawn ahead arrives
        return True


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("rate", [RequestRate(per_s=100, burst=200), RequestRate(per_s=2, burst=2)])
async def test_all_processes_together_never_exceed_the_rate_and_the_burst(
    processes: int, rate: RequestRate
) -> None:
    callers = Callers(rate, processes)
    passed: list[float] = []
    now_s = 0.0
    for step in range(2_000):
        if await callers.passes(step % processes):
            passed.append(now_s)
        pause_s = 0.5 if step % 300 == 299 else 0.002
        callers.advance(pause_s)
        now_s += pause_s
    for first, began_s in enumerate(passed):
        for within_s in (0.0, 0.1, 0.5, 1.0, 5.0):
            count = sum(began_s <= at <= began_s + within_s for at in passed[first:])
            unnoticed = rate.unnoticed * processes * (int(within_s) + 2)
            assert count <= rate.burst + rate.per_s * within_s + unnoticed + 1e-6
    assert len(passed) >= rate.per_s * now_s * 0.5  # and it lets through what it should


@pytest.mark.parametrize(
    ("pace_per_s", "draws_per_s"), [(1, 0), (10, 0), (50, 6), (200, 9), (500, 9)]
)
async def test_a_steady_caller_costs_few_queries(pace_per_s: int, draws_per_s: int) -> None:
    callers = Callers(RequestRate(per_s=500, burst=1000))
    for _ in range(pace_per_s * 5):
        assert await callers.passes()
        callers.advance(1.001 / pace_per_s)
    assert callers.identities.draws <= 5 * draws_per_s


async def test_who_is_refused_does_not_pass_unnoticed() -> None:
    callers = Callers(RequestRate(per_s=100, burst=100))
    assert await callers.passes()
    callers.advance(1 - REFUSED_S / 2)
    while await callers.passes():
        pass
    callers.advance(REFUSED_S * 0.6)  # another second has begun, and it is still refused
    assert not await callers.passes()


async def test_a_rare_caller_is_not_charged_for_what_it_never_used() -> None:
    callers = Callers(RequestRate(per_s=10, burst=20))
    for _ in range(100):
        assert await callers.passes()
        callers.advance(HELD_S)
    drawn = await callers.identities.draw(DEMO, every_s=0.1, capacity=20, wanted=20)
    assert drawn.granted >= 15


async def test_whoever_asks_too_much_costs_no_queries_while_refused() -> None:
    callers = Callers(RequestRate(per_s=10, burst=10))
    while await callers.passes():
        pass
    draws = callers.identities.draws
    for _ in range(50):
        assert not await callers.passes()
    assert callers.identities.draws == draws
    callers.advance(REFUSED_S * 1.1)
    assert await callers.passes()


async def test_one_caller_takes_nothing_from_another() -> None:
    callers = Callers(RequestRate(per_s=10, burst=10))
    while await callers.passes():
        pass
    assert await callers.passes(subject="client:other")


async def test_requests_that_come_at_once_share_one_query() -> None:
    callers = Callers(RequestRate(per_s=500, burst=1000))
    for _ in range(40):
        await callers.passes()
    callers.advance(HELD_S / 2)
    before = callers.identities.draws
    assert all(await asyncio.gather(*(callers.passes() for _ in range(60))))
    assert callers.identities.draws - before <= 6


async def test_a_database_that_is_away_lets_nobody_through() -> None:
    callers = Callers(RequestRate(per_s=10, burst=10))
    callers.identities.away = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await callers.passes()
    callers.identities.away = False
    assert await callers.passes()


async def test_without_a_limit_nothing_is_asked() -> None:
    callers = Callers(RequestRate(per_s=0, burst=2))
    for _ in range(100):
        assert await callers.passes()
    assert callers.identities.draws == 0
