"""Users as the command line and administrators change them.

Hashes come in as they are; computing them is another adapter's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.rows import class_row

from adapters.postgres.connection import Role, serving_dsn, translated
from adapters.postgres.throttling import digest
from cashback_core.identity import new_id

if TYPE_CHECKING:
    from uuid import UUID

PLATFORM: Final = "platform"
ROLES: Final = ("erp", "analyst", "operator", "admin", PLATFORM)


class AccountError(ValueError):
    """A user that cannot be added; the message says why, for the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that was begun without a password, by whoever holds the database."""

    subject: str
    merchant_id: int | None
    session_id: UUID


async def change_password(
    connection: psycopg.AsyncConnection[Any],
    username: str,
    *,
    password_hash: str,
    merchant_id: int | None = None,
) -> bool:
    """Give a user another password and end every session of theirs.

    Of this merchant only, unless None. False: there is no such user.
    """
    changed = await connection.execute(
        "update users set password_hash = %(password_hash)s, version = version + 1,"
        " updated_at = now(), signed_out_at = clock_timestamp()"
        " where username = %(username)s and deleted_at is null"
        " and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)",
        {"username": username, "password_hash": password_hash, "merchant_id": merchant_id},
    )
    if changed.rowcount == 1:
        await end_sessions(connection, username, reason="password_changed")
    return changed.rowcount == 1


async def end_sessions(
    connection: psycopg.AsyncConnection[Any], username: str, *, reason: str
) -> None:
    """End every session of a user whose row this transaction has changed before.

    `reason` is signed_out, password_changed, disabled or deleted.
    """
    await connection.execute(
        "update sessions set revoked_at = now(), reason = %s where revoked_at is null"
        " and user_id = (select user_id from users where username = %s)",
        [reason, username],
    )


class PostgresAccounts:
    """For the command line: each call over a connection of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = serving_dsn(dsn, application="cashback accounts", role=Role.IDENTITY)

    async def add(
        self, username: str, *, merchant: str | None, role: str, password_hash: str
    ) -> None:
        """Add a user of the merchant with that slug, or of the platform with None.

        Raises AccountError (the name is taken or malformed, or no such merchant or role) and
        StoreUnavailable.
        """
        if (role == PLATFORM) is not (merchant is None):
            raise AccountError(f"the role {PLATFORM} has no merchant, and every other has one")
        try:
            with translated():
                async with await self._connect() as connection:
                    added = await connection.execute(
                        "insert into users (username, merchant_id, role, password_hash)"
                        " select %(username)s, merchant_id, %(role)s, %(password_hash)s"
                        " from (select null::bigint as merchant_id, null as slug"
                        "  union all select merchant_id, slug from merchants) as m"
                        " where slug is not distinct from %(merchant)s",
                        {
                            "username": username,
                            "merchant": merchant,
                            "role": role,
                            "password_hash": password_hash,
                        },
                    )
        except psycopg.errors.UniqueViolation as error:
            raise AccountError(f"there is a user {username!r} already") from error
        except (psycopg.errors.CheckViolation, psycopg.DataError) as error:
            raise AccountError(
                f"not a user: {username!r} as {role!r}; names are 1 to 64 of a-z 0-9 . _ @ -,"
                f" roles {', '.join(ROLES)}"
            ) from error
        if added.rowcount == 0:
            raise AccountError(f"there is no merchant {merchant!r}")

    async def set_password(self, username: str, *, password_hash: str) -> None:
        """Give a user another password. Raises AccountError and StoreUnavailable."""
        try:
            with translated():
                async with await self._connect() as connection:
                    changed = await change_password(
                        connection, username, password_hash=password_hash
                    )
        except psycopg.DataError as error:
            raise AccountError(f"there is no user {username!r}") from error
        if not changed:
            raise AccountError(f"there is no user {username!r}")

    async def begin_session(self, username: str, *, life_s: int) -> Session:
        """Begin a session that cannot be renewed. Raises AccountError and StoreUnavailable."""
        try:
            with translated():
                async with (
                    await self._connect() as connection,
                    connection.cursor(row_factory=class_row(Session)) as cursor,
                ):
                    await cursor.execute(
                        "with begun as ("
                        "  insert into sessions"
                        "   (session_id, user_id, merchant_id, refresh_hash, expires_at)"
                        "  select %(session_id)s, user_id, merchant_id, %(nobodys)s,"
                        "   clock_timestamp() + make_interval(secs => %(life_s)s)"
                        "  from users where username = %(username)s"
                        "   and disabled_at is null and deleted_at is null"
                        "  returning session_id, user_id"
                        " ) select 'user:' || username as subject, merchant_id, session_id"
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

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._dsn)
