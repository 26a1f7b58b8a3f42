"""Product types over HTTP, and the rates that they announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import Request, delete, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.catalogue.dates import STARTS_AT
from adapters.http.identity.roles import ADMINS, MEMBERS
from adapters.http.resources.answers import (
    answer_changed,
    answer_created,
    answer_read,
    read_document,
)
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
from adapters.http.resources.routes import READ, ResourceRoutes
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Name, TextField, Truth, Whole, pattern
from adapters.http.wire.filters import Filters
from adapters.http.wire.ids import path_version
from adapters.http.wire.shapes import Instant, Shape, Used, Version
from adapters.http.wire.versions import read_if_match
from cashback_core.administration import product_types
from cashback_core.administration.product_types import TYPE
from cashback_core.sales import programme
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.wire.objects import ObjectReader


class Rate(Shape, frozen=True, kw_only=True):
    """A rate from an instant on, until the type's next one starts."""

    version: Annotated[int, Meta(ge=1, description="Counted from 1; sales are recorded with it.")]
    rate_bp: Annotated[int, Meta(ge=0, le=10_000, description="Rate in basis points: 500 = 5 %.")]
    starts_at: Instant
    excluded: Annotated[
        bool, Meta(description="Its sales are recorded and earn nothing; rate_bp is 0.")
    ]


class RateList(Shape, frozen=True, kw_only=True):
    """Every rate of a type, in the order of their starts."""

    items: list[Rate]


class ProductType(Shape, frozen=True, kw_only=True):
    """A product type with every rate it had, has and will have."""

    type: str
    name: str | None
    rates: list[Rate]
    used: Used
    version: Version
    created_at: Instant
    updated_at: Instant


def type_shape(found: product_types.ProductType) -> ProductType:
    """A product type as it goes out."""
    return ProductType(
        type=found.type,
        name=found.name,
        rates=[_rate_shape(rate) for rate in found.rates],
        used=found.used,
        version=found.version,
        created_at=format_instant(found.created_at),
        updated_at=format_instant(found.updated_at),
    )


def rates_shape(found: product_types.ProductType) -> RateList:
    """A product type's rates as they go out."""
    return RateList(items=[_rate_shape(rate) for rate in found.rates])


def _rate_shape(rate: programme.Rate) -> Rate:
    return Rate(
        version=rate.version,
        rate_bp=rate.rate_bp,
        starts_at=format_instant(rate.starts_at),
        excluded=rate.excluded,
    )


def _rate(
    *,
    rate_bp: int | None,
    starts_at: datetime | None,
    confirm_rate_bp: int | None,
    excluded: bool,
) -> programme.NewRate:
    return programme.NewRate(
        rate_bp=rate_bp or 0,
        starts_at=starts_at or BEGINNING,
        confirmed_bp=confirm_rate_bp,
        excluded=excluded,
    )


def _new(*, type: str, name: str | None, **first: Any) -> product_types.NewProductType:  # noqa: A002
    has_rate = first["rate_bp"] is not None or first["excluded"]
    rate = _rate(**first) if has_rate else None
    return product_types.NewProductType(type=type, name=name, first=rate)


def _name(*, name: str | None) -> str | None:
    return name


def _no_filter() -> None:
    """There is nothing to filter types by."""


def _first_is_whole(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    """What says more of a first rate needs the rate."""
    for name in ("starts_at", "confirm_rate_bp"):
        if reader.has(name) and not (reader.has("rate_bp") or values["excluded"]):
            reader.tell(name, "rate_needs_both")


def _next_is_whole(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    """A type that is not excluded has a rate."""
    if not values["excluded"]:
        reader.must_have("rate_bp")


def _excluded_pays_nothing(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    if values["excluded"] and values["rate_bp"]:
        reader.tell("rate_bp", "excluded_has_rate")


_CONFIRM: Final = Whole(
    lowest=0,
    highest=programme.MAX_RATE_BP,
    about="The same as rate_bp. Needed for a rate above 20 %, or of ten times the one before it"
    " and more; where it says another rate, none is taken.",
)
_TYPE: Final = SortKey[product_types.ProductType](Kind.TEXT, lambda found: found.type)


_RATE_BP: Final = Whole(
    about="In basis points: 500 = 5 %. Of an excluded type it is 0, or left out.",
    lowest=0,
    highest=programme.MAX_RATE_BP,
)
_EXCLUDED: Final = Truth(
    about="From then on its lines are recorded and earn nothing; the sale's explanation says so."
    " Unlike a type that has no rate, it is known: no sale is refused for it.",
)


PRODUCT_TYPES: Final = Resource(
    path="/api/product-types",
    name="ProductType",
    key=TextKey("type", TYPE, "The product type, exactly."),
    answer=Answered(ProductType, type_shape),
    new=Body(
        "A product type to be added.",
        _new,
        _first_is_whole,
        _excluded_pays_nothing,
        type=TextField(form=TYPE, code="type_format", says={"pattern": pattern(TYPE)}),
        name=Name(must=False),
        rate_bp=_RATE_BP,
        starts_at=STARTS_AT,
        confirm_rate_bp=_CONFIRM,
        excluded=_EXCLUDED,
    ),
    state=Body("What of it can be changed.", _name, name=Name(must=False)),
    orders=Orders(default="type", key=_TYPE, columns={"type": _TYPE}),
    filters=Filters(_no_filter),
    may=May(read=MEMBERS, write=ADMINS),
    says=Says(
        tag="Product types",
        one="a product type",
        many="product types",
        created="With its first rate, or without: then its sales are refused until it has one. It"
        " may start anywhere; without starts_at it has always been in force. Every process knows"
        " the type within 30 seconds.",
        deleted="With its rates; refused once a sale was recorded with it, or a product is of it.",
        delete_problems=("in_use",),
    ),
    examples=Examples(
        new={"type": f"E-{fresh.NAME}", "name": "Eletrônicos", "rate_bp": 300},
        state={"name": "Eletrônicos"},
        patch={"name": "Eletrônicos e jogos"},
    ),
)
NEXT_RATE: Final = Body(
    "A rate to be announced.",
    _rate,
    _next_is_whole,
    _excluded_pays_nothing,
    rate_bp=_RATE_BP,
    starts_at=STARTS_AT,
    confirm_rate_bp=_CONFIRM,
    excluded=_EXCLUDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTypeRoutes:
    """For the caller's own merchant."""

    admit: Admission
    store: product_types.ProductTypeStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        routes = ResourceRoutes(
            resource=PRODUCT_TYPES, store=self.store, admit=self.admit, zones=self.zones
        )
        rates = f"{PRODUCT_TYPES.path}/{{type:str}}/rates"
        return [
            *routes.handlers(),
            route(rates, http_method=READ, name="listRates")(self.rates),
            post(rates, name="addRate")(self.add_rate),
            delete(f"{rates}/{{version:str}}", name="withdrawRate", status_code=200)(
                self.withdraw_rate
            ),
        ]

    async def rates(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List a type's rates."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, PRODUCT_TYPES.key.read(request))
        return answer_read(found, rates_shape, fields)

    async def add_rate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Announce the next rate."""
        fields, principal = await self.admit(request)
        type_, document = PRODUCT_TYPES.key.read(request), await read_document(request, fields)
        rate = NEXT_RATE.read(document, await self.zones(principal.merchant_id))
        outcome = await self.store.add_rate(principal.caller, type_, rate)
        return answer_created(outcome, type_shape, location=PRODUCT_TYPES.location)

    async def withdraw_rate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Take the latest rate back before it starts."""
        fields, principal = await self.admit(request)
        type_, version = PRODUCT_TYPES.key.read(request), path_version(request)
        versions = read_if_match(fields)
        outcome = await self.store.withdraw_rate(principal.caller, type_, version, versions)
        return answer_changed(outcome, type_shape)
