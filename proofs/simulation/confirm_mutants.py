"""Wrong ideas of what is confirmed later, planted: each sends something that nobody confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Actor, Status
from cashback_core.intake.acceptance import Repeated
from cashback_core.intake.confirmation import ConfirmationExpired, Confirmed, NothingToConfirm
from cashback_core.intake.submission import SubmitSale
from cashback_core.sales import validation
from cashback_core.testing.memory_store import MemoryStore
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.acceptance import Submission

_accept: Final = SubmitSale._accept
_confirm: Final = MemoryStore.confirm


async def _a_repeat_confirms(self: SubmitSale, submission: Submission) -> Any:
    acceptance = await _accept(self, submission)
    if isinstance(acceptance, Repeated) and acceptance.record.status is Status.UNCONFIRMED:
        record = acceptance.record
        told = await self.store.confirm(record.merchant_id, record.id)
        if isinstance(told, Confirmed | NothingToConfirm):
            return Repeated(told.record)
    return acceptance


async def _a_late_one_undoes_the_void(
    self: MemoryStore,
    merchant_id: int,
    id: UUID,  # noqa: A002
    *,
    group: str | None = None,
) -> Any:
    row = self.rows.get((merchant_id, id))
    if row is not None and row.status is Status.VOID:
        del row.events[-1]
        standing = row.record.standing
        row.record = row.record.at(type(standing)(status=Status.UNCONFIRMED, attempt=0))
    return await _confirm(self, merchant_id, id, group=group)


async def _late_by_the_clock_alone(
    self: MemoryStore,
    merchant_id: int,
    id: UUID,  # noqa: A002
    *,
    group: str | None = None,
) -> Any:
    row = self.rows.get((merchant_id, id))
    unconfirmed = row is not None and row.status is Status.UNCONFIRMED
    if row is not None and unconfirmed and row.due_at and row.due_at <= self._now():
        return ConfirmationExpired()
    return await _confirm(self, merchant_id, id, group=group)


async def _whatever_is_due_is_claimed(
    self: MemoryStore, *, limit: int, lease_s: float, excluding: Any = ()
) -> tuple[Claim, ...]:
    del excluding
    due = [
        row
        for row in self.rows.values()
        if row.due_at is not None and row.due_at <= self._now() and not self.sender_paused
    ]
    return tuple(self._lease(row, lease_s, Actor.WORKER, "due") for row in due[:limit])


def _is_now(*_: object) -> bool:
    return False


CONFIRM_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("sent without confirmation", SubmitSale, "_accept", _a_repeat_confirms),
        ("confirm later is not read", validation, "read_confirm_later", _is_now),
        ("confirmed after void is paid", MemoryStore, "confirm", _a_late_one_undoes_the_void),
        ("too late by the clock alone", MemoryStore, "confirm", _late_by_the_clock_alone),
        ("whatever is due is claimed", MemoryStore, "claim_due", _whatever_is_due_is_claimed),
    )
)
