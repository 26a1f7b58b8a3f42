"""`clients`: how a merchant's ERP gets in. A secret comes alone on the last line, for scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from adapters.postgres.administration.clients import PostgresClients
from cashback_core.people.clients import (
    CLIENT_ID,
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
    ClientFilter,
    ClientState,
    NewClient,
)
from cashback_gateway.commands.as_platform import administration, all_by, caller, done, there
from cashback_gateway.commands.parameters import Json, Limit, ResourceName, Slug
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import matching, whole_from
from cashback_gateway.commands.refusals import refused
from cashback_gateway.commands.tables import (
    TableColumn,
    listing_of,
    show_json,
    show_listing,
    show_record,
)

if TYPE_CHECKING:
    from cashback_core.people.clients import Client, Issued

ClientRole = Literal["erp", "analyst"]
ClientId = Annotated[str, Parameter(help="cli_…")]
_GROUP: Final = matching(
    CLIENT_ID,
    "cli_ and 22 characters: it is no client's id",
    "the client whose own group it is, be it deleted; by default itself",
)
_COLUMNS: Final = (
    TableColumn("id"),
    TableColumn("name"),
    TableColumn("merchant"),
    TableColumn("role"),
    TableColumn("group"),
    TableColumn("secrets", "GOOD SECRETS"),
    TableColumn("disabled_at", "DISABLED"),
)


async def add(
    name: ResourceName,
    /,
    *,
    merchant: Slug,
    role: ClientRole = "erp",
    group: Annotated[str | None, _GROUP] = None,
    here: Here,
) -> None:
    """Add a client and tell its secret."""
    state = ClientState(name=name, role=role, group=group)
    new = NewClient(state=state, merchant=merchant)
    async with administration(here) as opened:
        outcome = await PostgresClients(opened).create(caller(), new)
    _tell_secret(done(outcome, f"client {name!r} of merchant {merchant!r}"))


async def list_all(
    *,
    merchant: Annotated[Slug | None, Parameter(help="default: every merchant")] = None,
    role: ClientRole | None = None,
    disabled: Annotated[bool | None, Parameter(negative="--enabled", help="only those")] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List clients."""
    which = ClientFilter(merchant=merchant, role=role, disabled=disabled)
    async with administration(here) as opened:
        page = await PostgresClients(opened).page(caller(), all_by("name"), which)
    records = [*map(_client, page.items)]
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=page.more), as_json=json)


async def show(client_id: ClientId, /, *, json: Json = False, here: Here) -> None:
    """Show a client."""
    async with administration(here) as opened:
        found = await PostgresClients(opened).find(caller(), client_id)
    record = _client(there(found, f"client {client_id!r}"))
    (show_json if json else show_record)(record)


async def disable(client_id: ClientId, /, *, here: Here) -> None:
    """Give it no token any more, and end those that it holds."""
    await _put(here, client_id, disabled=True)
    print(f"client {client_id} is disabled: it gets no token, and what it holds is worthless")


async def enable(client_id: ClientId, /, *, here: Here) -> None:
    """Let it in again."""
    await _put(here, client_id, disabled=False)
    print(f"client {client_id} is enabled")


async def put_into_group(
    client_id: ClientId, group: Annotated[str, _GROUP], /, *, here: Here
) -> None:
    """Put a client into a group."""
    whose = (await _put(here, client_id, group=group)).state.group
    place = "its own group" if whose is None else f"the group of {whose}"
    print(f"client {client_id!r} is in {place}")


async def rotate(
    client_id: ClientId,
    /,
    *,
    overlap: Annotated[
        int, whole_from(0, MAX_OVERLAP_S, "how long the present secret is good yet, in seconds")
    ] = DEFAULT_OVERLAP_S,
    here: Here,
) -> None:
    """Give a client a further secret."""
    async with administration(here) as opened:
        outcome = await PostgresClients(opened).rotate(
            caller(), client_id, overlap=timedelta(seconds=overlap)
        )
    _tell_secret(done(outcome, f"client {client_id!r}"))


async def end_secret(
    client_id: ClientId,
    number: Annotated[int, whole_from(1, 999_999_999, "which of its secrets")],
    /,
    *,
    here: Here,
) -> None:
    """End one secret of a client now."""
    async with administration(here) as opened:
        refusal = await PostgresClients(opened).end_secret(caller(), client_id, number)
    what = f"secret {number} of client {client_id}"
    if refusal is not None:
        raise refused(refusal, f"{what} that is good")
    print(f"{what} is good no more")


async def _put(
    here: Workplace, client_id: str, *, disabled: bool | None = None, group: str | None = None
) -> Client:
    what = f"client {client_id!r}"
    async with administration(here) as opened:
        clients = PostgresClients(opened)
        present = there(await clients.find(caller(), client_id), what)
        state = present.state
        if disabled is not None:
            state = replace(state, disabled=disabled)
        if group is not None:
            state = replace(state, group=group)
        outcome = await clients.replace(caller(), present.id, state, frozenset({present.version}))
    return done(outcome, what)


def _tell_secret(issued: Issued) -> None:
    print(
        f"client {issued.client.id} ({issued.client.state.name}) of merchant"
        f" {issued.client.merchant}; its secret {issued.number} is told this once:"
    )
    print(issued.secret)


def _client(one: Client) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.state.name,
        "merchant": one.merchant,
        "role": one.state.role,
        "group": one.state.group,
        "secrets": [secret.number for secret in one.secrets],
        "version": one.version,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "updated_at": one.updated_at,
        "disabled_at": one.disabled_at,
    }
