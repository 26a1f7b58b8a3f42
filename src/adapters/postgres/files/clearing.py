"""Clearing lines away: of files that are long past, that were refused, that nobody went on with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LEFT_AFTER: Final = timedelta(days=7)
"""A file that was begun and not gone on with for so long is taken for given up."""

FORGOTTEN_AFTER: Final = timedelta(days=365)
"""A file that never was whole is forgotten so long after its last line went."""

# Whoever has the row clears it; another worker passes on. Each is found by an index of its own.
_TO_CLEAR: Final[tuple[LiteralString, ...]] = (
    """
    select file_id, kind, true from files where cleared_at is not null and emptied_at is null
    order by cleared_at limit 1 for update skip locked
    """,
    """
    select file_id, kind, false from files where refused_at is not null and cleared_at is null
    order by refused_at limit 1 for update skip locked
    """,
    """
    select file_id, kind, false from files
    where completed_at is null and refused_at is null and cleared_at is null
        and moved_at < now() - %(left)s::interval
    order by moved_at limit 1 for update skip locked
    """,
    """
    select file_id, kind, false from files
    where completed_at is not null and cleared_at is null
        and completed_at < now() - %(older)s::interval
    order by completed_at limit 1 for update skip locked
    """,
)


async def clear(
    connection: AsyncConnection[Any], *, older_than: timedelta | None, limit: int
) -> int:
    """Drop up to `limit` lines or so; how many. Of one file at a time, marked before its first."""
    values = {"left": LEFT_AFTER, "older": older_than}
    for query in _TO_CLEAR:
        found = await connection.execute(query, values)
        row = await found.fetchone()
        if row is not None:
            return await _clear_lines(connection, *row, limit=limit)
    return await _forget(connection, limit=limit)


async def _clear_lines(
    connection: AsyncConnection[Any], file_id: object, kind: str, is_marked: object, *, limit: int
) -> int:
    if not is_marked:
        await connection.execute(
            "update files set cleared_at = now() where file_id = %s", [file_id]
        )
    if kind == "statement":
        gone = await connection.execute(
            "delete from statement_lines where file_id = %(id)s and line in (select line from"
            " statement_lines where file_id = %(id)s order by line limit %(limit)s)",
            {"id": file_id, "limit": limit},
        )
    else:
        gone = await connection.execute(
            "delete from erp_lines where file_id = %(id)s and line in (select line from"
            " erp_lines where file_id = %(id)s order by line limit %(limit)s)",
            {"id": file_id, "limit": limit},
        )
    if gone.rowcount < limit:
        await connection.execute(
            "update files set emptied_at = now() where file_id = %s", [file_id]
        )
    return max(gone.rowcount, 1)


async def _forget(connection: AsyncConnection[Any], *, limit: int) -> int:
    gone = await connection.execute(
        """
        delete from files where file_id in (
            select file_id from files
            where completed_at is null and emptied_at is not null
                and emptied_at < now() - %(after)s::interval
            order by emptied_at limit %(limit)s for update skip locked
        )
        """,
        {"after": FORGOTTEN_AFTER, "limit": limit},
    )
    return gone.rowcount
