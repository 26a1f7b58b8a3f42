"""A change as it is told to other systems: the same in the feed and in a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Status
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from cashback_core.changes.changes import Change

TYPES: Final = tuple(f"cashback.{status}" for status in Status)
"""What a change may be called: by the status that it leads to."""


def change_id(change: Change) -> str:
    """What a change is known by for good: whoever is told it twice is told the same id."""
    return f"{change.id}.{change.sequence}"


def change_shape(change: Change) -> dict[str, Any]:
    """A change as JSON, laid out as the Standard Webhooks advise: type, timestamp, data."""
    return {
        "id": change_id(change),
        "type": f"cashback.{change.status}",
        "timestamp": format_instant(change.at),
        "data": {
            "cashback_id": str(change.id),
            "sale_id": change.sale_id,
            "cashback": format_centavos(change.cashback_centavos),
            "status": change.status.value,
            "from_status": None if change.from_status is None else change.from_status.value,
            "sequence": change.sequence,
            "attempt": change.attempt,
            "actor": change.actor.value,
            "reason": change.reason,
        },
    }
