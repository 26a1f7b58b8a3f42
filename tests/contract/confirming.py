"""The part of the store's contract about sales that are confirmed later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core.delivery.brakes import CONFIRMED_REASONS, Ceilings, WaitsFor
from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waits import Why
from cashback_core.intake.acceptance import Repeated
from cashback_core.intake.confirmation import (
    MAY_BE_CREDITED,
    VOID_GRACE,
    ConfirmationExpired,
    Confirmed,
    NothingToConfirm,
)
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import PRECEDES, StatementIncident
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    LEASE_S,
    a_cpf,
    a_sale,
    accepted,
    ended,
    history_of,
    submitted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from cashback_core.delivery.record import Record
    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale

WITHIN: Final = timedelta(hours=2)
OVER: Final = WITHIN + VOID_GRACE
DAY_BEFORE: Final = "the date alone of the day before"


def later(sale: Sale | None = None, *, group: str | None = None) -> Submission:
    """A submission that is to be confirmed later."""
    made = submitted(sale or a_sale(), lease_s=None, submitted_by=group, group=group)
    return replace(made, confirm_within=WITHIN)


async def confirmed(store: CashbackStore, record: Record) -> Record:
    """The record of one that must have been unconfirmed."""
    told = await store.confirm(record.merchant_id, record.id)
    assert isinstance(told, Confirmed)
    return told.record


def _line(record: Record) -> StatementIncident:
    """A line of its customer and amount, dated when it was accepted, that nothing explains."""
    at = record.accepted_at
    return StatementIncident(
        id=new_id(),
        cls=FindingClass.UNKNOWN_HERE,
        merchant=None,
        cashback_id=None,
        document=str(record.sale.document),
        centavos=record.cashback.cashback_centavos,
        line=1,
        line_key="0" * 32,
        credited_at=at,
        reference=None,
        why="nothing explains it",
        opened_at=at,
        statement_at=at,
    )


class ConfirmingContract:
    """A sale of 10,000 centavos of type A earns 500."""

    async def expire_confirmations(self, store: CashbackStore, by: timedelta = OVER) -> None:
        """Let so much time pass for every unconfirmed cashback: it is over, in their order."""
        raise NotImplementedError

    async def pause_sender(self, store: CashbackStore) -> None:
        """Let an operator have paused the sender."""
        raise NotImplementedError

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        """Let an administrator have set a merchant's ceilings."""
        raise NotImplementedError

    async def put_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        """Let an administrator have stopped a type of a merchant, or all of it."""
        raise NotImplementedError

    async def lift_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        """Let that stop have been lifted."""
        raise NotImplementedError

    async def release_sender(self, store: CashbackStore) -> None:
        """Let an operator have released the sender."""
        raise NotImplementedError

    async def tell(
        self, store: CashbackStore, incident: StatementIncident, merchant_id: int | None
    ) -> None:
        """Let a statement have told an incident, whose document is not masked."""
        raise NotImplementedError

    async def say_ours(
        self, store: CashbackStore, incident: StatementIncident, cashback_id: UUID
    ) -> None:
        """Let a person have said that an incident's line is the credit of a cashback."""
        raise NotImplementedError

    async def test_what_is_confirmed_later_waits_for_that_and_is_not_sent(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, later())
        assert (record.status, record.standing.attempt) == (Status.UNCONFIRMED, 0)
        assert record.waiting is not None
        assert record.waiting.why == Why.CONFIRMATION
        assert record.waiting.next_try_at is None
        assert record.waiting.until_at == record.accepted_at + WITHIN
        assert await store.find(1, record.id) == record
        waits = await store.waits(1, [record.id])
        told = waits[record.id]
        assert (told.why, told.until_at) == (Why.CONFIRMATION, record.waiting.until_at)
        assert await store.next_due_s() is None
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        await self.expire_confirmations(store)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        unconfirmed = RecordFilter(statuses=frozenset({Status.UNCONFIRMED}))
        page = await store.page(1, unconfirmed, limit=5, after=None)
        assert [one.id for one in page.records] == [record.id]

    async def test_confirmed_it_is_due_and_sent_once(self, store: CashbackStore) -> None:
        record = await confirmed(store, await accepted(store, later()))
        assert (record.status, record.waiting) == (Status.PENDING, None)
        assert await store.next_due_s() == 0
        (claim,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert (claim.id, claim.attempt) == (record.id, 1)
        standing = await store.conclude(ended(claim, CREATED, deliverer=Actor.WORKER))
        assert standing.status is Status.APPLIED
        history = await history_of(store, 1, record)
        assert [event.to_status for event in history.events] == [
            *(Status.UNCONFIRMED, Status.PENDING, Status.SENDING, Status.APPLIED)
        ]
        assert history.events[1].actor is Actor.API
        again = await store.confirm(1, record.id)
        assert isinstance(again, NothingToConfirm)
        assert again.record == history.record
        assert await history_of(store, 1, record) == history

    async def test_what_never_had_to_be_confirmed_is_told_as_it_is(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, submitted(a_sale()))
        assert await store.confirm(1, record.id) == NothingToConfirm(record)

    async def test_a_cashback_of_zero_is_not_due_at_once(self, store: CashbackStore) -> None:
        record = await accepted(store, later(a_sale(centavos=1)))
        assert (record.status, record.waiting) == (Status.NOT_DUE, None)
        assert await store.confirm(1, record.id) == NothingToConfirm(record)

    async def test_nobody_confirms_what_they_may_not_read(self, store: CashbackStore) -> None:
        record = await accepted(store, later(group="shop-1"))
        assert await store.confirm(1, new_id()) is None
        assert await store.confirm(2, record.id) is None
        assert await store.confirm(1, record.id, group="shop-2") is None
        assert isinstance(await store.confirm(1, record.id, group="shop-1"), Confirmed)

    async def test_a_repeat_never_confirms(self, store: CashbackStore) -> None:
        first = later(a_sale(sale_id="nf-1"))
        record = await accepted(store, first)
        now = replace(first, id=new_id(), confirm_within=None, lease_s=LEASE_S)
        assert await store.accept(now) == Repeated(record)
        assert (await history_of(store, 1, record)).record.status is Status.UNCONFIRMED

    async def test_after_its_time_it_is_void_and_never_paid(self, store: CashbackStore) -> None:
        record = await accepted(store, later())
        assert await store.void_expired(limit=10) == 0
        await self.expire_confirmations(store)
        assert await store.void_expired(limit=10) == 1
        assert await store.void_expired(limit=10) == 0
        assert await store.confirm(1, record.id) == ConfirmationExpired()
        history = await history_of(store, 1, record)
        assert (history.record.status, history.record.waiting) == (Status.VOID, None)
        last = history.events[-1]
        assert (last.actor, last.from_status) == (Actor.WORKER, Status.UNCONFIRMED)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        assert await store.next_due_s() is None
        assert await store.waits(1, [record.id]) == {}

    async def test_what_is_overdue_the_longest_is_void_first(self, store: CashbackStore) -> None:
        records = [await accepted(store, later()) for _ in range(3)]
        await self.expire_confirmations(store)
        assert await store.void_expired(limit=2) == 2
        assert await self._statuses(store, records) == [
            *(Status.VOID, Status.VOID, Status.UNCONFIRMED)
        ]
        assert await store.void_expired(limit=2) == 1

    async def test_late_but_not_void_yet_it_is_confirmed(self, store: CashbackStore) -> None:
        record = await accepted(store, later())
        await self.expire_confirmations(store)
        assert (await confirmed(store, record)).status is Status.PENDING
        assert await store.void_expired(limit=10) == 0

    async def test_after_an_outage_it_is_confirmed_late_and_not_void_yet(
        self, store: CashbackStore
    ) -> None:
        record, other = await accepted(store, later()), await accepted(store, later())
        await self.expire_confirmations(store, OVER - timedelta(hours=1))
        assert await store.void_expired(limit=10) == 0
        assert (await confirmed(store, record)).status is Status.PENDING
        await self.expire_confirmations(store, timedelta(hours=1))
        assert await store.void_expired(limit=10) == 1
        assert await store.confirm(1, other.id) == ConfirmationExpired()

    async def test_while_the_sender_is_paused_nothing_is_void(self, store: CashbackStore) -> None:
        record = await accepted(store, later())
        await self.expire_confirmations(store)
        await self.pause_sender(store)
        assert await store.void_expired(limit=10) == 0
        assert (await confirmed(store, record)).status is Status.PENDING

    async def test_what_a_statement_told_of_is_held_when_it_is_confirmed(
        self, store: CashbackStore
    ) -> None:
        """A database that went back has forgotten that it was confirmed, sent and credited."""
        record = await accepted(store, later())
        told = replace(
            _line(record), cls=FindingClass.CREDITED_UNPAID, merchant="demo", cashback_id=record.id
        )
        await self.tell(store, told, 1)
        await self._may_be_credited(store, record)

    async def test_what_a_person_called_its_credit_holds_it_before_a_statement_moves_it(
        self, store: CashbackStore
    ) -> None:
        record, other = await accepted(store, later()), await accepted(store, later())
        told = replace(_line(record), document=str(a_cpf()), centavos=1)
        await self.tell(store, told, None)
        await self.say_ours(store, told, record.id)
        assert (await confirmed(store, other)).status is Status.PENDING
        await self._may_be_credited(store, record)

    @pytest.mark.parametrize(
        "changes",
        [
            {"centavos": 499},
            {"document": "11144477735", "centavos": 500},
            {"cls": FindingClass.UNREADABLE, "document": None, "centavos": 7},
            {"cls": FindingClass.UNREADABLE, "document": "11144477735", "centavos": 0},
            {"centavos": 499, "credited_at": None},
            {"centavos": 499, "credited_at": DAY_BEFORE},
        ],
    )
    async def test_what_a_line_could_be_is_held_after_a_pause_of_the_sender_alone(
        self, store: CashbackStore, changes: dict[str, Any]
    ) -> None:
        """As after every restore; else one odd line would hold every confirmation."""
        cpf = a_cpf()
        first, second, third = [
            await accepted(store, later(a_sale(document=cpf, sale_id=f"{n}"))) for n in range(3)
        ]
        told = replace(_line(first), **changes)
        if changes.get("credited_at") == DAY_BEFORE:
            midnight = first.accepted_at.replace(hour=0, minute=0, second=0, microsecond=0)
            told = replace(told, credited_at=midnight - timedelta(days=1))
        await self.tell(store, told, None)
        assert (await confirmed(store, first)).status is Status.PENDING
        await self.pause_sender(store)
        await self._may_be_credited(store, second)
        await self.release_sender(store)
        await self._may_be_credited(store, third)
        after = await accepted(store, later())
        assert (await confirmed(store, after)).status is Status.PENDING
        claims = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {claim.id for claim in claims} == {first.id, after.id}

    async def test_after_a_pause_no_line_holds_what_it_cannot_be(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, later())
        told = _line(record)
        long_ago = record.accepted_at - PRECEDES - timedelta(seconds=1)
        await self.tell(store, replace(told, credited_at=long_ago), None)
        foreign = replace(told, id=new_id(), line_key="1" * 32, document=str(a_cpf()), centavos=1)
        await self.tell(store, foreign, None)
        await self.pause_sender(store)
        await self.release_sender(store)
        assert (await confirmed(store, record)).status is Status.PENDING

    async def test_the_ceiling_for_one_cashback_is_asked_when_it_is_confirmed(
        self, store: CashbackStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_cashback_centavos=100))
        record = await accepted(store, later())
        assert record.status is Status.UNCONFIRMED
        record = await confirmed(store, record)
        assert record.status is Status.HELD
        await self._is_held(store, record, WaitsFor.CASHBACK_CEILING)
        assert await store.confirm(1, record.id) == NothingToConfirm(record)

    async def test_it_counts_in_the_day_of_its_confirmation_and_in_none_before(
        self, store: CashbackStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        unconfirmed = [await accepted(store, later()) for _ in range(4)]
        now = await accepted(store, submitted(a_sale()))
        assert now.status is Status.SENDING
        statuses = [(await confirmed(store, record)).status for record in unconfirmed[:2]]
        assert statuses == [Status.PENDING, Status.HELD]
        await self._is_held(store, unconfirmed[1], WaitsFor.DAY_CEILING)
        full = await accepted(store, submitted(a_sale(centavos=20)))
        assert full.status is Status.HELD

    async def test_a_ceiling_of_the_day_that_is_set_later_counts_what_was_confirmed(
        self, store: CashbackStore
    ) -> None:
        first, second, _ = [await accepted(store, later()) for _ in range(3)]
        await confirmed(store, first)
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        assert (await confirmed(store, second)).status is Status.PENDING
        assert (await accepted(store, submitted(a_sale(centavos=20)))).status is Status.HELD

    async def test_a_stop_of_that_moment_holds_it_back(self, store: CashbackStore) -> None:
        records = [await accepted(store, later()) for _ in range(2)]
        await self.put_stop(store, 1, "A")
        record = await confirmed(store, records[0])
        assert record.status is Status.PENDING
        await self._is_held(store, record, WaitsFor.TYPE_STOPPED)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        await self.lift_stop(store, 1, "A")
        await store.resume(limit=100)
        assert (await confirmed(store, records[1])).waiting is None
        claims = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {claim.id for claim in claims} == {one.id for one in records}

    async def test_of_all_who_come_at_once_one_wins(self, store: CashbackStore) -> None:
        for _ in range(8):
            record = await accepted(store, later())
            await self.expire_confirmations(store)
            first, second, voided = await asyncio.gather(
                store.confirm(1, record.id),
                store.confirm(1, record.id),
                store.void_expired(limit=10),
            )
            moved = [isinstance(one, Confirmed) for one in (first, second)].count(True)
            assert moved + voided == 1
            history = await history_of(store, 1, record)
            assert len(history.events) == 2
            assert history.events[1].to_status is (Status.VOID if voided else Status.PENDING)
            other = ConfirmationExpired() if voided else NothingToConfirm(history.record)
            assert other in [first, second]

    async def _may_be_credited(self, store: CashbackStore, record: Record) -> None:
        assert (await confirmed(store, record)).status is Status.HELD
        history = await history_of(store, 1, record)
        assert history.events[-1].reason == MAY_BE_CREDITED
        again = await store.confirm(1, record.id)
        assert again == NothingToConfirm(history.record)

    async def _statuses(self, store: CashbackStore, records: Sequence[Record]) -> list[Status]:
        found = [await store.find(1, record.id) for record in records]
        return [record.status for record in found if record is not None]

    async def _is_held(self, store: CashbackStore, record: Record, why: WaitsFor) -> None:
        history = await history_of(store, 1, record)
        assert history.record.waiting is not None
        assert history.record.waiting.why is why
        assert history.events[-1].reason == CONFIRMED_REASONS[why]
