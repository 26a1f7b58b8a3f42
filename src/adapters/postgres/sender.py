"""Whether anybody may send, and whether this is still the database that knows what was sent."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from adapters.postgres.connection import serving_dsn, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseIdentity:
    """Which cluster this is, on which timeline, and how far its log is safely written (bytes)."""

    system_identifier: int
    timeline: int
    flushed_lsn: int


class PostgresSender:
    """The pause of the sender, over a connection of its own: it is asked rarely."""

    def __init__(self, dsn: str) -> None:
        self._dsn = serving_dsn(dsn, application="cashback-sender")

    async def identity(self) -> DatabaseIdentity:
        """The database's identity now. Raises StoreUnavailable."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn) as connection:
                found = await connection.execute(
                    "select (select system_identifier from pg_control_system()),"
                    " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int,"
                    " (pg_current_wal_flush_lsn() - '0/0')::bigint"
                )
                row = await found.fetchone()
        if row is None:
            raise LookupError("pg_control_system")
        system_identifier, timeline, flushed_lsn = row
        return DatabaseIdentity(
            system_identifier=system_identifier, timeline=timeline, flushed_lsn=flushed_lsn
        )

    async def pause(self, *, reason: str, actor: str) -> bool:
        """Let nobody send until somebody releases it; whether it was not paused before."""
        with translated():
            async with await psycopg.AsyncConnection.connect(self._dsn) as connection:
                done = await connection.execute(
                    "update sender set paused_at = now(), reason = %s, actor = %s"
                    " where paused_at is null",
                    [reason, actor],
                )
                return done.rowcount == 1
