"""What an event does to what a merchant owes its customers.

Owed is every cashback that was accepted, earns, and is neither paid nor cancelled, whatever keeps
it. What waits to be confirmed, is void, or is history of another system is never owed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cashback_core.delivery.states import Status

OWED: Final = frozenset(
    {Status.PENDING, Status.SENDING, Status.IN_DOUBT, Status.HELD, Status.REJECTED}
)
"""The states whose cashbacks are owed; `is_owed` in SQL, by test."""


class Movement(StrEnum):
    """How what is owed moves: opening + accrued - paid - cancelled + adjusted = closing."""

    ACCRUED = "accrued"
    PAID = "paid"
    CANCELLED = "cancelled"
    ADJUSTED = "adjusted"
    """A payment that was recorded is taken back: owed again."""


_NOT_YET: Final = frozenset({None, Status.UNCONFIRMED})


def movements_of(from_status: Status | None, to_status: Status) -> tuple[Movement, ...]:
    """What a move does, mostly nothing; what is found paid before it was owed does two."""
    if from_status in _NOT_YET:
        if to_status is Status.APPLIED:
            return Movement.ACCRUED, Movement.PAID
        return (Movement.ACCRUED,) if to_status in OWED else ()
    if from_status is Status.APPLIED:
        return (Movement.ADJUSTED,) if to_status in OWED else ()
    if to_status is Status.APPLIED:
        return (Movement.PAID,)
    return (Movement.CANCELLED,) if to_status is Status.CANCELLED else ()
