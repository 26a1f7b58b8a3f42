"""Waiting until no transaction that began before an instant is under way any more.

An event's instant is the beginning of its transaction (`now()`), while its transaction's number
comes with its first write. So a transaction that began yesterday and has only read so far has no
number that anybody could wait for, and would write an event of yesterday. What every transaction
has is a virtual one, which everybody sees in `pg_locks`; CREATE INDEX CONCURRENTLY waits by it.

A prepared transaction has none any more: it is found where those are listed, after it has left the
others, so that none passes between the two looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, LiteralString

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection

_RUNNING: Final[LiteralString] = """
    select array_agg(distinct l.virtualtransaction)
    from pg_locks as l
    join pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'virtualxid' and l.granted and l.virtualxid = l.virtualtransaction
        and l.pid <> pg_backend_pid()
        and a.datid = (select d.oid from pg_database as d where d.datname = current_database())
        -- Nobody's is the vacuum that comes by itself: it may take hours, and writes no event.
        and a.usesysid is not null
"""
_PREPARED: Final[LiteralString] = """
    select array_agg(p.gid) from pg_prepared_xacts as p where p.database = current_database()
"""


@dataclass(slots=True)
class OldTransactions:
    """The transactions that ran at `noted_at`, by the database's clock; those still waited for.

    Kept between rounds: a note that is taken anew each time would wait for newer ones each time.
    """

    noted_at: datetime
    _running: set[str]
    _prepared: set[str] | None = field(default=None)

    @property
    def left(self) -> int:
        """How many are waited for; 0 once none of them is under way."""
        return len(self._running) + len(self._prepared or ())

    @classmethod
    async def note(cls, connection: AsyncConnection[Any]) -> OldTransactions:
        """Note what runs now. Whoever begins later has a later instant, unless the clock jumps."""
        # The clock first: what began before it was read is looked for afterwards, and found.
        noted_at = await _one(connection, "select clock_timestamp()")
        return cls(noted_at, set(await _one(connection, _RUNNING) or ()))

    async def have_ended(self, connection: AsyncConnection[Any]) -> bool:
        """Whether none of them is under way any more; looks again, waits for nothing."""
        if self._running:
            self._running &= set(await _one(connection, _RUNNING) or ())
        if self._running:
            return False
        if self._prepared is None or self._prepared:
            prepared = set[str](await _one(connection, _PREPARED) or ())
            self._prepared = prepared if self._prepared is None else self._prepared & prepared
        return not self._prepared


async def _one(connection: AsyncConnection[Any], asked: LiteralString) -> Any:
    found = await connection.execute(asked)
    row = await found.fetchone()
    assert row is not None
    return row[0]
