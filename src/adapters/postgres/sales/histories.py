"""Reading everything about a record: its attempts and its events, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.postgres.sales.records import ONE, one, provider_answer, record
from cashback_core.delivery.record import AttemptRecord, EventRecord, History
from cashback_core.delivery.states import Actor, Status

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import AsyncConnection


async def read_history(
    connection: AsyncConnection[Any],
    merchant_id: int,
    id: UUID,  # noqa: A002
    *,
    group: str | None = None,
) -> History | None:
    """One record of a merchant with all that happened to it."""
    found = await connection.execute(ONE, one(merchant_id, id, group))
    row = await found.fetchone()
    if row is None:
        return None
    attempts = await connection.execute(
        "select attempt, deliverer, started_at, lease_until_at, ended_at, result,"
        " reason, elapsed_s, status_code, provider_id, provider_message,"
        " provider_created_at"
        " from attempts where merchant_id = %s and cashback_id = %s order by attempt",
        [merchant_id, id],
    )
    attempt_rows = await attempts.fetchall()
    events = await connection.execute(
        "select sequence, at, actor, actor_name, from_status, to_status, attempt,"
        " reason"
        " from events where merchant_id = %s and cashback_id = %s order by sequence",
        [merchant_id, id],
    )
    return History(
        record=record(row),
        attempts=tuple(_attempt(a) for a in attempt_rows),
        events=tuple(_event(e) for e in await events.fetchall()),
    )


def _attempt(row: tuple[Any, ...]) -> AttemptRecord:
    attempt, deliverer, started, lease, ended, result, reason, elapsed_s, *answer = row
    return AttemptRecord(
        attempt=attempt,
        deliverer=Actor(deliverer),
        started_at=started,
        lease_until_at=lease,
        ended_at=ended,
        result=result,
        reason=reason,
        provider=provider_answer(*answer),
        elapsed_s=elapsed_s,
    )


def _event(row: tuple[Any, ...]) -> EventRecord:
    sequence, at, actor, actor_name, from_status, to_status, attempt, reason = row
    return EventRecord(
        sequence=sequence,
        at=at,
        actor=Actor(actor),
        actor_name=actor_name,
        from_status=None if from_status is None else Status(from_status),
        to_status=Status(to_status),
        attempt=attempt,
        reason=reason,
    )
