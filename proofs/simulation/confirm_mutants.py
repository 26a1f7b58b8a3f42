"""Wrong ideas of what is confirmed later, planted: each pays what it must not, or never pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Actor, Status
from cashback_core.intake.acceptance import Repeated
from cashback_core.intake.confirmation import ConfirmationExpired, Confirmed, NothingToConfirm
from cashback_core.intake.submission import SubmitSale
from cashback_core.reconciliation import Rules
from cashback_core.reconciliation.equal_credits import EqualCredits
from cashback_core.sales.validation import _Document
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_store import MemoryStore
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.acceptance import Submission
    from cashback_core.reconciliation import BookEntry
    from cashback_core.reconciliation.statements import StatementLine
    from cashback_core.testing.memory_rows import Row

_accept: Final = SubmitSale._accept
_more: Final = _Document._more
_confirm: Final = MemoryStore.confirm
_void: Final = MemoryStore.void_expired
_is_over_before: Final = Rules.is_over_before
_could_be: Final = Rules.could_be


async def _a_repeat_confirms(self: SubmitSale, submission: Submission) -> Any:
    acceptance, leased = await _accept(self, submission)
    if isinstance(acceptance, Repeated) and acceptance.record.status is Status.UNCONFIRMED:
        record = acceptance.record
        told = await self.store.confirm(record.merchant_id, record.id)
        if isinstance(told, Confirmed | NothingToConfirm):
            return Repeated(told.record), None
    return acceptance, leased


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


async def _void_at_once(self: MemoryStore, *, limit: int) -> int:
    kept, self._void_grace = self._void_grace, timedelta(0)
    try:
        return await _void(self, limit=limit)
    finally:
        self._void_grace = kept


def _its_own_incident_alone(self: MemoryIncidents, row: Row) -> bool:
    return any(line.cashback_id == row.record.id for line in self._open_lines())


def _what_names_it_alone(self: MemoryIncidents, row: Row) -> bool:
    return self._is_said(row.record.id) or _its_own_incident_alone(self, row)


def _over_by_its_acceptance(self: Rules, entry: BookEntry, instant: datetime) -> bool:
    if entry.status is Status.UNCONFIRMED:
        entry = replace(entry, status=Status.CANCELLED)
    return _is_over_before(self, entry, instant)


def _from_its_acceptance_on(self: Rules, entry: BookEntry, credited_at: datetime | None) -> bool:
    if entry.first_started_at is None and credited_at is not None:
        return credited_at >= entry.accepted_at
    return _could_be(self, entry, credited_at)


def _the_equal_ones(*_: object) -> dict[BookEntry, StatementLine]:
    return {}


def _is_later_than_its_attempt(self: Rules, entry: BookEntry, credited_at: datetime | None) -> bool:
    return self.is_dated_like(entry, credited_at)


def _is_never_its_own(*_: object) -> bool:
    return False


def _is_now(self: _Document, fields: Any, total: int | None) -> Any:
    return _more(self, fields, total)._replace(confirm_later=False)


CONFIRM_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("sent without confirmation", SubmitSale, "_accept", _a_repeat_confirms),
        ("confirm later is not read", _Document, "_more", _is_now),
        ("confirmed after void is paid", MemoryStore, "confirm", _a_late_one_undoes_the_void),
        ("too late by the clock alone", MemoryStore, "confirm", _late_by_the_clock_alone),
        ("whatever is due is claimed", MemoryStore, "claim_due", _whatever_is_due_is_claimed),
        ("void without a grace", MemoryStore, "void_expired", _void_at_once),
        (
            "confirming asks for its own incident alone",
            MemoryIncidents,
            "may_be_credited",
            _its_own_incident_alone,
        ),
        (
            "confirming asks for what names it alone",
            MemoryIncidents,
            "may_be_credited",
            _what_names_it_alone,
        ),
        (
            "confirming asks for every odd line, always",
            MemoryIncidents,
            "may_be_credited",
            MemoryIncidents.suspects,
        ),
        ("what is unconfirmed is over", Rules, "is_over_before", _over_by_its_acceptance),
        ("never tried, by one clock", Rules, "could_be", _from_its_acceptance_on),
        ("an equal older one has the line", EqualCredits, "_forgotten", _the_equal_ones),
        (
            "any line within the delay is an equal one's own",
            Rules,
            "is_dated_as_answered",
            _is_later_than_its_attempt,
        ),
        (
            "no line is an equal one's own",
            Rules,
            "is_dated_as_answered",
            _is_never_its_own,
        ),
    )
)
