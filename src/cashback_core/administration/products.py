"""Products of a merchant's catalogue, as people administer them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.administration.resources import Caller, Done, Refusal, ResourceStore, Versions
from cashback_core.sales.catalogue import TypePeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product with every type it had, has and will have, in the order of their versions.

    `sku` is what sale lines call it, for ever. `used` once one did: then it stays.
    """

    id: UUID
    sku: str
    name: str
    types: tuple[TypePeriod, ...]
    used: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewType:
    """A type from an aware instant on."""

    type: str
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be made, with its first type."""

    id: UUID
    sku: str
    name: str
    first: NewType


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """Which products are wanted; None wants all. Names begin with `name_prefix`, as `name_key`."""

    sku: str | None = None
    name_prefix: str | None = None


class ProductStore(ResourceStore[Product, UUID, ProductFilter, NewProduct, str, Product], Protocol):
    """A merchant's products by id, sorted by `sku`, which tells equal ones apart, or by `name`.

    The sku is taken once. The state is the name for people to read. Once a sale line named it a
    product is InUse. Types follow `catalogue.next_type` and `effective_dates.refuse_withdrawal` on
    the database's clock: what does not is Invalid, or InUse when it is to be withdrawn. A type that
    does not exist is Invalid.
    """

    @abstractmethod
    async def add_type(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        type: NewType,  # noqa: A002
    ) -> Done[Product] | Refusal:
        """The next type; of two at the same moment the second follows the first, or is refused."""

    @abstractmethod
    async def withdraw_type(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        version: int,
        versions: Versions,
    ) -> Done[Product] | Refusal:
        """Takes the latest type back, until ten minutes before its start."""
