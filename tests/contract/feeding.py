"""What every feed of changes keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixtures `store`, as for the contract of cashback stores, and `feed`, which
tells what becomes of that store's cashbacks, and `operators`, who act on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_core.changes.changes import START, ChangeFeed, FeedPlace, FeedPosition
from cashback_core.delivery.states import Actor, Status
from cashback_core.operators.acts import Act, ActKind
from cashback_core.values.ids import new_id
from contract.builders import CREATED, a_sale, accepted, ended, given_up, leased, submitted

if TYPE_CHECKING:
    from cashback_core.changes.changes import Change
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore


async def all_changes(
    feed: ChangeFeed,
    merchant_id: int = 1,
    *,
    after: FeedPosition | None = None,
    limit: int = 100,
    group: str | None = None,
) -> list[Change]:
    """Every change after a position, page by page."""
    found: list[Change] = []
    while True:
        page = await feed.read(merchant_id, after, limit=limit, group=group)
        assert len(page.changes) <= limit
        found += page.changes
        if page.next == (after or START):
            return found
        after = page.next


class FeedContract:
    """The contract of `cashback_core.changes.changes.ChangeFeed`."""

    async def test_every_move_is_told_with_what_it_is(
        self, store: CashbackStore, feed: ChangeFeed
    ) -> None:
        claim = await leased(store, a_sale(sale_id="NF-1", centavos=10_000))
        await store.conclude(ended(claim, CREATED))
        changes = await all_changes(feed)
        assert [(c.sequence, c.from_status, c.status, c.attempt) for c in changes] == [
            (1, None, Status.PENDING, 0),
            (2, Status.PENDING, Status.SENDING, 1),
            (3, Status.SENDING, Status.APPLIED, 1),
        ]
        history = await store.history(1, claim.id)
        assert history is not None
        for change, event in zip(changes, history.events, strict=True):
            assert (change.merchant_id, change.id) == (1, claim.id)
            assert (change.at, change.actor, change.reason) == (event.at, Actor.API, event.reason)
            assert (change.sale_id, change.cashback_centavos) == ("NF-1", 500)

    async def test_what_a_person_gave_as_reason_is_not_told(
        self, store: CashbackStore, feed: ChangeFeed, operators: OperatorStore
    ) -> None:
        claim = await given_up(store)
        reason = "JOSE DA SILVA gave it back"
        await operators.act(1, claim.id, Act(kind=ActKind.CANCEL, by="ana", reason=reason))
        *before, cancelled = await all_changes(feed)
        assert (cancelled.status, cancelled.actor) == (Status.CANCELLED, Actor.OPERATOR)
        assert cancelled.reason is None
        assert None not in {change.reason for change in before}

    async def test_page_by_page_nothing_is_skipped_or_told_twice(
        self, store: CashbackStore, feed: ChangeFeed
    ) -> None:
        for _ in range(3):
            await store.conclude(ended(await leased(store), CREATED))
        whole = [change.feed_position for change in await all_changes(feed)]
        assert len(whole) == 9
        assert whole == sorted(whole)
        for limit in (1, 2, 4, 9, 10):
            read = [change.feed_position for change in await all_changes(feed, limit=limit)]
            assert read == whole
        for n, position in enumerate(whole, start=1):
            rest = [change.feed_position for change in await all_changes(feed, after=position)]
            assert rest == whole[n:]

    async def test_an_empty_feed_goes_on_from_where_it_was_asked(self, feed: ChangeFeed) -> None:
        page = await feed.read(1, None, limit=10)
        assert (page.changes, page.next) == ((), START)
        here = FeedPosition(position=7, cashback_id=new_id(), sequence=2)
        assert (await feed.read(1, here, limit=10)).next == here

    async def test_after_the_end_only_what_comes_is_told(
        self, store: CashbackStore, feed: ChangeFeed
    ) -> None:
        claim = await leased(store)
        end = await feed.end(1)
        assert await all_changes(feed, after=end) == []
        await store.conclude(ended(claim, CREATED))
        (applied,) = await all_changes(feed, after=end)
        assert (applied.id, applied.status) == (claim.id, Status.APPLIED)

    async def test_a_merchant_is_told_its_own_changes_alone(
        self, store: CashbackStore, feed: ChangeFeed
    ) -> None:
        mine = await accepted(store, submitted(a_sale(), lease_s=None))
        theirs = await accepted(store, submitted(a_sale(), lease_s=None, merchant_id=2))
        assert {change.id for change in await all_changes(feed)} == {mine.id}
        assert {change.id for change in await all_changes(feed, 2)} == {theirs.id}

    @pytest.mark.parametrize("limit", [1, 2, 100])
    async def test_a_group_is_told_its_own_changes_and_goes_on_past_others(
        self, store: CashbackStore, feed: ChangeFeed, limit: int
    ) -> None:
        wanted = list[object]()
        for who in ("user:ana", "user:bia", "user:bia", "user:ana", "user:bia"):
            made = await accepted(store, submitted(a_sale(), lease_s=None, submitted_by=who))
            wanted += [made.id] if who == "user:ana" else []
        found = await all_changes(feed, limit=limit, group="user:ana")
        assert [change.id for change in found] == wanted
        assert await all_changes(feed, limit=limit, group="user:eva") == []

    @pytest.mark.parametrize("limit", [1, 2, 100])
    async def test_where_a_group_goes_on_from_tells_nothing_of_others(
        self, store: CashbackStore, feed: ChangeFeed, limit: int
    ) -> None:
        own = {START.cashback_id}
        after: FeedPosition | None = None
        for who in ("user:bia", "user:ana", "user:bia", "user:bia", "user:ana", "user:bia"):
            made = await accepted(store, submitted(a_sale(), lease_s=None, submitted_by=who))
            own |= {made.id} if who == "user:ana" else set()
            page = await feed.read(1, after, limit=limit, group="user:ana")
            assert page.next.cashback_id in own
            after = page.next
        assert [change.id for change in await all_changes(feed, after=after)] == []

    async def test_places_that_are_followed_by_something_have_grown(
        self, store: CashbackStore, feed: ChangeFeed
    ) -> None:
        assert await feed.grown([]) == frozenset()
        begun = [FeedPlace(merchant_id=m, position=START) for m in (1, 2)]
        assert await feed.grown(begun) == frozenset()
        await accepted(store, submitted(a_sale(), lease_s=None))
        (change,) = await all_changes(feed)
        ends = [
            FeedPlace(merchant_id=1, position=change.feed_position),
            FeedPlace(merchant_id=1, position=await feed.end(1)),
        ]
        assert await feed.grown([*begun, *ends]) == {begun[0]}
        await accepted(store, submitted(a_sale(), lease_s=None))
        assert await feed.grown([*begun, *ends]) == {begun[0], *ends}
