"""The delivery worker: sends what is due, and puts in doubt what nobody answers for."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cashback_core.delivery import Actor
from cashback_core.ports import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cashback_core.delivering import DeliveriesUnderWay
    from cashback_core.ports import CashbackStore
    from cashback_gateway.settings import Settings

MAX_CLAIMS: Final = 50
"""Most cashbacks claimed at once: what is claimed must be sent within its lease."""

MAX_REAPED: Final = 500
DRAIN_MARGIN_S: Final = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Claims, delivers and reaps until told to stop; any number may run side by side."""

    store: CashbackStore
    under_way: DeliveriesUnderWay
    capacity: int
    poll_s: float
    reaper_s: float

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._every(self.poll_s, self._deliver_due, stop))
            tasks.create_task(self._every(self.reaper_s, self._reap, stop))
        policy = self.under_way.deliverer.policy
        left = await self.under_way.drain(timeout_s=policy.deadline_s + DRAIN_MARGIN_S)
        if left:
            _log.warning("%d deliveries did not end in time; their leases will run out", left)

    async def _every(
        self, period_s: float, work: Callable[[], Awaitable[bool]], stop: asyncio.Event
    ) -> None:
        """Call `work` until stopped: at once again while it says that there is more."""
        while not stop.is_set():
            more = False
            try:
                more = await work()
            except StoreUnavailable as error:
                _log.warning("the database is away: %s", error)
            except Exception:  # noqa: BLE001 (one of the three edges where nothing may escape)
                _log.exception("the worker goes on after an error of its own")
            if not more:
                await _wait(stop, period_s)

    async def _deliver_due(self) -> bool:
        free = self.capacity - len(self.under_way)
        if free <= 0:
            await self.under_way.one_ended(timeout_s=self.poll_s)
            return True
        wanted = min(free, MAX_CLAIMS)
        deliverer = self.under_way.deliverer
        claimed_at_s = deliverer.clock_s()
        claims = await self.store.claim_due(limit=wanted, lease_s=deliverer.policy.lease_s)
        for claim in claims:
            self.under_way.start(claim, claimed_at_s=claimed_at_s, actor=Actor.WORKER)
        return len(claims) == wanted

    async def _reap(self) -> bool:
        reaped = await self.store.reap(limit=MAX_REAPED)
        if reaped:
            _log.warning("%d leases ran out: in doubt", reaped)
        return reaped == MAX_REAPED


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def work(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    from cashback_gateway.container import (
        build_container,
        close_all,
        open_all,
    )

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    container = build_container(settings)
    await open_all(container)
    try:
        _log.info("the worker is ready")
        await container.worker().run(stop)
    finally:
        await close_all(container)
