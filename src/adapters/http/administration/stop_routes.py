"""The routes of stops: the emergency brake of a product type or a whole merchant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration import shapes
from adapters.http.resources.answering import (
    answer_changed,
    answer_created,
    answer_read,
    read_document,
)
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.administration.brakes import StopFilter
from cashback_core.administration.merchants import SLUG
from cashback_core.administration.stops import NewStop
from cashback_core.sales.programme import TYPE
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.administration.stops import Stop, StopStore

PATH: Final = "/api/stops"
ORDERING: Final = Ordering(
    resource="stops", columns={"stopped_at": Kind.INSTANT}, key=Kind.UUID, default="-stopped_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRoutes:
    """A merchant's administrators for their own, the platform's for every merchant."""

    admit: Admission
    store: StopStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{id:str}}"
        return [
            post(PATH, name="stop")(self.put_on),
            route(PATH, http_method=read, name="list_stops")(self.page),
            route(one, http_method=read, name="read_stop")(self.one),
            post(f"{one}/lift", name="lift_stop")(self.lift),
        ]

    async def put_on(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Stop at once."""
        fields, principal = await self.admit(request)
        by_platform = principal.home is None
        shape = {"type": False, "reason": True, **({"merchant": True} if by_platform else {})}
        body = ObjectReader(await read_document(request, fields), shape)
        merchant = body.text("merchant", SLUG, "no_such_merchant") if by_platform else None
        type_ = body.text("type", TYPE, "no_such_type") if body.has("type") else None
        reason = body.reason("reason")
        body.refuse_faults()
        new = NewStop(by=principal.username, reason=reason, merchant=merchant, type=type_)
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, stop_shape, location=lambda made: f"{PATH}/{made.id}")

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List stops."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "standing", "merchant")
        standing = query.truth("standing")
        which = StopFilter(merchant=query.text("merchant"), standing=standing)
        wanted = query.slice()
        page = await self.store.page(principal.caller, wanted, which)
        cursor = None
        if page.more:
            last = page.items[-1]
            cursor = query.cursor_after(last.stopped_at, str(last.id))
        items = [stop_shape(stop) for stop in page.items]
        return Answer(200, encode(shapes.StopPage(items=items, next_cursor=cursor)))

    async def one(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Read one."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, path_uuid(request))
        if found is None:
            raise NotFoundException
        return answer_read(found, stop_shape, fields)

    async def lift(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Let what waits go on; it needs no version: a stop is lifted once."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        body = ObjectReader(await read_document(request, fields), {"reason": True})
        reason = body.reason("reason")
        body.refuse_faults()
        outcome = await self.store.lift(principal.caller, id_, by=principal.username, reason=reason)
        return answer_changed(outcome, stop_shape)


def stop_shape(stop: Stop) -> shapes.Stop:
    """A stop as it goes out."""
    return shapes.Stop(
        id=str(stop.id),
        merchant=stop.merchant,
        type=stop.type,
        by_platform=stop.by_platform,
        stopped_at=format_instant(stop.stopped_at),
        stopped_by=stop.stopped_by,
        reason=stop.reason,
        lifted_at=_instant(stop.lifted_at),
        lifted_by=stop.lifted_by,
        lift_reason=stop.lift_reason,
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
