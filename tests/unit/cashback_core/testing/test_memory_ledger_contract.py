"""The fake of the provider's ledger keeps the contract, too."""

from __future__ import annotations

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_reconciliations import MemoryReconciliations
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import PROGRAMME
from contract.keeping_ledger import Book, ProviderLedgerContract
from contract.reconciling import POLICY, RULES


class TestMemoryLedger(ProviderLedgerContract):
    @pytest.fixture
    def book(self) -> Book:
        terms = Terms(merchant_id=1, rules=SaleRules(), programme=PROGRAMME)
        store = MemoryStore({1: terms}, now=ManualClock().tick, policy=POLICY)
        kept = MemoryReconciliations(store, MemoryIncidents(store), RULES)
        return Book(reconciliations=kept, ledger=kept.ledger)
