"""How an ERP tells the same sale again: other letters, other order, other names, the same sale.

What may differ is what docs/statement-rules.md and the ERP guide call one sale: content by value,
a key in quotes, a key or a sale id more than before.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from adapters.http.wire.headers import read_idempotency_key

if TYPE_CHECKING:
    from random import Random

SAME_SALE: Final = find_spec("cashback_core.sales.same_sale") is not None
"""Whether content is compared by value, and one place decides which sale a request means."""

NAMES: Final = ("JOSE DA SILVA", "José da Silva", "JOSÉ DA SILVA ", "jose  da silva")


def respelt(document: dict[str, Any], random: Random, *, offsets: bool) -> dict[str, Any]:
    """The same sale in other words; instants with an offset only where the zone never changes."""
    told = dict(document)
    customer: dict[str, Any] = told["customer"]
    told["customer"] = {**customer, "name": random.choice(NAMES)}
    products = list(told["products"])
    random.shuffle(products)
    told["products"] = products
    if offsets and random.random() < 0.5:
        told["sold_at"] = f"{told['sold_at'].replace(' ', 'T')}-03:00"
    return told


def lacking(document: dict[str, Any], random: Random) -> dict[str, Any]:
    """The same sale by a system that tells less of where it was made, and of how it was paid."""
    left_out = {name for name in ("store", "till", "payments") if random.random() < 0.3}
    return {name: told for name, told in document.items() if name not in left_out}


def rekeyed(
    key: str | None, document: dict[str, Any], random: Random, *, number: int
) -> tuple[str | None, dict[str, Any]]:
    """Another key, or another spelling of it, or a sale id more: no name that says another sale.

    A fresh key is told only of a sale that has a sale id in every try, or never a name at all.
    """
    if key is None:
        fresh = random.random() < 0.5
        return (f"fresh-{number}-{random.randrange(10**6)}" if fresh else None), document
    told = random.choice((key, f'"{key}"', f'"{key}";x=1'))
    if "sale_id" not in document and random.random() < 0.5:
        document = {**document, "sale_id": f"added-{number}"}
    return read_key(told), document


def read_key(text: str) -> str | None:
    """What the gateway reads of a header."""
    return read_idempotency_key({b"idempotency-key": text.encode("ascii")})
