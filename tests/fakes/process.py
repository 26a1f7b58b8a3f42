"""A process of the service that takes sales in, with a store and a provider in memory."""

from __future__ import annotations

import asyncio
import copy
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.submission import Recorded, SaleRequest, SubmitSale, Submitted
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_store import MemoryStore, Row
from cashback_core.values.ids import new_id
from contract.builders import PROGRAMME
from fakes.scripted_provider import ScriptedProvider

if TYPE_CHECKING:
    from cashback_core.delivery.record import Record

SALE: Final[dict[str, Any]] = {
    "sold_at": "2026-01-02 00:00:00",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [
        {"type": "A", "value": "10.00", "qty": 1},
        {"type": "B", "value": "10.00", "qty": 9},
    ],
}


def now_s() -> float:
    """Seconds of virtual time."""
    return asyncio.get_running_loop().time()


def changed(**changes: object) -> dict[str, Any]:
    return copy.deepcopy(SALE) | changes


@dataclass(slots=True)
class Process:
    """One process of the service, in virtual time; `beside` makes another on the same store."""

    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryStore = field(init=False)
    submit: SubmitSale = field(init=False)

    def __post_init__(self) -> None:
        terms = {n: Terms(merchant_id=n, rules=SaleRules(), programme=PROGRAMME) for n in (1, 2)}
        self.store = MemoryStore(terms, now=self.clock.tick)
        self.submit = self.beside()

    def beside(self) -> SubmitSale:
        deliverer = Deliverer(
            store=self.store,
            provider=self.provider,
            policy=DeliveryPolicy(),
            chance=lambda: 0.5,
            clock_s=now_s,
        )
        return SubmitSale(
            store=self.store,
            under_way=DeliveriesUnderWay(deliverer),
            now=self.clock.now,
            new_id=new_id,
        )

    async def send(
        self,
        document: object = SALE,
        *,
        key: str | None = None,
        wait_s: float = 10.0,
        respond_async: bool = False,
        submitted_by: str | None = None,
        by: SubmitSale | None = None,
        as_recorded: bool = False,
    ) -> Submitted:
        return await (by or self.submit)(
            SaleRequest(
                merchant_id=1,
                document=document,
                raw_body=json.dumps(document).encode(),
                idempotency_key=key,
                wait_s=wait_s,
                respond_async=respond_async,
                submitted_by=submitted_by,
                as_recorded=as_recorded,
            )
        )

    @property
    def row(self) -> Row:
        (row,) = self.store.rows.values()
        return row


def recorded(answer: Submitted) -> Record:
    assert isinstance(answer, Recorded)
    return answer.record
