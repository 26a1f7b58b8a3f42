"""Finding recorded sales: pages of a search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from litestar import HttpMethod, Request, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import UNSET, UnsetType

from adapters.http.sales import shapes
from adapters.http.sales.cashbacks import waits_of
from adapters.http.sales.record_shapes import read_shape, total_shape
from adapters.http.sales.searching import read_search
from adapters.http.wire.answers import Answer, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.delivery.record_store import Records


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRoutes:
    """A merchant's records, as many as fit on a page."""

    admit: Admission
    records: Records
    zones: MerchantZones
    now: Callable[[], datetime] = utc_now

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [route("/api/cashbacks", http_method=read, name="list")(self.page)]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List a merchant's records."""
        _, principal = await self.admit(request)
        merchant_id, reads_only = principal.merchant_id, principal.reads_only
        zone = await self.zones(merchant_id)
        search = read_search(request.scope["query_string"], zone, now=self.now(), group=reads_only)
        part = search.part
        page = await self.records.page(
            merchant_id, search.wanted, limit=part.limit, after=part.after, order=search.order
        )
        waits = await waits_of(self.records, merchant_id, page.records)
        total: shapes.SearchTotal | UnsetType | None = UNSET
        if search.with_total:
            total = total_shape(await self.records.total(merchant_id, search.wanted))
        shape = shapes.RecordedSalePage(
            items=[read_shape(record.as_told(reads_only), waits) for record in page.records],
            next_cursor=part.cursor(page.next),
            total=total,
        )
        return Answer(200, encode(shape))
