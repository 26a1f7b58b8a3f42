"""Users in the database: who they are, whom they act for, and the hash of their password.

Hashes come in and go out as they are; computing and checking them is another adapter's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import class_row

from adapters.postgres.connection import Role, serving_dsn, translated

ROLES = ("erp", "analyst", "operator", "admin")


class AccountError(ValueError):
    """A user that cannot be added; the message says why, for the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user who may log in."""

    username: str
    merchant_id: int
    role: str
    password_hash: str = field(repr=False)


class PostgresAccounts:
    """Looks users up and adds them, each over a connection of its own: log-ins are rare.

    They are bounded by whoever calls, since every connection counts against the server's limit.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = serving_dsn(dsn, application="cashback accounts", role=Role.IDENTITY)

    async def find(self, username: str) -> Account | None:
        """The user of that name, unless unknown or disabled. Raises StoreUnavailable."""
        with translated():
            async with await self._connect() as connection:
                cursor = connection.cursor(row_factory=class_row(Account))
                await cursor.execute(
                    "select username, merchant_id, role, password_hash from users"
                    " where username = %s and disabled_at is null",
                    [username],
                )
                return await cursor.fetchone()

    async def add(self, username: str, *, merchant: str, role: str, password_hash: str) -> None:
        """Add a user of the merchant with that slug.

        Raises AccountError (the name is taken or malformed, or no such merchant or role) and
        StoreUnavailable.
        """
        try:
            with translated():
                async with await self._connect() as connection:
                    added = await connection.execute(
                        "insert into users (username, merchant_id, role, password_hash)"
                        " select %(username)s, merchant_id, %(role)s, %(password_hash)s"
                        " from merchants where slug = %(merchant)s",
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
                    changed = await connection.execute(
                        "update users set password_hash = %s where username = %s",
                        [password_hash, username],
                    )
        except psycopg.DataError as error:
            raise AccountError(f"there is no user {username!r}") from error
        if changed.rowcount == 0:
            raise AccountError(f"there is no user {username!r}")

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._dsn)
