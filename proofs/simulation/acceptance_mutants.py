"""The one task that takes a sale in and delivers it, as it might have been written in good faith.

None of these pays twice by itself in every order of events: some waste a lease, so that a doubt is
left which only a statement ends, and some send what is not theirs to send.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.deliverer import DeliveriesUnderWay
from cashback_core.delivery.states import Actor
from cashback_core.intake import submission as submitting
from cashback_core.intake.acceptance import Accepted, Repeated, Submission
from cashback_core.intake.submission import SubmitSale
from cashback_core.values.availability import StoreUnavailable
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Coroutine


_Told = asyncio.Future[Any]

_commit: Final = SubmitSale._commit


def _ends_with_its_request(self: DeliveriesUnderWay, work: Coroutine[Any, Any, Any]) -> None:
    task, caller = asyncio.create_task(work), asyncio.current_task()
    self._taking.add(task)
    task.add_done_callback(self._taking.discard)
    if caller is not None:
        caller.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)


async def _told_whoever_is_gone(self: SubmitSale, submission: Submission, told: _Told) -> Any:
    acceptance, leased = await self._accept(submission)
    told.set_result(acceptance)
    if leased is None:
        return None
    return await self.under_way.deliver_here(
        leased.claim, claimed_at_s=leased.at_s, actor=Actor.API
    )


async def _told_once_delivered(self: SubmitSale, submission: Submission, told: _Told) -> Any:
    standing = None
    try:
        acceptance, leased = await self._accept(submission)
    except Exception as error:  # noqa: BLE001 (as in the original)
        if not told.done():
            told.set_exception(error)
        return None
    if leased is not None:
        standing = await self.under_way.deliver_here(
            leased.claim, claimed_at_s=leased.at_s, actor=Actor.API
        )
    if not told.done():
        told.set_result(acceptance)
    return standing


async def _sent_though_unknown(self: SubmitSale, submission: Submission, told: _Told) -> Any:
    claim = submitting._first_claim(submission)
    at_s = self.under_way.deliverer.clock_s()
    try:
        acceptance, leased = await self._accept(submission)
    except StoreUnavailable as error:
        if not told.done():
            told.set_exception(error)
        if claim is None:
            return None
        return await self.under_way.deliver_here(claim, claimed_at_s=at_s, actor=Actor.API)
    if not told.done():
        told.set_result(acceptance)
    if leased is None:
        return None
    return await self.under_way.deliver_here(
        leased.claim, claimed_at_s=leased.at_s, actor=Actor.API
    )


async def _leased_whenever_recorded(self: SubmitSale, submission: Submission) -> Any:
    at_s = self.under_way.deliverer.clock_s()
    acceptance, leased = await _commit(self, submission)
    claim = submitting._first_claim(submission)
    if claim is not None and isinstance(acceptance, Accepted | Repeated):
        leased = submitting._Leased(claim, at_s)
    return acceptance, leased


async def _leased_since_acknowledged(self: SubmitSale, submission: Submission) -> Any:
    acceptance, leased = await _commit(self, submission)
    if leased is not None:
        leased = submitting._Leased(leased.claim, self.under_way.deliverer.clock_s())
    return acceptance, leased


async def _drained_of_what_is_sent(self: DeliveriesUnderWay, *, timeout_s: float) -> int:
    tasks = {*self._tasks.values(), *self._superseded, *self._disowned}
    if not tasks:
        return 0
    _, left = await asyncio.wait(tasks, timeout=timeout_s)
    for task in left:
        task.cancel()
    return len(left)


ACCEPTANCE_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("a delivery ends with its request", DeliveriesUnderWay, "take", _ends_with_its_request),
        ("whoever hung up is told", SubmitSale, "_take_in", _told_whoever_is_gone),
        ("told when it is delivered", SubmitSale, "_take_in", _told_once_delivered),
        ("delivered though its commit is unknown", SubmitSale, "_take_in", _sent_though_unknown),
        ("a repeat is delivered, too", SubmitSale, "_commit", _leased_whenever_recorded),
        ("a lease is as old as its answer", SubmitSale, "_commit", _leased_since_acknowledged),
        ("a stop waits for calls alone", DeliveriesUnderWay, "drain", _drained_of_what_is_sent),
    )
)
