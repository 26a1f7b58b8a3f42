"""Figures in memory keep the contract of figures, so that what is tested on them counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.memory_figures import MemoryFigures
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable
from contract.builders import PROGRAMME
from contract.figuring import ZONE, FiguresContract, question

if TYPE_CHECKING:
    from cashback_core.figures.figures import FiguresStore

_TICKS = count()


def tick() -> datetime:
    """The present, and no instant twice."""
    return datetime.now(UTC) + timedelta(microseconds=next(_TICKS))


class TestMemoryFigures(FiguresContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        return MemoryStore(terms, now=tick)

    @pytest.fixture
    def figures(self, store: MemoryStore) -> FiguresStore:
        return MemoryFigures(store, ZONE, tick)

    @pytest.fixture
    def operators(self, store: MemoryStore) -> MemoryOperators:
        return MemoryOperators(store)

    async def test_they_are_away_with_their_store(
        self, store: MemoryStore, figures: FiguresStore
    ) -> None:
        store.away = True
        with pytest.raises(StoreUnavailable):
            await figures.figures(1, question())
        with pytest.raises(StoreUnavailable):
            await figures.balance(1, datetime.now(UTC))
