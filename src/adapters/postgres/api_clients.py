"""API clients and their secrets, as administrators change them.

Functions of a connection, so that whoever calls them makes one transaction of a change and its
audit. They run as `cashback_serving` within the merchant that the transaction names; every query
names it too.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from psycopg.rows import class_row

from adapters.postgres.throttling import digest
from cashback_core.identity import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

DEFAULT_OVERLAP: Final = timedelta(days=1)
MAX_OVERLAP: Final = timedelta(days=7)
_SECRET_PREFIX: Final = "cbs_"  # noqa: S105 - so that whoever finds one knows what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A secret, to be shown this once: only its hash is kept."""

    client_id: str
    number: int
    secret: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """What may be told of a secret."""

    number: int
    secret_id: UUID
    created_at: datetime
    created_by: str
    expires_at: datetime | None


async def add_client(
    connection: AsyncConnection[Any], merchant_id: int, *, name: str, role: str, by: str
) -> NewSecret:
    """Make a client with its first secret. Raises psycopg.errors.UniqueViolation of the name."""
    client_id = f"cli_{secrets.token_urlsafe(16)}"
    await connection.execute(
        "insert into api_clients (merchant_id, client_id, name, role, created_by)"
        " values (%s, %s, %s, %s, %s)",
        [merchant_id, client_id, name, role, by],
    )
    return await _add_secret(connection, merchant_id, client_id, by=by)


async def rotate_secret(
    connection: AsyncConnection[Any],
    merchant_id: int,
    client_id: str,
    *,
    by: str,
    overlap: timedelta = DEFAULT_OVERLAP,
) -> NewSecret | None:
    """A further secret; the current one is good for `overlap` more, one before it no more.

    None when there is no such client. The overlap is from none to MAX_OVERLAP.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise ValueError(f"an overlap of {overlap}")
    if not await _lock(connection, merchant_id, client_id):
        return None
    await connection.execute(
        "update client_secrets set expires_at = clock_timestamp()"
        " where merchant_id = %s and client_id = %s and expires_at > clock_timestamp()",
        [merchant_id, client_id],
    )
    await connection.execute(
        "update client_secrets set expires_at = clock_timestamp() + %s"
        " where merchant_id = %s and client_id = %s and expires_at is null",
        [overlap, merchant_id, client_id],
    )
    return await _add_secret(connection, merchant_id, client_id, by=by)


async def expire_secret(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, number: int
) -> bool:
    """End a secret now, and every token bought with it. False: no live one of that number."""
    if not await _lock(connection, merchant_id, client_id):
        return False
    ended = await connection.execute(
        "update client_secrets set expires_at = clock_timestamp()"
        " where merchant_id = %s and client_id = %s and number = %s"
        " and (expires_at is null or expires_at > clock_timestamp())",
        [merchant_id, client_id, number],
    )
    return ended.rowcount == 1


async def disable_client(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, *, disabled: bool = True
) -> bool:
    """Let a client in no more, or again; its secrets stay. False: there is no such client."""
    changed = await connection.execute(
        "update api_clients set version = version + 1, updated_at = now(),"
        " disabled_at = case when %s then coalesce(disabled_at, now()) end"
        " where merchant_id = %s and client_id = %s and deleted_at is null",
        [disabled, merchant_id, client_id],
    )
    return changed.rowcount == 1


async def delete_client(connection: AsyncConnection[Any], merchant_id: int, client_id: str) -> bool:
    """End a client and its secrets; its id is never given away. False: no such client."""
    if not await _lock(connection, merchant_id, client_id):
        return False
    await connection.execute(
        "update client_secrets set expires_at = clock_timestamp()"
        " where merchant_id = %s and client_id = %s"
        " and (expires_at is null or expires_at > clock_timestamp())",
        [merchant_id, client_id],
    )
    await connection.execute(
        "update api_clients set version = version + 1, updated_at = now(), deleted_at = now()"
        " where merchant_id = %s and client_id = %s",
        [merchant_id, client_id],
    )
    return True


async def secrets_of(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str
) -> list[SecretState]:
    """What may be told of a client's secrets, the latest first."""
    async with connection.cursor(row_factory=class_row(SecretState)) as cursor:
        await cursor.execute(
            "select number, secret_id, created_at, created_by, expires_at from client_secrets"
            " where merchant_id = %s and client_id = %s order by number desc",
            [merchant_id, client_id],
        )
        return await cursor.fetchall()


async def _lock(connection: AsyncConnection[Any], merchant_id: int, client_id: str) -> bool:
    """Changes of one client's secrets come one after the other."""
    found = await connection.execute(
        "select from api_clients"
        " where merchant_id = %s and client_id = %s and deleted_at is null for update",
        [merchant_id, client_id],
    )
    return found.rowcount == 1


async def _add_secret(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, *, by: str
) -> NewSecret:
    secret = _SECRET_PREFIX + secrets.token_urlsafe(32)
    added = await connection.execute(
        "insert into client_secrets"
        " (merchant_id, client_id, number, secret_id, secret_hash, created_by)"
        " select %(merchant_id)s, %(client_id)s, coalesce(max(number), 0) + 1, %(secret_id)s,"
        "  %(secret_hash)s, %(by)s"
        " from client_secrets where merchant_id = %(merchant_id)s and client_id = %(client_id)s"
        " returning number, created_at",
        {
            "merchant_id": merchant_id,
            "client_id": client_id,
            "secret_id": new_id(),
            "secret_hash": digest(secret),
            "by": by,
        },
    )
    row = await added.fetchone()
    if row is None:
        raise LookupError("one row always")
    return NewSecret(client_id=client_id, number=row[0], secret=secret, created_at=row[1])
