"""The fake of reconciliations keeps the contract, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_reconciliations import MemoryReconciliations
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import PROGRAMME
from contract.reconciling import POLICY, RULES, Kept, ReconciliationStoreContract

if TYPE_CHECKING:
    from cashback_core.reconciliation import Rules


class TestMemoryReconciliations(ReconciliationStoreContract):
    @pytest.fixture
    def kept(self) -> Kept:
        terms = Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)
        self.clock = ManualClock()
        self.store = MemoryStore({1: terms}, now=self.clock.tick, policy=POLICY)
        self.incidents = MemoryIncidents(self.store)
        return self.kept_with(RULES)

    def kept_with(self, rules: Rules) -> Kept:
        return Kept(
            store=self.store,
            incidents=self.incidents,
            reconciliations=MemoryReconciliations(self.store, self.incidents, rules),
            rules=rules,
        )

    async def passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
