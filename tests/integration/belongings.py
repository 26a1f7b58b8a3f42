"""One thing of every kind that a merchant can have, made over HTTP as its people would."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.ids import new_id
from integration.journeys import fresh_cpf, sale_of_now
from integration.kept_closes import keep_close
from integration.kept_incidents import keep
from integration.people import name_of
from integration.running import send

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
    bodies: dict[str, dict[str, object]] = {
        "customers": {"document": document, "name": "JOSE DA SILVA"},
        "products": {"sku": f"sku-{number}", "name": "Café", "type": "A"},
        "product-types": {"type": f"T{number}", "name": "Tea", "rate_bp": 300},
        "clients": {"name": f"ERP {number}", "role": "erp"},
    }
    kept = {kind: _add(gateway, kind, body, admin) for kind, body in bodies.items()}
    kept["webhooks"] = _endpoint(gateway, number, admin)
    # Of a type that no sale has: nothing waits for it.
    stop = {"type": bodies["product-types"]["type"], "reason": "the rate has a digit too many"}
    kept["stops"] = _add(gateway, "stops", stop, admin)
    cashback = _add(gateway, "cashbacks", sale_of_now(document), {**erp, "Prefer": "respond-async"})
    incident = _closed_incident(gateway, merchant_id, UUID(cashback))
    return {
        **kept,
        "cashbacks": cashback,
        "files": _day_file(gateway, number, admin),
        "closes": str(keep_close(gateway.dsn, merchant_id, SLUGS[merchant_id])),
        "incidents": incident,
        "cases": incident,
        "users": name_of(merchant_id, "analyst"),
        "merchants": SLUGS[merchant_id],
    }


def _endpoint(gateway: Gateway, number: int, admin: Mapping[str, str]) -> str:
    """One that is there: a merchant has few. It is sent nothing, for nobody listens there."""
    listed = gateway.request("GET", "/api/webhooks?limit=1", headers=admin, authorised=False)
    if listed.json["items"]:
        return str(listed.json["items"][0]["id"])
    body = {"url": f"https://erp.example.com/{number}", "active": False}
    return _add(gateway, "webhooks", body, admin)


def _day_file(gateway: Gateway, number: int, admin: Mapping[str, str]) -> str:
    content = f"sale_id,total\nNF-{number},10.00\n".encode()
    headers = {**admin, "Content-Type": "text/csv"}
    path = "/api/day-files?day=2026-01-02"
    reply = send(gateway.base_url, "POST", path, content, headers)
    assert reply.status in {200, 201}, reply.body
    return reply.headers["location"].rpartition("/")[2]


def _closed_incident(gateway: Gateway, merchant_id: int, cashback_id: UUID) -> str:
    """One that stands open would make others ask for a risk."""
    at = datetime.now(UTC)
    incident = StatementIncident(
        id=new_id(),
        cls=FindingClass.APPLIED_ABSENT,
        merchant=SLUGS[merchant_id],
        cashback_id=cashback_id,
        document=None,
        centavos=500,
        line=None,
        line_key=None,
        credited_at=None,
        reference=None,
        why="no line tells it",
        opened_at=at,
        statement_at=at,
        closed_at=at,
        closed_why="a later statement explains it",
    )
    keep(gateway.dsn, incident, merchant_id)
    return str(incident.id)


def _add(gateway: Gateway, kind: str, body: object, headers: Mapping[str, str]) -> str:
    reply = gateway.request("POST", f"/api/{kind}", body, headers=headers, authorised=False)
    assert reply.status in {201, 202}, reply.body
    return reply.headers["location"].rpartition("/")[2]
