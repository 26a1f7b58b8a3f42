"""What remains of a customer who was erased: sums, and nobody's name.

Their document is replaced by a pseudonym everywhere, their name and the raw bytes that held either
by nothing. Sales, cashbacks, attempts and events stay, so that totals and the trail of what was
paid stay true; no record tells any more who was paid.
"""

from __future__ import annotations

import re
from typing import Final

from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cpf, stored_document

ERASED: Final = Customer(document=Cpf.known("erased"), name="erased")
"""Stands in a record for a customer who was erased; no sale can name this one."""

_PSEUDONYM: Final = re.compile(r"E[0-9a-f]{32}\Z", re.ASCII)


def is_pseudonym(document: str) -> bool:
    """Whether this stands where an erased customer's document stood."""
    return _PSEUDONYM.match(document) is not None


def customer_of(document: str | None, name: str) -> Customer | None:
    """The customer of a stored sale: ERASED for a pseudonym, None where nobody was told."""
    if document is None:
        return None
    if is_pseudonym(document):
        return ERASED
    return Customer.known(document=stored_document(document), name=name)
