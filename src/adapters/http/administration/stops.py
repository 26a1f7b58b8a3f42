"""Stops over HTTP: the emergency brake of a product type or a whole merchant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.administration.owners import MERCHANT_FILTER, merchant_named
from adapters.http.identity.roles import PLATFORM, READERS
from adapters.http.resources.answers import (
    answer_changed,
    answer_created,
    answer_read,
    read_document,
)
from adapters.http.resources.resource import Answered, Listing, Orders, SortKey, UuidKey
from adapters.http.resources.routes import READ, ListRoute
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, PlatformOnly, Reason, TextField
from adapters.http.wire.filters import Filters, TruthFilter
from adapters.http.wire.shapes import Instant, Shape, Uuid, instant_or_none
from cashback_core.administration import stops
from cashback_core.administration.brakes import StopFilter
from cashback_core.sales.programme import TYPE
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones

PATH: Final = "/api/stops"
KEY: Final = UuidKey("id", "The stop's id.")


class Stop(Shape, frozen=True, kw_only=True):
    """A stop of a product type, or of the whole merchant (`type` null); what it is of waits."""

    id: Uuid
    merchant: str
    type: str | None
    by_platform: Annotated[bool, Meta(description="The platform's: it alone lifts it.")]
    stopped_at: Instant
    stopped_by: str
    reason: str
    lifted_at: Instant | None
    lifted_by: str | None
    lift_reason: str | None


def stop_shape(stop: stops.Stop) -> Stop:
    """A stop as it goes out."""
    return Stop(
        id=str(stop.id),
        merchant=stop.merchant,
        type=stop.type,
        by_platform=stop.by_platform,
        stopped_at=format_instant(stop.stopped_at),
        stopped_by=stop.stopped_by,
        reason=stop.reason,
        lifted_at=instant_or_none(stop.lifted_at),
        lifted_by=stop.lifted_by,
        lift_reason=stop.lift_reason,
    )


NEW_STOP: Final = Body(
    "A stop to be put on at once.",
    dict[str, Any],
    type=TextField(
        form=TYPE,
        code="no_such_type",
        must=False,
        says={"description": "A product type of the merchant; left out, everything of it stops."},
    ),
    reason=Reason(),
    merchant=PlatformOnly(merchant_named("Whose; the platform's administrators alone name it.")),
)
LIFT: Final = Body("Why it is lifted.", dict[str, Any], reason=Reason())
STOPS: Final = Listing(
    path=PATH,
    id="listStops",
    tag="Stops",
    many="stops",
    answer=Answered(Stop, stop_shape),
    orders=Orders(
        default="-stopped_at",
        key=SortKey[stops.Stop](Kind.UUID, lambda stop: stop.id),
        columns={"stopped_at": SortKey(Kind.INSTANT, lambda stop: stop.stopped_at)},
    ),
    filters=Filters(
        StopFilter, standing=TruthFilter(about="Only these."), merchant=MERCHANT_FILTER
    ),
    may=READERS | PLATFORM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRoutes:
    """A merchant's administrators for their own, the platform's for every merchant."""

    admit: Admission
    store: stops.StopStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        listed = ListRoute(listing=STOPS, store=self.store, admit=self.admit, zones=self.zones)
        one = f"{PATH}/{{id:str}}"
        return [
            post(PATH, name="stop")(self.put_on),
            *listed.handlers(),
            route(one, http_method=READ, name="readStop")(self.read),
            post(f"{one}/lift", name="liftStop")(self.lift),
        ]

    async def put_on(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Stop at once."""
        fields, principal = await self.admit(request)
        by_platform = principal.home is None
        asked = NEW_STOP.read(await read_document(request, fields), by_platform=by_platform)
        new = stops.NewStop(by=principal.username, **asked)
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, stop_shape, location=lambda made: f"{PATH}/{made.id}")

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Read one."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, KEY.read(request))
        return answer_read(found, stop_shape, fields)

    async def lift(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Let what waits go on; it needs no version: a stop is lifted once."""
        fields, principal = await self.admit(request)
        id_, asked = KEY.read(request), LIFT.read(await read_document(request, fields))
        by = principal.username
        outcome = await self.store.lift(principal.caller, id_, by=by, reason=asked["reason"])
        return answer_changed(outcome, stop_shape)
