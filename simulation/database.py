"""The database of the simulated world: the fake store that the contract suite keeps honest.

Every method is one transaction that happens at one instant. `Link` is one process's connection to
it: requests and commits get lost there, and acknowledgements too.
"""

# ruff: noqa: D102 (the ports have the words)

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cashback_core.breaker import Breaker, BreakerState
from cashback_core.delivery import Actor, Status
from cashback_core.ports import (
    Acceptance,
    Accepted,
    AttemptResult,
    CashbackStore,
    Claim,
    Page,
    Pause,
    Position,
    RecordFilter,
    SettlementStore,
    StoreUnavailable,
    Submission,
    Terms,
)
from cashback_core.settlement import Settleable, Settlement, Statement, settle
from fakes.memory_operators import MemoryOperators
from fakes.memory_store import MemoryStore
from simulation.mix import MARGIN, POLICY

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from datetime import datetime
    from random import Random
    from uuid import UUID

    from cashback_core.record import History, Record, Standing
    from fakes.memory_rows import Row
    from simulation.mix import Mix
    from simulation.virtual_loop import Process, VirtualLoop

T = TypeVar("T")


class SimulatedDatabase(MemoryStore):
    """The rows, and the settler's transactions."""

    def __init__(self, terms: Mapping[int, Terms], *, now: Callable[[], datetime]) -> None:
        super().__init__(terms, now=now, policy=POLICY)
        self.down = False
        self.client_skew_s = 0.0
        self.decide = settle
        self.operators = MemoryOperators(self)
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


class SettlementLink(SettlementStore):
    """A settler's way to the database, over its process's link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def doubtful_since(self) -> datetime | None:
        return await self._link.ask(self._link.database.doubtful_since)

    async def settle(self, statement: Statement, *, echoes_reference: bool) -> Settlement:
        database = self._link.database
        return await self._link.ask(
            lambda: database.settle(statement, echoes_reference=echoes_reference)
        )


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


@dataclass(slots=True)
class Faults:
    """How the way to the database fails; all of it ends when `on` does.

    `found` collects what a transaction would never have done, whatever was asked of it.
    """

    mix: Mix
    random: Random
    on: bool = True
    found: list[str] = field(default_factory=list[str])


class Link(CashbackStore):
    """One process's connection to the database."""

    def __init__(
        self, database: SimulatedDatabase, loop: VirtualLoop, process: Process, faults: Faults
    ) -> None:
        self.database = database
        self._loop = loop
        self._process = process
        self._faults = faults
        self._breaker: Breaker | None = None
        self._probes: dict[UUID, float] = {}

    def watch(self, breaker: Breaker) -> None:
        """Hold this process to what its breaker says whenever it claims."""
        self._breaker = breaker

    async def ask(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run one transaction at the database; raises StoreUnavailable when it may not have run."""
        answer: asyncio.Future[T] = self._loop.create_future()
        loop, faults, random = self._loop, self._faults, self._faults.random
        travel_s = random.random() * 0.02
        fate = random.random() if faults.on else 1.0
        lost, late = faults.mix.lost_commit, faults.mix.late_commit
        if fate < lost / 2:  # the request never arrives
            loop.outside(travel_s + random.random() * 2, _fail, answer)
        elif fate < lost:  # committed, and nobody is told
            loop.outside(travel_s, self._execute, work, None)
            loop.outside(travel_s + random.random() * 2, _fail, answer)
        elif fate < lost + late:  # the connection broke, the server is still at it
            loop.outside(travel_s, _fail, answer)
            loop.outside(travel_s + random.random() * 4, self._execute, work, None)
        else:
            loop.outside(travel_s, self._execute, work, answer)
        return await answer

    def _execute(
        self, work: Callable[[], Coroutine[Any, Any, T]], answer: asyncio.Future[T] | None
    ) -> None:
        if not self._process.alive and self._faults.random.random() < 0.5:
            return  # killed in the middle of the transaction: rolled back
        if self.database.down:
            _fail(answer)
            return
        self.database.client_skew_s = self._process.skew_s
        try:
            result = at_once(work())
        except AssertionError as error:  # a constraint of the database
            self._faults.found.append(f"12: {error}")
            _fail(answer)
        except LookupError as error:
            if answer is not None and not answer.done():
                answer.set_exception(error)
        else:
            if answer is not None and not answer.done():
                answer.set_result(result)

    async def terms(self, merchant_id: int) -> Terms | None:
        return await self.database.terms(merchant_id)  # kept for 30 s by every process

    async def accept(self, submission: Submission) -> Acceptance:
        asked_s = self._loop.time()
        if submission.lease_s is not None:
            self._may_claim(1)
        acceptance = await self.ask(lambda: self.database.accept(submission))
        if isinstance(acceptance, Accepted) and acceptance.record.status is Status.SENDING:
            self._begun(submission.id, asked_s)
        return acceptance

    async def conclude(self, result: AttemptResult) -> Standing:
        self._probes.pop(result.claim.id, None)
        return await self.ask(lambda: self.database.conclude(result))

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[str] = ()
    ) -> tuple[Claim, ...]:
        asked_s = self._loop.time()
        self._may_claim(limit)
        claims = await self.ask(
            lambda: self.database.claim_due(limit=limit, lease_s=lease_s, excluding=excluding)
        )
        for claim in claims:
            self._begun(claim.id, asked_s)
        return claims

    def _may_claim(self, limit: int) -> None:
        """Nothing is claimed while the breaker is open, and one at a time while it is half open."""
        state = BreakerState.CLOSED if self._breaker is None else self._breaker.state
        now_s = self._loop.time()
        probing = any(now_s - at_s < POLICY.lease_s for at_s in self._probes.values())
        if state is BreakerState.OPEN:
            self._faults.found.append(f"breaker: {self._process.name} claims while it is open")
        elif state is BreakerState.HALF_OPEN and (limit > 1 or probing):
            self._faults.found.append(f"breaker: {self._process.name} sends more than one probe")

    def _begun(self, id_: UUID, asked_s: float) -> None:
        if self._breaker is not None and self._breaker.state is BreakerState.HALF_OPEN:
            self._probes[id_] = asked_s

    async def next_due_s(self) -> float | None:
        return await self.ask(self.database.next_due_s)

    async def note_pause(self, pause: Pause) -> None:
        await self.ask(lambda: self.database.note_pause(pause))

    async def reap(self, *, limit: int) -> int:
        return await self.ask(lambda: self.database.reap(limit=limit))

    async def find(self, merchant_id: int, id: UUID) -> Record | None:  # noqa: A002
        return await self.ask(lambda: self.database.find(merchant_id, id))

    async def history(self, merchant_id: int, id: UUID) -> History | None:  # noqa: A002
        return await self.ask(lambda: self.database.history(merchant_id, id))

    async def page(
        self, merchant_id: int, wanted: RecordFilter, *, limit: int, after: Position | None
    ) -> Page:
        return await self.ask(
            lambda: self.database.page(merchant_id, wanted, limit=limit, after=after)
        )


def _fail(answer: asyncio.Future[Any] | None) -> None:
    if answer is not None and not answer.done():
        answer.set_exception(StoreUnavailable("the connection broke"))
