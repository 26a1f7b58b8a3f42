"""Closes in memory keep the contract of closes, so that what is tested on them means something."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.closing.closing import CloseDays
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.memory_closes import MemoryCloses, MemoryNotes
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable
from contract.builders import PROGRAMME
from contract.closing import SIGNER, CloseContract

if TYPE_CHECKING:
    from uuid import UUID

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Past:
    """See World, in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

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
    def closes(self, store: MemoryStore) -> MemoryCloses:
        return MemoryCloses(
            store=store,
            slugs={1: "demo", 2: "other"},
            first_day=(NOW - timedelta(days=3)).date(),
            now=lambda: NOW,
        )

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
