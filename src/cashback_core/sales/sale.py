"""A sale as the merchant's ERP tells it, once it is known to be valid."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cashback_core.values.documents import Cpf

MAX_LINES: Final = 990
"""Most lines of a sale, as in a fiscal document (NF-e)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line: `value_centavos` is the price of one unit, `qty_thousandths` the quantity.

    `discount_centavos` is taken off the line; it never exceeds the amount. With a `sku` the ERP
    named the product, and `type` is what the catalogue says of it at the sale's instant.
    """

    type: str
    value_centavos: int
    qty_thousandths: int
    discount_centavos: int = 0
    sku: str | None = None

    @property
    def amount_centavos(self) -> int:
        """Value × quantity, rounded half up to the centavo as fiscal documents do."""
        return (self.value_centavos * self.qty_thousandths + 500) // 1000

    @property
    def net_centavos(self) -> int:
        """The amount less the line's discount."""
        return self.amount_centavos - self.discount_centavos


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who bought; `name` is in NFC, 1 to 120 printable characters."""

    document: Cpf
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A valid sale. `sold_at` is aware UTC; `total_centavos` = Σ line nets - `discount_centavos`.

    `sale_id` is the ERP's own number, if it sent one. `sold_at_wall` is what stood on the
    merchant's wall clock, naive, if `sold_at` came without an offset: a spelling, not a value.
    """

    sold_at: datetime
    customer: Customer
    lines: tuple[Line, ...]
    total_centavos: int
    discount_centavos: int = 0
    sale_id: str | None = None
    sold_at_wall: datetime | None = field(default=None, compare=False)


def name_key(name: str) -> str:
    """What two spellings of one person's name share: no case, no accents, single spaces."""
    if not name.isascii():
        # Folded last: "™" is decomposed into capitals.
        plain = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(name.casefold().split())
