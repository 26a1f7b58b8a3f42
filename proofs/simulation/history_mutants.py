"""Wrong ideas of history, planted: each pays what another system had settled, or hides a credit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import TRANSITIONS, Actor, Status
from cashback_core.intake.acceptance import Repeated
from cashback_core.operators import acts
from cashback_core.reconciliation import Rules, by_reference
from cashback_core.testing.memory_store import MemoryStore
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.delivery.leases import Claim
    from cashback_core.delivery.record import Record
    from cashback_core.intake.acceptance import Submission
    from cashback_core.reconciliation import BookEntry
    from cashback_core.sales.same_sale import NewSale

_accept: Final = MemoryStore.accept
_claim_due: Final = MemoryStore.claim_due
_insert: Final = MemoryStore._insert
_is_over_before: Final = Rules.is_over_before


async def _whatever_has_no_attempt_is_claimed(
    self: MemoryStore, *, limit: int, lease_s: float, excluding: Any = ()
) -> tuple[Claim, ...]:
    due = await _claim_due(self, limit=limit, lease_s=lease_s, excluding=excluding)
    history = [row for row in self.rows.values() if row.status is Status.RECORDED]
    return (*due, *(self._lease(row, lease_s, Actor.WORKER, "due") for row in history))


def _as_any_other(
    self: MemoryStore, submission: Submission, meaning: NewSale, *, name_differs: bool
) -> Record:
    live = replace(submission, as_recorded=False)
    return _insert(self, live, meaning, name_differs=name_differs)


async def _a_later_request_makes_it_live(self: MemoryStore, submission: Submission) -> Any:
    acceptance = await _accept(self, submission)
    if (
        isinstance(acceptance, Repeated)
        and acceptance.record.status is Status.RECORDED
        and not submission.as_recorded
    ):
        row = self.rows[acceptance.record.merchant_id, acceptance.record.id]
        self._move(row, Status.PENDING, Actor.API, "sent after all", due_at=self._now())
    return acceptance


async def _a_file_ends_what_is_live(self: MemoryStore, submission: Submission) -> Any:
    acceptance = await _accept(self, submission)
    if isinstance(acceptance, Repeated) and submission.as_recorded:
        row = self.rows[acceptance.record.merchant_id, acceptance.record.id]
        if row.status is not Status.RECORDED:
            self._move(row, Status.RECORDED, Actor.API, "it was settled elsewhere")
    return acceptance


def _held_against_any_line(self: Rules, entry: BookEntry, instant: datetime) -> bool:
    if entry.status is Status.RECORDED:
        entry = replace(entry, status=Status.HELD)
    return _is_over_before(self, entry, instant)


HISTORY_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        (
            "history is claimed as what is due",
            MemoryStore,
            "claim_due",
            _whatever_has_no_attempt_is_claimed,
        ),
        ("history is recorded as any other sale", MemoryStore, "_insert", _as_any_other),
        (
            "an operator resends history",
            acts,
            "TRANSITIONS",
            TRANSITIONS | {(Status.RECORDED, Status.PENDING, Actor.OPERATOR)},
        ),
        (
            "a later request makes history live",
            MemoryStore,
            "accept",
            _a_later_request_makes_it_live,
        ),
        ("a file ends what is live", MemoryStore, "accept", _a_file_ends_what_is_live),
        (
            "history is applied by its reference",
            by_reference,
            "_BY_PROGRAM",
            by_reference._BY_PROGRAM | {Status.RECORDED},
        ),
        (
            "history is held against any line",
            Rules,
            "is_over_before",
            _held_against_any_line,
        ),
    )
)
