"""The routes of the catalogue's products and their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, delete, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.catalogue import shapes
from adapters.http.resources.answering import (
    answer_changed,
    answer_created,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_uuid, path_version
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.versions import read_if_match
from cashback_core.administration.products import NewProduct, NewType, Product, ProductFilter
from cashback_core.sales.catalogue import SKU
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import TYPE
from cashback_core.sales.sale import name_key
from cashback_core.values.ids import new_id
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.administration.products import ProductStore

PATH: Final = "/api/products"
ORDERING: Final = Ordering(
    resource="products",
    columns={"sku": Kind.TEXT, "name": Kind.TEXT},
    key=Kind.TEXT,
    default="sku",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRoutes:
    """For the caller's own merchant."""

    admit: Admission
    store: ProductStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{id:str}}"
        types = f"{one}/types"
        known: OneResource[UUID, Product, str] = OneResource(
            admit=self.admit,
            key=path_uuid,
            find=self.store.find,
            replace_by=self.store.replace,
            delete_by=self.store.delete,
            document=lambda found: {"name": found.name},
            check=_check_name,
            shape=product_shape,
        )
        return [
            post(PATH, name="create_product")(self.create),
            route(PATH, http_method=read, name="list_products")(self.page),
            *known.handlers(one, "product"),
            post(types, name="add_type")(self.add_type),
            delete(f"{types}/{{version:str}}", name="withdraw_type", status_code=200)(
                self.withdraw_type
            ),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a product with its first type."""
        fields, principal = await self.admit(request)
        document = await read_document(request, fields)
        shape = {"sku": True, "name": True, "type": True, "starts_at": False}
        body = ObjectReader(document, shape)
        new = NewProduct(
            id=new_id(),
            sku=body.text("sku", SKU, "sku_invalid"),
            name=body.name("name"),
            first=_read_type(body, await self.zones(principal.merchant_id)),
        )
        body.refuse_faults()
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, product_shape, location=_location)

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List products, by sku or by the beginning of their names."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "sku", "q")
        sku, begins = query.name("sku"), query.text("q")
        wanted = query.slice()
        which = ProductFilter(sku=sku, name_prefix=None if begins is None else name_key(begins))
        page = await self.store.page(principal.caller, wanted, which)
        cursor = None
        if page.more:
            last = page.items[-1]
            value = last.sku if wanted.sort == "sku" else name_key(last.name)
            cursor = query.cursor_after(value, last.sku)
        items = [product_shape(item) for item in page.items]
        return Answer(200, encode(shapes.CatalogueProductPage(items=items, next_cursor=cursor)))

    async def add_type(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Announce the next type."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        body = ObjectReader(
            await read_document(request, fields), {"type": True, "starts_at": False}
        )
        type_ = _read_type(body, await self.zones(principal.merchant_id))
        body.refuse_faults()
        outcome = await self.store.add_type(principal.caller, id_, type_)
        return answer_created(outcome, product_shape, location=_location)

    async def withdraw_type(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Take the latest type back before it starts."""
        fields, principal = await self.admit(request)
        id_, version = path_uuid(request), path_version(request)
        versions = read_if_match(fields)
        caller = principal.caller
        outcome = await self.store.withdraw_type(caller, id_, version, versions)
        return answer_changed(outcome, product_shape)


def product_shape(found: Product) -> shapes.CatalogueProduct:
    """A product as it goes out."""
    return shapes.CatalogueProduct(
        id=str(found.id),
        sku=found.sku,
        name=found.name,
        types=[
            shapes.TypePeriod(
                version=period.version,
                type=period.type,
                starts_at=format_instant(period.starts_at),
            )
            for period in found.types
        ],
        used=found.used,
        version=found.version,
        created_at=format_instant(found.created_at),
        updated_at=format_instant(found.updated_at),
    )


def _location(made: Product) -> str:
    return f"{PATH}/{made.id}"


def _check_name(document: object) -> str:
    body = ObjectReader(document, {"name": True})
    name = body.name("name")
    body.refuse_faults()
    return name


def _read_type(body: ObjectReader, zone: ZoneInfo) -> NewType:
    return NewType(
        type=body.text("type", TYPE, "no_such_type"),
        starts_at=body.instant("starts_at", zone) or BEGINNING,
    )
