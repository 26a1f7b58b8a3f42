"""The ERP's sales: what is sent, under which names, and what it must earn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.documents import cpf_check_digits

if TYPE_CHECKING:
    from random import Random

RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The demo merchant's rates, said here again: an error in loading them must show."""

CUSTOMERS: Final = 150
"""Few enough that some buy the same twice: without a reference such credits are told apart by
number only, which is the settler's hardest case."""

_WRONG_SHARE: Final = 0.02
_UNNAMED_SHARE: Final = 0.05
_PREFERENCES: Final = ("respond-async", "wait=0", "wait=1", None, None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One sale as the ERP knows it; `valid` tells whether the gateway must take it."""

    number: int
    document: str
    total_centavos: int
    cashback_centavos: int
    sale_id: str | None
    idempotency_key: str | None
    prefer: str | None
    valid: bool
    body: bytes

    def request(self, host: str, token: str) -> bytes:
        """The whole HTTP request; the same for every try."""
        lines = [
            "POST /api/cashbacks HTTP/1.1",
            f"Host: {host}",
            "Connection: close",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
        ]
        if self.idempotency_key is not None:
            lines.append(f"Idempotency-Key: {self.idempotency_key}")
        if self.prefer is not None:
            lines.append(f"Prefer: {self.prefer}")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + self.body


def make_sale(number: int, random: Random) -> Sale:
    """A sale with a cashback of whole centavos, worked out apart from the core."""
    type_ = random.choice("ABCD")
    pieces = random.randrange(1, 9)
    total = 1000 * pieces
    valid = random.random() >= _WRONG_SHARE
    named_by = "nothing" if random.random() < _UNNAMED_SHARE else random.choice(["key", "id", "2"])
    sale_id = f"sale-{number}" if named_by in {"id", "2"} else None
    document = cpf(random.randrange(CUSTOMERS))
    # One microsecond for each number: no two sales have the same content.
    sold_at = datetime.now(UTC) - timedelta(hours=1, seconds=number)
    sold_at = sold_at.replace(microsecond=number % 1_000_000)
    content: dict[str, object] = {
        "sold_at": sold_at.isoformat(timespec="microseconds"),
        "customer": {"document": document, "name": "Cliente de Teste"},
        "total": money(total if valid else total + 1),
        "products": [{"type": type_, "value": "10.00", "qty": pieces}],
    }
    if sale_id is not None:
        content["sale_id"] = sale_id
    return Sale(
        number=number,
        document=document,
        total_centavos=total,
        cashback_centavos=total * RATES_BP[type_] // 10_000,
        sale_id=sale_id,
        idempotency_key=f"key-{number}" if named_by in {"key", "2"} else None,
        prefer=random.choice(_PREFERENCES),
        valid=valid,
        body=json.dumps(content).encode("ascii"),
    )


def cpf(customer: int) -> str:
    """The valid CPF of a customer."""
    stem = f"{123_456_789 + 1_001 * customer:09d}"
    return stem + cpf_check_digits(stem)


def money(centavos: int) -> str:
    """Centavos as the wire spells them."""
    return f"{centavos // 100}.{centavos % 100:02d}"
