"""The route of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration import shapes
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.administration.audit_trail import TrailFilter, TrailLine
from cashback_core.administration.resources import Missing
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.administration.audit_trail import TrailStore

ORDERING: Final = Ordering(
    resource="audit", columns={"at": Kind.INTEGER}, key=Kind.INTEGER, default="-at"
)
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRoutes:
    """A merchant's administrators read its lines, the platform's its own or a merchant's."""

    admit: Admission
    store: TrailStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [route("/api/audit", http_method=read, name="list_audit")(self.page)]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List changes."""
        _, principal = await self.admit(request)
        filters = ("merchant", "actor", "resource", "key", "from", "to")
        query = QueryReader(request.scope["query_string"], ORDERING, *filters)
        home = principal.home
        zone = _UTC if home is None else await self.zones(home)  # the platform has no day
        which = TrailFilter(
            merchant=query.text("merchant"),
            actor=query.text("actor"),
            resource=query.text("resource"),
            key=query.text("key"),
            from_at=query.bound("from", zone),
            to_at=query.bound("to", zone, end=True),
        )
        page = await self.store.page(principal.caller, query.slice(), which)
        if isinstance(page, Missing):
            raise NotFoundException
        cursor = None
        if page.more:
            number = page.items[-1].number
            cursor = query.cursor_after(number, number)
        items = [_shape(line) for line in page.items]
        return Answer(200, encode(shapes.TrailPage(items=items, next_cursor=cursor)))


def _shape(line: TrailLine) -> shapes.TrailLine:
    return shapes.TrailLine(
        number=line.number,
        at=format_instant(line.at),
        merchant=line.merchant,
        actor=line.actor,
        action=line.action,
        resource=line.resource,
        key=line.key,
        before=dict(line.before),
        after=dict(line.after),
        request_id=line.request_id,
    )
