"""What journeys through a running gateway share: fresh sales, and waiting for what must come."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contract.builders import a_cpf

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.running import Gateway, Reply


def fresh_cpf() -> str:
    """One that no other test uses, whichever way it came by its own: a CPF has one name."""
    return str(a_cpf())


def sale(document: str | None = None, **changes: object) -> dict[str, Any]:
    return {
        "sold_at": "2026-01-02 00:00:00",
        "customer": {"document": document or fresh_cpf(), "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [
            {"type": "A", "value": "10.00", "qty": 1},
            {"type": "B", "value": "10.00", "qty": 9},
        ],
        **changes,
    }


def sale_of_now(document: str | None = None, **changes: object) -> dict[str, Any]:
    """One that is taken however old the merchant lets a sale be."""
    sold_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return sale(document, sold_at=sold_at, **changes)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def credits_of(gateway: Gateway, document: str) -> list[str]:
    return [c["cashback"] for c in gateway.credits() if c["document"] == document]


def read(gateway: Gateway, reply: Reply) -> dict[str, Any]:
    assert "id" in reply.json, reply.body
    found = gateway.request("GET", f"/api/cashbacks/{reply.json['id']}")
    assert found.status == 200, found.body
    record: dict[str, Any] = found.json
    return record
