"""A worker: sends what is due, reaps what nobody answers for."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from cashback_core.delivery.breaker import BreakerState
from cashback_core.delivery.leases import ClaimsUnacknowledged, Pause
from cashback_core.delivery.states import Actor
from cashback_core.delivery.waits import PAUSE_FRESH
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from cashback_core.delivery.deliverer import DeliveriesUnderWay
    from cashback_core.delivery.store import DeliveryStore


T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_CLAIMS: Final = 50
"""Most cashbacks claimed at once: what is claimed must be sent within its lease."""

MAX_REAPED: Final = 500

PAUSE_NOTED_S: Final = PAUSE_FRESH.total_seconds() / 3
"""An open breaker is noted so often at least, that whoever asks can tell it from one that was."""

MAX_VOIDED: Final = 500
"""Most of what was not confirmed in its time that one transaction ends."""

MAX_RESUMED: Final = 500
"""Most of what a lifted stop held back that one transaction makes due."""

MAX_DROPPED: Final = 500
"""Most things of the past that one transaction of the retention drops."""

DRAIN_MARGIN_S: Final = 2.0

TOLD_S: Final = 6.0
"""How long webhooks that are being sent are waited for at the end."""

LOOKED_S: Final = 60.0
"""How often, at least, it is looked whether a statement is to be reconciled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often, in seconds: `poll_s` only bounds a sleep, since a worker is woken when needed.

    `settler_s` is how often it is looked whether a reconciliation is due.
    """

    poll_s: float
    reaper_s: float
    settler_s: float
    guard_s: float = 5.0
    closer_s: float = 60.0
    retention_s: float = 600.0
    pause_s: float = 1.0


async def _tell_nobody(_: asyncio.Event) -> None:
    """Without webhooks."""


async def _close_nothing() -> bool:
    """Without a key that closes are signed with."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """What a worker does beside delivering: listening, settling, guarding against a restore.

    `listen` calls back whenever something may be due; `settle` reconciles what is due with the
    provider's statement and tells how much it moved; `guard`
    pauses the sender when the database is not the one known; `retain` drops what is no longer to
    be kept and tells how much that was; `tell` sends webhooks until the event is set,
    raises nothing, and ends soon then; `close` closes days and tells whether there are more.
    """

    listen: Callable[[Callable[[], object]], Awaitable[None]]
    settle: Callable[[], Awaitable[int]]
    guard: Callable[[], Awaitable[bool]]
    retain: Callable[[], Awaitable[int]]
    tell: Callable[[asyncio.Event], Awaitable[None]] = _tell_nobody
    close: Callable[[], Awaitable[bool]] = _close_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Claims, delivers and reaps until told to stop; any number may run side by side.

    `on_void` is told how many cashbacks ended because nobody confirmed them in their time.
    """

    store: DeliveryStore
    under_way: DeliveriesUnderWay
    capacity: int
    schedule: Schedule
    chores: Chores
    new_id: Callable[[], UUID]
    on_void: Callable[[int], object] = lambda _: None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way."""
        times = self.schedule
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(self._deliver(stop))
            chores = (
                tasks.create_task(self._listen()),
                tasks.create_task(self._every(times.reaper_s, self._reap, stop)),
                tasks.create_task(self._every(times.reaper_s, self._resume, stop)),
                tasks.create_task(self._every(times.reaper_s, self._void, stop)),
                tasks.create_task(self._every(times.settler_s, self._settle, stop)),
                tasks.create_task(self._every(times.guard_s, self._guard, stop)),
                tasks.create_task(self._every(times.retention_s, self._retain, stop)),
                tasks.create_task(self._every(times.closer_s, self.chores.close, stop)),
                tasks.create_task(self._note_pauses(stop)),
            )
            telling = tasks.create_task(self._tell(stop))
            await delivering  # never cancelled: what it claims it must begin to send
            for chore in chores:  # a statement may take its time, and nothing is lost without it
                chore.cancel()
            await asyncio.wait({telling}, timeout=TOLD_S)
            telling.cancel()
        policy = self.under_way.deliverer.policy
        left = await self.under_way.drain(timeout_s=policy.deadline_s + DRAIN_MARGIN_S)
        if left:
            _log.warning("%d deliveries did not end in time; their leases will run out", left)

    async def _tell(self, stop: asyncio.Event) -> None:
        await self._safely(lambda: self.chores.tell(stop), None)

    async def _listen(self) -> None:
        await self.chores.listen(self._wake.set)

    async def _deliver(self, stop: asyncio.Event) -> None:
        """Claim until nothing is due, then sleep until something may be."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            self._wake.clear()
            wait_s = await self._safely(self._claim_due, self.schedule.poll_s)
            if wait_s > 0:
                woken = asyncio.create_task(self._wake.wait())
                first = asyncio.FIRST_COMPLETED
                await asyncio.wait({woken, stopping}, timeout=wait_s, return_when=first)
                woken.cancel()
        await stopping

    async def _claim_due(self) -> float:
        """Begin what is due and may be sent; seconds until there may be more, 0 at once."""
        deliverer, poll_s = self.under_way.deliverer, self.schedule.poll_s
        now_s = deliverer.clock_s()
        allowed = deliverer.breaker.capacity(now_s)
        if allowed == 0:
            return poll_s
        free = self.capacity - len(self.under_way)
        if free <= 0:
            await self.under_way.one_ended(timeout_s=poll_s)
            return 0.0
        wanted = min(free, MAX_CLAIMS, MAX_CLAIMS if allowed is None else allowed)
        try:
            claims = await self.store.claim_due(
                limit=wanted,
                lease_s=deliverer.policy.lease_s,
                # Only a probe chooses among customers.
                excluding=() if allowed is None else deliverer.breaker.suspects(now_s),
            )
        except ClaimsUnacknowledged as error:
            for claim in error.claims:
                self.under_way.disown(claim, claimed_at_s=now_s, actor=Actor.WORKER)
            raise
        for claim in claims:
            patience_s = deliverer.policy.lease_s
            deliverer.breaker.admit(claim.document, now_s, patience_s=patience_s)
            self.under_way.start(claim, claimed_at_s=now_s, actor=Actor.WORKER)
        if len(claims) == wanted and allowed is None:
            return 0.0
        next_s = await self.store.next_due_s()
        # What is due and was not claimed is not ours to send now: another worker has it, the
        # sender is paused, or the breaker waits for its probe.
        return min(next_s, poll_s) if next_s else poll_s

    async def _note_pauses(self, stop: asyncio.Event) -> None:
        """Time in which the breaker lets nothing out must not count towards giving up."""
        deliverer = self.under_way.deliverer
        pause_id, began_s = self.new_id(), 0.0
        open_before = False
        while not stop.is_set():
            open_now = deliverer.breaker.state is not BreakerState.CLOSED
            now_s = deliverer.clock_s()
            if open_now and not open_before:
                _log.warning("the breaker is open: %s", deliverer.breaker.reason)
                pause_id, began_s = self.new_id(), now_s
            if open_now or open_before:
                pause = Pause(id=pause_id, lasted_s=now_s - began_s)
                await self._safely(partial(self.store.note_pause, pause), None)
            if open_before and not open_now:
                _log.warning("the breaker is closed again")
                self._wake.set()
            open_before = open_now
            await _wait(stop, min(self.schedule.pause_s, PAUSE_NOTED_S))

    async def _reap(self) -> bool:
        reaped = await self.store.reap(limit=MAX_REAPED)
        if reaped:
            _log.warning("%d leases ran out: in doubt", reaped)
        return reaped == MAX_REAPED

    async def _void(self) -> bool:
        voided = await self.store.void_expired(limit=MAX_VOIDED)
        if voided:
            self.on_void(voided)
        return voided == MAX_VOIDED

    async def _resume(self) -> bool:
        return await self.store.resume(limit=MAX_RESUMED)

    async def _settle(self) -> bool:
        await self.chores.settle()
        return False

    async def _guard(self) -> bool:
        await self.chores.guard()
        return False

    async def _retain(self) -> bool:
        dropped = await self.chores.retain()
        if dropped:
            _log.info("dropped what is no longer to be kept: %d", dropped)
        return dropped >= MAX_DROPPED

    async def _every(
        self, period_s: float, work: Callable[[], Awaitable[bool]], stop: asyncio.Event
    ) -> None:
        """Call `work` until stopped: at once again while it says that there is more."""
        while not stop.is_set():
            more = await self._safely(work, otherwise=False)
            if not more:
                await _wait(stop, period_s)

    async def _safely(self, work: Callable[[], Awaitable[T]], otherwise: T) -> T:
        try:
            return await work()
        except StoreUnavailable as error:
            _log.warning("the database is away: %s", error)
        except Exception:  # noqa: BLE001 (one of the three edges where nothing may escape)
            _log.exception("the worker goes on after an error of its own")
        return otherwise


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
