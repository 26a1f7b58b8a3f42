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
    select jsonb_object_agg(
        l.virtualtransaction,
        format(
            'session %s of %s since %s', a.pid, coalesce(a.usename, 'nobody'),
            -- Whose it is may be seen by everybody, when it began by who may read all statistics.
            coalesce(
                to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                to_char(now() at time zone 'UTC', '"before "YYYY-MM-DD"T"HH24:MI:SS"Z"')
            )
        )
    )
    from pg_locks as l
    join pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'virtualxid' and l.granted and l.virtualxid = l.virtualtransaction
        and l.pid <> pg_backend_pid()
        and a.datid = (select d.oid from pg_database as d where d.datname = current_database())
        -- Nobody's is the vacuum that comes by itself: it may take hours, and writes no event.
        and a.usesysid is not null
        -- Neither for whoever may write nothing at all: a login of finance may stay for days.
        and (
            not exists (select from pg_roles as r where r.oid = a.usesysid)
            or exists (
                select from pg_roles as r
                join pg_class as c on c.relnamespace = (
                    select e.relnamespace from pg_class as e where e.oid = 'events'::regclass
                ) and c.relkind = 'r'
                where pg_has_role(a.usesysid, r.oid, 'member')
                    and has_any_column_privilege(r.oid, c.oid, 'insert')
            )
        )
"""
_PREPARED: Final[LiteralString] = """
    select array_agg(
        format(
            '%s of %s since %s', p.gid, p.owner,
            to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        )
    )
    from pg_prepared_xacts as p where p.database = current_database()
"""


@dataclass(slots=True)
class OldTransactions:
    """The transactions that ran at `noted_at`, by the database's clock; those still waited for.

    Kept between rounds: a note that is taken anew each time would wait for newer ones each time.
    """

    noted_at: datetime
    _running: dict[str, str]
    _prepared: set[str] | None = field(default=None)

    @property
    def left(self) -> tuple[str, ...]:
        """Who is waited for, by session, login and since when; nobody once all have ended."""
        prepared = (f"prepared transaction {name}" for name in sorted(self._prepared or ()))
        return (*sorted(self._running.values()), *prepared)

    @classmethod
    async def note(cls, connection: AsyncConnection[Any]) -> OldTransactions:
        """Note what runs now. Whoever begins later has a later instant, unless the clock jumps."""
        # The clock first: what began before it was read is looked for afterwards, and found.
        noted_at = await _one(connection, "select clock_timestamp()")
        return cls(noted_at, await _one(connection, _RUNNING) or {})

    async def have_ended(self, connection: AsyncConnection[Any]) -> bool:
        """Whether none of them is under way any more; looks again, waits for nothing."""
        if self._running:
            still: dict[str, str] = await _one(connection, _RUNNING) or {}
            self._running = {one: who for one, who in self._running.items() if one in still}
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
