"""Finding recorded sales: a page of a search, or the whole of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import UNSET, UnsetType

from adapters.http.identity.roles import SELLERS
from adapters.http.sales import shapes
from adapters.http.sales.cashbacks import waits_of
from adapters.http.sales.exports import (
    PAGE,
    ExportSlots,
    Form,
    Streamed,
    csv_head,
    csv_rows,
    json_lines,
    read_form,
)
from adapters.http.sales.record_shapes import read_shape, summary_shape, total_shape
from adapters.http.sales.searching import read_months, read_search
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.ids import path_uuid
from cashback_core.delivery.summaries import month_starts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.sales.searching import Search
    from cashback_core.delivery.record_store import Records

SEE_PEOPLE: Final = SELLERS
"""Who may take away whom a sale was to: whoever submits sales, or looks after them."""

_NAMES: Final = {Form.CSV: "cashbacks.csv", Form.JSON_LINES: "cashbacks.jsonl"}


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRoutes:
    """A merchant's records, as many as fit on a page or all that are found."""

    admit: Admission
    records: Records
    zones: MerchantZones
    slots: ExportSlots = field(default_factory=ExportSlots)
    now: Callable[[], datetime] = utc_now

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/api/cashbacks", http_method=read, name="list")(self.search),
            route("/api/customers/{id:str}/summary", http_method=read, name="summary")(
                self.summary
            ),
        ]

    async def search(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Find a merchant's records."""
        fields, principal = await self.admit(request)
        zone = await self.zones(principal.merchant_id)
        form = read_form(fields)
        search = read_search(
            request.scope["query_string"],
            zone,
            now=self.now(),
            group=principal.reads_only,
            whole=form is not Form.JSON,
        )
        if form is Form.JSON:
            return await self._page(principal, search)
        parts = self._export(principal, search, form)
        slot = self.slots.one(principal.merchant_id)
        return Streamed(parts, form=form, name=_NAMES[form], slot=slot)

    async def summary(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What a customer's sales come to."""
        _, principal = await self.admit(request)
        merchant_id, id_ = principal.merchant_id, path_uuid(request)
        months = read_months(request.scope["query_string"])
        starts = month_starts(self.now(), await self.zones(merchant_id), months)
        found = await self.records.summary(merchant_id, id_, starts)
        if found is None:
            raise NotFoundException
        return Answer(200, encode(summary_shape(found)))

    async def _page(self, principal: Principal, search: Search) -> ASGIApp:
        merchant_id, part = principal.merchant_id, search.part
        page = await self.records.page(
            merchant_id,
            search.wanted,
            limit=part.limit,
            after=part.after,
            order=search.order,
            now=search.now,
        )
        waits = await waits_of(self.records, merchant_id, page.records)
        total: shapes.SearchTotal | UnsetType | None = UNSET
        if search.with_total:
            found = await self.records.total(
                merchant_id, search.wanted, order=search.order, now=search.now
            )
            total = total_shape(found)
        told = [record.as_told(principal.reads_only) for record in page.records]
        shape = shapes.RecordedSalePage(
            items=[read_shape(record, waits) for record in told],
            next_cursor=part.cursor(page.next),
            total=total,
        )
        return Answer(200, encode(shape), headers=[(b"vary", b"Accept")])

    async def _export(
        self, principal: Principal, search: Search, form: Form
    ) -> AsyncIterator[bytes]:
        """What is found, page by page: each is a read of its own, behind the one before."""
        merchant_id, after = principal.merchant_id, search.part.after
        masked = principal.role not in SEE_PEOPLE
        head = csv_head() if form is Form.CSV else b""
        while True:
            page = await self.records.page(
                merchant_id,
                search.wanted,
                limit=PAGE,
                after=after,
                order=search.order,
                now=search.now,
            )
            told = tuple(record.as_told(principal.reads_only) for record in page.records)
            if form is Form.CSV:
                yield head + csv_rows(told, masked=masked)
            else:
                waits = await waits_of(self.records, merchant_id, told)
                yield json_lines(told, waits, masked=masked)
            head, after = b"", page.next
            if after is None:
                return
