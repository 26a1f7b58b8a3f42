"""A merchant's catalogue: which product type a product (by its sku) is of, and since when."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from cashback_core.sales.effective_dates import ChangeRefused, refuse_start
from cashback_core.sales.programme import is_type
from cashback_core.sales.sale import MAX_LINES, is_sku
from cashback_core.values.instants import refuse_naive


@dataclass(frozen=True, slots=True, kw_only=True)
class TypePeriod:
    """A product is of a type from `starts_at` (aware UTC) on, until its next period starts.

    `version` counts a product's periods from 1.
    """

    type: str
    version: int
    starts_at: datetime

    def __post_init__(self) -> None:
        if not is_type(self.type):
            raise ValueError("a product type has 1 to 32 visible ASCII characters")
        if type(self.version) is not int or self.version < 1:
            raise ValueError("a product's periods are counted from 1")
        refuse_naive(self.starts_at, "when a product is of a type")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products by sku, each with its periods; it may hold only those that somebody asked for."""

    products: Mapping[str, tuple[TypePeriod, ...]] = field(
        default_factory=dict[str, tuple[TypePeriod, ...]]
    )

    def __post_init__(self) -> None:
        ordered = {sku: _in_order(sku, periods) for sku, periods in self.products.items()}
        object.__setattr__(self, "products", ordered)

    def __contains__(self, sku: str) -> bool:
        """Whether there is such a product, at any instant; skus match exactly."""
        return sku in self.products

    def type_at(self, sku: str, instant: datetime) -> str | None:
        """The product's type, or None before its first period and for an unknown product."""
        periods = self.products.get(sku, ())
        index = bisect_right(periods, instant, key=_start)
        return periods[index - 1].type if index else None


def next_type(
    periods: Iterable[TypePeriod],
    *,
    type: str,  # noqa: A002 (the domain's word)
    starts_at: datetime,
    now: datetime,
) -> TypePeriod | ChangeRefused:
    """The period that follows all `periods` of a product, or why there can be none from then on."""
    known = list(periods)
    refused = refuse_start((p.starts_at for p in known), starts_at=starts_at, now=now)
    if refused is not None:
        return refused
    version = 1 + max((p.version for p in known), default=0)
    return TypePeriod(type=type, version=version, starts_at=starts_at)


def skus_of(document: object) -> frozenset[str]:
    """The skus that a decoded document may ask for: bounded, and whatever else is in it.

    Nothing is judged here: what is no sku, and every line of a sale with too many, is left out.
    """
    lines = cast("Mapping[str, object]", document).get("products") if _is_object(document) else None
    if not isinstance(lines, (list, tuple)):
        return frozenset()
    items = cast("Sequence[object]", lines)
    if len(items) > MAX_LINES:
        return frozenset()
    found = (cast("Mapping[str, object]", item).get("sku") for item in items if _is_object(item))
    return frozenset(sku for sku in found if isinstance(sku, str) and is_sku(sku))


def _is_object(value: object) -> bool:
    return isinstance(value, (dict, Mapping))  # a dict is told by its class alone, far quicker


def _in_order(sku: str, periods: Iterable[TypePeriod]) -> tuple[TypePeriod, ...]:
    ordered = tuple(sorted(periods, key=_start))
    if len({period.starts_at for period in ordered}) != len(ordered):
        raise ValueError(f"two periods of {sku!r} start at the same instant")
    return ordered


def _start(period: TypePeriod) -> datetime:
    return period.starts_at
