"""API clients in PostgreSQL; the promises stand in `cashback_core.people.clients`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.client_secrets import (
    MAX_LIVE,
    add_secret,
    end_secrets,
    let_run_out,
)
from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import FOREIGN_KEY, UNIQUE, RolledBack, Shelf
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Taken
from cashback_core.people.clients import (
    Client,
    ClientFilter,
    ClientState,
    ClientStore,
    Issued,
    NewClient,
    Secret,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from adapters.postgres.administration.client_secrets import NewSecret
    from adapters.postgres.administration.shelf import ShelfAct
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions

_REFUSALS: Final[Mapping[str, Refusal]] = {
    UNIQUE: Taken(name="name"),
    FOREIGN_KEY: Invalid(name="group", fault="no_such_group"),
}


@dataclass(frozen=True, slots=True)
class PostgresClients(ClientStore):
    """API clients, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, which: ClientFilter) -> Page[Client]:
        filters = {"merchant": which.merchant, "role": which.role, "disabled": which.disabled}
        return await _SHELF.page(self.administration, caller, wanted, filters)

    async def find(self, caller: Caller, client_id: str) -> Client | None:
        return await _SHELF.find(self.administration, caller, client_id)

    async def create(self, caller: Caller, new: NewClient) -> Done[Issued] | Refusal:
        client_id, secret = f"cli_{token_urlsafe(16)}", None
        async with _SHELF.making(self.administration, caller, client_id, _REFUSALS) as making:
            merchant_id = await merchant_meant(making.connection, caller, new.merchant)
            if merchant_id is None:
                raise RolledBack(Invalid(name="merchant", fault="no_such_merchant"))
            await making.execute(
                """
                insert into api_clients
                    (merchant_id, client_id, name, role, disabled_at, group_id, created_by)
                values (%(of)s, %(key)s, %(name)s, %(role)s,
                    case when %(disabled)s then now() end, %(group)s, %(by)s)
                """,
                of=merchant_id,
                name=new.state.name,
                role=new.state.role,
                disabled=new.state.disabled,
                group=new.state.group,  # its own it cannot know yet
                by=caller.actor,
            )
            secret = await add_secret(making.connection, merchant_id, client_id, by=caller.actor)
        return _issued(making, secret)

    async def replace(
        self, caller: Caller, client_id: str, state: ClientState, versions: Versions
    ) -> Done[Client] | Refusal:
        changing = _SHELF.changing(self.administration, caller, client_id, versions, _REFUSALS)
        async with changing as change:
            await change.update(
                """
                name = %(name)s, role = %(role)s,
                disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end,
                group_id = nullif(%(group)s, client_id)
                """,
                name=state.name,
                role=state.role,
                disabled=state.disabled,
                group=state.group,
            )
        return change.outcome

    async def delete(self, caller: Caller, client_id: str, versions: Versions) -> Refusal | None:
        async with _SHELF.ending(self.administration, caller, client_id, versions) as ending:
            await end_secrets(ending.connection, ending.row["merchant_id"], client_id)
            await ending.update("deleted_at = now()")
        return ending.refusal

    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        secret = None
        async with _SHELF.changing(self.administration, caller, client_id, None) as change:
            merchant_id, connection = change.row["merchant_id"], change.connection
            live = await change.execute(
                """
                select 1 from client_secrets where merchant_id = %(of)s and client_id = %(key)s
                    and (expires_at is null or expires_at > clock_timestamp())
                """,
                of=merchant_id,
            )
            if len(live) >= MAX_LIVE:
                raise RolledBack(InUse(reason="two_secrets"))
            await let_run_out(connection, merchant_id, client_id, overlap=overlap)
            await change.update()
            secret = await add_secret(connection, merchant_id, client_id, by=caller.actor)
        return _issued(change, secret)

    async def end_secret(self, caller: Caller, client_id: str, number: int) -> Refusal | None:
        async with _SHELF.changing(self.administration, caller, client_id, None) as change:
            of = change.row["merchant_id"]
            if not await end_secrets(change.connection, of, client_id, number):
                raise RolledBack(Missing())
            await change.update()  # what is told of a client has its secrets in it
        return change.refusal


def _issued(act: ShelfAct[Client], secret: NewSecret | None) -> Done[Issued] | Refusal:
    outcome = act.outcome
    if not isinstance(outcome, Done):
        return outcome
    if secret is None:
        raise LookupError("a client that was issued no secret")
    return Done(Issued(client=outcome.resource, number=secret.number, secret=secret.secret))


def _client(row: tuple[Any, ...]) -> Client:
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


_SHELF: Final = Shelf(
    select="""
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
        """,
    this=" and c.client_id = %(key)s",
    filters="""
            and (%(merchant)s::text is null or m.slug = %(merchant)s)
            and (%(role)s::text is null or c.role = %(role)s)
            and (%(disabled)s::boolean is null or (c.disabled_at is not null) = %(disabled)s)
        """,
    read=_client,
    orders={
        "name": Column(sql="c.name", type="text"),
        "created_at": Column(sql="c.created_at", type="timestamptz"),
    },
    key=Column(sql="c.client_id", type="text"),
    table="api_clients",
    row="""
        client_id = %(key)s and deleted_at is null
        and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
        """,
    locks="version, merchant_id",
)
