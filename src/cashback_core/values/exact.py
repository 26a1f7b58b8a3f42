"""Exact centavos before any rounding: a ratio and its text, each made of the other where asked.

Of every line and every sale the text is stored and told, and the ratio is compared with by hardly
anybody. Reduced fractions and texts that were made at once for each who asks took a fifth of what
a sale costs the core (measured in November 2026: 4 fractions and 8 texts of a sale of three lines,
6 of 30 µs); a stored text is told again without having been read.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Self

from cashback_core.values.money import PER_CENTAVO, format_exact, format_millionths, parse_exact

_UNREAD: Final = 0
"""The denominator of what is known by its text alone."""


class Exact:
    """An exact amount in centavos, from zero; equal to another one of the same value.

    Made of a ratio, reduced or not, or of a text that `format_exact` wrote.
    """

    __slots__ = ("_denominator", "_numerator", "_text")

    _numerator: int
    _denominator: int
    _text: str | None

    def __init__(self, numerator: int, denominator: int = 1) -> None:
        if numerator < 0 or denominator < 1:
            raise ValueError("an exact amount is a ratio from zero")
        self._numerator = numerator
        self._denominator = denominator
        self._text = None

    @classmethod
    def of(cls, centavos: Fraction) -> Self:
        """That many."""
        return cls(centavos.numerator, centavos.denominator)

    @classmethod
    def known(cls, text: str) -> Self:
        """What is stored by this text, unread and unchecked."""
        one = cls(0)
        one._denominator, one._text = _UNREAD, text
        return one

    @property
    def centavos(self) -> Fraction:
        """The number."""
        if self._denominator == _UNREAD:
            read = parse_exact(self.text)
            self._numerator, self._denominator = read.numerator, read.denominator
        return Fraction(self._numerator, self._denominator)

    @property
    def text(self) -> str:
        """In reais, as `format_exact` writes it: "4.065", "47/30"."""
        text = self._text
        if text is None:
            if self._denominator == PER_CENTAVO:  # as of every sale without a discount of its own
                text = format_millionths(self._numerator)
            else:
                text = format_exact(self.centavos)
            self._text = text
        return text

    def __eq__(self, other: object) -> bool:
        return self.centavos == other.centavos if isinstance(other, Exact) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.centavos)

    def __repr__(self) -> str:
        return f"Exact({self.text!r})"
