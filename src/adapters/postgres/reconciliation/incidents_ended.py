"""Open incidents of the statement, and how a run closes what it explains or finds no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.reconciliation.keys import StoredKeys, either_way
from cashback_core.reconciliation.found_incidents import OpenIncidents

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.reconciliation.runs import Run
    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import Window


CLOSED_BY_A_STATEMENT: Final = "a later statement explains it"


async def oldest(connection: AsyncConnection[Any]) -> datetime | None:
    """From when on a statement must tell to close any of the open ones."""
    found = await connection.execute(
        "select min(told_since) from statement_incidents where closed_at is null"
    )
    row = await found.fetchone()
    return None if row is None else row[0]


async def standing(connection: AsyncConnection[Any], seal: Seal | None) -> OpenIncidents:
    """What open incidents are about."""
    found = await connection.execute(
        """
        select line_key, cashback_id, case class when 'reversed' then statement_at end
        from statement_incidents where closed_at is null
        """
    )
    lines: set[str] = set()
    cashbacks: set[UUID] = set()
    reversed_at: dict[UUID, datetime] = {}
    async for key, cashback_id, at in found:
        if key is not None:
            lines.add(key)
        elif cashback_id is not None:
            cashbacks.add(cashback_id)
        if at is not None and cashback_id is not None:
            reversed_at[cashback_id] = max(at, reversed_at.get(cashback_id, at))
    return OpenIncidents(
        lines=StoredKeys(lines, seal), cashbacks=frozenset(cashbacks), reversed_at=reversed_at
    )


async def close_explained(
    connection: AsyncConnection[Any],
    run: Run,
    about: Collection[str | UUID],
    asked_at: datetime,
    seal: Seal | None,
) -> int:
    """Close those of these lines and cashbacks that this run did not tell again; how many."""
    lines = either_way((one for one in about if isinstance(one, str)), seal)
    cashbacks = [one for one in about if not isinstance(one, str)]
    return await _close(connection, run, asked_at, lines=lines, cashbacks=cashbacks)


async def close_unfound(
    connection: AsyncConnection[Any], run: Run, window: Window, asked_at: datetime
) -> int:
    """Close what this run did not find though its window covers it; how many were closed."""
    return await _close(connection, run, asked_at, window=window)


async def _close(
    connection: AsyncConnection[Any],
    run: Run,
    asked_at: datetime,
    *,
    window: Window | None = None,
    lines: Sequence[str] = (),
    cashbacks: Sequence[UUID] = (),
) -> int:
    found = await connection.execute(
        """
        with closed as (
            update statement_incidents set closed_at = now(), closed_why = %(why)s
            where closed_at is null and last_seen_at < %(at)s
                -- Of what a later statement tells an earlier one knows nothing.
                and statement_at <= least(%(asked_at)s, now()) and (
                told_since >= %(since)s and told_through <= %(through)s
                or line_key = any(%(lines)s)
                or line_key is null and cashback_id = any(%(cashbacks)s)
            )
            returning incident_id
        )
        insert into statement_incident_events (incident_id, what, reason)
        select incident_id, 'closed', %(why)s from closed
        """,
        {
            "why": CLOSED_BY_A_STATEMENT,
            "at": run.started_at,
            "asked_at": asked_at,
            "since": None if window is None else window.since,
            "through": None if window is None else window.through,
            "lines": list(lines),
            "cashbacks": list(cashbacks),
        },
    )
    return found.rowcount
