"""The fake of what operators ask keeps the contract, too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.operators.resolutions import BrokeOff, ResolveMany
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_sender import MemorySenderSwitch
from cashback_core.testing.memory_store import MemoryStore, Row
from contract.builders import PROGRAMME, UNANSWERED
from contract.operating import OperatorStoreContract, ended_with
from contract.resolving import ResolvingContract, listed

if TYPE_CHECKING:
    from cashback_core.delivery.brakes import Ceilings
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore, SenderSwitch


class TestMemoryOperators(OperatorStoreContract, ResolvingContract):
    @pytest.fixture
    def store(self) -> CashbackStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        return MemoryStore(terms, now=ManualClock().tick)

    @pytest.fixture
    def operators(self, store: CashbackStore) -> OperatorStore:
        assert isinstance(store, MemoryStore)
        return MemoryOperators(store)

    @pytest.fixture
    def switch(self, store: CashbackStore) -> SenderSwitch:
        assert isinstance(store, MemoryStore)
        return MemorySenderSwitch(store)

    async def expire_leases(self, store: CashbackStore) -> None:
        for row in rows(store):
            if row.lease_until_at is not None:
                row.lease_until_at -= timedelta(days=1)

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        assert isinstance(store, MemoryStore)
        store.set_ceilings(merchant_id, to)

    async def make_due(self, store: CashbackStore) -> None:
        for row in rows(store):
            if row.due_at is not None:
                row.due_at -= timedelta(days=1)

    async def test_a_list_that_breaks_off_tells_what_was_done_by_then(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        first, second, third = [await ended_with(store, UNANSWERED) for _ in range(3)]
        told = listed({"id": str(first.id)}, {"id": str(second.id)}, {"id": str(third.id)})
        resolving = ResolveMany(operators)
        plan = await resolving.plan(1, told, by="ana")
        assert isinstance(store, MemoryStore)

        def away(done: int) -> None:
            store.away = done == 1

        with pytest.raises(BrokeOff) as broke:
            await resolving.do(1, told, plan, on_line=away)
        assert [move.id for move in broke.value.done.moves] == [first.id]
        assert [move.id for move in broke.value.left] == [second.id, third.id]


def rows(store: CashbackStore) -> list[Row]:
    assert isinstance(store, MemoryStore)
    return list(store.rows.values())
