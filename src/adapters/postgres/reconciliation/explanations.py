"""What persons said of lines and of absent cashbacks."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from adapters.postgres.reconciliation.keys import OfLines, StoredKeys
from cashback_core.reconciliation import Explanations

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.privacy.seals import Seal


async def read_explanations(
    connection: AsyncConnection[Any], seal: Seal | None
) -> tuple[int, Explanations]:
    """All of them, and the number of the latest."""
    found = await connection.execute(
        "select explanation_id, line_key, cashback_id, at from statement_explanations order by 1"
    )
    lines: defaultdict[str, list[UUID | None]] = defaultdict(list)
    said_at: defaultdict[str, list[datetime]] = defaultdict(list)
    absent: set[UUID] = set()
    latest = 0
    async for latest, key, cashback_id, at in found:  # noqa: B007 (the last one counts)
        if key is None:
            absent.add(cashback_id)
        else:
            lines[key].append(cashback_id)
            said_at[key].append(at)
    return latest, Explanations(
        lines=OfLines({key: tuple(whose) for key, whose in lines.items()}, seal),
        said_at=OfLines({key: tuple(times) for key, times in said_at.items()}, seal),
        absent=frozenset(absent),
    )


async def said_since(
    connection: AsyncConnection[Any], known: int, seal: Seal | None = None
) -> Collection[str | UUID]:
    """Of which lines, by their keys, and absent cashbacks persons spoke after `known`."""
    found = await connection.execute(
        "select line_key, cashback_id from statement_explanations where explanation_id > %s",
        [known],
    )
    rows = await found.fetchall()
    return StoredKeys((cashback_id if key is None else key for key, cashback_id in rows), seal)
