"""What operators ask, of the store in memory: every promise of the port."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.delivery.states import CLOSED, Actor, Delivery, Status
from cashback_core.intake.equal_sales import EqualPage, EqualSales, Try
from cashback_core.operators.acts import (
    CALLED_UNPAID,
    Act,
    ActKind,
    Circumstances,
    Decision,
    Granted,
    is_risky,
    operate,
)
from cashback_core.operators.open_cashbacks import (
    ManyDecision,
    OpenCashback,
    OpenFilter,
    OpenPage,
    Tally,
    is_above_ceiling,
    may_act_on_all,
    refuse_many,
    tally_by_status,
    token_of,
)
from cashback_core.operators.operator_store import (
    CashbackName,
    Foreseen,
    MovedSince,
    OperatorStore,
    is_of_store,
)
from cashback_core.sales.same_sale import EqualOutcome, number_name
from cashback_core.testing.memory_incidents import SLUGS, MemoryIncidents
from cashback_core.testing.memory_rows import paid_document
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.acceptance import Submission
    from cashback_core.testing.memory_store import MemoryStore, Row


class MemoryOperators(OperatorStore):
    """Works on the rows of a MemoryStore, and is away when that is."""

    def __init__(self, store: MemoryStore, incidents: MemoryIncidents | None = None) -> None:
        self._store = store
        self.incidents = incidents or MemoryIncidents(store)
        self.risk_accepted: dict[UUID, datetime] = {}

    async def open_page(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> OpenPage:
        await reach_store(self._store)
        items = [self._open(row) for row in self._meant(merchant_id, wanted)]
        items.sort(key=_position)
        if after is not None:
            items = [i for i in items if _position(i) > (after.at, after.id)]
        page, more = tuple(items[:limit]), len(items) > limit
        at = Position(at=page[-1].accepted_at, id=page[-1].id) if more else None
        return OpenPage(items=page, next=at)

    async def waits(self, merchant_id: int | None, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        waits: dict[UUID, Waiting] = {}
        for owner in {m for m, _ in self._store.rows if merchant_id in {None, m}}:
            waits |= await self._store.waits(owner, ids)
        return waits

    async def equals_page(
        self,
        merchant_id: int | None,
        outcome: EqualOutcome | None,
        *,
        limit: int,
        after: Position | None,
    ) -> EqualPage:
        await reach_store(self._store)
        items = [
            pair
            for owner, pair in _equals(self._store)
            if merchant_id in {None, owner} and outcome in {None, pair.outcome}
        ]
        items.sort(key=lambda pair: (pair.position.at, pair.position.id), reverse=True)
        if after is not None:
            last = (after.at, after.id)
            items = [i for i in items if (i.position.at, i.position.id) < last]
        page = tuple(items[:limit])
        return EqualPage(items=page, next=page[-1].position if len(items) > limit else None)

    async def act(self, merchant_id: int | None, id: UUID, act: Act) -> Decision | None:  # noqa: A002
        await reach_store(self._store)
        for (owner, cashback_id), row in self._store.rows.items():
            if cashback_id == id and merchant_id in {None, owner}:
                return self._do(row, act)
        return None

    async def act_as_seen(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: Act,
        *,
        version: int,
    ) -> Decision | MovedSince | None:
        await reach_store(self._store)
        for (owner, cashback_id), row in self._store.rows.items():
            if cashback_id == id and merchant_id in {None, owner}:
                if len(row.events) != version:
                    return MovedSince(row.status)
                return self._do(row, act)
        return None

    async def named(
        self, merchant_id: int | None, names: Collection[CashbackName]
    ) -> Mapping[CashbackName, tuple[UUID, ...]]:
        await reach_store(self._store)
        return {
            name: tuple(
                row.record.id
                for (owner, _), row in self._store.rows.items()
                if merchant_id in {None, owner} and _is_called(row, name)
            )
            for name in names
        }

    async def foresee(
        self, merchant_id: int | None, acts: Mapping[UUID, Act]
    ) -> Mapping[UUID, Foreseen]:
        await reach_store(self._store)
        return {
            id_: Foreseen(
                merchant=SLUGS[owner],
                status=row.status,
                version=len(row.events),
                cashback_centavos=row.record.cashback.cashback_centavos,
                decision=self._decide(row, acts[id_]),
            )
            for (owner, id_), row in self._store.rows.items()
            if id_ in acts and merchant_id in {None, owner}
        }

    async def tally(
        self, merchant_id: int | None, wanted: OpenFilter, kind: ActKind = ActKind.RESEND
    ) -> Tally:
        await reach_store(self._store)
        rows = self._all_meant(merchant_id, wanted)
        return Tally(
            count=len(rows),
            cashback_centavos=sum(row.record.cashback.cashback_centavos for row in rows),
            in_doubt=sum(is_risky(kind, row.status, self._circumstances(row)) for row in rows),
            above_ceiling=sum(map(_is_above_ceiling, self._meant(merchant_id, wanted))),
            by_status=tally_by_status(
                (row.status, row.record.cashback.cashback_centavos) for row in rows
            ),
            token=token_of(kind, [(row.record.id, len(row.events)) for row in rows]),
        )

    async def act_on_all(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        act: Act,
        *,
        token: str,
    ) -> ManyDecision:
        refuse_many(wanted, act.kind)
        tally = await self.tally(merchant_id, wanted, act.kind)
        decision = may_act_on_all(tally, act, token=token)
        if isinstance(decision, Tally):
            for row in self._all_meant(merchant_id, wanted):
                assert isinstance(self._do(row, act), Granted)
        return decision

    def _decide(self, row: Row, act: Act) -> Decision:
        standing = row.record.standing
        delivery = Delivery(
            status=standing.status, attempt=standing.attempt, open_since_at=row.open_since_at
        )
        return operate(delivery, act, self._store._now(), self._circumstances(row))

    def _do(self, row: Row, act: Act) -> Decision:
        decision = self._decide(row, act)
        if isinstance(decision, Granted):
            move = decision.move
            self._store._move(row, move.to, move.actor, move.reason, due_at=move.due_at)
            row.events[-1] = replace(row.events[-1], actor_name=act.by)
            row.open_since_at = decision.open_since_at
            if decision.risk_accepted:
                self.risk_accepted[row.record.id] = row.events[-1].at
        return decision

    def _circumstances(self, row: Row) -> Circumstances:
        latest = row.events[-1]
        return Circumstances(
            credited=self.incidents.credits(row.record.id),
            suspected=self.incidents.suspects(row),
            marked_by=latest.actor_name if latest.actor is Actor.OPERATOR else None,
            at_risk=self._is_at_risk(row),
        )

    def _is_at_risk(self, row: Row) -> bool:
        taken_at = self.risk_accepted.get(row.record.id)
        return taken_at is not None and not any(
            event.at > taken_at
            and (
                (event.actor is Actor.OPERATOR and event.to_status is Status.REJECTED)
                or (
                    event.actor is Actor.SETTLER
                    and event.from_status is Status.IN_DOUBT
                    and event.to_status in {Status.PENDING, Status.HELD}
                )
            )
            for event in row.events
        )

    def _meant(self, merchant_id: int | None, wanted: OpenFilter) -> list[Row]:
        return [
            row
            for (owner, _), row in self._store.rows.items()
            if merchant_id in {None, owner} and _is_meant(row, wanted)
        ]

    def _all_meant(self, merchant_id: int | None, wanted: OpenFilter) -> list[Row]:
        """What is meant by who acts on all of it."""
        rows = self._meant(merchant_id, wanted)
        return [row for row in rows if wanted.above_ceiling or not _is_above_ceiling(row)]

    def _open(self, row: Row) -> OpenCashback:
        record, event = row.record, row.events[-1]
        provider = record.standing.provider
        return OpenCashback(
            id=record.id,
            merchant={1: "demo", 2: "other"}[record.merchant_id],
            status=record.status,
            reason=event.reason,
            actor=event.actor,
            actor_name=event.actor_name,
            since_at=event.at,
            attempt=record.standing.attempt,
            status_code=None if provider is None else provider.status_code,
            document=paid_document(record),
            cashback_centavos=record.cashback.cashback_centavos,
            sale_id=record.sale.sale_id,
            sold_at=record.sale.sold_at,
            accepted_at=record.accepted_at,
            risk_accepted_at=self.risk_accepted.get(record.id),
            suspected=self.incidents.suspects(row)
            or (record.status in CALLED_UNPAID and event.actor is Actor.OPERATOR),
        )


async def reach_store(store: MemoryStore) -> None:
    """Let others go on; raise StoreUnavailable while the store is away."""
    await asyncio.sleep(0)
    if store.away:
        raise StoreUnavailable("away")


def _position(item: OpenCashback) -> tuple[datetime, UUID]:
    return item.accepted_at, item.id


def _is_called(row: Row, name: CashbackName) -> bool:
    if name.id is not None:
        return row.record.id == name.id
    told = row.submission
    wanted = number_name(name.sale_id, name.store, numbers=told.numbers)
    sale = told.sale
    return (
        wanted is not None
        and wanted == number_name(sale.sale_id, sale.place.store, numbers=told.numbers)
        and is_of_store(name, sale.place.store, numbers=told.numbers)
    )


def _is_above_ceiling(row: Row) -> bool:
    latest = row.events[-1]
    return is_above_ceiling(row.status, latest.actor, latest.reason)


def _is_meant(row: Row, wanted: OpenFilter) -> bool:
    record, latest = row.record, row.events[-1]
    sale, provider = record.sale, record.standing.provider
    return (
        row.status in wanted.statuses - CLOSED
        and (wanted.ids is None or record.id in wanted.ids)
        and (wanted.accepted_from is None or record.accepted_at >= wanted.accepted_from)
        and (wanted.accepted_to is None or record.accepted_at < wanted.accepted_to)
        and (wanted.reason is None or wanted.reason.lower() in latest.reason.lower())
        and (
            wanted.status_code is None
            or (provider is not None and provider.status_code == wanted.status_code)
        )
        and (wanted.document is None or sale.document == wanted.document)
        and (wanted.sold_from is None or sale.sold_at >= wanted.sold_from)
        and (wanted.sold_to is None or sale.sold_at < wanted.sold_to)
    )


def _equals(store: MemoryStore) -> Iterator[tuple[int, EqualSales]]:
    """Every pair of equal content with its merchant's id."""
    for refused in store.refused_equals:
        again = _try(refused.submission, refused.at, None)
        yield _pair(store, refused.submission, refused.first, again, refused.outcome, refused.id)
    for row in store.rows.values():
        record = row.record
        if record.same_content_as is not None:
            again = _try(row.submission, record.accepted_at, record.id)
            outcome = EqualOutcome.ACCEPTED
            yield _pair(store, row.submission, record.same_content_as, again, outcome, record.id)


def _pair(
    store: MemoryStore,
    submission: Submission,
    first: UUID,
    again: Try,
    outcome: EqualOutcome,
    id_: UUID,
) -> tuple[int, EqualSales]:
    row = store.rows[submission.merchant_id, first]
    return submission.merchant_id, EqualSales(
        outcome=outcome,
        merchant=f"merchant-{submission.merchant_id}",
        document=row.record.sale.document,
        total_centavos=row.record.sale.total_centavos,
        first=_try(row.submission, row.record.accepted_at, first),
        second=again,
        position=Position(at=again.at, id=id_),
    )


def _try(submission: Submission, at: datetime, id_: UUID | None) -> Try:
    return Try(
        id=id_,
        at=at,
        idempotency_key=submission.idempotency_key,
        sale_id=submission.sale.sale_id,
        sold_at=submission.sale.sold_at,
        submitted_by=submission.submitted_by,
    )
