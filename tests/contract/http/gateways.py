"""What is asked alike of a running gateway and of its double; each answer is held to the document.

Whatever an integrator may build on is here: a double that behaved otherwise would let a test pass
that fails in production.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from contract.builders import a_cpf
from contract.openapi_conformance import assert_conforms

if TYPE_CHECKING:
    import httpx

    from cashback_kit.system import CashbackSystem

_numbers = itertools.count(1)
SOLD_AT = "2026-01-02T00:00:00Z"
ANY = {"If-Match": "*"}
"""Whichever version there is."""


def speaking(system: CashbackSystem, role: str | None = "erp") -> httpx.Client:
    """A client of that role whose answers are held to the document."""
    client = system.client(role)
    client.event_hooks["response"].append(_conforms)
    return client


def a_sale(document: str | None = None, **changes: Any) -> dict[str, Any]:
    """100.00 to somebody nobody knows, by a number of its own: a cashback of 1.40."""
    return {
        "sale_id": f"kit-{uuid4()}",
        "sold_at": SOLD_AT,
        "customer": {"document": document or str(a_cpf()), "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [
            {"type": "A", "value": "10.00", "qty": 1},
            {"type": "B", "value": "10.00", "qty": 9},
        ],
        **changes,
    }


def of_type(type_: str, document: str | None = None) -> dict[str, Any]:
    """100.00 of one type."""
    return a_sale(document, products=[{"type": type_, "value": "100.00", "qty": 1}])


def unique(word: str) -> str:
    """A name that no other test of this run takes."""
    return f"{word}-{uuid4().hex[:12]}-{next(_numbers)}"


def made(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    """What an answer of that status holds."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]


def _conforms(answer: httpx.Response) -> None:
    answer.read()
    path = answer.request.url.raw_path.decode()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert_conforms(
        answer.request.method,
        path,
        status=answer.status_code,
        headers=headers,
        body=answer.content,
    )
