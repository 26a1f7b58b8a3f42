"""The one path to the provider, for the request that waits and for the worker alike."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from cashback_core.delivery.breaker import Breaker
from cashback_core.delivery.evidence import (
    Evidence,
    NeverSent,
    Outcome,
    OwnError,
    Phase,
    Unknown,
    classify,
)
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.observers import Attempted, Delivered, DeliveryObserver, Unobserved
from cashback_core.delivery.provider import CreditRequest, Provider, UnsendablePayment
from cashback_core.delivery.record import Standing
from cashback_core.delivery.states import Actor, DeliveryPolicy
from cashback_core.delivery.store import DeliveryStore
from cashback_core.traces import TRACE, TRAIL, TraceContext, Trail, new_trace
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.unchecked import unchecked

FIRST_RETRY_S: Final = 0.05
LAST_RETRY_S: Final = 1.0

_log = logging.getLogger(__name__)

_attempted: Final = unchecked(Attempted)
_delivered: Final = unchecked(Delivered)
_result: Final = unchecked(AttemptResult)


_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)
"""Looked for once: a sale reads the clock a dozen times."""


def suspension_aware_s() -> float:
    """Seconds on a monotonic clock, one that goes on during suspension where there is such."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Sends for a claim, once, and records what came of it.

    `chance` draws from [0, 1) for the backoff; `clock_s` is the clock of a lease's age. The
    breaker learns from every outcome; whoever claims asks it first.
    """

    store: DeliveryStore
    provider: Provider
    policy: DeliveryPolicy
    chance: Callable[[], float]
    clock_s: Callable[[], float] = suspension_aware_s
    breaker: Breaker = field(default_factory=Breaker)
    observer: DeliveryObserver = field(default_factory=Unobserved)

    async def deliver(self, claim: Claim, *, claimed_at_s: float, actor: Actor) -> Standing:
        """Call the provider for a claim and store the result, trying on while the database is away.

        `claimed_at_s` was read on `clock_s` before the claim was asked for. A claim that is too
        old to end within its lease is not sent.
        """
        parent, began_ns = TRACE.get(), time.time_ns()
        trace = self._follow(claim, parent)
        call = trace.child()
        TRACE.set(call)  # the client tells the provider of it
        evidence, outcome = await self._ask(claim, claimed_at_s)
        TRACE.set(trace)
        self._tell_attempted(
            _attempted(
                claim=claim,
                deliverer=actor,
                evidence=evidence,
                outcome=outcome,
                began_ns=began_ns,
                trace=call,
                parent=trace,
            )
        )
        standing = await self._record(self._result(claim, evidence, outcome, actor))
        self._tell_delivered(
            _delivered(
                claim=claim,
                deliverer=actor,
                standing=standing,
                began_ns=began_ns,
                trace=trace,
                parent=parent,
            )
        )
        return standing

    def _follow(self, claim: Claim, parent: TraceContext | None) -> TraceContext:
        """The delivery's span, and the ids of its log: of its request's, or of its own.

        Context variables of this task alone: every delivery is one.
        """
        if TRAIL.get() is None:
            TRAIL.set(Trail(merchant_id=claim.merchant_id, cashback_id=claim.id))
        if parent is not None:
            return parent.child()
        trace = new_trace()
        return replace(trace, sampled=self.observer.samples(trace.trace_id))

    def _tell_attempted(self, attempt: Attempted) -> None:
        try:
            self.observer.attempted(attempt)
        except Exception:  # noqa: BLE001 (the evidence must be recorded, whoever looks on)
            _log.exception("an observer failed")

    def _tell_delivered(self, delivery: Delivered) -> None:
        try:
            self.observer.delivered(delivery)
        except Exception:  # noqa: BLE001 (the same)
            _log.exception("an observer failed")

    async def _ask(self, claim: Claim, claimed_at_s: float) -> tuple[Evidence, Outcome]:
        if not self.policy.may_send(lease_age_s=self.clock_s() - claimed_at_s):
            late = Evidence(phase=Phase.NOTHING_SENT, reason="the lease was too old to send")
            return late, NeverSent()
        payment = CreditRequest(
            reference=str(claim.id),
            document=claim.document,
            cashback_centavos=claim.cashback_centavos,
        )
        try:
            evidence = await self.provider.credit(payment)
            outcome = classify(
                evidence, document=claim.document, cashback_centavos=claim.cashback_centavos
            )
        except UnsendablePayment as error:
            _log.exception("no request can be made for %s", claim.id)
            reason = f"our own error: {type(error).__name__}"
            return Evidence(phase=Phase.NOTHING_SENT, reason=reason), OwnError()
        except Exception as error:  # noqa: BLE001 (a bug of ours: bytes may have left)
            _log.exception("our own error while sending for %s", claim.id)
            reason = f"our own error: {type(error).__name__}"
            return Evidence(phase=Phase.SENT, reason=reason), Unknown(reason)
        self.breaker.note(claim.document, outcome, self.clock_s())
        return evidence, outcome

    async def disown(self, claim: Claim, *, claimed_at_s: float, actor: Actor) -> None:
        """Record "never sent" for a claim whose commit was not acknowledged.

        Nothing was or will be sent for it. Whether it is stored at all shows only later: the
        commit may still land, so a missing attempt is looked for until the lease has run out.
        """
        evidence = Evidence(
            phase=Phase.NOTHING_SENT, reason="the claim's commit was not acknowledged"
        )
        while True:
            try:
                await self._record(self._result(claim, evidence, NeverSent(), actor))
            except LookupError:
                if self.clock_s() - claimed_at_s > self.policy.lease_s:
                    return
                await asyncio.sleep(LAST_RETRY_S)
            else:
                return

    def _result(
        self, claim: Claim, evidence: Evidence, outcome: Outcome, actor: Actor
    ) -> AttemptResult:
        return _result(
            claim=claim, outcome=outcome, evidence=evidence, deliverer=actor, chance=self.chance()
        )

    async def _record(self, result: AttemptResult) -> Standing:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                return await self.store.conclude(result)
            except LookupError:
                raise
            except Exception as error:  # noqa: BLE001 (the evidence is worth more than the wait)
                if not isinstance(error, StoreUnavailable):
                    name, told = type(result.outcome).__name__, result.evidence.status_code
                    _log.exception("not recorded of %s: %s, %s", result.claim.id, name, told)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LAST_RETRY_S)


Delivering = asyncio.Task[Standing | None]
"""A task that delivers; it ends with None where there was nothing to deliver."""


@dataclass(slots=True)
class DeliveriesUnderWay:
    """The deliveries of this process, tasks of their own: no hang-up and no wait cancels one."""

    deliverer: Deliverer
    _tasks: dict[UUID, Delivering] = field(default_factory=dict[UUID, "Delivering"])
    _taking: set[Delivering] = field(default_factory=set["Delivering"])
    _disowned: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    _superseded: set[Delivering] = field(default_factory=set["Delivering"])

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, claim: Claim, *, claimed_at_s: float, actor: Actor) -> Delivering:
        """Begin to deliver for a claim."""
        work = self.deliverer.deliver(claim, claimed_at_s=claimed_at_s, actor=actor)
        task: Delivering = asyncio.create_task(work)
        self._hold(claim.id, task)
        return task

    def take(self, work: Coroutine[Any, Any, Standing | None]) -> None:
        """Begin what may come to `deliver_here`, in a task that nobody else has to hold."""
        task: Delivering = asyncio.create_task(work)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def deliver_here(self, claim: Claim, *, claimed_at_s: float, actor: Actor) -> Standing:
        """Deliver for a claim in the present task, which `take` began."""
        task = asyncio.current_task()
        if task is None or task not in self._taking:
            raise RuntimeError("the present task may be cancelled by whoever holds it")
        self._hold(claim.id, task)
        return await self.deliverer.deliver(claim, claimed_at_s=claimed_at_s, actor=actor)

    def disown(self, claim: Claim, *, claimed_at_s: float, actor: Actor) -> None:
        """Begin to record that a claim of unknown fate was never sent."""
        work = self.deliverer.disown(claim, claimed_at_s=claimed_at_s, actor=actor)
        task = asyncio.create_task(work)
        self._disowned.add(task)
        task.add_done_callback(self._disowned.discard)

    def of(self, id: UUID) -> Delivering | None:  # noqa: A002 (the domain's word)
        """The delivery of a cashback under way here, if any."""
        return self._tasks.get(id)

    async def one_ended(self, *, timeout_s: float) -> None:
        """Wait until some delivery ends, or for the time given."""
        if self._tasks:
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait(self._tasks.values(), timeout=timeout_s, return_when=first)

    async def drain(self, *, timeout_s: float) -> int:
        """Wait for every delivery to end; how many did not in time (their leases will run out)."""
        tasks = {*self._tasks.values(), *self._taking, *self._superseded, *self._disowned}
        if not tasks:
            return 0
        _, left = await asyncio.wait(tasks, timeout=timeout_s)
        for task in left:
            task.cancel()
        return len(left)

    def _hold(self, id: UUID, task: Delivering) -> None:  # noqa: A002
        older = self._tasks.get(id)
        if older is not None:  # its lease ran out; it is still to be waited for
            self._superseded.add(older)
            older.add_done_callback(self._superseded.discard)
        self._tasks[id] = task
        task.add_done_callback(lambda done: self._forget(id, done))

    def _forget(self, id: UUID, done: Delivering) -> None:  # noqa: A002
        if self._tasks.get(id) is done:
            del self._tasks[id]
        if not done.cancelled() and (error := done.exception()) is not None:
            # Our own bug: the lease runs out and the reaper puts the cashback in doubt.
            _log.error("delivery of %s failed", id, exc_info=error)


async def has_ended(task: asyncio.Task[Any], *, within_s: float) -> bool:
    """Wait for a task for so long at most; whether it has ended. Whoever waits cancels nothing.

    As `asyncio.wait` for one task, without the sets that it makes: 2 µs less of a sale's Python.
    """
    if task.done():
        return True
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(within_s, wake)
    task.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(wake)
    return task.done()
