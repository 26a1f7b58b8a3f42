"""The work that is counted: sales and results of fixed content, by the store that serves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from cashback_core.delivery.evidence import Evidence, Phase, classify
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.states import Actor, DeliveryPolicy
from cashback_core.intake.acceptance import Accepted, Repeated, Submission
from cashback_core.privacy.seals import Seal
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.validation import parse_sale
from cashback_core.values.documents import cpf_check_digits
from cashback_gateway.local.demo_data import RATES_BP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.intake.acceptance import Acceptance

GROUP: Final = 32
"""Sales, or results, that one commit takes: about what 64 connections bring together."""

_SOLD_AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PROGRAMME: Final = Programme(
    tuple(
        Rate(type=kind, rate_bp=rate, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC))
        for kind, rate in RATES_BP.items()
    )
)
_SEAL: Final = Seal.parse("5ea1" * 16)
_ANSWER: Final = b'{"createdAt":"2026-01-02T03:04:06.000Z","message":"ok","id":"NaN"}'


class NotAsMeasuredError(Exception):
    """What was to be counted is not what happened: a sale was refused, or a group came apart."""


@dataclass(slots=True)
class _Groups:
    """Told of each commit: a group is measured only if it stayed one."""

    sizes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def committed(self, *, sales: int, results: int, **_: object) -> None:
        self.sizes.append((sales, results))

    def failed(self, reason: object) -> None:
        """What is tried again in another way costs its round trips, which are counted."""


class Writes:
    """A store over a door of its own; numbers tell its sales apart, whatever the run."""

    def __init__(self, dsn: str, merchant_id: int) -> None:
        self._merchant_id = merchant_id
        self._database = Database(dsn, seal=_SEAL)
        self._groups = _Groups()
        self._store = PostgresCashbackStore(self._database, DeliveryPolicy(), self._groups)

    async def open(self) -> None:
        """Connect whatever connects at once."""
        await self._database.open()
        await self._store.ping()

    async def close(self) -> None:
        """Hang up: the server then knows all that its sessions did."""
        await self._database.close()

    async def accept(self, numbers: Sequence[int]) -> None:
        """Record these sales in one commit, each with the lease of its first attempt."""
        answers = await self._together([self._submission(n) for n in numbers])
        if not all(isinstance(answer, Accepted) for answer in answers):
            raise NotAsMeasuredError(f"a sale was not accepted: {answers[0]}")
        self._expect((len(numbers), 0))

    async def repeat(self, number: int) -> None:
        """Send a recorded sale again."""
        (answer,) = await self._together([self._submission(number, again=True)])
        if not isinstance(answer, Repeated):
            raise NotAsMeasuredError(f"a repeat was none: {answer}")
        self._expect((1, 0))

    async def conclude(self, numbers: Sequence[int]) -> None:
        """Record in one commit that the provider paid these."""
        await asyncio.gather(*(self._store.conclude(self._result(n)) for n in numbers))
        self._expect((0, len(numbers)))

    async def _together(self, submissions: Sequence[Submission]) -> list[Acceptance]:
        return await asyncio.gather(*(self._store.accept(each) for each in submissions))

    def _expect(self, group: tuple[int, int]) -> None:
        told = [sizes for sizes in self._groups.sizes if sizes != (0, 0)]
        self._groups.sizes.clear()
        if told != [group]:
            raise NotAsMeasuredError(f"commits of {told} sales and results instead of {group}")

    def _submission(self, number: int, *, again: bool = False) -> Submission:
        told = document(number)
        sale = parse_sale(told, rules=SaleRules(), now=_SOLD_AT)
        return Submission(
            id=_id(number, again=again),
            merchant_id=self._merchant_id,
            sale=sale,
            cashback=calculate(sale, PROGRAMME),
            idempotency_key=f"regression-{number:08d}",
            raw_body=json.dumps(told).encode(),
            lease_s=30.0,
            submitted_by="demo",
        )

    def _result(self, number: int) -> AttemptResult:
        submission = self._submission(number)
        assert submission.sale.customer is not None
        claim = Claim(
            id=submission.id,
            merchant_id=self._merchant_id,
            attempt=1,
            document=submission.sale.customer.document,
            cashback_centavos=submission.cashback.cashback_centavos,
        )
        evidence = Evidence(
            phase=Phase.STATUS_SEEN,
            status_code=201,
            body=_ANSWER,
            reason="answered",
            connected_s=0.001,
            sent_s=0.002,
            ended_s=0.25,
        )
        outcome = classify(
            evidence, document=claim.document, cashback_centavos=claim.cashback_centavos
        )
        return AttemptResult(
            claim=claim, outcome=outcome, evidence=evidence, deliverer=Actor.API, chance=0.5
        )


def document(number: int) -> dict[str, object]:
    """A sale of three lines, of a customer of its own; as long as every other."""
    stem = f"{100_000_000 + number}"
    return {
        "sold_at": "2026-01-02T03:04:05Z",
        "customer": {"document": stem + cpf_check_digits(stem), "name": "Cliente de Teste"},
        "total": "600.00",
        "products": [
            {"type": kind, "value": value, "qty": "1"}
            for kind, value in (("A", "100.00"), ("B", "200.00"), ("C", "300.00"))
        ],
    }


def _id(number: int, *, again: bool) -> UUID:
    """A UUIDv7 whose time goes up with the number, as those of the service do."""
    return UUID(int=(1_767_000_000_000 + number) << 80 | 0x7 << 76 | 0x2 << 62 | again)
