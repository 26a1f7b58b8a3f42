"""Parts of the stack die under load, and no cent is lost or paid twice."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from deploy.books import assert_books_agree, wait_settled
from deploy.stack import UP_S, StackError, wait_until
from deploy.tills import Tills

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]


async def during(tills: Tills, disturb: Callable[[], object]) -> None:
    """Sell, disturb in the middle of it, and go on until it is plain that sales go on."""
    stop = asyncio.Event()
    selling = asyncio.create_task(tills.run(stop))
    try:
        await _sold(tills, 40)
        await asyncio.to_thread(disturb)
        await _sold(tills, len(tills.sold) + 120)
    finally:
        stop.set()
        await selling


async def _sold(tills: Tills, count: int) -> None:
    async with asyncio.timeout(UP_S):
        while len(tills.sold) < count:
            await asyncio.sleep(0.05)


async def test_a_killed_api_loses_no_sale_pays_none_twice_and_fails_no_read(stack: Stack) -> None:
    tills, before = Tills(stack=stack, prefix="killed-api"), stack.restarts("api1")
    await during(tills, lambda: stack.kill("api1"))
    wait_until("the API was started again", lambda: stack.restarts("api1") == before + 1)
    assert tills.failed_reads == []
    assert tills.reads > 50
    wait_settled(stack)
    assert_books_agree(stack, tills.sold)


async def test_a_killed_database_comes_back_with_every_row(stack: Stack) -> None:
    tills, before = Tills(stack=stack, prefix="killed-db"), stack.restarts("database")
    await during(tills, lambda: stack.kill("database"))
    wait_until("the database was started again", lambda: stack.restarts("database") == before + 1)
    volumes = [m["Name"] for m in stack.inspect("database")["Mounts"] if m["Type"] == "volume"]
    assert f"{stack.project}_database" in volumes
    stack.wait_whole()
    wait_settled(stack)
    assert_books_agree(stack, tills.sold)


async def test_a_container_over_its_memory_limit_is_started_again(stack: Stack) -> None:
    tills, before = Tills(stack=stack, prefix="memory"), stack.restarts("api2")
    # The kernel ends whoever it likes least of the container: here the server, not the glutton.
    glutton = (
        "open('/proc/1/oom_score_adj', 'w').write('1000'); hoard = []\n"
        "while True: hoard.append(bytearray(b'x') * 2**20)"
    )

    def overeat() -> None:
        with contextlib.suppress(StackError):  # it ends with its container
            stack.exec("api2", "python", "-c", glutton)

    await during(tills, overeat)
    wait_until("the API was started again", lambda: stack.restarts("api2") == before + 1)
    assert tills.failed_reads == []
    stack.wait_whole()
    wait_settled(stack)
    assert_books_agree(stack, tills.sold)


async def test_a_stopped_api_ends_what_it_began(stack: Stack) -> None:
    tills = Tills(stack=stack, prefix="stopped")
    await during(tills, lambda: stack.compose("stop", "api2"))
    state = stack.inspect("api2")["State"]
    assert state["ExitCode"] == 0, "it was killed: it did not end within the stop period"
    stack.up()
    assert tills.failed_writes == []
    assert tills.failed_reads == []
    wait_settled(stack)
    left = (
        "select what from incidents join sales using (cashback_id) where sale_id like 'stopped-%'"
    )
    assert stack.query(left) == [], "something was left to the reaper"
    assert_books_agree(stack, tills.sold)
