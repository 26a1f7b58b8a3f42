"""The head and the sums of a statement that came as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.reconciliation.unlike_rows import SILENT_S
from cashback_core.reconciliation import ReadStatement, StatementTotals
from cashback_core.reconciliation.file_heads import BESIDE, FileDates

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

_TALLY: Final[LiteralString] = """
    select count(*),
        coalesce(sum(case when kind = 'reversal' then -centavos else centavos end), 0),
        coalesce(sum(centavos), 0), count(*) filter (where centavos is null), min(credited_at),
        max(credited_at),
        count(*) filter (where credited_at < %(first)s or credited_at > %(last)s)
    from statement_lines where file_id = %(file_id)s
"""
_HEAD: Final[LiteralString] = """
    select since, through, told_lines, told_centavos, begun_at from files
    where file_id = %(file_id)s and kind = 'statement' and completed_at is not null
        and refused_at is null and cleared_at is null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStatement:
    """A statement's head and sums, and its earliest line."""

    statement: ReadStatement
    earliest_at: datetime | None


async def read_head(connection: AsyncConnection[Any], file_id: UUID) -> ToldStatement | None:
    """As of the transaction's snapshot; None: there is no whole statement of that id."""
    with watched(connection, SILENT_S):
        found = await connection.execute(_HEAD, {"file_id": file_id})
        head = await found.fetchone()
        if head is None:
            return None
        since, through, lines, centavos, begun_at = head
        beside = {"first": since - BESIDE, "last": through + BESIDE}
        found = await connection.execute(_TALLY, {"file_id": file_id, **beside})
        sums = await found.fetchone()
    assert sums is not None
    dates = FileDates(since=since, through=through, latest_at=sums[5], outside=sums[6])
    return ToldStatement(
        statement=ReadStatement(
            head=dates.head(
                asked_since=since,
                brought_at=begun_at,
                declared_count=lines,
                declared_centavos=centavos,
            ),
            tally=StatementTotals(
                lines=sums[0],
                net_centavos=int(sums[1]),
                gross_centavos=int(sums[2]),
                unread=sums[3],
            ),
        ),
        earliest_at=sums[4],
    )
