"""The stores of administered resources in PostgreSQL keep the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_gateway.processes.administered import administered
from contract.administering import AdministrationContract

if TYPE_CHECKING:
    from adapters.http.administration.stores import AdministrationStores
    from adapters.postgres.connection.database import Database


class TestPostgresAdministration(AdministrationContract):
    @pytest.fixture
    def stores(self, database: Database) -> AdministrationStores:
        """Over merchants 1 and 2, "demo" and "other", with product types A to D."""
        return administered(database)
