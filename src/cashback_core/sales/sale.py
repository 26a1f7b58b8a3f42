"""A sale as the merchant's ERP tells it, once it is known to be valid."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import builtins
import re
import unicodedata
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Self, TypeAlias

from cashback_core.sales.payments import MAX_PAYMENTS, Payment
from cashback_core.sales.place import NOWHERE, Place
from cashback_core.values.documents import BuyerDocument, Cnpj, Cpf, ForeignDocument
from cashback_core.values.instants import refuse_naive
from cashback_core.values.money import PRODUCT_PER_CENTAVO
from cashback_core.values.names import MAX_NAME_CHARS
from cashback_core.values.rounding import Rounding, round_ratio
from cashback_core.values.unchecked import unchecked

_MakesLine: TypeAlias = "builtins.type[Line]"
"""For `type` is a field of it."""

MAX_LINES: Final = 990
"""Most lines of a sale, as in a fiscal document (NF-e)."""

MAX_SKU_CHARS: Final = 64
SKU: Final = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
"""What may name a product."""

MAX_SALE_ID_CHARS: Final = 64
SALE_ID: Final = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
"""What may be an ERP's own number of a sale."""

MAX_CASHIER_CHARS: Final = 64
MAX_METADATA: Final = 20
METADATA_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}\Z", re.ASCII)
MAX_METADATA_CHARS: Final = 200

MAX_TOLERANCE_CENTAVOS: Final = 99
"""The most that a merchant may let a line's amount, or a total, differ from what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line: `value_e10` is the price of one unit, `qty_e4` the quantity.

    `amount_centavos` is what counts: what the ERP told, or value × quantity rounded as the merchant
    lays down. `difference_centavos` is by how much a told one differs from the rounded one.
    `discount_centavos` is taken off the amount, and never exceeds it; `surcharge_centavos` comes on
    top. With a `sku` the ERP named the product, and `type` is what the catalogue says of it at the
    sale's instant. Any text is a type: whether one earns something, the programme says.

    `Line.known` takes one that was checked when it was read or stored.
    """

    type: str
    value_e10: int
    qty_e4: int
    amount_centavos: int
    discount_centavos: int = 0
    surcharge_centavos: int = 0
    sku: str | None = None
    difference_centavos: int = 0
    known: ClassVar[_MakesLine]

    def __post_init__(self) -> None:
        value, qty, amount = self.value_e10, self.qty_e4, self.amount_centavos
        discount, surcharge = self.discount_centavos, self.surcharge_centavos
        difference = self.difference_centavos
        if {*map(type, (value, qty, amount, discount, surcharge, difference))} != {int}:
            raise ValueError("values, quantities and centavos are whole numbers")
        if value < 0 or qty < 1 or amount < 0 or discount < 0 or surcharge < 0:
            raise ValueError("a line has a quantity, and no value or amount below zero")
        if discount > amount:
            raise ValueError("a line's discount is at most its amount")
        if abs((amount - difference) * PRODUCT_PER_CENTAVO - value * qty) >= PRODUCT_PER_CENTAVO:
            raise ValueError("a line's amount is value × quantity, rounded, and its difference")
        if abs(difference) > MAX_TOLERANCE_CENTAVOS + 1:
            raise ValueError("a line's amount differs by at most what a merchant may let pass")
        if not _is_text(self.type):
            raise ValueError("a line's type is a text")
        if self.sku is not None and not is_sku(self.sku):
            raise ValueError(f"a sku has 1 to {MAX_SKU_CHARS} visible ASCII characters")

    @classmethod
    def of(  # noqa: PLR0913 (a line's own)
        cls,
        *,
        type: str,  # noqa: A002 (the domain's word)
        value_e10: int,
        qty_e4: int,
        discount_centavos: int = 0,
        surcharge_centavos: int = 0,
        sku: str | None = None,
        rounding: Rounding = Rounding.HALF_UP,
    ) -> Self:
        """A line that tells no amount of its own: value × quantity, rounded."""
        return cls(
            type=type,
            value_e10=value_e10,
            qty_e4=qty_e4,
            amount_centavos=line_amount(value_e10, qty_e4, rounding),
            discount_centavos=discount_centavos,
            surcharge_centavos=surcharge_centavos,
            sku=sku,
        )

    @property
    def net_centavos(self) -> int:
        """What the line adds to the total: the amount less its discount, with its surcharge."""
        return self.amount_centavos - self.discount_centavos + self.surcharge_centavos

    @property
    def goods_centavos(self) -> int:
        """What of the line may earn: the amount less its discount."""
        return self.amount_centavos - self.discount_centavos


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who bought; `name` is in NFC, 1 to 120 printable characters.

    `Customer.known` takes one that was checked when it was stored: what is printable is not the
    same in every Python's Unicode.
    """

    document: BuyerDocument
    name: str
    known: ClassVar[type[Customer]]

    def __post_init__(self) -> None:
        name = self.name
        if type(self.document) not in {Cpf, Cnpj, ForeignDocument}:
            raise ValueError("a customer's document is a Cpf, a Cnpj or a ForeignDocument")
        if not (_is_text(name) and 0 < len(name) <= MAX_NAME_CHARS and name.isprintable()):
            raise ValueError(f"a customer's name has 1 to {MAX_NAME_CHARS} printable characters")
        if not (name.isascii() or unicodedata.is_normalized("NFC", name)):
            raise ValueError("a customer's name is in NFC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale. `sold_at` is aware UTC; without a `customer` nobody told who bought.

    `total_centavos` = Σ line nets - `discount_centavos` + `surcharge_centavos` +
    `difference_centavos`; the last is what the merchant's tolerance let pass. `payments`, if told,
    add up to the total. `sale_id` is the ERP's own number, if it sent one. `confirm_later`: it
    earns once it is confirmed. `cashier` and `metadata` (pairs, sorted by key) are the ERP's notes.
    `sold_at_wall` is what stood on the merchant's wall clock, naive, if `sold_at` came without an
    offset: a spelling, not a value.

    The constructor refuses any other; `Sale.known` takes one that was checked when it was read or
    stored, for a sale of 990 lines is not added up again and again.
    """

    sold_at: datetime
    customer: Customer | None
    lines: tuple[Line, ...]
    total_centavos: int
    discount_centavos: int = 0
    surcharge_centavos: int = 0
    difference_centavos: int = 0
    payments: tuple[Payment, ...] = ()
    place: Place = NOWHERE
    sale_id: str | None = None
    confirm_later: bool = field(default=False, compare=False)
    cashier: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    sold_at_wall: datetime | None = field(default=None, compare=False)
    known: ClassVar[type[Sale]]

    def __post_init__(self) -> None:
        refuse_naive(self.sold_at, "when a sale happened")
        if self.sold_at_wall is not None and self.sold_at_wall.tzinfo is not None:
            raise ValueError("a wall clock has no offset")
        lines, sale_id = self.lines, self.sale_id
        if type(lines) is not tuple or not lines or {type(line) for line in lines} != {Line}:
            raise ValueError("a sale has a tuple of lines, one at least")
        if self.customer is not None and type(self.customer) is not Customer:
            raise ValueError("a sale has a Customer, or None for nobody")
        if sale_id is not None and not is_sale_id(sale_id):
            raise ValueError(f"a sale id has 1 to {MAX_SALE_ID_CHARS} visible ASCII characters")
        if type(self.place) is not Place or type(self.confirm_later) is not bool:
            raise ValueError("a sale has a Place, and is confirmed later or not")
        self._refuse_sums()
        self._refuse_notes()

    def _refuse_sums(self) -> None:
        """Raise ValueError for a total or payments that do not add up."""
        total, discount, surcharge = (
            self.total_centavos,
            self.discount_centavos,
            self.surcharge_centavos,
        )
        difference, payments = self.difference_centavos, self.payments
        if {*map(type, (total, discount, surcharge, difference))} != {int}:
            raise ValueError("sums of a sale are whole centavos")
        if total < 0 or discount < 0 or surcharge < 0:
            raise ValueError("a total, a discount and a surcharge are centavos, from zero")
        if abs(difference) > MAX_TOLERANCE_CENTAVOS:
            raise ValueError("a total differs by at most what a merchant may let pass")
        nets = sum([line.net_centavos for line in self.lines])
        if discount > nets:
            raise ValueError("a sale's discount is at most what its lines are worth")
        if total != nets - discount + surcharge + difference:
            raise ValueError("a sale's total is what its lines, discount and surcharge make")
        if type(payments) is not tuple or {type(part) for part in payments} - {Payment}:
            raise ValueError("payments are a tuple of Payment")
        if len(payments) > MAX_PAYMENTS:
            raise ValueError(f"a sale is paid in at most {MAX_PAYMENTS} parts")
        if payments and sum([part.value_centavos for part in payments]) != total:
            raise ValueError("payments add up to the total")

    def _refuse_notes(self) -> None:
        """Raise ValueError for a cashier or metadata that are none."""
        if self.cashier is not None and not is_cashier(self.cashier):
            raise ValueError(f"a cashier has 1 to {MAX_CASHIER_CHARS} printable characters")
        pairs = self.metadata
        if type(pairs) is not tuple or len(pairs) > MAX_METADATA:
            raise ValueError(f"metadata are a tuple of at most {MAX_METADATA} pairs")
        keys = [key for key, _ in pairs]
        if keys != sorted(set(keys)):
            raise ValueError("metadata are sorted by key, each once")
        if not all(is_metadata_key(key) and is_metadata_value(value) for key, value in pairs):
            raise ValueError("a key of metadata, or its value, is none")

    def of(self, customer: Customer | None) -> Self:
        """The same of another customer, as unchecked as this one."""
        made = copy(self)
        object.__setattr__(made, "customer", customer)
        return made

    @property
    def document(self) -> BuyerDocument | None:
        """Who bought; None is nobody."""
        return None if self.customer is None else self.customer.document


Line.known = unchecked(Line)
Customer.known = unchecked(Customer)
Sale.known = unchecked(Sale)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def is_sku(text: object) -> bool:
    """Whether this may name a product: a text of 1 to 64 visible ASCII characters."""
    return isinstance(text, str) and SKU.match(text) is not None


def is_sale_id(text: object) -> bool:
    """Whether this may be an ERP's own number of a sale: 1 to 64 visible ASCII characters."""
    return isinstance(text, str) and SALE_ID.match(text) is not None


def is_cashier(text: object) -> bool:
    """Whether this may name a cashier: 1 to 64 printable characters, not only spaces."""
    if not isinstance(text, str) or not text.strip():
        return False
    return len(text) <= MAX_CASHIER_CHARS and text.isprintable()


def is_metadata_key(text: object) -> bool:
    """Whether this may be a key of metadata: 1 to 40 of A-Z a-z 0-9 _ . -"""
    return isinstance(text, str) and METADATA_KEY.match(text) is not None


def is_metadata_value(text: object) -> bool:
    """Whether this may be a value of metadata: up to 200 printable characters."""
    return isinstance(text, str) and len(text) <= MAX_METADATA_CHARS and text.isprintable()


def line_amount(value_e10: int, qty_e4: int, rounding: Rounding) -> int:
    """Value × quantity in centavos, rounded as the merchant lays down."""
    product = value_e10 * qty_e4
    if rounding is Rounding.HALF_UP:  # as most merchants do: the same, and quicker
        return (product + PRODUCT_PER_CENTAVO // 2) // PRODUCT_PER_CENTAVO
    return round_ratio(product, PRODUCT_PER_CENTAVO, rounding)


def name_key(name: str) -> str:
    """What two spellings of one person's name share: no case, no accents, single spaces."""
    if not name.isascii():
        # Folded last: "™" is decomposed into capitals.
        plain = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(name.casefold().split())
