"""The fake of statement incidents keeps the contract, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import PROGRAMME
from contract.statement_incidents import IncidentStoreContract

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore
    from cashback_core.reconciliation.incidents import IncidentStore, StatementIncident


class TestMemoryIncidents(IncidentStoreContract):
    @pytest.fixture
    def store(self) -> CashbackStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        return MemoryStore(terms, now=ManualClock().tick)

    @pytest.fixture(autouse=True)
    def kept(self, store: CashbackStore) -> MemoryIncidents:
        assert isinstance(store, MemoryStore)
        self.memory = MemoryIncidents(store)
        return self.memory

    @pytest.fixture
    def incidents(self, kept: MemoryIncidents) -> IncidentStore:
        return kept

    @pytest.fixture
    def operators(self, store: CashbackStore, kept: MemoryIncidents) -> OperatorStore:
        assert isinstance(store, MemoryStore)
        return MemoryOperators(store, kept)

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        self.memory.keep(incident, merchant_id=merchant_id)

    async def said(self) -> tuple[dict[str, list[UUID | None]], set[UUID]]:
        return dict(self.memory.lines), self.memory.absent

    async def risks(self) -> set[UUID]:
        return self.memory.risks

    async def kept_as(self, incident_id: UUID) -> tuple[str | None, str | None]:
        row = self.memory.kept[incident_id]
        return row.document, row.incident.reference
