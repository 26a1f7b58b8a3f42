"""API clients over HTTP, and their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request, delete, post
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.administration.owners import MERCHANT_FILTER, merchant_named
from adapters.http.identity.roles import ADMINISTRATORS
from adapters.http.resources.answers import answer_created, answer_deleted, read_document
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    TextKey,
)
from adapters.http.resources.routes import ResourceRoutes
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import (
    Body,
    Choice,
    Field,
    Name,
    PlatformOnly,
    TextField,
    Truth,
    Whole,
    pattern,
)
from adapters.http.wire.filters import ChoiceFilter, Filters, TruthFilter
from adapters.http.wire.ids import path_version
from adapters.http.wire.shapes import Instant, Shape, Version, instant_or_none
from cashback_core.people import clients
from cashback_core.people.clients import (
    CLIENT_ID,
    CLIENT_ROLES,
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
)
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones

ClientId = Annotated[str, Meta(pattern=pattern(CLIENT_ID))]


class ClientSecret(Shape, frozen=True, kw_only=True):
    """What may be told of a secret; `expires_at` is null for the current one."""

    number: int
    created_at: Instant
    created_by: str
    expires_at: Instant | None


class RegisteredClient(Shape, frozen=True, kw_only=True):
    """An API client with those of its secrets that are still good, the latest first."""

    id: str
    merchant: str
    name: str
    role: str
    disabled: bool
    group: Annotated[ClientId, Meta(description="Whose own group it is in: its own by default.")]
    secrets: list[ClientSecret]
    version: Version
    created_at: Instant
    created_by: str
    updated_at: Instant
    disabled_at: Instant | None


class IssuedSecret(Shape, frozen=True, kw_only=True):
    """A client with its new secret, which is told this once: keep it where the ERP reads it."""

    client: RegisteredClient
    number: int
    secret: str


def client_shape(client: clients.Client) -> RegisteredClient:
    """A client as it goes out."""
    return RegisteredClient(
        id=client.id,
        merchant=client.merchant,
        name=client.state.name,
        role=client.state.role,
        disabled=client.state.disabled,
        group=client.state.group or client.id,
        secrets=[
            ClientSecret(
                number=secret.number,
                created_at=format_instant(secret.created_at),
                created_by=secret.created_by,
                expires_at=instant_or_none(secret.expires_at),
            )
            for secret in client.secrets
        ],
        version=client.version,
        created_at=format_instant(client.created_at),
        created_by=client.created_by,
        updated_at=format_instant(client.updated_at),
        disabled_at=instant_or_none(client.disabled_at),
    )


def issued_shape(issued: clients.Issued) -> IssuedSecret:
    """A client with its new secret as it goes out."""
    return IssuedSecret(
        client=client_shape(issued.client), number=issued.number, secret=issued.secret
    )


def _new(*, merchant: str | None, **state: Any) -> clients.NewClient:
    return clients.NewClient(state=clients.ClientState(**state), merchant=merchant)


_STATE: Final[dict[str, Field[Any]]] = {
    "name": Name(),
    "role": Choice(CLIENT_ROLES, default="erp"),
    "disabled": Truth(
        about="Gets no token, and those that it holds are worthless within five seconds."
    ),
    "group": TextField(
        form=CLIENT_ID,
        code="no_such_group",
        must=False,
        says={
            "pattern": pattern(CLIENT_ID),
            "description": "The id of the merchant's client, be it deleted, whose own group it is"
            " in from now on; null for its own. With the role `erp` it reads and repeats what came"
            " under that group, within five seconds, and what it sends comes under it. What is"
            " recorded keeps the group that it came under.",
        },
    ),
}
_SAYS: Final = Says(
    tag="API clients",
    one="an API client",
    many="API clients",
    created="The secret is told this once; only its hash is kept. With both the ERP asks"
    " `POST /api/token` for its tokens. The platform's administrators name the `merchant`.",
    added=", through which an ERP gets in",
    deleted="Its secrets and tokens end within five seconds; its name is free again.",
    change_problems=("already_exists",),
)

CLIENTS: Final = Resource(
    path="/api/clients",
    name="Client",
    key=TextKey("id", CLIENT_ID, "The client's id, `cli_…`."),
    answer=Answered(RegisteredClient, client_shape),
    made=Answered(IssuedSecret, issued_shape),
    new=Body(
        "A new API client.",
        _new,
        **_STATE,
        merchant=PlatformOnly(
            merchant_named("Whose it is; the platform's administrators alone name it.")
        ),
    ),
    state=Body("All that can be changed.", clients.ClientState, **_STATE),
    orders=Orders(
        default="name",
        key=SortKey[clients.Client](Kind.TEXT, lambda client: client.id),
        columns={
            "name": SortKey(Kind.TEXT, lambda client: client.state.name),
            "created_at": SortKey(Kind.INSTANT, lambda client: client.created_at),
        },
    ),
    filters=Filters(
        clients.ClientFilter,
        role=ChoiceFilter(about="Only these.", choices=CLIENT_ROLES),
        disabled=TruthFilter(about="Only these."),
        merchant=MERCHANT_FILTER,
    ),
    may=May(read=ADMINISTRATORS, write=ADMINISTRATORS),
    says=_SAYS,
    examples=Examples(
        new={"name": f"ERP {fresh.NAME}", "role": "erp"},
        state={"name": f"ERP da matriz {fresh.NAME}", "role": "erp", "disabled": False},
        patch={"disabled": True},
    ),
)


def _overlap(*, overlap_s: int) -> timedelta:
    return timedelta(seconds=overlap_s)


NEXT_SECRET: Final = Body(
    "When the secret that there is ends.",
    _overlap,
    overlap_s=Whole(
        lowest=0,
        highest=MAX_OVERLAP_S,
        default=DEFAULT_OVERLAP_S,
        about="How many seconds the present secret is good yet.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRoutes:
    """A merchant's administrators for its own clients, the platform's for all."""

    admit: Admission
    store: clients.ClientStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        routes = ResourceRoutes(
            resource=CLIENTS, store=self.store, admit=self.admit, zones=self.zones
        )
        secrets = f"{CLIENTS.path}/{{id:str}}/secrets"
        return [
            *routes.handlers(),
            post(secrets, name="rotateSecret")(self.rotate),
            delete(f"{secrets}/{{number:str}}", name="endSecret", status_code=200)(self.end_secret),
        ]

    async def rotate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """A further secret, told this once."""
        fields, principal = await self.admit(request)
        id_ = CLIENTS.key.read(request)
        overlap = NEXT_SECRET.read(await read_document(request, fields))
        outcome = await self.store.rotate(principal.caller, id_, overlap=overlap)
        return answer_created(outcome, issued_shape, location=CLIENTS.location)

    async def end_secret(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """End a secret now; it needs no version: whoever has lost one is in a hurry."""
        _, principal = await self.admit(request)
        id_, number = CLIENTS.key.read(request), path_version(request, "number")
        return answer_deleted(await self.store.end_secret(principal.caller, id_, number))
