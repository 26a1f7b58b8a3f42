"""ERPs: they send each sale until they have a definite answer, and some send it again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from cashback_core.intake.confirmation import ConfirmationRequest
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
from simulation.mix import CONFIRM_WITHIN, VOID_GRACE
from simulation.respelling import NAMES, lacking, rekeyed, respelt

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from uuid import UUID

    from cashback_core.delivery.record import Record
    from cashback_core.delivery.states import Status
    from cashback_core.intake.confirmation import Confirmation
    from cashback_core.intake.submission import Submitted
    from simulation.mix import Mix

PATIENCE_S: Final = 15.0
TWINS: Final = 0.15
"""So many sales are sold once more, in another store."""
HISTORY_EVERY: Final = 9
"""One sale of so many is brought in as history, by turns with its ERP's own tries."""
TWIN: Final = 10_000
"""By how much such a sale's number is higher."""
CUSTOMERS: Final = (
    *(stem + cpf_check_digits(stem) for stem in (str(n) for n in range(123_456_700, 123_456_710))),
    "11222333000181",
    "AA-123456",
)
"""People, a company, and a foreigner."""
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
    confirms: tuple[float, ...] = ()
    """After how many seconds it is confirmed; such a sale is sent to be confirmed later."""
    later: bool = False
    asked_s: list[float] = field(default_factory=list[float])
    """When it was confirmed, whether or not that came through."""
    confirmed: list[Confirmation | None] = field(default_factory=list["Confirmation | None"])
    """Every definite answer to that."""
    lacks: bool = False
    """Whether a try may leave out where it was made: no other sale is like it but for that."""
    disowned: int = 0
    """How often it was called another sale than the one that was recorded."""
    told: list[Told] = field(default_factory=list[Told])
    history: bool = False
    """Whether another system settled it, and a file brings it in while its ERP sends it, too."""
    tries: int = 0
    brought_in: list[Status] = field(default_factory=list["Status"])
    """As what the file's sale was recorded, where it was the first to tell it."""

    @property
    def customer(self) -> str:
        """The customer's document."""
        customer: dict[str, str] = self.document["customer"]
        return customer["document"]

    def request(self, random: Random) -> SaleRequest:
        """The request; equal in content each time, however it is told."""
        document, key = self.document, self.key
        if self.later:
            # Once it is recorded, a repeat may say otherwise: it changes nothing.
            again = random.choice(("now", "later", None)) if self.told else "later"
            document = {**document, "confirm": again}
        if self.respells:
            document = respelt(document, random, offsets=self.offsets)
            document = lacking(document, random) if self.lacks else document
            key, document = rekeyed(key, document, random, number=self.number)
        self.tries += 1
        return SaleRequest(
            merchant_id=self.merchant_id,
            document=document,
            raw_body=json.dumps(document).encode(),
            idempotency_key=key,
            wait_s=random.choice((0.0, 2.0, 10.0)),
            respond_async=random.random() < 0.2,
            as_recorded=self.history and self.tries % 2 == 1,
        )


def _soon(random: Random) -> float:
    return random.random() * 30


def _just_in_time(random: Random) -> float:
    """About when it becomes void."""
    return (CONFIRM_WITHIN + VOID_GRACE).total_seconds() + random.uniform(-8, 12)


_CONFIRMS: Final[tuple[Callable[[Random], tuple[float, ...]], ...]] = (
    lambda _: (),
    lambda random: (_soon(random),),
    lambda random: (_soon(random), _soon(random)),
    lambda random: (_just_in_time(random),),
    lambda random: (_just_in_time(random), _just_in_time(random)),
    lambda random: (_soon(random), _just_in_time(random) + 60),
    lambda random: (_just_in_time(random) + 60,),
)
"""Never, in time, twice, while it becomes void, and when it is."""


def make_sales(random: Random, mix: Mix) -> list[Sending]:
    """The sales of a world. Of some another store has the very same, at the same instant."""
    sendings: list[Sending] = []
    for number in range(mix.sales):
        made = _make_sale(random, mix, number)
        sendings.append(made)
        if random.random() < TWINS:
            made.lacks = False
            sendings.append(_twin(made, random))
    return sendings


def _twin(of: Sending, random: Random) -> Sending:
    """The sale of another store: its ERP names it as it names its own."""
    number = of.number + TWIN
    document = {**of.document, "store": "2"}
    if "sale_id" in document:
        document["sale_id"] = f"sale-{number}"
    return replace(
        of,
        number=number,
        document=document,
        key=None if of.key is None else f"key-{number}",
        confirms=random.choice(_CONFIRMS)(random) if of.later else (),
        asked_s=[],
        confirmed=[],
        told=[],
        tries=0,
        brought_in=[],
    )


def _make_sale(random: Random, mix: Mix, number: int) -> Sending:
    """A sale of one of a few customers, named by a key, a sale id, both, or by its content."""
    value = random.choice(VALUES)
    named = random.randrange(4)
    buyer = CUSTOMERS[
        random.choice((-2, -1)) if random.random() < 0.1 else random.randrange(mix.crowd)
    ]
    document: dict[str, Any] = {
        "sold_at": f"2026-06-14 {number // 60:02}:{number % 60:02}:00",
        "customer": {"document": buyer, "name": NAMES[0]},
        "store": "1",
        "till": random.choice(("1", "2")),
        "payments": [{"kind": random.choice(("pix", "cash")), "value": value}],
        "total": value,
        "products": [{"type": "A", "value": part, "qty": 1} for part in PARTS[value]],
    }
    if buyer == CUSTOMERS[-1]:
        document["customer"]["document_type"] = "foreign"
    if named in {1, 2}:
        document["sale_id"] = f"sale-{number}"
    later = random.random() < mix.later
    return Sending(
        later=later,
        confirms=random.choice(_CONFIRMS)(random) if later else (),
        merchant_id=random.choice((1, 1, 2)),
        number=number,
        respells=mix.respells,
        offsets=not mix.zone_changes,
        lacks=True,
        document=document,
        key=f"key-{number}" if named in {0, 1} else None,
        history=number % HISTORY_EVERY == 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Erp:
    """Sends sales through whichever API takes them."""

    mix: Mix
    random: Random
    post: Callable[[SaleRequest], asyncio.Future[Submitted]]
    confirm: Callable[[ConfirmationRequest], asyncio.Future[Confirmation | None]]

    async def send(self, sending: Sending, *, at_s: float) -> None:
        """Send one sale at an instant, until there is a definite answer; perhaps twice, or more."""
        await asyncio.sleep(at_s)
        await self._insist(sending)
        confirming = [
            asyncio.ensure_future(self._confirm(sending, after_s)) for after_s in sending.confirms
        ]
        while self.random.random() < self.mix.duplicates:
            await asyncio.sleep(self.random.random() * 60)
            await self._insist(sending)
        for confirmed in confirming:
            await confirmed

    async def _confirm(self, sending: Sending, after_s: float) -> None:
        """Confirm a sale after a time, until there is a definite answer."""
        await asyncio.sleep(after_s)
        while True:
            sending.asked_s.append(asyncio.get_running_loop().time())
            answer = self.confirm(
                ConfirmationRequest(
                    merchant_id=sending.merchant_id,
                    id=sending.told[0].id,
                    reads_only=None,
                    wait_s=self.random.choice((0.0, 2.0, 10.0)),
                )
            )
            await asyncio.wait({answer}, timeout=PATIENCE_S)
            if answer.done():
                try:
                    sending.confirmed.append(answer.result())
                except (ConnectionError, StoreUnavailable):
                    pass
                else:
                    return
            answer.cancel()
            await asyncio.sleep(0.3 + self.random.random() * 3)

    async def _insist(self, sending: Sending) -> None:
        while True:
            request = sending.request(self.random)
            answer = self.post(request)
            impatient = self.random.random() < self.mix.hang_ups
            patience_s = self.random.random() * 2 if impatient else PATIENCE_S
            await asyncio.wait({answer}, timeout=patience_s)
            if answer.done():
                try:
                    self._note(sending, answer.result(), request)
                except (ConnectionError, StoreUnavailable):
                    pass
                else:
                    return
            answer.cancel()
            await asyncio.sleep(0.3 + self.random.random() * 3)

    def _note(self, sending: Sending, submitted: Submitted, request: SaleRequest) -> None:
        if request.as_recorded and isinstance(submitted, Recorded):
            sending.brought_in.append(submitted.record.status)
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
