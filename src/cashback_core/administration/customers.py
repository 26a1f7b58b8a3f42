"""Customers of a merchant, as people administer them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions
from cashback_core.sales.sale import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCustomer:
    """Somebody who bought, or is about to, by an id that may be told in addresses and logs."""

    id: UUID
    customer: Customer
    version: int
    created_at: datetime
    updated_at: datetime


class CustomerStore(Protocol):
    """A merchant's customers; who was erased is nobody, and not among them.

    One method is one transaction; each raises StoreUnavailable.
    """

    @abstractmethod
    async def create(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        customer: Customer,
    ) -> Done[KnownCustomer] | Refusal:
        """A new one; Taken when the document is known."""

    @abstractmethod
    async def page(
        self, caller: Caller, wanted: Slice, *, document: str | None
    ) -> Page[KnownCustomer]:
        """Some of them, sorted by `id`, which is the key too; or the one of a document."""

    @abstractmethod
    async def find(self, caller: Caller, id: UUID) -> KnownCustomer | None:  # noqa: A002
        """The one of that id."""

    @abstractmethod
    async def rename(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        name: str,
        versions: Versions,
    ) -> Done[KnownCustomer] | Refusal:
        """The right name: sales must give it from now on, those recorded keep theirs."""

    @abstractmethod
    async def delete(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002
        versions: Versions,
    ) -> Refusal | None:
        """Gone; InUse once a sale was recorded."""
