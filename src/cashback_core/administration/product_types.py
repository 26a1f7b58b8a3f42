"""Product types with their rates, as people administer them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cashback_core.administration.resources import Caller, Done, Refusal, ResourceStore, Versions
from cashback_core.sales.programme import NewRate, Rate

TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z", re.ASCII)
"""Narrower than what a sale may name, since it stands in addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductType:
    """A type with every rate it had, has and will have, in the order of their versions.

    `type` names it for ever. `used` once a sale line was recorded with it: then it stays.
    """

    type: str
    name: str | None
    rates: tuple[Rate, ...]
    used: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProductType:
    """A type to be made; without a first rate its sales are refused."""

    type: str
    name: str | None
    first: NewRate | None


class ProductTypeStore(
    ResourceStore[ProductType, str, None, NewProductType, str | None, ProductType], Protocol
):
    """A merchant's product types by name, sorted by `type`.

    The state is the name for people to read. Once a sale was recorded with it, and while a product
    is of it, a type is InUse; else it goes with its rates. Rates follow `programme.next_rate` and
    `effective_dates.refuse_withdrawal` on the database's clock: what does not is Invalid, or InUse
    when it is to be withdrawn.
    """

    @abstractmethod
    async def add_rate(
        self,
        caller: Caller,
        type: str,  # noqa: A002
        rate: NewRate,
    ) -> Done[ProductType] | Refusal:
        """The next rate; of two at the same moment the second follows the first, or is refused."""

    @abstractmethod
    async def withdraw_rate(
        self,
        caller: Caller,
        type: str,  # noqa: A002
        version: int,
        versions: Versions,
    ) -> Done[ProductType] | Refusal:
        """Takes the latest rate back, until ten minutes before its start."""
