"""The part of the store's contract about brakes: ceilings, stops, and what a rate paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.delivery.brakes import REASONS, Ceilings, WaitsFor
from cashback_core.delivery.record import RateVersion, RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.values.pages import Position
from contract.builders import (
    LEASE_S,
    NOTHING_SENT,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    submitted,
)

if TYPE_CHECKING:
    from cashback_core.delivery.record import Record
    from cashback_core.intake.store import CashbackStore


class BrakingContract:
    """A sale of 10,000 centavos of type A earns 500."""

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        """Let an administrator have set a merchant's ceilings."""
        raise NotImplementedError

    async def put_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        """Let an administrator have stopped a type of a merchant, or all of it."""
        raise NotImplementedError

    async def lift_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        """Let that stop have been lifted."""
        raise NotImplementedError

    async def make_open_for(self, store: CashbackStore, days: int) -> None:
        """Let every cashback have been open for so many days, and every stop have stood so long."""
        raise NotImplementedError

    async def test_above_the_ceiling_for_one_cashback_it_is_held(
        self, store: CashbackStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_cashback_centavos=500))
        within = await accepted(store, submitted(a_sale(centavos=10_000)))
        above = await accepted(store, submitted(a_sale(centavos=10_020)))
        assert (within.status, above.status) == (Status.SENDING, Status.HELD)
        await self._waits(store, above, WaitsFor.CASHBACK_CEILING)
        others = await accepted(store, submitted(a_sale(centavos=10_020), merchant_id=2))
        assert others.status is Status.SENDING

    async def test_above_the_ceiling_for_a_day_it_is_held_and_what_fits_is_not(
        self, store: CashbackStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_200))
        records = [
            await accepted(store, submitted(a_sale(centavos=centavos)))
            for centavos in (10_000, 10_000, 10_000, 4_000, 20)
        ]
        assert [record.status for record in records] == [
            *(Status.SENDING, Status.SENDING, Status.HELD, Status.SENDING, Status.HELD)
        ]
        await self._waits(store, records[2], WaitsFor.DAY_CEILING)

    async def test_a_ceiling_of_the_day_counts_what_was_taken_before_it_was_set(
        self, store: CashbackStore
    ) -> None:
        await accepted(store, submitted(a_sale(centavos=10_000)))
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        fits = await accepted(store, submitted(a_sale(centavos=10_000)))
        above = await accepted(store, submitted(a_sale(centavos=20)))
        assert (fits.status, above.status) == (Status.SENDING, Status.HELD)

    async def test_while_a_type_is_stopped_it_is_recorded_and_not_sent(
        self, store: CashbackStore
    ) -> None:
        old = await accepted(store, submitted(a_sale(), lease_s=None))
        await self.put_stop(store, 1, "A")
        new = await accepted(store, submitted(a_sale(), lease_s=LEASE_S))
        other = await accepted(store, submitted(a_sale(), lease_s=None, merchant_id=2))
        assert new.status is Status.PENDING
        for record in (old, new):
            await self._waits(store, record, WaitsFor.TYPE_STOPPED)
        claims = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {claim.id for claim in claims} == {other.id}
        assert await store.next_due_s() is None
        await self.lift_stop(store, 1, "A")
        await store.resume(limit=100)
        claims = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert {claim.id for claim in claims} == {old.id, new.id}
        found = await store.find(1, new.id)
        assert found is not None
        assert found.waiting is None

    async def test_a_stopped_merchant_waits_whatever_its_types(self, store: CashbackStore) -> None:
        await self.put_stop(store, 1, None)
        await self.put_stop(store, 1, "B")
        record = await accepted(store, submitted(a_sale()))
        await self._waits(store, record, WaitsFor.MERCHANT_STOPPED)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()
        await self.lift_stop(store, 1, None)
        await store.resume(limit=100)
        assert len(await store.claim_due(limit=10, lease_s=LEASE_S)) == 1

    async def test_another_type_goes_on(self, store: CashbackStore) -> None:
        await self.put_stop(store, 1, "B")
        assert (await accepted(store, submitted(a_sale()))).status is Status.SENDING

    async def test_what_a_stop_holds_back_does_not_keep_others_waiting(
        self, store: CashbackStore
    ) -> None:
        for _ in range(5):
            await accepted(store, submitted(a_sale(), lease_s=None))
        other = await accepted(store, submitted(a_sale(), lease_s=None, merchant_id=2))
        await self.put_stop(store, 1, None)
        (claim,) = await store.claim_due(limit=1, lease_s=LEASE_S)
        assert claim.id == other.id

    async def test_what_is_under_way_when_it_is_stopped_ends_and_is_not_tried_again(
        self, store: CashbackStore
    ) -> None:
        claim = await leased(store)
        await self.put_stop(store, 1, "A")
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.PENDING
        await self.make_open_for(store, 0)
        assert await store.claim_due(limit=10, lease_s=LEASE_S) == ()

    async def test_time_stopped_does_not_count_towards_giving_up(
        self, store: CashbackStore
    ) -> None:
        claim = await leased(store)
        await self.put_stop(store, 1, "A")
        await self.make_open_for(store, 2)
        assert (await store.conclude(ended(claim, NOTHING_SENT))).status is Status.PENDING

    async def test_what_a_version_of_a_rate_paid_is_listed_page_by_page(
        self, store: CashbackStore
    ) -> None:
        records = [await accepted(store, submitted(a_sale())) for _ in range(3)]
        wanted = RecordFilter(rate=RateVersion(type="A", version=1))
        first = await store.page(1, wanted, limit=2, after=None)
        second = await store.page(1, wanted, limit=2, after=first.next)
        found = [record.id for record in (*first.records, *second.records)]
        assert found == sorted((record.id for record in records), reverse=True)
        assert second.next is None
        for rate in (RateVersion(type="A", version=2), RateVersion(type="B", version=1)):
            empty = await store.page(1, RecordFilter(rate=rate), limit=2, after=None)
            assert empty.records == ()
        applied = RecordFilter(rate=wanted.rate, statuses=frozenset({Status.APPLIED}))
        after = Position(at=records[2].accepted_at, id=records[2].id)
        assert (await store.page(1, applied, limit=2, after=after)).records == ()

    async def _waits(self, store: CashbackStore, record: Record, why: WaitsFor) -> None:
        found = await store.find(1, record.id)
        assert found is not None
        assert found.waiting is not None
        assert found.waiting.why is why
        history = await history_of(store, 1, record)
        assert history.attempts == ()
        assert history.events[-1].reason in {REASONS[why], "accepted"}
        if record.waiting is not None:
            assert record.waiting.why is why
