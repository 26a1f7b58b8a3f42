"""The routes of API clients and their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, delete, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration import shapes
from adapters.http.resources.answering import (
    answer_created,
    answer_deleted,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_value, path_version
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.administration.merchants import SLUG
from cashback_core.people.clients import (
    CLIENT_ID,
    CLIENT_ROLES,
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
    Client,
    ClientFilter,
    ClientState,
    Issued,
    NewClient,
)
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.people.clients import ClientStore

PATH: Final = "/api/clients"
ORDERING: Final = Ordering(
    resource="clients",
    columns={"name": Kind.TEXT, "created_at": Kind.INSTANT},
    key=Kind.TEXT,
    default="name",
)

_STATE: Final = {"name": True, "role": False, "disabled": False, "group": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRoutes:
    """A merchant's administrators for its own clients, the platform's for all."""

    admit: Admission
    store: ClientStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{id:str}}"
        secret = f"{one}/secrets/{{number:str}}"
        known: OneResource[str, Client, ClientState] = OneResource(
            admit=self.admit,
            key=_read_id,
            find=self.store.find,
            replace_by=self.store.replace,
            delete_by=self.store.delete,
            document=_document,
            check=check_state,
            shape=client_shape,
        )
        return [
            post(PATH, name="create_client")(self.create),
            route(PATH, http_method=read, name="list_clients")(self.page),
            *known.handlers(one, "client"),
            post(f"{one}/secrets", name="rotate_secret")(self.rotate),
            delete(secret, name="end_secret", status_code=200)(self.end_secret),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a client; its secret is told this once."""
        fields, principal = await self.admit(request)
        by_platform = principal.home is None
        shape = {"merchant": True, **_STATE} if by_platform else _STATE
        body = ObjectReader(await read_document(request, fields), shape)
        merchant = body.text("merchant", SLUG, "no_such_merchant") if by_platform else None
        state = _read_state(body)
        body.refuse_faults()
        outcome = await self.store.create(
            principal.caller, NewClient(state=state, merchant=merchant)
        )
        return answer_created(
            outcome, _issued_shape, location=lambda made: f"{PATH}/{made.client.id}"
        )

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List clients."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "role", "disabled", "merchant")
        which = ClientFilter(
            merchant=query.text("merchant"),
            role=query.choice("role", CLIENT_ROLES),
            disabled=query.truth("disabled"),
        )
        wanted = query.slice()
        page = await self.store.page(principal.caller, wanted, which)
        cursor = None
        if page.more:
            last = page.items[-1]
            value = {"name": last.state.name, "created_at": last.created_at}
            cursor = query.cursor_after(value[wanted.sort], last.id)
        items = [client_shape(client) for client in page.items]
        return Answer(200, encode(shapes.RegisteredClientPage(items=items, next_cursor=cursor)))

    async def rotate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """A further secret, told this once."""
        fields, principal = await self.admit(request)
        client_id = _read_id(request)
        body = ObjectReader(await read_document(request, fields), {"overlap_s": False})
        overlap_s = body.whole(
            "overlap_s", lowest=0, highest=MAX_OVERLAP_S, default=DEFAULT_OVERLAP_S
        )
        body.refuse_faults()
        outcome = await self.store.rotate(
            principal.caller, client_id, overlap=timedelta(seconds=overlap_s)
        )
        return answer_created(
            outcome, _issued_shape, location=lambda made: f"{PATH}/{made.client.id}"
        )

    async def end_secret(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """End a secret now; it needs no version: whoever has lost one is in a hurry."""
        _, principal = await self.admit(request)
        client_id = _read_id(request)
        number = path_version(request, "number")
        refusal = await self.store.end_secret(principal.caller, client_id, number)
        return answer_deleted(refusal)


def check_state(document: object) -> ClientState:
    """A client's state out of a whole document; raises InvalidRequestError."""
    body = ObjectReader(document, _STATE)
    state = _read_state(body)
    body.refuse_faults()
    return state


def client_shape(client: Client) -> shapes.RegisteredClient:
    """A client as it goes out."""
    disabled_at = client.disabled_at
    return shapes.RegisteredClient(
        id=client.id,
        merchant=client.merchant,
        name=client.state.name,
        role=client.state.role,
        disabled=client.state.disabled,
        group=client.state.group or client.id,
        secrets=[
            shapes.ClientSecret(
                number=secret.number,
                created_at=format_instant(secret.created_at),
                created_by=secret.created_by,
                expires_at=None if secret.expires_at is None else format_instant(secret.expires_at),
            )
            for secret in client.secrets
        ],
        version=client.version,
        created_at=format_instant(client.created_at),
        created_by=client.created_by,
        updated_at=format_instant(client.updated_at),
        disabled_at=None if disabled_at is None else format_instant(disabled_at),
    )


def _issued_shape(issued: Issued) -> shapes.IssuedSecret:
    return shapes.IssuedSecret(
        client=client_shape(issued.client), number=issued.number, secret=issued.secret
    )


def _read_state(body: ObjectReader) -> ClientState:
    return ClientState(
        name=body.name("name"),
        role=body.choice("role", CLIENT_ROLES, default="erp"),
        disabled=body.truth("disabled"),
        group=body.text("group", CLIENT_ID, "no_such_group") or None,
    )


def _document(client: Client) -> dict[str, object]:
    state = client.state
    return {
        "name": state.name,
        "role": state.role,
        "disabled": state.disabled,
        "group": state.group,
    }


def _read_id(request: Request[Any, Any, Any]) -> str:
    return path_value(request, "id", CLIENT_ID)
