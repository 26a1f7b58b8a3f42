"""What a merchant lays down, as a sale is judged by it."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, field

from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.programme import Programme
from cashback_core.sales.same_sale import EqualContent
from cashback_core.sales.validation import SaleRules
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
