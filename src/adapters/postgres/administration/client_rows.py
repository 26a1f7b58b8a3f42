"""API clients as rows, with what may be told of their secrets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.paging import Column, Pages
from cashback_core.people.clients import Client, ClientState, Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from cashback_core.administration.resources import Caller

_SELECT: Final = """
    select c.client_id, m.slug, c.name, c.role, c.version, c.created_at, c.created_by,
        c.updated_at, c.disabled_at, c.group_id,
        (
            select coalesce(jsonb_agg(jsonb_build_array(
                s.number, s.created_at, s.created_by, s.expires_at
            ) order by s.number desc), '[]')
            from client_secrets as s
            where s.merchant_id = c.merchant_id and s.client_id = c.client_id
                and (s.expires_at is null or s.expires_at > clock_timestamp())
        )
    from api_clients as c join merchants as m using (merchant_id)
    where (%(merchant_id)s::bigint is null or c.merchant_id = %(merchant_id)s)
        and c.deleted_at is null
    """

PAGES: Final = Pages(
    select=_SELECT
    + """
        and (%(merchant)s::text is null or m.slug = %(merchant)s)
        and (%(role)s::text is null or c.role = %(role)s)
        and (%(disabled)s::boolean is null or (c.disabled_at is not null) = %(disabled)s)
    """,
    columns={
        "name": Column(sql="c.name", type="text"),
        "created_at": Column(sql="c.created_at", type="timestamptz"),
    },
    key=Column(sql="c.client_id", type="text"),
)


async def find(connection: AsyncConnection[Any], caller: Caller, client_id: str) -> Client | None:
    """The client of that id, unless there is none for the caller."""
    found = await connection.execute(
        _SELECT + " and c.client_id = %(client_id)s",
        {"merchant_id": caller.merchant_id, "client_id": client_id},
    )
    row = await found.fetchone()
    return None if row is None else client_of(row)


def client_of(row: Sequence[Any]) -> Client:
    """A client out of a row of either."""
    (
        client_id, merchant, name, role, version, created_at, created_by, updated_at, off, group,
        kept,
    ) = row  # fmt: skip
    return Client(
        id=client_id,
        merchant=merchant,
        state=ClientState(name=name, role=role, disabled=off is not None, group=group),
        secrets=tuple(_secret(*secret) for secret in kept),
        version=version,
        created_at=created_at,
        created_by=created_by,
        updated_at=updated_at,
        disabled_at=off,
    )


def _secret(number: int, created_at: str, created_by: str, expires_at: str | None) -> Secret:
    return Secret(
        number=number,
        created_at=datetime.fromisoformat(created_at),
        created_by=created_by,
        expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
    )
