"""The products that sales named lately, kept for a short while by an API process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cashback_core.sales.catalogue import TypePeriod

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

PRODUCTS_AGE_S: Final = 30.0
"""How long a product is kept; types change at least ten minutes ahead, so no change is missed."""

MAX_PRODUCTS: Final = 50_000
"""Most products kept, of all merchants: a catalogue may have millions."""

PERIODS: Final = """
    select p.sku, t.type, t.version, t.starts_at
    from products as p
    left join product_type_periods as t using (merchant_id, product_id)
    where p.merchant_id = %s and p.sku = any(%s)
"""
"""The rows that `read_products` takes."""

Periods = tuple[TypePeriod, ...]


@dataclass(slots=True)
class ProductCache:
    """What is known of products, each with the moment at which it was asked for.

    A product that does not exist is not kept: somebody may be about to make it.
    """

    _known: dict[tuple[int, str], tuple[float, Periods]] = field(
        default_factory=dict[tuple[int, str], tuple[float, Periods]]
    )

    def get(self, merchant_id: int, skus: Collection[str], now_s: float) -> dict[str, Periods]:
        """Those of the products that are known and fresh."""
        found: dict[str, Periods] = {}
        for sku in skus:
            kept = self._known.get((merchant_id, sku))
            if kept is not None and now_s - kept[0] < PRODUCTS_AGE_S:
                found[sku] = kept[1]
        return found

    def keep(self, merchant_id: int, products: dict[str, Periods], asked_at_s: float) -> None:
        """Remember products that were asked for at a moment."""
        if len(self._known) + len(products) > MAX_PRODUCTS:
            self._known.clear()
        for sku, periods in products.items():
            self._known[merchant_id, sku] = (asked_at_s, periods)

    def forget(self, merchant_id: int) -> None:
        """Ask anew for every product of a merchant."""
        for key in [key for key in self._known if key[0] == merchant_id]:
            del self._known[key]


def read_products(rows: Iterable[tuple[Any, ...]]) -> dict[str, Periods]:
    """Products out of rows of PERIODS."""
    products: dict[str, Periods] = {}
    for sku, type_, version, starts_at in rows:
        before = products.get(sku, ())
        if type_ is None:  # a product whose first type was taken back
            products[sku] = before
        else:
            period = TypePeriod(type=type_, version=version, starts_at=starts_at)
            products[sku] = (*before, period)
    return products
