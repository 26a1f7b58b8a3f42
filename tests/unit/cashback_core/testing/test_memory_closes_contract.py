"""Closes in memory keep the contract of closes, so that what is tested on them means something."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from cashback_core.closing.chain import Link, Trust, first_bad_link
from cashback_core.closing.closing import GRACE, CloseDays, ClosesAsked
from cashback_core.closing.day import Amount
from cashback_core.closing.kept import Flow, KeptClose
from cashback_core.closing.making import Signer
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.memory_closes import MemoryCloses, MemoryNotes
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable
from contract.builders import PROGRAMME
from contract.closing import NEXT_SIGNER, SIGNER, CloseContract

if TYPE_CHECKING:
    from uuid import UUID

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _link(kept: KeptClose) -> Link:
    return Link(
        owner=kept.owner.slug, number=kept.number, day=kept.day, sha256=kept.hash, source="",
        signed=kept.signed,
    )  # fmt: skip


class Past:
    """See World, in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.closes: MemoryCloses | None = None

    def closed_ago(self, *, days: int) -> None:
        assert self.closes is not None
        at = NOW - timedelta(days=days)
        self.closes.kept = [replace(kept, closed_at=at) for kept in self.closes.kept]

    def happened(self, cashback_id: UUID, *, days_ago: int) -> None:
        events = self._store.rows[1, cashback_id].events
        for place, event in enumerate(events):
            at = NOW - timedelta(days=days_ago) + timedelta(seconds=place)
            events[place] = replace(event, at=at)


class TestMemoryCloses(CloseContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        return MemoryStore(terms, now=lambda: NOW)

    @pytest.fixture
    def world(self, store: MemoryStore) -> Past:
        return Past(store)

    @pytest.fixture
    def closes(self, store: MemoryStore, world: Past) -> MemoryCloses:
        ticks = count()
        world.closes = MemoryCloses(
            store=store,
            slugs={1: "demo", 2: "other"},
            first_day=(NOW - timedelta(days=3)).date(),
            now=lambda: NOW + timedelta(microseconds=next(ticks)),
        )
        return world.closes

    async def test_it_is_away_with_its_store(
        self, store: MemoryStore, closes: MemoryCloses, close_days: CloseDays
    ) -> None:
        store.away = True
        with pytest.raises(StoreUnavailable):
            await close_days()
        with pytest.raises(StoreUnavailable):
            await closes.keys()

    async def test_nothing_is_closed_while_something_older_is_under_way(
        self, closes: MemoryCloses, close_days: CloseDays
    ) -> None:
        closes.under_way.append(NOW)
        found = await close_days()
        assert (found.waits, found.closed, found.behind) == (True, (), 9)
        assert found.waits_for == (f"since {NOW}",)

    async def test_a_day_is_closed_once_it_is_over_for_long_enough(
        self, closes: MemoryCloses
    ) -> None:
        midnight = NOW.replace(hour=0)
        grace = timedelta(minutes=30)
        close_days = CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes(), grace=grace)
        closes.now = lambda: midnight + grace - timedelta(microseconds=1)
        assert {kept.number for kept in (await close_days()).closed} == {1, 2}
        closes.now = lambda: midnight + grace
        assert {kept.number for kept in (await close_days()).closed} == {3}

    async def test_what_keeps_one_chain_from_being_closed_keeps_no_other(
        self, closes: MemoryCloses, close_days: CloseDays
    ) -> None:
        """The account waits, since it names the merchants' closes of its day."""
        day = closes.first_day
        full = Amount(count=2**53 - 1)
        closes.flows[1, day] = (Flow(name="matched", entered=full, departed=Amount()),)
        closes.flows[1, day + timedelta(days=1)] = closes.flows[1, day]
        found = await close_days()
        assert sorted({kept.owner.name for kept in found.closed}) == ["(account)", "demo", "other"]
        assert (list(found.failed), found.behind) == (["demo"], 4)
        assert "ValueError: an amount is" in found.failed["demo"]
        assert [len(await closes.closes(id_, limit=9)) for id_ in (1, 2, None)] == [1, 3, 1]
        del closes.flows[1, day + timedelta(days=1)]
        assert ((again := await close_days()).failed, again.behind) == ({}, 0)

    @pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=3)])
    async def test_a_clock_that_steps_back_keeps_days_open(
        self, closes: MemoryCloses, close_days: CloseDays, back: timedelta
    ) -> None:
        """Between the looks at it: a close that says it was made early is refused for ever."""
        due = NOW.replace(hour=0) + GRACE
        clock = iter([due, due])
        closes.now = lambda: next(clock, due - back)
        found = await close_days(ClosesAsked(only="demo"))
        assert (len(found.closed), found.behind) == ((2, 1) if back < GRACE else (0, 3))
        closes.now = lambda: due
        await close_days()
        keys = await closes.keys()
        for id_ in (1, 2, None):
            links = [_link(kept) for kept in await closes.closes(id_, limit=9)]
            assert len(links) == 3
            assert first_bad_link(links, Trust(keys=tuple(keys))) is None

    async def test_a_key_signs_nothing_from_before_it_was_in_use(
        self, closes: MemoryCloses, close_days: CloseDays
    ) -> None:
        await close_days(ClosesAsked(only="demo"))
        closes.now = lambda: NOW - timedelta(seconds=1)
        assert (await close_days()).closed == ()
        closes.now = lambda: NOW + timedelta(seconds=1)
        assert len((await close_days()).closed) == 6

    async def test_what_is_signed_by_another_key_than_it_says_is_not_kept(
        self, closes: MemoryCloses
    ) -> None:
        other = Signer(public_key=SIGNER.public_key, sign=NEXT_SIGNER.sign)
        found = await CloseDays(store=closes, signer=other, notes=MemoryNotes())()
        assert (len(found.closed), len(closes.kept), sorted(found.failed)) == (
            0, 0, ["demo", "other"],
        )  # fmt: skip
        assert "signature" in found.failed["demo"]

    async def test_a_clock_that_differs_from_the_closers_closes_nothing(
        self, close_days: CloseDays
    ) -> None:
        """A machine that starts years ahead would close days that are still to come."""
        for apart in (timedelta(days=300), -timedelta(minutes=2)):
            at = NOW + apart
            found = await replace(close_days, clock=iter([at]).__next__)()
            assert (found.closed, found.behind, len(found.failed)) == ((), 9, 3)
        right = replace(close_days, clock=lambda: NOW + timedelta(seconds=50))
        assert len((await right()).closed) == 9
