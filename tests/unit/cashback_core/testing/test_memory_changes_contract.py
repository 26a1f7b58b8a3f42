"""The feed in memory keeps the contract of a feed, so that what is tested on it means something."""

from __future__ import annotations

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_changes import MemoryChanges
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable
from contract.builders import PROGRAMME
from contract.feeding import FeedContract


class TestMemoryChanges(FeedContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        return MemoryStore(terms, now=ManualClock().tick)

    @pytest.fixture
    def feed(self, store: MemoryStore) -> MemoryChanges:
        return MemoryChanges(store)

    async def test_it_is_away_with_its_store(self, store: MemoryStore, feed: MemoryChanges) -> None:
        store.away = True
        with pytest.raises(StoreUnavailable):
            await feed.read(1, None, limit=1)
        with pytest.raises(StoreUnavailable):
            await feed.end(1)
        with pytest.raises(StoreUnavailable):
            await feed.grown([])
