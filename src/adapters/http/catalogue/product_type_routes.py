"""The routes of product types and their rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, delete, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.catalogue import shapes
from adapters.http.resources.answering import (
    answer_changed,
    answer_created,
    answer_read,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_value, path_version
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.versions import read_if_match
from cashback_core.administration.product_types import TYPE, NewProductType, NewRate, ProductType
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import MAX_RATE_BP, Rate
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.administration.product_types import ProductTypeStore

PATH: Final = "/api/product-types"
_RATE: Final = ("rate_bp", "starts_at", "confirm_rate_bp")
ORDERING: Final = Ordering(
    resource="product-types", columns={"type": Kind.TEXT}, key=Kind.TEXT, default="type"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTypeRoutes:
    """For the caller's own merchant."""

    admit: Admission
    store: ProductTypeStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{type:str}}"
        rates = f"{one}/rates"
        known: OneResource[str, ProductType, str | None] = OneResource(
            admit=self.admit,
            key=_read_type,
            find=self.store.find,
            replace_by=self.store.replace,
            delete_by=self.store.delete,
            document=lambda found: {} if found.name is None else {"name": found.name},
            check=_check_name,
            shape=type_shape,
        )
        return [
            post(PATH, name="create_product_type")(self.create),
            route(PATH, http_method=read, name="list_product_types")(self.page),
            *known.handlers(one, "product_type"),
            route(rates, http_method=read, name="list_rates")(self.rates),
            post(rates, name="add_rate")(self.add_rate),
            delete(f"{rates}/{{version:str}}", name="withdraw_rate", status_code=200)(
                self.withdraw_rate
            ),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a product type, perhaps with its first rate."""
        fields, principal = await self.admit(request)
        document = await read_document(request, fields)
        zone = await self.zones(principal.merchant_id)
        shape = {"type": True, "name": False, **dict.fromkeys(_RATE, False)}
        body = ObjectReader(document, shape)
        new = NewProductType(
            type=body.text("type", TYPE, "type_format"),
            name=body.name("name") if body.has("name") else None,
            first=_read_rate(body, zone) if body.has("rate_bp") else None,
        )
        for name in ("starts_at", "confirm_rate_bp"):
            if new.first is None and body.has(name):
                body.tell(name, "rate_needs_both")
        body.refuse_faults()
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, type_shape, location=_location)

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List product types."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING)
        page = await self.store.page(principal.caller, query.slice(), None)
        last = page.items[-1].type if page.more else None
        shape = shapes.ProductTypePage(
            items=[type_shape(item) for item in page.items],
            next_cursor=None if last is None else query.cursor_after(last, last),
        )
        return Answer(200, encode(shape))

    async def rates(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List a type's rates."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, _read_type(request))
        if found is None:
            raise NotFoundException
        return answer_read(found, _rates_shape, fields)

    async def add_rate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Announce the next rate."""
        fields, principal = await self.admit(request)
        type_ = _read_type(request)
        document = await read_document(request, fields)
        body = ObjectReader(document, {**dict.fromkeys(_RATE, False), "rate_bp": True})
        rate = _read_rate(body, await self.zones(principal.merchant_id))
        body.refuse_faults()
        outcome = await self.store.add_rate(principal.caller, type_, rate)
        return answer_created(outcome, type_shape, location=_location)

    async def withdraw_rate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Take the latest rate back before it starts."""
        fields, principal = await self.admit(request)
        type_, version = _read_type(request), path_version(request)
        versions = read_if_match(fields)
        caller = principal.caller
        outcome = await self.store.withdraw_rate(caller, type_, version, versions)
        return answer_changed(outcome, type_shape)


def type_shape(found: ProductType) -> shapes.ProductType:
    """A product type as it goes out."""
    return shapes.ProductType(
        type=found.type,
        name=found.name,
        rates=[_rate_shape(rate) for rate in found.rates],
        used=found.used,
        version=found.version,
        created_at=format_instant(found.created_at),
        updated_at=format_instant(found.updated_at),
    )


def _rates_shape(found: ProductType) -> shapes.RateList:
    return shapes.RateList(items=[_rate_shape(rate) for rate in found.rates])


def _rate_shape(rate: Rate) -> shapes.Rate:
    return shapes.Rate(
        version=rate.version, rate_bp=rate.rate_bp, starts_at=format_instant(rate.starts_at)
    )


def _location(made: ProductType) -> str:
    return f"{PATH}/{made.type}"


def _check_name(document: object) -> str | None:
    body = ObjectReader(document, {"name": False})
    name = body.name("name") if body.has("name") else None
    body.refuse_faults()
    return name


def _read_rate(body: ObjectReader, zone: ZoneInfo) -> NewRate:
    return NewRate(
        rate_bp=body.whole("rate_bp", lowest=0, highest=MAX_RATE_BP),
        starts_at=body.instant("starts_at", zone) or BEGINNING,
        confirmed_bp=body.whole_or_none("confirm_rate_bp", lowest=0, highest=MAX_RATE_BP),
    )


def _read_type(request: Request[Any, Any, Any]) -> str:
    return path_value(request, "type", TYPE)
