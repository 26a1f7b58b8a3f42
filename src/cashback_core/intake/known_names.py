"""Whether a customer may be the one whom a document is known by."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cnpj
from cashback_core.values.names import same_name, same_person


def fits(known: str, customer: Customer, *, whole: bool = False) -> bool:
    """Whether the known name may be this customer's; `whole` without initials and cuts.

    A company is known by any: it has a registered name and another over its door, which no rule
    of persons' names compares ("PADARIA S/A", "PADARIA SA").
    """
    if isinstance(customer.document, Cnpj):
        return True
    return (same_name if whole else same_person)(known, customer.name)
