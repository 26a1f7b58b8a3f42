"""What a sale is worth, and by what it is known again: the rules that both services share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

RATES = {"A": Decimal("0.05"), "B": Decimal("0.01"), "C": Decimal("0.08"), "D": Decimal("0.10")}
CENT = Decimal("0.01")
LONGEST_NAME = 255
MOST_LINES = 500
LONGEST_KEY = 255


def amount(value: Decimal, qty: Decimal) -> Decimal:
    """What a line costs, to the cent."""
    return (value * qty).quantize(CENT, ROUND_HALF_UP)


def centavos(exact: Decimal) -> int:
    """Round what is earned, once for the whole sale, half to even."""
    return int(exact.quantize(CENT, ROUND_HALF_EVEN) * 100)


def is_cpf(text: str) -> bool:
    if len(text) != 11 or not (text.isascii() and text.isdigit()) or text == text[0] * 11:
        return False
    digits = [int(digit) for digit in text]
    for length in (9, 10):
        weights = range(length + 1, 1, -1)
        check = sum(a * b for a, b in zip(digits, weights, strict=False)) * 10 % 11 % 10
        if digits[length] != check:
            return False
    return True


def content_name(document: str, sold_at: str, total: Decimal, lines: Iterable[str]) -> str:
    """The name by which the same sale is known again, whatever its key."""
    return hashlib.sha256("|".join((document, sold_at, str(total), *lines)).encode()).hexdigest()
