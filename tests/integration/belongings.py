"""One thing of every kind that a merchant can have, made over HTTP as its people would."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from integration.journeys import fresh_cpf, sale
from integration.people import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.people import People
    from integration.running import Gateway

_numbers = itertools.count(1)

SLUGS: Final = {1: "demo", 2: "other"}


def belongings(gateway: Gateway, people: People, merchant_id: int) -> dict[str, str]:
    """What names each of them in an address, by the collection that it is in."""
    admin, erp = people.headers(merchant_id, "admin"), people.headers(merchant_id, "erp")
    number = next(_numbers)
    document = fresh_cpf()
    bodies = {
        "customers": {"document": document, "name": "JOSE DA SILVA"},
        "products": {"sku": f"sku-{number}", "name": "Café", "type": "A"},
        "product-types": {"type": f"T{number}", "name": "Tea", "rate_bp": 300},
        "clients": {"name": f"ERP {number}", "role": "erp"},
    }
    return {
        **{kind: _add(gateway, kind, body, admin) for kind, body in bodies.items()},
        "cashbacks": _add(gateway, "cashbacks", sale(document), {**erp, "Prefer": "respond-async"}),
        "users": name_of(merchant_id, "analyst"),
        "merchants": SLUGS[merchant_id],
    }


def _add(gateway: Gateway, kind: str, body: object, headers: Mapping[str, str]) -> str:
    reply = gateway.request("POST", f"/api/{kind}", body, headers=headers, authorised=False)
    assert reply.status in {201, 202}, reply.body
    return reply.headers["location"].rpartition("/")[2]
