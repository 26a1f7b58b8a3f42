"""API clients in PostgreSQL; the promises stand in `cashback_core.people.clients`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.client_rows import PAGES, client_of, find
from adapters.postgres.administration.client_secrets import (
    MAX_LIVE,
    add_secret,
    end_secrets,
    let_run_out,
)
from adapters.postgres.administration.merchants import merchant_id_of
from adapters.postgres.administration.paging import values_of
from adapters.postgres.administration.transactions import as_integers
from cashback_core.administration.resources import (
    Caller,
    Conflict,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Refusal,
    Taken,
)
from cashback_core.people.clients import Client, ClientFilter, ClientState, ClientStore, Issued

if TYPE_CHECKING:
    from datetime import timedelta

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Slice, Versions


_NO_SUCH_GROUP: Final = Invalid(name="group", fault="no_such_group")


@dataclass(frozen=True, slots=True)
class PostgresClients(ClientStore):
    """API clients, each method one transaction of `administration`."""

    administration: Administration

    async def create(
        self, caller: Caller, state: ClientState, *, merchant: str | None
    ) -> Done[Issued] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                merchant_id = caller.merchant_id
                if merchant is not None:
                    merchant_id = await merchant_id_of(connection, merchant)
                if merchant_id is None or merchant_id != (caller.merchant_id or merchant_id):
                    return Invalid(name="merchant", fault="no_such_merchant")
                client_id = f"cli_{token_urlsafe(16)}"
                await connection.execute(
                    """
                    insert into api_clients
                        (merchant_id, client_id, name, role, disabled_at, group_id, created_by)
                    values (%(merchant_id)s, %(client_id)s, %(name)s, %(role)s,
                        case when %(disabled)s then now() end, %(group)s, %(by)s)
                    """,
                    {
                        "merchant_id": merchant_id,
                        "client_id": client_id,
                        "name": state.name,
                        "role": state.role,
                        "disabled": state.disabled,
                        "group": state.group,  # its own it cannot know yet
                        "by": caller.actor,
                    },
                )
                return await _issue(connection, caller, merchant_id, client_id)
        except psycopg.errors.UniqueViolation:
            return Taken(name="name")
        except psycopg.errors.ForeignKeyViolation:
            return _NO_SUCH_GROUP

    async def page(self, caller: Caller, wanted: Slice, which: ClientFilter) -> Page[Client]:
        values = {
            "merchant_id": caller.merchant_id,
            "merchant": which.merchant,
            "role": which.role,
            "disabled": which.disabled,
        }
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(PAGES.query(wanted), values | values_of(wanted))
            rows = await found.fetchall()
        return Page(
            items=tuple(client_of(row) for row in rows[: wanted.limit]),
            more=len(rows) > wanted.limit,
        )

    async def find(self, caller: Caller, client_id: str) -> Client | None:
        async with self.administration.transaction(caller) as connection:
            return await find(connection, caller, client_id)

    async def replace(
        self, caller: Caller, client_id: str, state: ClientState, versions: Versions
    ) -> Done[Client] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                changed = await connection.execute(
                    """
                    update api_clients set name = %(name)s, role = %(role)s,
                        disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end,
                        group_id = nullif(%(group)s, client_id),
                        version = version + 1, updated_at = now()
                    where client_id = %(client_id)s and deleted_at is null
                        and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
                        and (%(versions)s::integer[] is null or version = any (%(versions)s))
                    """,
                    {
                        "client_id": client_id,
                        "merchant_id": caller.merchant_id,
                        "versions": as_integers(versions),
                        "name": state.name,
                        "role": state.role,
                        "disabled": state.disabled,
                        "group": state.group,
                    },
                )
                present = await find(connection, caller, client_id)
                if present is None:
                    return Missing()
                return Done(present) if changed.rowcount else Conflict()
        except psycopg.errors.UniqueViolation:
            return Taken(name="name")
        except psycopg.errors.ForeignKeyViolation:
            return _NO_SUCH_GROUP

    async def delete(self, caller: Caller, client_id: str, versions: Versions) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            held = await _hold(connection, caller, client_id)
            if held is None:
                return Missing()
            merchant_id, version = held
            if versions is not None and version not in versions:
                return Conflict()
            await end_secrets(connection, merchant_id, client_id)
            await connection.execute(
                "update api_clients set version = version + 1, updated_at = now(),"
                " deleted_at = now() where merchant_id = %s and client_id = %s",
                [merchant_id, client_id],
            )
            return None

    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        async with self.administration.transaction(caller) as connection:
            held = await _hold(connection, caller, client_id)
            present = await find(connection, caller, client_id)
            if held is None or present is None:
                return Missing()
            if len(present.secrets) >= MAX_LIVE:
                return InUse(reason="two_secrets")
            merchant_id, _ = held
            await let_run_out(connection, merchant_id, client_id, overlap=overlap)
            await _raise_version(connection, merchant_id, client_id)
            return await _issue(connection, caller, merchant_id, client_id)

    async def end_secret(self, caller: Caller, client_id: str, number: int) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            held = await _hold(connection, caller, client_id)
            if held is None:
                return Missing()
            merchant_id, _ = held
            if not await end_secrets(connection, merchant_id, client_id, number):
                return Missing()
            await _raise_version(connection, merchant_id, client_id)
            return None


async def _hold(
    connection: psycopg.AsyncConnection[Any], caller: Caller, client_id: str
) -> tuple[int, int] | None:
    """A client's merchant and version; nobody else changes it until the transaction ends."""
    found = await connection.execute(
        """
        select merchant_id, version from api_clients
        where client_id = %(client_id)s and deleted_at is null
            and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
        for update
        """,
        {"client_id": client_id, "merchant_id": caller.merchant_id},
    )
    row = await found.fetchone()
    return None if row is None else (row[0], row[1])


async def _raise_version(
    connection: psycopg.AsyncConnection[Any], merchant_id: int, client_id: str
) -> None:
    """What is told of a client has its secrets in it."""
    await connection.execute(
        "update api_clients set version = version + 1, updated_at = now()"
        " where merchant_id = %s and client_id = %s",
        [merchant_id, client_id],
    )


async def _issue(
    connection: psycopg.AsyncConnection[Any], caller: Caller, merchant_id: int, client_id: str
) -> Done[Issued] | Refusal:
    made = await add_secret(connection, merchant_id, client_id, by=caller.actor)
    client = await find(connection, caller, client_id)
    if client is None:
        return Missing()
    return Done(Issued(client=client, number=made.number, secret=made.secret))
