"""Reading a document of the form that most have, which came apart by types already: the quick way.

Whoever reads bytes by types (outside, for the core knows no library) gives a `PlainSale`: every
field there is of a type that it may be of, and nothing more is told. It is read here by the same
readers of numbers, documents, names and instants as any other, without the words that would tell
what is wrong: at the first doubt there is no sale, and the ordinary way (`validation`) reads the
whole document and decides. So nothing is refused here, and a property of the tests holds that
whatever is taken here is taken there, and is equal. 10 µs of CPU for a sale of three lines, where
a decoded document takes 17 (November 2026, `make bench-plain`).
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cashback_core.sales.effective_dates import counts_at
from cashback_core.sales.place import NOWHERE
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import MAX_LINES, Customer, Line, Sale, is_sale_id, line_amount
from cashback_core.values.access_keys import holds_buyer
from cashback_core.values.documents import Cpf, InvalidDocument
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_wall_clock
from cashback_core.values.money import (
    InvalidMoney,
    parse_centavos,
    parse_quantity,
    parse_value,
)
from cashback_core.values.names import MAX_NAME_CHARS, name_fault

Number = str | int
"""As JSON tells one in quotes or as a whole number; any other is read by the ordinary way."""


class PlainCustomer(Protocol):
    """Who bought, as most tell it."""

    @property
    @abstractmethod
    def document(self) -> str:
        """A CPF, punctuated or not, or some other document."""

    @property
    @abstractmethod
    def name(self) -> str:
        """As it was told."""


class PlainLine(Protocol):
    """A line of a type, not of a sku, that tells no amount and no surcharge. 0: no discount."""

    @property
    @abstractmethod
    def type(self) -> str:
        """The product type."""

    @property
    @abstractmethod
    def value(self) -> Number:
        """Of one unit, in reais."""

    @property
    @abstractmethod
    def qty(self) -> Number:
        """How many."""

    @property
    @abstractmethod
    def discount(self) -> Number:
        """In reais, off the line."""


class PlainFields(Protocol):
    """What is told, and nothing else is. A sale id of None is none, a discount of 0, too."""

    @property
    @abstractmethod
    def sold_at(self) -> str:
        """A wall clock, or with an offset."""

    @property
    @abstractmethod
    def customer(self) -> PlainCustomer:
        """Who bought."""

    @property
    @abstractmethod
    def products(self) -> Sequence[PlainLine]:
        """The lines."""

    @property
    @abstractmethod
    def total(self) -> Number:
        """In reais."""

    @property
    @abstractmethod
    def discount(self) -> Number:
        """In reais, off the sale."""

    @property
    @abstractmethod
    def sale_id(self) -> str | None:
        """The ERP's own number."""


class PlainSale:
    """A document of the form that most have; whoever takes bytes apart makes a subclass of it."""

    __slots__ = ()

    def told(self) -> PlainFields:
        """Its fields."""
        raise NotImplementedError

    def whole(self) -> dict[str, object]:
        """The same as decoded JSON."""
        raise NotImplementedError


def whole(document: object) -> object:
    """A document as decoded JSON, whichever way it came."""
    return document.whole() if isinstance(document, PlainSale) else document


def read_plain(document: PlainSale, by: JudgedBy) -> Sale | None:
    """The sale that it is; None where the ordinary way has to look."""
    try:
        return _sale(document.told(), by)
    except (InvalidMoney, InvalidDocument, NotAnInstant, NoSuchInstant):
        return None


def _sale(told: PlainFields, by: JudgedBy) -> Sale | None:
    """The same; raises what the readers of its parts raise."""
    now, rules = by.now, by.rules
    if now is None or (rules.numbers is NumberScope.STORE and told.sale_id is not None):
        return None  # a repeat, or a number that needs its store
    sold_at, sold_at_wall = parse_wall_clock(told.sold_at, rules.zone)
    if not now - rules.max_age <= sold_at <= now + rules.max_ahead:
        return None
    customer = _customer(told.customer)
    lines = _lines(told.products, by, counts_at(sold_at, now))
    if customer is None or lines is None or _tells_buyer(told, customer, by):
        return None
    total, discount = parse_centavos(told.total), parse_centavos(told.discount)
    nets = sum([line.amount_centavos - line.discount_centavos for line in lines])
    difference = total - nets + discount
    if discount > nets or abs(difference) > rules.sale_tolerance_centavos:
        return None
    return Sale.known(
        sold_at=sold_at,
        customer=customer,
        lines=lines,
        total_centavos=total,
        discount_centavos=discount,
        surcharge_centavos=0,
        difference_centavos=difference,
        payments=(),
        place=NOWHERE,
        sale_id=told.sale_id,
        confirm_later=False,
        cashier=None,
        metadata=(),
        sold_at_wall=sold_at_wall,
    )


def _customer(told: PlainCustomer) -> Customer | None:
    name = told.name
    if not name.isascii():
        if len(name) > MAX_NAME_CHARS:  # how long it is in NFC, the ordinary way sees
            return None
        name = unicodedata.normalize("NFC", name)
    if name_fault(name) is not None:
        return None
    return Customer.known(document=Cpf.parse(told.document), name=name)


def _tells_buyer(told: PlainFields, customer: Customer, by: JudgedBy) -> bool:
    """Whether a name of the sale is none, or tells who bought."""
    sale_id, key = told.sale_id, by.idempotency_key
    if sale_id is not None and not (
        is_sale_id(sale_id) and not holds_buyer(sale_id, customer.document)
    ):
        return True
    return key is not None and holds_buyer(key, customer.document)


def _lines(
    products: Sequence[PlainLine], by: JudgedBy, instant: datetime
) -> tuple[Line, ...] | None:
    programme, rounding = by.programme, by.rules.line_rounding
    lines: list[Line] = []
    for told in products:
        type_ = told.type
        if programme is not None and programme.rate_at(type_, instant) is None:
            return None
        value_e10, qty_e4 = parse_value(told.value), parse_quantity(told.qty)
        amount = line_amount(value_e10, qty_e4, rounding)
        # Left out it is 0, a number; an empty text is a fault.
        discount = parse_centavos(told.discount) if told.discount != 0 else 0
        if qty_e4 == 0 or discount > amount:
            return None
        lines.append(
            Line.known(
                type=type_,
                value_e10=value_e10,
                qty_e4=qty_e4,
                amount_centavos=amount,
                discount_centavos=discount,
                surcharge_centavos=0,
                sku=None,
                difference_centavos=0,
            )
        )
    return tuple(lines) if 1 <= len(lines) <= MAX_LINES else None
