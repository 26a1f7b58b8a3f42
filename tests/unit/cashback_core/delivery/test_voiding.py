"""A worker ends what nobody confirmed in its time, in bounded batches, and tells how many."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from cashback_core.delivery import worker as working
from cashback_core.delivery.states import Status
from cashback_core.delivery.worker import Chores, Schedule, Worker
from cashback_core.intake.confirmation import VOID_GRACE
from cashback_core.values.ids import new_id
from fakes.process import Process, changed
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


async def nothing_is_told(_: Callable[[], object]) -> None:
    await asyncio.Event().wait()


async def nothing() -> int:
    return 0


async def no_restore() -> bool:
    return False


def worker_of(world: Process, voided: list[int]) -> Worker:
    return Worker(
        store=world.store,
        under_way=world.submit.under_way,
        capacity=8,
        schedule=Schedule(poll_s=5.0, reaper_s=5.0, settler_s=60.0),
        chores=Chores(listen=nothing_is_told, settle=nothing, guard=no_restore, retain=nothing),
        new_id=new_id,
        on_void=voided.append,
    )


def test_what_is_overdue_is_ended_at_once_in_batches_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "MAX_VOIDED", 2)

    async def main() -> None:
        world, voided, stop = Process(), list[int](), asyncio.Event()
        for number in range(6):
            await world.send(changed(confirm="later", sale_id=f"nf-{number}"))
        *overdue, in_time = world.store.rows.values()
        for row in overdue:
            assert row.due_at is not None
            row.due_at -= timedelta(hours=72) + VOID_GRACE
        run = asyncio.create_task(worker_of(world, voided).run(stop))
        await asyncio.sleep(1)
        assert voided == [2, 2, 1]
        assert {row.status for row in overdue} == {Status.VOID}
        assert in_time.status is Status.UNCONFIRMED
        await asyncio.sleep(30)
        assert voided == [2, 2, 1]
        stop.set()
        await run
        assert world.provider.payments == []

    run_in_virtual_time(main())
