"""How an ERP says the same sale again: in other letters, another order, under one more name.

Whatever is said here is one sale by the ERP guide, so it must have one record and one credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from random import Random

ZONE: Final = ZoneInfo("America/Sao_Paulo")
ZONES: Final = (ZONE.key, "America/Noronha")
"""What the merchant's zone is set to in turns; a wall clock of the first is in no future there."""

_NAMES: Final = (
    "Cliente de Teste",
    "CLIENTE DE TESTE",
    "Cli\u00eante d\u00e9 Teste",
    "cliente  de teste ",
)
_MAY_BE_UNTOLD: Final = ("store", "till", "payments")
_UNTOLD_SHARE: Final = 0.3
_OFFSETS: Final = (UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=5.5)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One try of a sale: its body, and the text of its `Idempotency-Key`, None without one."""

    key: str | None
    body: bytes


def respelt(content: dict[str, Any], random: Random, *, by_wall_clock: bool) -> dict[str, Any]:
    """The same content in another spelling.

    An instant keeps its offset or keeps having none: while the merchant's zone changes, nobody
    could say whether the one is the other. Where it was made, and what it was paid with, it tells
    or leaves out.
    """
    customer: dict[str, str] = content["customer"]
    products: list[dict[str, Any]] = content["products"]
    document = customer["document"]
    told = content | {
        "sold_at": _instant(content["sold_at"], random, by_wall_clock=by_wall_clock),
        "customer": {
            "name": random.choice(_NAMES),
            "document": random.choice((document, _punctuated(document))),
        },
        "total": random.choice((content["total"], content["total"] + "00")),
        "products": [
            line | {"value": random.choice(("10.00", "10", 10, "10.0000"))}
            for line in random.sample(products, len(products))
        ],
    }
    for untold in _MAY_BE_UNTOLD:
        if random.random() < _UNTOLD_SHARE:
            told.pop(untold, None)
    names = random.sample(sorted(told), len(told))
    return {name: told[name] for name in names}


def keys_of(own: str | None, number: int, random: Random) -> tuple[str | None, ...]:
    """What may stand in `Idempotency-Key`: its own in each spelling, a fresh one."""
    fresh = f"fresh-{number}-{random.randrange(1_000_000)}"
    if own is None:
        return None, fresh
    return own, f'"{own}"', f'"{own}";x=1', fresh


def _instant(text: str, random: Random, *, by_wall_clock: bool) -> str:
    if by_wall_clock:
        return text.replace("T", random.choice("T "))
    return datetime.fromisoformat(text).astimezone(random.choice(_OFFSETS)).isoformat()


def _punctuated(document: str) -> str:
    return f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
