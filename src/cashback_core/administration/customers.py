"""Customers of a merchant, as people administer them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.administration.resources import ResourceStore
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import BuyerDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCustomer:
    """Somebody who bought, or is about to, by an id that may be told in addresses and logs."""

    id: UUID
    customer: Customer
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """Somebody to be known before their first sale."""

    id: UUID
    customer: Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers are wanted; None wants all."""

    document: BuyerDocument | None = None


class CustomerStore(
    ResourceStore[KnownCustomer, UUID, CustomerFilter, NewCustomer, str, KnownCustomer], Protocol
):
    """A merchant's customers by id, sorted by `id`; who was erased is nobody, and not among them.

    The document is taken once. The state is the right name: sales must give it from now on, those
    recorded keep theirs. Once a sale was recorded a customer is InUse.
    """
