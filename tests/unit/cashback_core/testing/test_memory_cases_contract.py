"""The fake of cases keeps the contract, too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_cases import MemoryCases
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_store import MemoryStore
from contract.builders import PROGRAMME
from contract.casework import CaseStoreContract

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.case_store import CaseStore, DayDifference
    from cashback_core.operators.cases import CaseKind
    from cashback_core.reconciliation.incidents import IncidentStore, StatementIncident


class TestMemoryCases(CaseStoreContract):
    @pytest.fixture(autouse=True)
    def memory(self) -> MemoryStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        self.clock = ManualClock()
        store = MemoryStore(terms, now=self.clock.tick)
        self.of_incidents = MemoryIncidents(store)
        self.of_cases = MemoryCases(store, self.of_incidents)
        return store

    @pytest.fixture
    def store(self, memory: MemoryStore) -> CashbackStore:
        return memory

    @pytest.fixture
    def incidents(self, memory: MemoryStore) -> IncidentStore:  # noqa: ARG002
        return self.of_incidents

    @pytest.fixture
    def cases(self, memory: MemoryStore) -> CaseStore:  # noqa: ARG002
        return self.of_cases

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        self.of_incidents.keep(incident, merchant_id=merchant_id)

    def keep_difference(self, difference: DayDifference) -> None:
        self.of_cases.keep(difference)

    def find_again(self, kind: CaseKind, id_: UUID, began: timedelta) -> None:  # noqa: ARG002
        self.of_cases.found_again(id_, self.clock.tick() + began)

    def close_difference(self, id_: UUID) -> None:
        one = self.of_cases.kept[id_]
        closed = replace(one.case, closed_at=self.clock.tick())
        self.of_cases.keep(replace(one, case=closed, closed_why="a later file tells it no more"))
