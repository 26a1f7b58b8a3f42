"""Secrets of API clients, in transactions that hold the client's row: one after the other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.identity.failed_log_ins import digest
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from datetime import timedelta

    from psycopg import AsyncConnection

MAX_LIVE: Final = 2
"""The current one and, while an ERP changes over, the one before; a trigger says so too."""

_BYTES: Final = 32
_PREFIX: Final = "cbs_"
"""So that whoever finds one knows what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A secret, to be told this once: only its hash is kept."""

    number: int
    secret: str = field(repr=False)


async def add_secret(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, *, by: str
) -> NewSecret:
    """Give a client another current secret; the one before must have an end."""
    secret = _PREFIX + secrets.token_urlsafe(_BYTES)
    added = await connection.execute(
        """
        insert into client_secrets
            (merchant_id, client_id, number, secret_id, secret_hash, created_by)
        select %(merchant_id)s, %(client_id)s, coalesce(max(number), 0) + 1, %(secret_id)s,
            %(secret_hash)s, %(by)s
        from client_secrets where merchant_id = %(merchant_id)s and client_id = %(client_id)s
        returning number
        """,
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
    return NewSecret(number=row[0], secret=secret)


async def let_run_out(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, *, overlap: timedelta
) -> None:
    """End the current secret after so long."""
    await connection.execute(
        """
        update client_secrets set expires_at = clock_timestamp() + %(overlap)s
        where merchant_id = %(merchant_id)s and client_id = %(client_id)s and expires_at is null
        """,
        {"merchant_id": merchant_id, "client_id": client_id, "overlap": overlap},
    )


async def end_secrets(
    connection: AsyncConnection[Any], merchant_id: int, client_id: str, number: int | None = None
) -> bool:
    """End every secret now, or that one, with the tokens bought with it. False: none was good."""
    ended = await connection.execute(
        """
        update client_secrets set expires_at = clock_timestamp()
        where merchant_id = %(merchant_id)s and client_id = %(client_id)s
            and (%(number)s::integer is null or number = %(number)s)
            and (expires_at is null or expires_at > clock_timestamp())
        """,
        {"merchant_id": merchant_id, "client_id": client_id, "number": number},
    )
    return bool(ended.rowcount)
