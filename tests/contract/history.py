"""The part of the store's contract about history: recorded as it was, and never sent from here."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.delivery.brakes import AS_HISTORY, Ceilings
from cashback_core.delivery.states import DONE, Actor, Status
from cashback_core.intake.acceptance import Accepted, ContentTaken, NameTaken, Repeated
from cashback_core.intake.confirmation import NothingToConfirm
from contract.builders import LEASE_S, a_cpf, a_sale, accepted, history_of, submitted
from contract.confirming import WITHIN

if TYPE_CHECKING:
    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale


def history(sale: Sale | None = None, *, key: str | None = None) -> Submission:
    """A submission of what another system settled."""
    return replace(submitted(sale or a_sale(), key=key, lease_s=None), as_recorded=True)


class HistoryContract:
    """What is brought in as recorded."""

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        """Set a merchant's ceilings."""
        raise NotImplementedError

    async def put_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        """Stop a type of a merchant, or all of it."""
        raise NotImplementedError

    async def make_open_for(self, store: CashbackStore, days: int) -> None:
        """Let days pass."""
        raise NotImplementedError

    async def pause_sender(self, store: CashbackStore) -> None:
        """Pause the sender."""
        raise NotImplementedError

    async def test_it_is_recorded_with_what_it_earned_and_waits_for_nothing(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, history())
        assert (record.status, record.standing.attempt) == (Status.RECORDED, 0)
        assert record.status in DONE
        assert record.cashback.cashback_centavos == 500
        assert record.waiting is None
        told = await history_of(store, 1, record)
        (event,) = told.events
        assert (event.from_status, event.to_status) == (None, Status.RECORDED)
        assert (event.actor, event.reason) == (Actor.API, AS_HISTORY)
        assert told.attempts == ()
        assert await store.waits(1, (record.id,)) == {}

    async def test_nobody_claims_reaps_or_voids_it_however_long_it_lies(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, history())
        await self.make_open_for(store, 400)
        assert await store.claim_due(limit=100, lease_s=LEASE_S) == ()
        await store.reap(limit=100)
        assert await store.void_expired(limit=100) == 0
        assert (await history_of(store, 1, record)).record.status is Status.RECORDED

    async def test_what_would_have_been_confirmed_later_is_not_waited_for(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, history(replace(a_sale(), confirm_later=True)))
        assert record.status is Status.RECORDED
        told = await store.confirm(1, record.id)
        assert isinstance(told, NothingToConfirm)
        assert told.record.status is Status.RECORDED

    async def test_what_earned_nothing_is_not_due_as_ever(self, store: CashbackStore) -> None:
        record = await accepted(store, history(a_sale(centavos=1)))
        assert record.status is Status.NOT_DUE

    @pytest.mark.parametrize("by", ["sale id", "key"])
    async def test_who_sends_it_later_gets_it_as_it_is_and_it_is_not_paid(
        self, store: CashbackStore, by: str
    ) -> None:
        sale = a_sale(sale_id="1801" if by == "sale id" else None)
        key = "k-1801" if by == "key" else None
        record = await accepted(store, history(sale, key=key))
        again = await store.accept(submitted(sale, key=key))
        assert isinstance(again, Repeated)
        assert (again.record.id, again.record.status) == (record.id, Status.RECORDED)
        assert await store.claim_due(limit=100, lease_s=LEASE_S) == ()

    async def test_its_content_is_known_to_whoever_names_no_sale(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        record = await accepted(store, history(sale))
        again = await store.accept(submitted(sale))
        assert isinstance(again, ContentTaken)
        assert (again.record.id, again.record.status) == (record.id, Status.RECORDED)
        assert await store.claim_due(limit=100, lease_s=LEASE_S) == ()

    async def test_what_is_there_already_stays_what_it_is(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="1802")
        live = await accepted(store, submitted(sale, lease_s=None))
        assert live.status is Status.PENDING
        again = await store.accept(history(sale))
        assert isinstance(again, Repeated)
        assert (again.record.id, again.record.status) == (live.id, Status.PENDING)
        assert [claim.id for claim in await store.claim_due(limit=9, lease_s=LEASE_S)] == [live.id]

    async def test_its_names_are_its_own(self, store: CashbackStore) -> None:
        await accepted(store, history(a_sale(sale_id="1803")))
        other = await store.accept(submitted(a_sale(sale_id="1803", centavos=777)))
        assert isinstance(other, NameTaken)
        assert other.record.status is Status.RECORDED

    async def test_no_brake_is_asked_and_no_day_counts_it(self, store: CashbackStore) -> None:
        await self.set_ceilings(
            store, 1, Ceilings(max_cashback_centavos=1_000, max_day_centavos=1_200)
        )
        # 50.00 of cashback, five times what one may be, and more than a day may have.
        record = await accepted(store, history(a_sale(centavos=100_000)))
        assert (record.status, record.waiting) == (Status.RECORDED, None)
        live = await accepted(store, submitted(a_sale(centavos=20_000), lease_s=None))
        assert live.status is Status.PENDING, "the day has still room for it"
        over = await accepted(store, submitted(a_sale(centavos=20_000), lease_s=None))
        assert over.status is Status.HELD

    async def test_a_ceiling_that_is_set_later_does_not_count_it(
        self, store: CashbackStore
    ) -> None:
        await accepted(store, history(a_sale(centavos=100_000)))
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_200))
        live = await accepted(store, submitted(a_sale(centavos=20_000), lease_s=None))
        assert live.status is Status.PENDING

    async def test_it_is_taken_while_its_merchant_is_stopped_and_nothing_is_sent(
        self, store: CashbackStore
    ) -> None:
        await self.put_stop(store, 1, None)
        await self.pause_sender(store)
        record = await accepted(store, history())
        assert (record.status, record.waiting) == (Status.RECORDED, None)

    async def test_it_makes_its_customer_known_as_any_sale_does(self, store: CashbackStore) -> None:
        document = a_cpf()
        await accepted(store, history(a_sale(document=document, name="ANA")))
        assert await store.known_name(1, document) == "ANA"

    @pytest.mark.parametrize("live_first", [False, True])
    async def test_of_both_at_once_one_is_recorded_and_at_most_that_is_sent(
        self, store: CashbackStore, *, live_first: bool
    ) -> None:
        sale = a_sale(sale_id="1804")
        both = [history(sale), submitted(sale, lease_s=None)]
        told = await asyncio.gather(*map(store.accept, both[::-1] if live_first else both))
        (new,) = [one for one in told if isinstance(one, Accepted)]
        (repeat,) = [one for one in told if isinstance(one, Repeated)]
        assert new.record.id == repeat.record.id
        claimed = [claim.id for claim in await store.claim_due(limit=9, lease_s=LEASE_S)]
        assert claimed == ([] if new.record.status is Status.RECORDED else [new.record.id])


@pytest.mark.parametrize("changes", [{"lease_s": LEASE_S}, {"confirm_within": WITHIN}])
def test_history_is_neither_leased_nor_confirmed(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="history"):
        replace(history(), **changes)
