"""Clearing lines away: of files that are long past, that were refused, that nobody went on with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LEFT_AFTER: Final = timedelta(days=7)
"""A file that was begun and not gone on with for so long is taken for given up."""


async def clear(
    connection: AsyncConnection[Any], *, older_than: timedelta | None, limit: int
) -> int:
    """Drop up to `limit` lines or so; how many. Of one file at a time, marked before its first."""
    found = await connection.execute(
        # Whoever has the row clears it; another worker passes on. What is marked is gone on with.
        """
        select f.file_id, f.kind, f.cleared_at is not null from files as f
        where (f.cleared_at is null and (
                f.refused_at is not null
                or f.completed_at is null and f.moved_at < now() - %(left)s::interval
                or f.completed_at < now() - %(older)s::interval
            ))
            or (f.cleared_at is not null and (
                exists (select from erp_lines as l where l.file_id = f.file_id)
                or exists (select from statement_lines as l where l.file_id = f.file_id)
            ))
        order by f.begun_at limit 1 for update skip locked
        """,
        {"left": LEFT_AFTER, "older": older_than},
    )
    row = await found.fetchone()
    if row is None:
        return 0
    file_id, kind, is_marked = row
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
    return max(gone.rowcount, 1)
