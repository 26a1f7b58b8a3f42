"""The ERP's sales: what is sent, under which names, and what it must earn."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.values.documents import cpf_check_digits
from chaos.spelling import ZONE, Said, keys_of, respelt

if TYPE_CHECKING:
    from random import Random

RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
"""The demo merchant's rates, said here again: an error in loading them must show."""

CUSTOMERS: Final = 150
"""Few enough that some buy the same twice: without a reference such credits are told apart by
number only, which is the settler's hardest case."""

_PIECE_CENTAVOS: Final = 1000
_WRONG_SHARE: Final = 0.02
_UNNAMED_SHARE: Final = 0.05
_WALL_SHARE: Final = 0.5
_PLACED_SHARE: Final = 0.3
_LATER_SHARE: Final = 0.15
_CONFIRMED_SHARE: Final = 0.7
_PREFERENCES: Final = ("respond-async", "wait=0", "wait=1", None, None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One sale as the ERP knows it; `valid` tells whether the gateway must take it.

    `content` is what it says, `body` that in its first spelling, and `bodies` are all spellings
    that were sent. With `by_wall_clock` its instant has no offset, in no spelling. `confirms` is
    whether the ERP will confirm it, None where it is to be paid at once.
    """

    number: int
    document: str
    total_centavos: int
    cashback_centavos: int
    sale_id: str | None
    idempotency_key: str | None
    prefer: str | None
    valid: bool
    by_wall_clock: bool
    confirms: bool | None
    content: dict[str, Any]
    body: bytes
    bodies: set[bytes] = field(default_factory=set[bytes])

    def __post_init__(self) -> None:
        """The first spelling is one of all."""
        self.bodies.add(self.body)

    def say(self, random: Random) -> Said:
        """The sale once more: half of the time in other words, or under another name as well."""
        if random.random() < 0.5:
            return Said(key=self.idempotency_key, body=self.body)
        content = respelt(self.content, random, by_wall_clock=self.by_wall_clock)
        body = json.dumps(content).encode("ascii")
        self.bodies.add(body)
        key = random.choice(keys_of(self.idempotency_key, self.number, random))
        return Said(key=key, body=body)

    def request(self, said: Said, host: str, token: str) -> bytes:
        """The whole HTTP request that says it so."""
        lines = [
            "POST /api/cashbacks HTTP/1.1",
            f"Host: {host}",
            "Connection: close",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(said.body)}",
        ]
        if said.key is not None:
            lines.append(f"Idempotency-Key: {said.key}")
        if self.prefer is not None:
            lines.append(f"Prefer: {self.prefer}")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + said.body


def make_sale(number: int, random: Random, *, document: str | None = None) -> Sale:
    """A sale with a cashback of whole centavos, worked out apart from the core.

    One for a `document` of somebody's choice is never wrong, and paid at once.
    """
    type_ = random.choice("ABCD")
    pieces = random.randrange(1, 9)
    total = _PIECE_CENTAVOS * pieces
    valid = random.random() >= _WRONG_SHARE or document is not None
    named_by = "nothing" if random.random() < _UNNAMED_SHARE else random.choice(["key", "id", "2"])
    sale_id = f"sale-{number}" if named_by in {"id", "2"} else None
    document_is_any = document is None
    document = document or cpf(random.randrange(CUSTOMERS))
    by_wall_clock = random.random() < _WALL_SHARE
    # One microsecond for each number: no two sales have the same content.
    sold_at = datetime.now(UTC) - timedelta(hours=2, seconds=number)
    sold_at = sold_at.replace(microsecond=number % 1_000_000)
    if by_wall_clock:
        sold_at = sold_at.astimezone(ZONE).replace(tzinfo=None)
    content: dict[str, Any] = {
        "sold_at": sold_at.isoformat(timespec="microseconds"),
        "customer": {"document": document, "name": "Cliente de Teste"},
        "total": money(total if valid else total + 1),
        "products": [
            {"type": type_, "value": "10.00", "qty": qty} for qty in (pieces - 1, 1) if qty
        ],
    }
    if sale_id is not None:
        content["sale_id"] = sale_id
    if random.random() < _PLACED_SHARE:
        content |= {"store": f"loja-{number % 7}", "till": f"{number % 3}"}
        content["payments"] = _parts(total, random)
    confirms = None
    if document_is_any and random.random() < _LATER_SHARE:
        content["confirm"] = "later"
        confirms = random.random() < _CONFIRMED_SHARE
    return Sale(
        number=number,
        document=document,
        total_centavos=total,
        cashback_centavos=total * RATES_BP[type_] // 10_000,
        sale_id=sale_id,
        idempotency_key=f"key-{number}" if named_by in {"key", "2"} else None,
        prefer=random.choice(_PREFERENCES),
        valid=valid,
        by_wall_clock=by_wall_clock,
        confirms=confirms,
        content=content,
        body=json.dumps(content).encode("ascii"),
    )


def _parts(total: int, random: Random) -> list[dict[str, str]]:
    """What it was paid with, all of which earns."""
    cash = random.randrange(total + 1)
    return [
        {"kind": "pix", "value": money(total - cash)},
        {"kind": "cash", "value": money(cash)},
    ]


def cpf(customer: int) -> str:
    """The valid CPF of a customer."""
    stem = f"{123_456_789 + 1_001 * customer:09d}"
    return stem + cpf_check_digits(stem)


def money(centavos: int) -> str:
    """Centavos as the wire spells them."""
    sign = "-" if centavos < 0 else ""
    return f"{sign}{abs(centavos) // 100}.{abs(centavos) % 100:02d}"
