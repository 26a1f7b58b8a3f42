"""What makes a sale's cashback of its lines' goods × rate: a factor over a denominator.

`calculate` takes E × (total - P) ÷ (10 000 × goods × total). What cancels is left out here, so that
nearly every sale fits into 64 bits: without a discount of the sale's own, and all paid by what
earns, 1 ÷ 10 000 is left, the line-wise part. A fraction that is reduced rounds alike, and equal
denominators of a sale keep the order of its rests.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cashback_core.columns.rounding import RATE_SCALE

ROOM: Final = 4e18
"""Below 2^62 = 4.6e18, and so far below it that what the look at it in floats loses is nothing."""


class Ratio(NamedTuple):
    """A factor of every line's goods × rate, and the denominator of the whole sale."""

    factor: pl.Expr
    denominator: pl.Expr


def ratio_of(earning: pl.Expr, goods: pl.Expr, total: pl.Expr, earned: pl.Expr) -> Ratio:
    """The reduced ratio of sales with goods, by E, Σ goods, total and total - P.

    Of integers it is exact wherever `passes_64_bits` says no.
    """
    all_earned = earned == total
    whole = all_earned & (earning == goods)
    factor = (
        pl.when(whole)
        .then(1)
        .when(all_earned)
        .then(earning)
        .when((earning == total) | (earning == goods))
        .then(earned)
        .otherwise(earning * earned)
    )
    denominator = (
        pl.when(whole)
        .then(RATE_SCALE)
        .when(all_earned | (earning == total))
        .then(RATE_SCALE * goods)
        .when(earning == goods)
        .then(RATE_SCALE * total)
        .otherwise(RATE_SCALE * goods * total)
    )
    return Ratio(factor, denominator)


def passes_64_bits(weight: pl.Expr, ratio: Ratio) -> pl.Expr:
    """Whether a sale's numerators (Σ goods × rate × factor) or denominator leave no room.

    The ratio is one of floats: they lose digits, and never the magnitude.
    """
    return (weight * ratio.factor > ROOM) | (ratio.denominator > ROOM)
