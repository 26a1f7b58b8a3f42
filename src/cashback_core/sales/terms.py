"""What a merchant lays down, as a sale is judged by it."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.availability import StoreUnavailable


class UnusableTerms(StoreUnavailable):
    """What is stored of a merchant cannot be used on this machine: others of theirs may answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a merchant lays down: its rules for sales and its cashback programme.

    `catalogue` holds the products that were asked for, and no others. `equal_content` says which
    of its sales may have the content of another one.
    """

    merchant_id: int
    rules: SaleRules
    programme: Programme
    catalogue: Catalogue = field(default_factory=Catalogue)
    equal_content: EqualContent = EqualContent.SALE_ID


class TermsStore(Protocol):
    """What merchants lay down, as it is remembered for a short while.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def terms(self, merchant_id: int) -> Terms | None:
        """A merchant's terms as of at most 60 s ago; None for an unknown merchant."""

    @abstractmethod
    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        """Those products of a merchant that exist, with every period, as of at most 60 s ago."""

    @abstractmethod
    def forget_terms(self, merchant_id: int) -> None:
        """Ask anew for what a merchant lays down, terms and products, when it is wanted next."""
