"""Products of a merchant's catalogue, as people administer them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions
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


class ProductStore(Protocol):
    """A merchant's products. One method is one transaction; each raises StoreUnavailable.

    Types follow `catalogue.next_type` and `changes.refuse_withdrawal` on the database's clock: what
    does not is Invalid, or InUse when it is to be withdrawn. A type that does not exist is Invalid.
    """

    @abstractmethod
    async def create(self, caller: Caller, new: NewProduct) -> Done[Product] | Refusal:
        """A new one; Taken when there is one of this sku."""

    @abstractmethod
    async def page(self, caller: Caller, wanted: Slice, which: ProductFilter) -> Page[Product]:
        """Some of them, sorted by `sku`, which is the key too, or by `name`."""

    @abstractmethod
    async def find(self, caller: Caller, id: UUID) -> Product | None:  # noqa: A002
        """The one of that id."""

    @abstractmethod
    async def rename(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        name: str,
        versions: Versions,
    ) -> Done[Product] | Refusal:
        """Another name for people to read."""

    @abstractmethod
    async def delete(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        versions: Versions,
    ) -> Refusal | None:
        """Gone with its types; InUse once a sale line named it."""

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
