"""Sessions as others than their owners begin and end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.rows import class_row

from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.identity.failed_log_ins import digest
from cashback_core.people.callers import Owned
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

_SESSION: Final = Session(application="cashback accounts", role=DatabaseRole.IDENTITY)


class AccountError(ValueError):
    """A user that cannot be, or may not log in; the message says why, for the command line."""


async def end_sessions(
    connection: psycopg.AsyncConnection[Any], user_id: int, *, reason: str
) -> None:
    """End every session of a user whose row this transaction has changed before.

    `reason` is signed_out, password_changed, disabled or deleted.
    """
    await connection.execute(
        "update sessions set revoked_at = now(), reason = %s"
        " where revoked_at is null and user_id = %s",
        [reason, user_id],
    )


class PostgresAccounts:
    """For whoever holds the database; each call over a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_session(self, username: str, *, life_s: int) -> Owned:
        """Begin a session that cannot be renewed. Raises AccountError and StoreUnavailable."""
        try:
            async with (
                self._database.connection(_SESSION) as connection,
                connection.cursor(row_factory=class_row(Owned)) as cursor,
            ):
                await cursor.execute(
                    "with begun as ("
                    "  insert into sessions"
                    "   (session_id, user_id, merchant_id, refresh_hash, expires_at)"
                    "  select %(session_id)s, user_id, merchant_id, %(nobodys)s,"
                    "   clock_timestamp() + make_interval(secs => %(life_s)s)"
                    "  from users as u where username = %(username)s"
                    "   and disabled_at is null and deleted_at is null"
                    "   and not exists (select from merchants as m"
                    "    where m.merchant_id = u.merchant_id and m.disabled_at is not null)"
                    "  returning session_id, user_id"
                    " ) select 'user:' || username as subject, 'user:' || username as group, role,"
                    "  merchant_id, session_id"
                    " from begun join users using (user_id)",
                    {
                        "session_id": new_id(),
                        "username": username,
                        # The hash of nothing's id: no token has it.
                        "nobodys": digest(""),
                        "life_s": life_s,
                    },
                )
                session = await cursor.fetchone()
        except psycopg.DataError:
            session = None
        if session is None:
            raise AccountError(f"there is no user {username!r} who may log in")
        return session
