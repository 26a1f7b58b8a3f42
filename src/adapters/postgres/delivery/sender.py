"""Whether anybody may send, and whether this is still the database that knows what was sent."""

# ruff: noqa: D102 (the port, cashback_core.operators.acts.SenderSwitch, has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.postgres.connection.sessions import DatabaseRole, Session
from cashback_core.operators.operator_store import SenderState, SenderSwitch

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseIdentity:
    """Which cluster this is, on which timeline, and how far its log is safely written (bytes).

    `replayed_lsn` is how far it had followed another server's log when it became one that writes;
    None for a server that has started since, or never followed.
    """

    system_identifier: int
    timeline: int
    flushed_lsn: int
    replayed_lsn: int | None = None


class PostgresSender(SenderSwitch):
    """One row of the database; each act takes a connection of its own, since they are rare."""

    def __init__(self, database: Database, *, role: DatabaseRole = DatabaseRole.WORKER) -> None:
        """As DatabaseRole.SERVING it can look and pause, and not release."""
        self._database = database
        self._session = Session(application="cashback-sender", role=role)

    async def identity(self) -> DatabaseIdentity:
        """The database's identity now. Raises StoreUnavailable."""
        async with self._database.connection(self._session) as connection:
            found = await connection.execute(
                "select (select system_identifier from pg_control_system()),"
                " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int,"
                " (pg_current_wal_flush_lsn() - '0/0')::bigint,"
                " (pg_last_wal_replay_lsn() - '0/0')::bigint"
            )
            row = await found.fetchone()
        if row is None:
            raise LookupError("pg_control_system")
        system_identifier, timeline, flushed_lsn, replayed_lsn = row
        return DatabaseIdentity(
            system_identifier=system_identifier,
            timeline=timeline,
            flushed_lsn=flushed_lsn,
            replayed_lsn=replayed_lsn,
        )

    async def state(self) -> SenderState:
        async with self._database.connection(self._session) as connection:
            found = await connection.execute("select paused_at, reason, actor from sender")
            paused_at, reason, actor = await found.fetchone() or (None, None, None)
        return SenderState(paused_at=paused_at, reason=reason, actor=actor)

    async def pause(self, *, by: str, reason: str) -> bool:
        async with self._database.connection(self._session) as connection:
            done = await connection.execute(
                # The first pause and its reason stay: they tell what has to be looked into.
                "update sender set paused_at = clock_timestamp(), reason = %s, actor = %s"
                " where paused_at is null",
                [reason, by],
            )
        return done.rowcount == 1

    async def alarm(self, *, by: str, reason: str) -> None:
        """Pause the sender for a reason that nobody may overlook, also when it is paused already.

        A pause for another reason gets this one added: whoever releases it is told both.
        """
        async with self._database.connection(self._session) as connection:
            await connection.execute(
                "update sender set paused_at = coalesce(paused_at, clock_timestamp()),"
                " reason = concat_ws('; ', reason, %(reason)s::text),"
                " actor = coalesce(actor, %(by)s)"
                " where reason is null or position(%(reason)s in reason) = 0",
                {"reason": reason, "by": by},
            )

    async def release(self, *, by: str, reason: str) -> bool:
        async with self._database.connection(self._session) as connection:
            done = await connection.execute(
                # The pause is over, and still does not count towards giving up.
                """
                with paused as materialized (
                    select paused_at, reason, actor from sender
                    where paused_at is not null
                    for update
                ), released as (
                    update sender set paused_at = null, reason = null, actor = null
                    from paused
                ), kept as (
                    insert into sender_pauses (pause_id, began_at, through_at)
                    select gen_random_uuid(), paused_at, clock_timestamp() from paused
                )
                insert into sender_releases (
                    paused_at, pause_reason, pause_actor, released_at, reason, actor
                )
                select paused_at, reason, actor, clock_timestamp(), %s, %s from paused
                """,
                [reason, by],
            )
            if done.rowcount == 1:
                # What was due all the time made nothing due now: the workers have to be told.
                await connection.execute("select pg_notify('cashback_due', '')")
        return done.rowcount == 1
