"""A sale as the merchant's ERP tells it, once it is known to be valid."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from cashback_core.values.documents import Cpf
from cashback_core.values.instants import refuse_naive
from cashback_core.values.names import MAX_NAME_CHARS

MAX_LINES: Final = 990
"""Most lines of a sale, as in a fiscal document (NF-e)."""

MAX_SKU_CHARS: Final = 64
SKU: Final = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
"""What may name a product."""

MAX_SALE_ID_CHARS: Final = 64
SALE_ID: Final = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
"""What may be an ERP's own number of a sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line: `value_centavos` is the price of one unit, `qty_thousandths` the quantity.

    `discount_centavos` is taken off the line; it never exceeds the amount. With a `sku` the ERP
    named the product, and `type` is what the catalogue says of it at the sale's instant. Any text
    is a type: whether one earns something, the programme says.

    `Line.known` takes one that was checked when it was read or stored.
    """

    type: str
    value_centavos: int
    qty_thousandths: int
    discount_centavos: int = 0
    sku: str | None = None

    def __post_init__(self) -> None:
        value, qty, discount = self.value_centavos, self.qty_thousandths, self.discount_centavos
        if not type(value) is type(qty) is type(discount) is int:
            raise ValueError("centavos and thousandths are whole numbers")
        if value < 0 or qty < 1 or discount < 0:
            raise ValueError("a line has a quantity, and neither value nor discount below zero")
        if discount and discount > amount_centavos(value, qty):
            raise ValueError("a line's discount is at most its amount")
        if not _is_text(self.type):
            raise ValueError("a line's type is a text")
        if self.sku is not None and not is_sku(self.sku):
            raise ValueError(f"a sku has 1 to {MAX_SKU_CHARS} visible ASCII characters")

    @classmethod
    def known(
        cls,
        *,
        type: str,  # noqa: A002 (the domain's word)
        value_centavos: int,
        qty_thousandths: int,
        discount_centavos: int,
        sku: str | None,
    ) -> Self:
        """Exactly this line, unchecked."""
        made = object.__new__(cls)
        put = object.__setattr__
        put(made, "type", type)
        put(made, "value_centavos", value_centavos)
        put(made, "qty_thousandths", qty_thousandths)
        put(made, "discount_centavos", discount_centavos)
        put(made, "sku", sku)
        return made

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
    """Who bought; `name` is in NFC, 1 to 120 printable characters.

    `Customer.known` takes one that was checked when it was stored: what is printable is not the
    same in every Python's Unicode.
    """

    document: Cpf
    name: str

    def __post_init__(self) -> None:
        name = self.name
        if type(self.document) is not Cpf:
            raise ValueError("a customer's document is a Cpf")
        if not (_is_text(name) and 0 < len(name) <= MAX_NAME_CHARS and name.isprintable()):
            raise ValueError(f"a customer's name has 1 to {MAX_NAME_CHARS} printable characters")
        if not (name.isascii() or unicodedata.is_normalized("NFC", name)):
            raise ValueError("a customer's name is in NFC")

    @classmethod
    def known(cls, *, document: Cpf, name: str) -> Self:
        """Exactly this customer, unchecked: a stored one."""
        made = object.__new__(cls)
        object.__setattr__(made, "document", document)
        object.__setattr__(made, "name", name)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale. `sold_at` is aware UTC; `total_centavos` = Σ line nets - `discount_centavos`.

    `sale_id` is the ERP's own number, if it sent one. `sold_at_wall` is what stood on the
    merchant's wall clock, naive, if `sold_at` came without an offset: a spelling, not a value.

    The constructor refuses any other; `Sale.known` takes one that was checked when it was read or
    stored, for a sale of 990 lines is not added up again and again.
    """

    sold_at: datetime
    customer: Customer
    lines: tuple[Line, ...]
    total_centavos: int
    discount_centavos: int = 0
    sale_id: str | None = None
    sold_at_wall: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        total, discount = self.total_centavos, self.discount_centavos
        if not type(total) is type(discount) is int or total < 0 or discount < 0:
            raise ValueError("a total and a discount are centavos, from zero")
        refuse_naive(self.sold_at, "when a sale happened")
        if self.sold_at_wall is not None and self.sold_at_wall.tzinfo is not None:
            raise ValueError("a wall clock has no offset")
        lines, sale_id = self.lines, self.sale_id
        if type(lines) is not tuple or not lines or {type(line) for line in lines} != {Line}:
            raise ValueError("a sale has a tuple of lines, one at least")
        if type(self.customer) is not Customer:
            raise ValueError("a sale has a Customer")
        if sale_id is not None and not is_sale_id(sale_id):
            raise ValueError(f"a sale id has 1 to {MAX_SALE_ID_CHARS} visible ASCII characters")
        if total != sum([line.net_centavos for line in lines]) - discount:
            raise ValueError("a sale's total is what its lines are worth, less its discount")

    @classmethod
    def known(  # noqa: PLR0913 (its fields)
        cls,
        *,
        sold_at: datetime,
        customer: Customer,
        lines: tuple[Line, ...],
        total_centavos: int,
        discount_centavos: int,
        sale_id: str | None,
        sold_at_wall: datetime | None,
    ) -> Self:
        """Exactly this sale, unchecked."""
        made = object.__new__(cls)
        put = object.__setattr__
        put(made, "sold_at", sold_at)
        put(made, "customer", customer)
        put(made, "lines", lines)
        put(made, "total_centavos", total_centavos)
        put(made, "discount_centavos", discount_centavos)
        put(made, "sale_id", sale_id)
        put(made, "sold_at_wall", sold_at_wall)
        return made

    def of(self, customer: Customer) -> Self:
        """The same of another customer, as unchecked as this one."""
        return self.known(
            sold_at=self.sold_at,
            customer=customer,
            lines=self.lines,
            total_centavos=self.total_centavos,
            discount_centavos=self.discount_centavos,
            sale_id=self.sale_id,
            sold_at_wall=self.sold_at_wall,
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def is_sku(text: object) -> bool:
    """Whether this may name a product: a text of 1 to 64 visible ASCII characters."""
    return isinstance(text, str) and SKU.match(text) is not None


def is_sale_id(text: object) -> bool:
    """Whether this may be an ERP's own number of a sale: 1 to 64 visible ASCII characters."""
    return isinstance(text, str) and SALE_ID.match(text) is not None


def amount_centavos(value_centavos: int, qty_thousandths: int) -> int:
    """Value × quantity, rounded half up to the centavo as fiscal documents do."""
    return (value_centavos * qty_thousandths + 500) // 1000


def name_key(name: str) -> str:
    """What two spellings of one person's name share: no case, no accents, single spaces."""
    if not name.isascii():
        # Folded last: "™" is decomposed into capitals.
        plain = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(name.casefold().split())
