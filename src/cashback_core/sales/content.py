"""Is it the same sale? Content is compared by value: never as bytes, never by how it is spelt.

Content is the instant, who bought (the document, whatever the name), what they paid, and the lines,
in any order, each by the sku or the type that the ERP told. A line's amount is none: it follows
from value and quantity, and the total. An instant that came without an offset is one by the UTC
that it was recorded with, or by its wall clock: a merchant's zone may be corrected, and so may the
rules of a zone, between two equal requests.

The place and the payments are content when both sales tell them: one that lacks them equals one
that has them. So they are no part of a content name, and are compared beside it (`may_be_one`), as
is the instant: of three sales the first and the second may have a name in common, the second and
the third another one, and the first and the third none.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import binascii
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cashback_core.sales.erased import ERASED
from cashback_core.sales.payments import Payment
from cashback_core.sales.place import NOWHERE, Place
from cashback_core.sales.sale import Line, Sale
from cashback_core.values.documents import store_document
from cashback_core.values.instants import format_instant
from cashback_core.values.masks import STARS, star_documents
from cashback_core.values.money import format_centavos, format_quantity, format_value

MAX_DIFFERENCES: Final = 20
"""Most differences told between two sales."""

_LAYOUT: Final = "3"
"""Of the text that a content name is made of: a new one must never look like an old one."""

_NAME_BYTES: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which two sales differ; texts as on the wire, None absent.

    No digit of a CPF is in it: what two sales differ in tells one of them to whoever has the other.
    """

    pointer: str
    recorded: str | None
    received: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is compared beside a content name: when and where a sale was made, how it was paid."""

    sold_at: datetime
    sold_at_wall: datetime | None = None
    place: Place = NOWHERE
    payments: tuple[Payment, ...] = ()

    @classmethod
    def of(cls, sale: Sale) -> Particulars:
        """Those of a sale."""
        return cls(
            sold_at=sale.sold_at,
            sold_at_wall=sale.sold_at_wall,
            place=sale.place,
            payments=sale.payments,
        )


def difference(pointer: str, recorded: str | None, received: str | None) -> Difference:
    """A field in which two sales differ, every CPF in its texts starred out."""
    return Difference(
        pointer=pointer,
        recorded=None if recorded is None else star_documents(recorded),
        received=None if received is None else star_documents(received),
    )


def content_names(sale: Sale) -> tuple[str, ...]:
    """What a sale's content is called: by its UTC, and by its wall clock if it was told by one.

    Two sales have the same content exactly when they have a content name in common and what they
    tell beside it `may_be_one`. The UTC's comes first. Each is 32 characters: 192 bits of the
    SHA-256, in base64, of an unambiguous text of values. Neither `sale_id` nor the customer's name
    is part of it.
    """
    values = _values(sale)
    utc = _name(values + _spelt(sale.sold_at))
    if sale.sold_at_wall is None:
        return (utc,)
    # Never to be taken for a UTC, which ends in an offset.
    return utc, _name(values + _spelt(sale.sold_at_wall))


def same_content(*, recorded: Sale, received: Sale) -> bool:
    """Whether two sales have the same content.

    Of an erased customer nothing is left to compare: the rest decides.
    """
    if recorded.customer == ERASED:
        received = received.of(ERASED)
    return _values(recorded) == _values(received) and may_be_one(
        Particulars.of(recorded), Particulars.of(received)
    )


def may_be_one(one: Particulars, other: Particulars) -> bool:
    """Whether two sales of one base content are one as far as anybody can tell.

    They are of one instant, and nothing that both tell of place and payments differs, field by
    field.
    """
    return (
        _same_instant(one, other)
        and not _are_apart(one.payments, other.payments)
        and not any(True for _ in _places_apart(one.place, other.place))
    )


def tell_the_same(one: Particulars, other: Particulars) -> bool:
    """Whether both tell the very same, so that whatever may be one with one may be with both."""
    return (
        one.sold_at == other.sold_at
        and one.sold_at_wall == other.sold_at_wall
        and one.place == other.place
        and in_order(one.payments) == in_order(other.payments)
    )


def in_order(payments: tuple[Payment, ...]) -> list[tuple[str, int]]:
    """Payments as they are compared: in any order."""
    return sorted((part.kind.value, part.value_centavos) for part in payments)


def differences(*, recorded: Sale, received: Sale) -> tuple[Difference, ...]:
    """In what the content of two sales differs, at most MAX_DIFFERENCES; empty: it is the same.

    Of lines those are told that the other sale has not, in the order of the received ones; what
    was recorded beyond these is told under the positions that follow.
    """
    if recorded.customer == ERASED:
        received = received.of(ERASED)
    found = [
        *_of_head(recorded, received),
        *_of_lines(recorded.lines, received.lines),
    ]
    return tuple(found[:MAX_DIFFERENCES])


def _spelt(instant: datetime) -> str:
    """An instant to the microsecond, also where that is none."""
    text = instant.isoformat()
    return text if instant.microsecond else f"{text[:19]}.000000{text[19:]}"


def _name(text: str) -> str:
    import hashlib  # slow to load, and whoever only calculates names no content

    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return binascii.b2a_base64(digest[:_NAME_BYTES], newline=False).decode("ascii")


def _values(sale: Sale) -> str:
    """All of the content but its instant. Every text in it is told with its length."""
    return "\n".join(
        (
            _LAYOUT,
            _buyer(sale),
            f"{sale.total_centavos}-{sale.discount_centavos}+{sale.surcharge_centavos}",
            *sorted([_line(line) for line in sale.lines]),
            "",
        )
    )


def _buyer(sale: Sale) -> str:
    return "" if sale.customer is None else store_document(sale.customer.document)


def _line(line: Line) -> str:
    numbers = f"{line.value_e10}*{line.qty_e4}-{line.discount_centavos}+{line.surcharge_centavos}"
    if line.sku is None:
        return f"{numbers} type {len(line.type)}:{line.type}"
    # As the ERP told it: a repeat is the same sale whatever the catalogue says of the product.
    return f"{numbers} sku {len(line.sku)}:{line.sku}"


def _same_instant(recorded: Sale | Particulars, received: Sale | Particulars) -> bool:
    wall = recorded.sold_at_wall
    return recorded.sold_at == received.sold_at or (
        wall is not None and wall == received.sold_at_wall
    )


def _are_apart(payments: tuple[Payment, ...], others: tuple[Payment, ...]) -> bool:
    return bool(payments and others) and in_order(payments) != in_order(others)


def _places_apart(place: Place, other: Place) -> Iterator[tuple[str, str, str]]:
    """The fields that both tell, and tell differently."""
    if place is other:
        return
    for name in ("store", "till", "series"):
        told: tuple[str | None, str | None] = getattr(place, name), getattr(other, name)
        was, came = told
        if was is not None and came is not None and was != came:
            yield name, was, came


def _of_head(recorded: Sale, received: Sale) -> Iterator[Difference]:
    if not _same_instant(recorded, received):
        was, came = format_instant(recorded.sold_at), format_instant(received.sold_at)
        yield difference("/sold_at", was, came)
    if _buyer(recorded) != _buyer(received):
        yield Difference(pointer="/customer/document", recorded=STARS, received=STARS)
    for name in ("total", "discount", "surcharge"):
        told: tuple[int, int] = (
            getattr(recorded, f"{name}_centavos"),
            getattr(received, f"{name}_centavos"),
        )
        if told[0] != told[1]:
            was, came = map(format_centavos, told)
            yield difference(f"/{name}", was, came)
    for name, was, came in _places_apart(recorded.place, received.place):
        yield difference(f"/{name}", was, came)
    if _are_apart(recorded.payments, received.payments):
        yield difference("/payments", _paid(recorded.payments), _paid(received.payments))


def _paid(payments: tuple[Payment, ...]) -> str:
    return ", ".join(f"{kind} {format_centavos(value)}" for kind, value in in_order(payments))


def _of_lines(recorded: tuple[Line, ...], received: tuple[Line, ...]) -> Iterator[Difference]:
    common = Counter(map(_line, recorded)) & Counter(map(_line, received))
    left, came = _without(recorded, common), _without(received, common)
    for old, new in zip(left, came, strict=False):
        yield from _of_line(f"/products/{new[0]}", old[1], new[1])
    for index, line in came[len(left) :]:
        yield from _of_line(f"/products/{index}", None, line)
    for index, (_, line) in enumerate(left[len(came) :], start=len(received)):
        yield from _of_line(f"/products/{index}", line, None)


def _without(lines: tuple[Line, ...], common: Counter[str]) -> list[tuple[int, Line]]:
    """The lines that are not among the common ones, with their positions."""
    matched = Counter(common)
    rest: list[tuple[int, Line]] = []
    for index, line in enumerate(lines):
        text = _line(line)
        if matched[text]:
            matched[text] -= 1
        else:
            rest.append((index, line))
    return rest


def _of_line(pointer: str, recorded: Line | None, received: Line | None) -> Iterator[Difference]:
    was = {} if recorded is None else dict(_fields(recorded))
    came = {} if received is None else dict(_fields(received))
    for name in {**was, **came}:
        if was.get(name) != came.get(name):
            yield difference(f"{pointer}/{name}", was.get(name), came.get(name))


def _fields(line: Line) -> Iterator[tuple[str, str | None]]:
    yield "type", line.type if line.sku is None else None
    yield "sku", line.sku
    yield "value", format_value(line.value_e10)
    yield "qty", format_quantity(line.qty_e4)
    yield "discount", format_centavos(line.discount_centavos)
    yield "surcharge", format_centavos(line.surcharge_centavos)
