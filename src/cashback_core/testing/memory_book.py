"""What of a stored cashback a statement is held against, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.delivery.states import Actor, Status
from cashback_core.reconciliation import BookEntry
from cashback_core.testing.memory_rows import confirmed_at, paid_document

if TYPE_CHECKING:
    from cashback_core.testing.memory_store import Row


def entry_of(row: Row) -> BookEntry:
    """A row as the reconciliation sees it."""
    last_act = max((e.sequence for e in row.events if e.actor is Actor.OPERATOR), default=0)
    rounds = [
        e.at
        for e in row.events
        if e.actor is Actor.SETTLER
        and (e.from_status, e.to_status) == (Status.IN_DOUBT, Status.PENDING)
        and e.sequence > last_act
    ]
    return BookEntry(
        id=row.record.id,
        merchant_id=row.record.merchant_id,
        document=paid_document(row.record),
        cashback_centavos=row.record.cashback.cashback_centavos,
        status=row.status,
        accepted_at=row.record.accepted_at,
        first_started_at=row.attempts[0].started_at if row.attempts else None,
        last_started_at=row.attempts[-1].started_at if row.attempts else None,
        applied_at=row.record.standing.applied_at,
        confirmed_at=confirmed_at(row),
        version=len(row.events),
        rounds=len(rounds),
        first_round_at=min(rounds, default=None),
    )


def group_of(row: Row) -> tuple[str, int]:
    """The customer and amount that make cashbacks look alike on a statement."""
    return paid_document(row.record), row.record.cashback.cashback_centavos
