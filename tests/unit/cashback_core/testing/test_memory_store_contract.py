"""The fake keeps the contract of a store, so that what is tested on it means something."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.incidents import Explanation, Meaning, StatementIncident
from cashback_core.sales.catalogue import Catalogue, TypePeriod
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.testing.memory_incidents import MemoryIncidents
from cashback_core.testing.memory_search import id_of
from cashback_core.testing.memory_sender import MemorySenderSwitch
from cashback_core.testing.memory_store import MemoryStore, Row
from cashback_core.values.documents import store_document
from contract.builders import PROGRAMME
from contract.cashback_store import CashbackStoreContract
from contract.confirming import OVER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from cashback_core.delivery.brakes import Ceilings
    from cashback_core.intake.store import CashbackStore
    from cashback_core.values.documents import Cpf


class TestMemoryStore(CashbackStoreContract):
    @pytest.fixture
    def store(self) -> CashbackStore:
        terms = {
            merchant_id: Terms(merchant_id=merchant_id, rules=SaleRules(), programme=PROGRAMME)
            for merchant_id in (1, 2)
        }
        store = MemoryStore(terms, now=ManualClock().tick)
        self.incidents, self.switch = MemoryIncidents(store), MemorySenderSwitch(store)
        return store

    async def customer_id(self, store: object, document: Cpf) -> UUID:  # noqa: ARG002
        return id_of(store_document(document))

    async def expire_leases(self, store: CashbackStore) -> None:
        for row in rows(store):
            if row.lease_until_at is not None:
                row.lease_until_at -= timedelta(days=1)

    async def expire_confirmations(self, store: CashbackStore, by: timedelta = OVER) -> None:
        for row in rows(store):
            if row.status is Status.UNCONFIRMED and row.due_at is not None:
                row.due_at -= by

    async def make_due(self, store: CashbackStore) -> None:
        for row in rows(store):
            if row.due_at is not None:
                row.due_at -= timedelta(days=1)

    async def make_open_for(self, store: CashbackStore, days: int) -> None:
        for row in rows(store):
            row.open_since_at -= timedelta(days=days)
            if row.due_at is not None:
                row.due_at -= timedelta(days=days, seconds=10)
        assert isinstance(store, MemoryStore)
        for stop in store.stopped_at:
            store.stopped_at[stop] -= timedelta(days=days)

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        assert isinstance(store, MemoryStore)
        store.set_ceilings(merchant_id, to)

    async def put_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        assert isinstance(store, MemoryStore)
        store.put_stop(merchant_id, type_)

    async def lift_stop(self, store: CashbackStore, merchant_id: int, type_: str | None) -> None:
        assert isinstance(store, MemoryStore)
        store.lift_stop(merchant_id, type_)

    async def put_product(
        self, store: CashbackStore, merchant_id: int, sku: str, *types: tuple[str, datetime]
    ) -> None:
        assert isinstance(store, MemoryStore)
        periods = tuple(
            TypePeriod(type=type_, version=version, starts_at=starts_at)
            for version, (type_, starts_at) in enumerate(types, start=1)
        )
        known = store.catalogues.get(merchant_id, Catalogue()).products
        store.catalogues[merchant_id] = Catalogue({**known, sku: periods})

    async def pause_sender(self, store: CashbackStore) -> None:  # noqa: ARG002
        assert await self.switch.pause(by="a test", reason="a test")

    async def release_sender(self, store: CashbackStore) -> None:  # noqa: ARG002
        assert await self.switch.release(by="a test", reason="a test")

    async def tell(
        self,
        store: CashbackStore,  # noqa: ARG002
        incident: StatementIncident,
        merchant_id: int | None,
    ) -> None:
        self.incidents.keep(incident, merchant_id=merchant_id)

    async def say_ours(
        self,
        store: CashbackStore,  # noqa: ARG002
        incident: StatementIncident,
        cashback_id: UUID,
    ) -> None:
        said = Explanation(
            meaning=Meaning.OURS, by="petra", reason="a test", cashback_id=cashback_id
        )
        done = await self.incidents.explain(incident.id, said, dry_run=False)
        assert isinstance(done, StatementIncident)


def rows(store: CashbackStore) -> list[Row]:
    assert isinstance(store, MemoryStore)
    return list(store.rows.values())
