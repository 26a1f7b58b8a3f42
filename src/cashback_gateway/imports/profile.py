"""What a file of sales tells: the fields of a sale, and of each of its lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from adapters.files.profile import FieldKind, FileKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT, _NUMBER, _INSTANT = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INSTANT
PRODUCT: Final = "product."
METADATA: Final = "metadata."
FIELDS: Final[Mapping[str, FieldKind]] = {
    "sale_id": _TEXT,
    "idempotency_key": _TEXT,
    "sold_at": _INSTANT,
    "total": _NUMBER,
    "discount": _NUMBER,
    "surcharge": _NUMBER,
    "store": _TEXT,
    "till": _TEXT,
    "series": _TEXT,
    "cashier": _TEXT,
    "customer.document": _TEXT,
    "customer.document_type": _TEXT,
    "customer.name": _TEXT,
    "product.type": _TEXT,
    "product.sku": _TEXT,
    "product.value": _NUMBER,
    "product.qty": _NUMBER,
    "product.amount": _NUMBER,
    "product.discount": _NUMBER,
    "product.surcharge": _NUMBER,
}
"""What a column can be, beside `metadata.` and a name; those of `product.` are of one line."""

SALES: Final = FileKind(
    what="a sale",
    fields=FIELDS,
    must=(("sold_at",), ("total",), ("product.value",), ("product.qty",)),
    others=re.compile(r"metadata\.[A-Za-z0-9_.-]{1,40}\Z", re.ASCII),
)


def is_text(name: str) -> bool:
    """Whether this field is told as it stands."""
    return SALES.kind_of(name) is FieldKind.TEXT
