"""Sales to send, each with the cashback that must come back, worked out apart from the core."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from cashback_core.values.documents import cpf_check_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES_BP = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The demo merchant's rates, said here again: an error in loading them must show."""

_LINES = 3
_STEMS = 1_000_000_000
_STRIDE = 387_420_489  # coprime to 10**9: distinct numbers give distinct, scattered stems


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A request body and what its sale must earn."""

    number: int
    body: bytes
    cashback_centavos: int


def sales(first: int, count: int, *, sold_at: str) -> Iterator[Sale]:
    """Yield sales of distinct customers; no two numbers share one."""
    random = Random(first)
    for number in range(first, first + count):
        yield _sale(number, sold_at, random)


def _sale(number: int, sold_at: str, random: Random) -> Sale:
    total = earned = 0
    lines: list[str] = []
    for _ in range(_LINES):
        type_ = random.choice("ABCD")
        value = random.randrange(500, 50_000)
        # Now a few pieces, now some kilos.
        qty = (
            random.randrange(1, 6) * 1000 if random.random() < 0.7 else random.randrange(100, 3000)
        )
        amount = (value * qty + 500) // 1000
        total += amount
        earned += amount * RATES_BP[type_]
        lines.append(f'{{"type":"{type_}","value":"{_money(value)}","qty":"{_quantity(qty)}"}}')
    body = (
        f'{{"sold_at":"{sold_at}",'
        f'"customer":{{"document":"{cpf(number)}","name":"Cliente de Teste"}},'
        f'"total":"{_money(total)}","products":[{",".join(lines)}]}}'
    )
    return Sale(number=number, body=body.encode(), cashback_centavos=half_even(earned))


def cpf(number: int) -> str:
    """Return the valid CPF that belongs to a number below 10**9."""
    stem = f"{number * _STRIDE % _STEMS:09d}"
    if stem == stem[0] * 9:  # eleven equal digits are no CPF
        raise ValueError(f"customer {number} would have a CPF of equal digits")
    return stem + cpf_check_digits(stem)


def half_even(earned: int) -> int:
    """Round centavos times basis points to centavos, half to even."""
    centavos, rest = divmod(earned, 10_000)
    return centavos + (rest * 2 > 10_000 or (rest * 2 == 10_000 and centavos % 2 == 1))


def _money(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}"


def _quantity(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}" if rest else f"{whole}"
