"""Time that jumps, and processes that freeze and die between any two steps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from simulation.virtual_loop import MAX_STEPS, PROCESS, Livelock, Process, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable


async def ticking(loop: VirtualLoop, seen: list[float], every_s: float = 1.0) -> None:
    while True:
        await asyncio.sleep(every_s)
        seen.append(loop.time())


def test_time_jumps_to_the_next_timer_and_stops_where_it_is_told_to() -> None:
    loop, seen = VirtualLoop(), list[float]()
    loop.spawn(ticking(loop, seen))
    loop.run(3.5)
    assert (seen, loop.time()) == ([1.0, 2.0, 3.0], 3.5)
    loop.run(5.0)
    assert seen == [1.0, 2.0, 3.0, 4.0, 5.0]
    loop.close()


def test_a_frozen_process_catches_up_when_it_is_thawed_and_others_go_on() -> None:
    loop, ours, theirs = VirtualLoop(), list[float](), list[float]()
    process = Process("frozen")
    loop.spawn(ticking(loop, ours), process)
    loop.spawn(ticking(loop, theirs, 2.0))
    loop.run(2.0)
    process.frozen = True
    loop.run(6.0)
    assert ours == [1.0, 2.0]
    loop.outside(0.5, loop.thaw, process)
    loop.run(8.0)
    assert ours == [1.0, 2.0, 6.5, 7.5]
    assert theirs == [2.0, 4.0, 6.0, 8.0]
    loop.close()


def test_nothing_of_a_killed_process_runs_again_not_even_its_cleaning_up() -> None:
    loop, seen = VirtualLoop(), list[str]()

    async def work() -> None:
        try:
            await asyncio.sleep(10)
            seen.append("went on")
        finally:
            seen.append("cleaned up")

    process = Process("killed")
    loop.spawn(work(), process)
    loop.run(5.0)
    process.alive = False
    loop.run(50.0)
    assert seen == []
    loop.close()


def test_a_fault_strikes_before_the_step_that_was_chosen() -> None:
    loop, seen = VirtualLoop(), list[float]()

    def kill(process: Process) -> None:
        process.alive = False

    process = Process("victim")
    process.steps_left, process.on_fault = 4, kill
    loop.spawn(ticking(loop, seen), process)  # its start is a step; a tick is a timer and a wake-up
    loop.run(50.0)
    assert seen == [1.0]
    loop.close()


def test_a_task_belongs_to_the_process_that_made_it_whoever_wakes_it() -> None:
    loop, seen = VirtualLoop(), list[str]()
    answer: asyncio.Future[str] = loop.create_future()

    async def child() -> None:
        seen.append(await answer)
        process = PROCESS.get()
        assert process is not None
        seen.append(process.name)

    async def parent() -> None:
        await asyncio.create_task(child())

    process = Process("ours")
    loop.spawn(parent(), process)
    loop.outside(1.0, answer.set_result, "hello")
    loop.run(0.5)
    process.frozen = True
    loop.run(2.0)
    assert seen == []
    loop.thaw(process)
    loop.run(3.0)
    assert seen == ["hello", "ours"]
    loop.close()


def test_timeouts_groups_and_waits_of_asyncio_work() -> None:
    loop, seen = VirtualLoop(), list[float]()

    async def work() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(2))
            group.create_task(asyncio.sleep(4))
        done, left = await asyncio.wait(
            {asyncio.create_task(asyncio.sleep(each)) for each in (1, 9)}, timeout=5
        )
        assert (len(done), len(left)) == (1, 1)
        seen.append(loop.time())

    loop.spawn(work())
    loop.run(100.0)
    assert seen == [12.0]
    loop.close()


def test_an_error_that_nobody_handles_is_kept() -> None:
    loop = VirtualLoop()
    loop.call_exception_handler({"message": "lost", "exception": ValueError("x")})
    assert loop.errors == ["lost: ValueError('x')"]
    loop.close()


def test_going_round_in_circles_is_told() -> None:
    loop = VirtualLoop()

    def again() -> None:
        loop.call_soon(again)

    circle: Callable[[], None] = again
    loop.call_soon(circle)
    with pytest.raises(Livelock, match=str(MAX_STEPS)):
        loop.run(1.0)
    loop.close()
