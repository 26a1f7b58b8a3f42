"""ERPs: they send each sale until they have a definite answer, and some send it again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cashback_core.intake.submission import (
    ContentKnown,
    KeyReused,
    Recorded,
    Replayed,
    SaleIdTaken,
    SaleRequest,
)
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import cpf_check_digits
from simulation.respelling import NAMES, rekeyed, respelt

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from uuid import UUID

    from cashback_core.delivery.record import Record
    from cashback_core.delivery.states import Status
    from cashback_core.intake.submission import Submitted
    from simulation.mix import Mix

PATIENCE_S: Final = 15.0
CUSTOMERS: Final = tuple(
    stem + cpf_check_digits(stem) for stem in (str(n) for n in range(123_456_700, 123_456_712))
)
VALUES: Final = ("20.00", "20.00", "60.00", "0.05")
"""Prices of the one product: equal ones are frequent, the last one earns no cashback."""

PARTS: Final = {"20.00": ("12.00", "8.00"), "60.00": ("60.00",), "0.05": ("0.05",)}
"""The lines that make up a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A definite answer that an ERP got for a sale."""

    id: UUID
    merchant_id: int
    status: Status
    centavos: int


@dataclass(slots=True, kw_only=True)
class Sending:
    """One sale as an ERP knows it, with every definite answer it got."""

    merchant_id: int
    number: int
    document: dict[str, Any]
    key: str | None
    respells: bool = False
    offsets: bool = True
    """Whether it tells its sale in other words each time, and instants with an offset, too."""
    disowned: int = 0
    """How often it was called another sale than the one that was recorded."""
    told: list[Told] = field(default_factory=list[Told])

    @property
    def customer(self) -> str:
        """The customer's document."""
        customer: dict[str, str] = self.document["customer"]
        return customer["document"]

    def request(self, random: Random) -> SaleRequest:
        """The request; equal in content each time, however it is told."""
        document, key = self.document, self.key
        if self.respells:
            document = respelt(document, random, offsets=self.offsets)
            key, document = rekeyed(key, document, random, number=self.number)
        return SaleRequest(
            merchant_id=self.merchant_id,
            document=document,
            raw_body=json.dumps(document).encode(),
            idempotency_key=key,
            wait_s=random.choice((0.0, 2.0, 10.0)),
            respond_async=random.random() < 0.2,
        )


def make_sale(random: Random, mix: Mix, number: int) -> Sending:
    """A sale of one of a few customers, named by a key, a sale id, both, or by its content."""
    value = random.choice(VALUES)
    named = random.randrange(4)
    document: dict[str, Any] = {
        "sold_at": f"2026-06-14 {number // 60:02}:{number % 60:02}:00",
        "customer": {"document": CUSTOMERS[random.randrange(mix.crowd)], "name": NAMES[0]},
        "total": value,
        "products": [{"type": "A", "value": part, "qty": 1} for part in PARTS[value]],
    }
    if named in {1, 2}:
        document["sale_id"] = f"sale-{number}"
    return Sending(
        merchant_id=random.choice((1, 1, 2)),
        number=number,
        respells=mix.respells,
        offsets=not mix.zone_changes,
        document=document,
        key=f"key-{number}" if named in {0, 1} else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Erp:
    """Sends sales through whichever API takes them."""

    mix: Mix
    random: Random
    post: Callable[[SaleRequest], asyncio.Future[Submitted]]

    async def send(self, sending: Sending, *, at_s: float) -> None:
        """Send one sale at an instant, until there is a definite answer; perhaps twice, or more."""
        await asyncio.sleep(at_s)
        await self._insist(sending)
        while self.random.random() < self.mix.duplicates:
            await asyncio.sleep(self.random.random() * 60)
            await self._insist(sending)

    async def _insist(self, sending: Sending) -> None:
        while True:
            answer = self.post(sending.request(self.random))
            impatient = self.random.random() < self.mix.hang_ups
            patience_s = self.random.random() * 2 if impatient else PATIENCE_S
            await asyncio.wait({answer}, timeout=patience_s)
            if answer.done():
                try:
                    self._note(sending, answer.result())
                except (ConnectionError, StoreUnavailable):
                    pass
                else:
                    return
            answer.cancel()
            await asyncio.sleep(0.3 + self.random.random() * 3)

    def _note(self, sending: Sending, submitted: Submitted) -> None:
        match submitted:
            case Recorded(record) | Replayed(record) | ContentKnown(record):
                assert record is not None, "of a sale of its own an ERP is told"
                sending.told.append(_told(record))
            case KeyReused() | SaleIdTaken():
                sending.disowned += 1


def _told(record: Record) -> Told:
    return Told(
        id=record.id,
        merchant_id=record.merchant_id,
        status=record.status,
        centavos=record.cashback.cashback_centavos,
    )
