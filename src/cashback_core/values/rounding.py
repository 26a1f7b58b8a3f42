"""Rounding an exact fraction of a centavo to a whole one."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never


class Rounding(StrEnum):
    """How a sale's exact cashback becomes centavos; recorded with every result."""

    HALF_EVEN = "half_even"
    """Nearest; a tie goes to the even centavo (ABNT NBR 5891). The default."""
    HALF_UP = "half_up"
    """Nearest; a tie goes up, as in fiscal documents."""
    DOWN = "down"
    """The part of a centavo is dropped."""


def round_ratio(numerator: int, denominator: int, mode: Rounding) -> int:
    """A ratio that is not negative as a whole number; integers only, so exact."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("a ratio of a non-negative number to a positive one is expected")
    whole, rest = divmod(numerator, denominator)
    match mode:
        case Rounding.DOWN:
            return whole
        case Rounding.HALF_UP:
            return whole + (2 * rest >= denominator)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
        case _:
            assert_never(mode)
