"""The shapes of product types, products and customers in answers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from adapters.http.wire.shapes import Document, Instant, Shape, Uuid

Version = Annotated[int, Meta(ge=1, description="Also the ETag; raised by every change.")]
Used = Annotated[bool, Meta(description="A sale was recorded with it: it cannot be deleted.")]


class Rate(Shape, frozen=True, kw_only=True):
    """A rate from an instant on, until the type's next one starts."""

    version: Annotated[int, Meta(ge=1, description="Counted from 1; sales are recorded with it.")]
    rate_bp: Annotated[int, Meta(ge=0, le=10_000, description="Rate in basis points: 500 = 5 %.")]
    starts_at: Instant


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


class ProductTypePage(Shape, frozen=True, kw_only=True):
    """Product types, and the cursor of the next page, null at the end."""

    items: list[ProductType]
    next_cursor: str | None


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


class CatalogueProductPage(Shape, frozen=True, kw_only=True):
    """Products, and the cursor of the next page, null at the end."""

    items: list[CatalogueProduct]
    next_cursor: str | None


class KnownCustomer(Shape, frozen=True, kw_only=True):
    """A customer, by an id that may stand in addresses."""

    id: Uuid
    document: Document
    name: str
    version: Version
    created_at: Instant
    updated_at: Instant


class KnownCustomerPage(Shape, frozen=True, kw_only=True):
    """Customers, and the cursor of the next page, null at the end."""

    items: list[KnownCustomer]
    next_cursor: str | None


SHAPES = (
    RateList,
    ProductType,
    ProductTypePage,
    CatalogueProduct,
    CatalogueProductPage,
    KnownCustomer,
    KnownCustomerPage,
)
"""What the OpenAPI document describes."""
