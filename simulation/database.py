"""The database of the simulated world: the fake store that the contract suite keeps honest.

Every method is one transaction that happens at one instant; what gets lost on the way to it and
back is the business of `simulation.link`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from cashback_core.delivery import Actor, Status
from cashback_core.settlement import Settleable, Settlement, Statement, settle
from fakes.memory_operators import MemoryOperators, MemorySenderSwitch
from fakes.memory_store import MemoryStore
from simulation.mix import MARGIN, POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from datetime import datetime

    from cashback_core.ports import (
        Claim,
        Terms,
    )
    from fakes.memory_rows import Row

T = TypeVar("T")


class SimulatedDatabase(MemoryStore):
    """The rows, and the settler's transactions."""

    def __init__(self, terms: Mapping[int, Terms], *, now: Callable[[], datetime]) -> None:
        super().__init__(terms, now=now, policy=POLICY)
        self.down = False
        self.client_skew_s = 0.0
        self.decide = settle
        self.operators = MemoryOperators(self)
        self.switch = MemorySenderSwitch(self)
        self.listeners: list[Callable[[], object]] = []

    def _tell(self, row: Row, before: Status | None, actor: Actor, reason: str) -> None:
        super()._tell(row, before, actor, reason)
        if row.status is Status.PENDING:  # NOTIFY
            for wake in self.listeners:
                wake()

    async def _reach(self) -> None:
        """Whether it is reached is the link's business; inside, nothing waits."""

    async def doubtful_since(self) -> datetime | None:
        """When the first attempt of any group in doubt began, less what clocks may differ."""
        rows = [settleable(row) for row in self.rows.values()]
        doubtful = {_group(row) for row in rows if row.status is Status.IN_DOUBT}
        starts = [
            row.first_started_at
            for row in rows
            if row.first_started_at is not None and _group(row) in doubtful
        ]
        return MARGIN.window_start(min(starts)) if starts else None

    async def settle(self, statement: Statement, *, echoes_reference: bool) -> Settlement:
        """Store what a statement proves. All rows are read and moved in this one transaction."""
        rows = [settleable(row) for row in self.rows.values() if row.attempts]
        settlement = self.decide(
            rows, statement, policy=POLICY, margin=MARGIN, echoes_reference=echoes_reference
        )
        for found in settlement.settled:
            row, now = self.rows[found.merchant_id, found.id], self._now()
            if found.to is Status.PENDING:
                row.open_since_at = now
            due_at = now if found.to is Status.PENDING else None
            self._move(row, found.to, Actor.SETTLER, found.reason, due_at=due_at)
        return settlement

    def _lease(self, row: Row, lease_s: float, actor: Actor, reason: str) -> Claim:
        assert not self.sender_paused, "leased while the sender is paused"
        return super()._lease(row, lease_s, actor, reason)

    async def rolled_back_claims(
        self, *, limit: int, lease_s: float, excluding: Collection[str]
    ) -> tuple[Claim, ...]:
        """Claims that were read before their commit came to nothing."""
        kept = {
            key: replace(row, attempts=list(row.attempts), events=list(row.events))
            for key, row in self.rows.items()
        }
        claims = await self.claim_due(limit=limit, lease_s=lease_s, excluding=excluding)
        self.rows = kept
        return claims

    def known_payment(self, statement: Statement) -> tuple[str, int] | None:
        """A document and amount surely paid inside a statement's window, if there is one."""
        through = statement.complete_through
        skew_s = MARGIN.clock_skew_s
        for row in map(settleable, self.rows.values()):
            if (
                row.applied_at is not None
                and row.first_started_at is not None
                and through is not None
                and (row.first_started_at - statement.since).total_seconds() > skew_s
                and (through - row.applied_at).total_seconds() > skew_s
            ):
                return row.document, row.cashback_centavos
        return None


def _group(row: Settleable) -> tuple[str, int]:
    return row.document, row.cashback_centavos


def settleable(row: Row) -> Settleable:
    """A row as the settler sees it."""
    record, attempts = row.record, row.attempts
    return Settleable(
        id=record.id,
        merchant_id=record.merchant_id,
        document=record.sale.customer.document,
        cashback_centavos=record.cashback.cashback_centavos,
        status=row.status,
        accepted_at=record.accepted_at,
        first_started_at=attempts[0].started_at if attempts else None,
        last_started_at=attempts[-1].started_at if attempts else None,
        applied_at=record.standing.applied_at,
    )


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run a transaction of the simulated database at one instant: it only ever yields."""
    try:
        while work.send(None) is None:
            pass
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("a transaction of the simulated database waited")
