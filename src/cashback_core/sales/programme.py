"""The cashback programme of a merchant: which rate a product type earns, and since when."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cashback_core.sales.effective_dates import ChangeFault, ChangeRefused, refuse_start
from cashback_core.values.instants import refuse_naive
from cashback_core.values.rounding import Rounding

TYPE: Final = re.compile(r"[!-~]{1,32}\Z", re.ASCII)
"""What may name a product type."""

MAX_RATE_BP: Final = 10_000
"""Highest rate: 100 %, so that a cashback never exceeds what was paid."""

USUAL_RATE_BP: Final = 2_000
"""A rate above it is confirmed by whoever sets it."""

USUAL_TIMES: Final = 10
"""So is one that is so many times the rate before it: a digit too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate in basis points (500 = 5 %) of a product type from `starts_at` (aware UTC) on.

    It ends where the type's next rate starts, so periods can neither overlap nor leave a gap.
    `version` counts a type's rates from 1. While a type is `excluded` its sales are taken and its
    lines recorded, and they earn nothing: its rate is 0.
    """

    type: str
    rate_bp: int
    version: int
    starts_at: datetime
    excluded: bool = False

    def __post_init__(self) -> None:
        if type(self.rate_bp) is not int or not 0 <= self.rate_bp <= MAX_RATE_BP:
            raise ValueError(f"a rate is 0 to {MAX_RATE_BP} whole basis points")
        if not is_type(self.type):
            raise ValueError("a product type has 1 to 32 visible ASCII characters")
        if type(self.version) is not int or self.version < 1:
            raise ValueError("a type's rates are counted from 1")
        if (self.excluded and self.rate_bp) or type(self.excluded) is not bool:
            raise ValueError("an excluded type has a rate of 0")
        refuse_naive(self.starts_at, "when a rate starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRate:
    """A rate in basis points from an aware instant on.

    `confirmed_bp` says it again, as an unusual one needs (`is_unusual`). With `excluded` the type
    earns nothing from then on, and the rate is 0.
    """

    rate_bp: int
    starts_at: datetime
    confirmed_bp: int | None = None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """Every rate of a merchant, and how its sales are rounded."""

    rates: tuple[Rate, ...]
    rounding: Rounding = Rounding.HALF_EVEN
    _by_type: dict[str, tuple[tuple[datetime, ...], tuple[Rate, ...]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if type(self.rates) is not tuple or not {type(rate) for rate in self.rates} <= {Rate}:
            raise ValueError("a programme has a tuple of rates")
        if type(self.rounding) is not Rounding:
            raise ValueError("a programme's rounding is a Rounding")
        object.__setattr__(self, "_by_type", _by_type(self.rates))

    def rate_at(self, type: str, instant: datetime) -> Rate | None:  # noqa: A002 (the domain's word)
        """The rate in force, or None before the type's first one; types match exactly."""
        found = self._by_type.get(type)
        if found is None:
            return None
        starts, rates = found
        index = bisect_right(starts, instant)
        return rates[index - 1] if index else None

    def types_at(self, instant: datetime) -> tuple[str, ...]:
        """The product types that have a rate in force."""
        return tuple(
            name for name, (starts, _) in self._by_type.items() if starts and starts[0] <= instant
        )


def is_type(text: object) -> bool:
    """Whether this may name a product type: a text of 1 to 32 visible ASCII characters."""
    return isinstance(text, str) and TYPE.match(text) is not None


def is_unusual(rate_bp: int, before_bp: int | None) -> bool:
    """Whether a rate is taken only when it is confirmed; `before_bp` is the one it follows.

    A rate of 0 has no tenfold: after it only a rate above the usual is unusual.
    """
    tenfold = before_bp is not None and before_bp > 0 and rate_bp >= USUAL_TIMES * before_bp
    return rate_bp > USUAL_RATE_BP or tenfold


def next_rate(
    rates: Iterable[Rate],
    new: NewRate,
    *,
    type: str,  # noqa: A002 (the domain's word)
    now: datetime,
) -> Rate | ChangeRefused:
    """The rate that follows all `rates` of a type, or why there can be none from then on.

    What is confirmed with another rate is never taken. Raises ValueError for a rate out of range,
    and for an excluded one that is not 0.
    """
    known = sorted(rates, key=lambda r: r.starts_at)
    refused = refuse_start((r.starts_at for r in known), starts_at=new.starts_at, now=now)
    if refused is not None:
        return refused
    made = Rate(
        type=type,
        rate_bp=new.rate_bp,
        version=1 + max((r.version for r in known), default=0),
        starts_at=new.starts_at,
        excluded=new.excluded,
    )
    confirmed = new.confirmed_bp == new.rate_bp
    unusual = is_unusual(new.rate_bp, known[-1].rate_bp if known else None)
    if not confirmed and (new.confirmed_bp is not None or unusual):
        return ChangeRefused(ChangeFault.UNCONFIRMED)
    return made


def _by_type(rates: Iterable[Rate]) -> dict[str, tuple[tuple[datetime, ...], tuple[Rate, ...]]]:
    grouped: dict[str, list[Rate]] = {}
    for rate in sorted(rates, key=lambda r: r.starts_at):
        grouped.setdefault(rate.type, []).append(rate)
    result: dict[str, tuple[tuple[datetime, ...], tuple[Rate, ...]]] = {}
    for name, ordered in grouped.items():
        starts = tuple(rate.starts_at for rate in ordered)
        if len(set(starts)) != len(starts):
            raise ValueError(f"two rates of {name!r} start at the same instant")
        result[name] = (starts, tuple(ordered))
    return result
