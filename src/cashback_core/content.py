"""Is it the same sale? Content is compared normalised, never as bytes."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cashback_core.documents import mask
from cashback_core.erased import ERASED
from cashback_core.instants import format_instant
from cashback_core.money import format_centavos, format_thousandths
from cashback_core.sale import Sale

MAX_DIFFERENCES: Final = 20
"""Most differences told between two sales."""

HIDDEN: Final = "***"
"""Stands for a recorded name, which is never told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which two sales differ; texts as on the wire, documents masked, None absent."""

    pointer: str
    recorded: str | None
    received: str | None


def fingerprint(sale: Sale) -> str:
    """A name for a sale's content, the same for equal content; `sale_id` is not part of it.

    Hexadecimal SHA-256 over an unambiguous text of centavos, thousandths, digits, NFC and UTC. A
    line that names a product counts by its sku alone: that is what the ERP told, and a retry of it
    is the same sale whatever the catalogue says of the product.
    """
    parts = [
        "1",  # of this very layout: a new one must never look like an old one
        sale.sold_at.isoformat(),
        sale.customer.document,
        f"{len(sale.customer.name)}:{sale.customer.name}",
        f"{sale.total_centavos}-{sale.discount_centavos}",
    ]
    for line in sale.lines:
        if line.sku is None:
            parts.append(f"{len(line.type)}:{line.type}")
        else:  # never to be taken for a type, whose length comes first
            parts.append(f"sku {len(line.sku)}:{line.sku}")
        parts.append(f"{line.value_centavos}*{line.qty_thousandths}-{line.discount_centavos}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def differences(*, recorded: Sale, received: Sale) -> tuple[Difference, ...]:
    """Every field that differs, at most MAX_DIFFERENCES; empty means the same sale.

    Of an erased customer nothing is left to compare: the rest decides.
    """
    if recorded.customer == ERASED:
        received = replace(received, customer=ERASED)
    if recorded == received:
        return ()
    ours, theirs = dict(_fields(recorded)), dict(_fields(received))
    found: list[Difference] = []
    for pointer in {**ours, **theirs}:
        if ours.get(pointer) != theirs.get(pointer):
            was, came = ours.get(pointer), theirs.get(pointer)
            if pointer == "/customer/document":
                was, came = mask(was or ""), mask(came or "")
            elif pointer == "/customer/name":
                was = HIDDEN  # whoever guesses at names learns none
            found.append(Difference(pointer=pointer, recorded=was, received=came))
    return tuple(found[:MAX_DIFFERENCES])


def _fields(sale: Sale) -> Iterator[tuple[str, str | None]]:
    yield "/sold_at", format_instant(sale.sold_at)
    yield "/customer/document", str(sale.customer.document)
    yield "/customer/name", sale.customer.name
    yield "/total", format_centavos(sale.total_centavos)
    yield "/discount", format_centavos(sale.discount_centavos)
    yield "/sale_id", sale.sale_id
    for index, line in enumerate(sale.lines):
        yield f"/products/{index}/type", line.type if line.sku is None else None
        yield f"/products/{index}/sku", line.sku
        yield f"/products/{index}/value", format_centavos(line.value_centavos)
        yield f"/products/{index}/qty", format_thousandths(line.qty_thousandths)
        yield f"/products/{index}/discount", format_centavos(line.discount_centavos)
