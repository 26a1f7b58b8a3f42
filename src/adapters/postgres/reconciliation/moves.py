"""Moves that a statement proves, each stored only while its whole group stands as it was read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from psycopg.errors import LockNotAvailable

from adapters.postgres.reconciliation.explanations import said_since
from adapters.postgres.sales.acceptance import encode
from cashback_core.reconciliation.schedule import Moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from cashback_core.reconciliation import BookEntry, Finding
    from cashback_core.reconciliation.findings import Settled

_log = logging.getLogger(__name__)


async def move(
    connection: AsyncConnection[Any], findings: Sequence[Finding], *, known: int
) -> Moved:
    """Store the moves of these findings in one transaction."""
    moves = [
        (found.entry, found.move)
        for found in findings
        if found.entry is not None and found.move is not None
    ]
    if not moves:
        return Moved()
    try:
        async with connection.transaction():
            if await said_since(connection, known):
                return Moved(skipped=len(moves))
            stored = await _store(connection, await _standing(connection, moves))
    except LockNotAvailable:
        _log.warning("%d moves wait for the next statement: their rows are locked", len(moves))
        return Moved(skipped=len(moves))
    return Moved(stored=stored, skipped=len(moves) - stored)


async def _standing(
    connection: AsyncConnection[Any], moves: Sequence[tuple[BookEntry, Settled]]
) -> list[tuple[BookEntry, Settled]]:
    """Those of which nothing has changed; from here on nothing does."""
    # Of thousands of equal doubts all have one group: each is looked at once.
    groups = {id(settled.group): settled.group for _, settled in moves}
    entries = {entry.id: entry for group in groups.values() for entry in group}
    keys = [{"m": entry.merchant_id, "c": str(entry.id)} for entry in entries.values()]
    found = await connection.execute(
        # Locked in key order. A late answer that comes first makes another version; one that
        # comes later waits for us. A cashback that was accepted meanwhile is not on the statement.
        """
        select c.cashback_id, c.version
        from jsonb_to_recordset(%s::jsonb) as i (m bigint, c uuid)
        join cashbacks as c on c.merchant_id = i.m and c.cashback_id = i.c
        order by c.merchant_id, c.cashback_id
        for no key update of c
        """,
        [encode(keys)],
    )
    versions = dict(await found.fetchall())
    stands = {
        known_by: all(versions.get(other.id) == other.version for other in group)
        for known_by, group in groups.items()
    }
    return [(entry, settled) for entry, settled in moves if stands[id(settled.group)]]


async def _store(
    connection: AsyncConnection[Any], moves: Sequence[tuple[BookEntry, Settled]]
) -> int:
    if not moves:
        return 0
    rows = [
        {
            "m": entry.merchant_id,
            "c": str(entry.id),
            "was": entry.status,
            "to": settled.to,
            "why": settled.reason,
            "v": entry.version,
        }
        for entry, settled in moves
    ]
    found = await connection.execute(
        """
        with input as materialized (
            select * from jsonb_to_recordset(%s::jsonb)
                as i (m bigint, c uuid, was text, "to" text, why text, v integer)
        ), moved as (
            update cashbacks as c set
                status = i."to", version = i.v + 1,
                applied_at = case i."to" when 'applied' then now() end,
                due_at = case i."to" when 'pending' then now() end,
                open_since_at = case i."to" when 'pending' then now() else open_since_at end
            from input as i
            where c.merchant_id = i.m and c.cashback_id = i.c
                and c.version = i.v and c.status = i.was
            returning c.merchant_id, c.cashback_id, c.version, c.attempt, i.was, c.status, i.why
        )
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
        )
        select merchant_id, cashback_id, version, now(), 'settler', was, status, attempt, why
        from moved
        """,
        [encode(rows)],
    )
    return found.rowcount
