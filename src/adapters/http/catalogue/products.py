"""The catalogue's products over HTTP, and the types that they announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request, delete, post
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.catalogue.dates import STARTS_AT
from adapters.http.identity.roles import ADMINS, MEMBERS
from adapters.http.resources.answers import answer_changed, answer_created, read_document
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    UuidKey,
)
from adapters.http.resources.routes import ResourceRoutes
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Name, TextField
from adapters.http.wire.filters import Filters, TextFilter
from adapters.http.wire.ids import path_version
from adapters.http.wire.shapes import Instant, Shape, Used, Uuid, Version
from adapters.http.wire.versions import read_if_match
from cashback_core.administration import products
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import TYPE
from cashback_core.sales.sale import MAX_SKU_CHARS, SKU, name_key
from cashback_core.values.ids import new_id
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones


class TypePeriod(Shape, frozen=True, kw_only=True):
    """A product's type from an instant on, until its next one starts."""

    version: Annotated[int, Meta(ge=1)]
    type: str
    starts_at: Instant


class CatalogueProduct(Shape, frozen=True, kw_only=True):
    """A product of the catalogue with every type it had, has and will have."""

    id: Uuid
    sku: str
    name: str
    types: list[TypePeriod]
    used: Used
    version: Version
    created_at: Instant
    updated_at: Instant


def product_shape(found: products.Product) -> CatalogueProduct:
    """A product as it goes out."""
    return CatalogueProduct(
        id=str(found.id),
        sku=found.sku,
        name=found.name,
        types=[
            TypePeriod(
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


def _type(*, type: str, starts_at: datetime | None) -> products.NewType:  # noqa: A002
    return products.NewType(type=type, starts_at=starts_at or BEGINNING)


def _new(*, sku: str, name: str, **first: Any) -> products.NewProduct:
    return products.NewProduct(id=new_id(), sku=sku, name=name, first=_type(**first))


def _name(*, name: str) -> str:
    return name


def _filter(*, sku: str | None, q: str | None) -> products.ProductFilter:
    return products.ProductFilter(sku=sku, name_prefix=None if q is None else name_key(q))


_TYPE: Final = TextField(
    form=TYPE,
    code="no_such_type",
    says={
        "description": "A product type of the merchant, exactly.",
        "minLength": 1,
        "maxLength": 32,
    },
)
_SKU: Final = SortKey[products.Product](Kind.TEXT, lambda found: found.sku)
_NAME: Final = SortKey[products.Product](Kind.TEXT, lambda found: name_key(found.name))

PRODUCTS: Final = Resource(
    path="/api/products",
    name="Product",
    key=UuidKey("id"),
    answer=Answered(CatalogueProduct, product_shape),
    new=Body(
        "A product to be added.",
        _new,
        sku=TextField(
            form=SKU, code="sku_invalid", says={"minLength": 1, "maxLength": MAX_SKU_CHARS}
        ),
        name=Name(),
        type=_TYPE,
        starts_at=STARTS_AT,
    ),
    state=Body("What of it can be changed.", _name, name=Name()),
    orders=Orders(default="sku", key=_SKU, columns={"sku": _SKU, "name": _NAME}),
    filters=Filters(
        _filter,
        sku=TextFilter(about="Only this one.", name=True),
        q=TextFilter(about="Whose name begins so, whatever its case and accents."),
    ),
    may=May(read=MEMBERS, write=ADMINS),
    says=Says(
        tag="Products",
        one="a product",
        many="products",
        created="With its first type, which may start anywhere; without starts_at it has always"
        " been of it. Sale lines may name its sku from now on.",
        deleted="With its types; refused once a sale line named it.",
        delete_problems=("in_use",),
    ),
    examples=Examples(
        new={"sku": f"CAFE-{fresh.NAME}", "name": "Café torrado 500 g", "type": "A"},
        state={"name": "Café torrado 500 g"},
        patch={"name": "Café torrado e moído 500 g"},
    ),
)
NEXT_TYPE: Final = Body("A type to be announced.", _type, type=_TYPE, starts_at=STARTS_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRoutes:
    """For the caller's own merchant."""

    admit: Admission
    store: products.ProductStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        routes = ResourceRoutes(
            resource=PRODUCTS, store=self.store, admit=self.admit, zones=self.zones
        )
        types = f"{PRODUCTS.path}/{{id:str}}/types"
        return [
            *routes.handlers(),
            post(types, name="addType")(self.add_type),
            delete(f"{types}/{{version:str}}", name="withdrawType", status_code=200)(
                self.withdraw_type
            ),
        ]

    async def add_type(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Announce the next type."""
        fields, principal = await self.admit(request)
        id_, document = PRODUCTS.key.read(request), await read_document(request, fields)
        type_ = NEXT_TYPE.read(document, await self.zones(principal.merchant_id))
        outcome = await self.store.add_type(principal.caller, id_, type_)
        return answer_created(outcome, product_shape, location=PRODUCTS.location)

    async def withdraw_type(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Take the latest type back before it starts."""
        fields, principal = await self.admit(request)
        id_, version = PRODUCTS.key.read(request), path_version(request)
        versions = read_if_match(fields)
        outcome = await self.store.withdraw_type(principal.caller, id_, version, versions)
        return answer_changed(outcome, product_shape)
