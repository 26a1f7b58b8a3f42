"""A process's connection to the database: requests, commits and acknowledgements get lost."""

# ruff: noqa: D102 (the ports have the words)

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cashback_core.closing.store import AlreadyClosed, NotSettled
from cashback_core.delivery.breaker import Breaker, BreakerState
from cashback_core.delivery.leases import AttemptResult, Claim, ClaimsUnacknowledged, Pause
from cashback_core.delivery.record import NEWEST
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import Acceptance, Accepted, Submission
from cashback_core.intake.store import CashbackStore
from cashback_core.sales.rules import NumberScope
from cashback_core.values.availability import StoreUnavailable
from simulation.database import SimulatedDatabase, at_once
from simulation.mix import POLICY

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Coroutine, Mapping
    from datetime import datetime
    from random import Random
    from uuid import UUID

    from cashback_core.delivery.record import (
        History,
        Record,
        RecordFilter,
        RecordOrder,
        RecordPage,
        RecordTotal,
        Standing,
    )
    from cashback_core.delivery.summaries import CustomerSummary
    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.confirmation import Confirmation
    from cashback_core.sales.catalogue import Catalogue
    from cashback_core.sales.sale import Sale
    from cashback_core.sales.same_sale import EqualContent, Meaning
    from cashback_core.sales.terms import Terms
    from cashback_core.values.documents import BuyerDocument
    from cashback_core.values.pages import Position
    from simulation.database import SimulatedDatabase
    from simulation.mix import Mix
    from simulation.slowness import Slowness
    from simulation.transactions import Transaction
    from simulation.virtual_loop import Process, VirtualLoop

T = TypeVar("T")


@dataclass(slots=True)
class Faults:
    """How the way to the database fails; all of it ends when `on` does.

    `found` collects what a transaction would never have done, whatever was asked of it. `slowness`
    says how long some transactions take; without it each is over at once.
    """

    mix: Mix
    random: Random
    on: bool = True
    found: list[str] = field(default_factory=list[str])
    slowness: Slowness | None = None


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
        self._opened = (0.0, 0.0)  # when, and until when by the breaker's clock
        self._probes: dict[UUID, float] = {}

    @property
    def process(self) -> Process:
        """Whose connection it is."""
        return self._process

    def watch(self, breaker: Breaker) -> None:
        """Hold this process to what its breaker says whenever it claims."""
        self._breaker = breaker

    async def ask(self, work: Callable[[], Coroutine[Any, Any, T]], *, writes: bool = False) -> T:
        """Run one transaction at the database; raises StoreUnavailable when it may not have run.

        Of those that write events more are slow.
        """
        answer: asyncio.Future[T] = self._loop.create_future()
        loop, faults, random = self._loop, self._faults, self._faults.random
        travel_s = random.random() * 0.02
        fate = random.random() if faults.on else 1.0
        lost, late = faults.mix.lost_commit, faults.mix.late_commit
        if fate < lost / 2:  # the request never arrives
            loop.outside(travel_s + random.random() * 2, _fail, answer)
        elif fate < lost:  # committed, and nobody is told
            loop.outside(travel_s, self._begin, work, None, writes)
            loop.outside(travel_s + random.random() * 2, _fail, answer)
        elif fate < lost + late:  # the connection broke, the server is still at it
            loop.outside(travel_s, _fail, answer)
            loop.outside(travel_s + random.random() * 4, self._begin, work, None, writes)
        else:
            loop.outside(travel_s, self._begin, work, answer, writes)
        return await answer

    def _begin(
        self,
        work: Callable[[], Coroutine[Any, Any, T]],
        answer: asyncio.Future[T] | None,
        writes: bool,  # noqa: FBT001 (the loop passes on what stands in its place)
    ) -> None:
        """The transaction begins, and ends at once or in a while."""
        slowness = self._faults.slowness
        lasts = None if slowness is None or not self._faults.on else slowness.next(writes=writes)
        if lasts is None:
            self._execute(work, answer)
            return
        transactions = self.database.transactions
        begun = transactions.begin()
        if lasts.writes_s is not None:
            self._loop.outside(lasts.writes_s, transactions.write, begun)
        self._loop.outside(lasts.ends_s, self._end, work, answer, begun)

    def _end(
        self,
        work: Callable[[], Coroutine[Any, Any, T]],
        answer: asyncio.Future[T] | None,
        begun: Transaction,
    ) -> None:
        """A slow one does what it does, unless the database crashed meanwhile."""
        with self.database.transactions.ending(begun) as stands:
            if stands:
                self._execute(work, answer)
            else:
                _fail(answer)

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
        except (LookupError, NotSettled, AlreadyClosed) as error:
            if answer is not None and not answer.done():
                answer.set_exception(error)
        else:
            if answer is not None and not answer.done():
                answer.set_result(result)

    async def terms(self, merchant_id: int) -> Terms | None:
        return await self.database.terms(merchant_id)  # kept for 30 s by every process

    def forget_terms(self, merchant_id: int) -> None:
        self.database.forget_terms(merchant_id)

    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        return await self.database.catalogue(merchant_id, skus)

    async def accept(self, submission: Submission) -> Acceptance:
        asked_s = self._loop.time()
        if submission.lease_s is not None:
            self._may_claim(1)
        acceptance = await self.ask(lambda: self.database.accept(submission), writes=True)
        if isinstance(acceptance, Accepted) and acceptance.record.status is Status.SENDING:
            self._begun(submission.id, asked_s)
        return acceptance

    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
        numbers: NumberScope = NumberScope.MERCHANT,
        reads_only: str | None = None,
    ) -> Meaning:
        return await self.ask(
            lambda: self.database.meaning(
                merchant_id,
                sale,
                idempotency_key=idempotency_key,
                equal_content=equal_content,
                numbers=numbers,
                reads_only=reads_only,
            )
        )

    async def same_request(
        self,
        merchant_id: int,
        raw_body: bytes,
        *,
        idempotency_key: str | None,
        sale_id: str | None,
        reads_only: str | None = None,
    ) -> Record | None:
        return await self.ask(
            lambda: self.database.same_request(
                merchant_id,
                raw_body,
                idempotency_key=idempotency_key,
                sale_id=sale_id,
                reads_only=reads_only,
            )
        )

    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        return await self.ask(lambda: self.database.waits(merchant_id, ids))

    async def known_name(
        self, merchant_id: int, document: BuyerDocument, *, told_by: str | None = None
    ) -> str | None:
        return await self.ask(
            lambda: self.database.known_name(merchant_id, document, told_by=told_by)
        )

    async def conclude(self, result: AttemptResult) -> Standing:
        self._probes.pop(result.claim.id, None)
        self._look_at_breaker()
        return await self.ask(lambda: self.database.conclude(result), writes=True)

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument] = ()
    ) -> tuple[Claim, ...]:
        asked_s = self._loop.time()
        self._may_claim(limit)
        claims = await self._claim(limit=limit, lease_s=lease_s, excluding=excluding)
        for claim in claims:
            self._begun(claim.id, asked_s)
        return claims

    async def _claim(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument]
    ) -> tuple[Claim, ...]:
        """The rows come before the commit: of a commit without an answer the claims are known."""
        faults, read = self._faults, list[Claim]()
        rolled_back = faults.on and faults.random.random() < faults.mix.lost_commit / 4

        async def work() -> tuple[Claim, ...]:
            claim = self.database.rolled_back_claims if rolled_back else self.database.claim_due
            claims = await claim(limit=limit, lease_s=lease_s, excluding=excluding)
            read.extend(claims)
            return claims

        try:
            claims = await self.ask(work, writes=True)
        except StoreUnavailable as error:
            raise ClaimsUnacknowledged(tuple(read)) from error
        if rolled_back:
            raise ClaimsUnacknowledged(claims)
        return claims

    def _look_at_breaker(self) -> None:
        """The breaker has just learnt something: if that opened it, remember when."""
        breaker = self._breaker
        if breaker is not None and breaker.state is BreakerState.OPEN:
            _, until_s = self._opened
            if until_s != breaker._until_s:
                self._opened = self._loop.time(), breaker._until_s

    def _may_claim(self, limit: int) -> None:
        """Nothing is claimed while the breaker is open, and one at a time while it is half open.

        Who was admitted in the moment before it opened may still come: asking the breaker and
        asking the database are two steps.
        """
        state = BreakerState.CLOSED if self._breaker is None else self._breaker.state
        now_s, (opened, _) = self._loop.time(), self._opened
        probing = any(now_s - at_s < POLICY.lease_s for at_s in self._probes.values())
        if state is BreakerState.OPEN:
            if now_s > opened:
                self._faults.found.append(f"breaker: {self._process.name} claims while it is open")
        elif state is BreakerState.HALF_OPEN and (limit > 1 or probing):
            self._faults.found.append(f"breaker: {self._process.name} sends more than one probe")

    def _begun(self, id_: UUID, asked_s: float) -> None:
        if self._breaker is not None and self._breaker.state is BreakerState.HALF_OPEN:
            self._probes[id_] = asked_s

    async def confirm(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Confirmation | None:
        return await self.ask(
            lambda: self.database.confirm(merchant_id, id, group=group), writes=True
        )

    async def void_expired(self, *, limit: int) -> int:
        return await self.ask(lambda: self.database.void_expired(limit=limit))

    async def next_due_s(self) -> float | None:
        return await self.ask(self.database.next_due_s)

    async def note_pause(self, pause: Pause) -> None:
        await self.ask(lambda: self.database.note_pause(pause))

    async def resume(self, *, limit: int) -> bool:
        return await self.ask(lambda: self.database.resume(limit=limit))

    async def reap(self, *, limit: int) -> int:
        return await self.ask(lambda: self.database.reap(limit=limit))

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Record | None:
        return await self.ask(lambda: self.database.find(merchant_id, id, group=group))

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> History | None:
        return await self.ask(lambda: self.database.history(merchant_id, id, group=group))

    async def page(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        limit: int,
        after: Position | None,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordPage:
        return await self.ask(
            lambda: self.database.page(
                merchant_id, wanted, limit=limit, after=after, order=order, now=now
            )
        )

    async def summary(
        self, merchant_id: int, customer_id: UUID, starts: tuple[datetime, ...]
    ) -> CustomerSummary | None:
        return await self.ask(lambda: self.database.summary(merchant_id, customer_id, starts))

    async def total(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordTotal | None:
        return await self.ask(
            lambda: self.database.total(merchant_id, wanted, order=order, now=now)
        )


def _fail(answer: asyncio.Future[Any] | None) -> None:
    if answer is not None and not answer.done():
        answer.set_exception(StoreUnavailable("the connection broke"))
