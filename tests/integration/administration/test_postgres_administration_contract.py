"""The stores of administered resources in PostgreSQL keep the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.administration.clients import PostgresClients
from adapters.postgres.administration.customers import PostgresCustomers
from adapters.postgres.administration.merchants import PostgresMerchants
from adapters.postgres.administration.product_types import PostgresProductTypes
from adapters.postgres.administration.products import PostgresProducts
from adapters.postgres.administration.stops import PostgresStops
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.administration.users import PostgresUsers
from contract.administering import AdministrationContract, Stores

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


class TestPostgresAdministration(AdministrationContract):
    @pytest.fixture
    def stores(self, database: Database) -> Stores:
        administration = Administration(database)
        return Stores(
            merchants=PostgresMerchants(administration),
            users=PostgresUsers(administration),
            clients=PostgresClients(administration),
            product_types=PostgresProductTypes(administration),
            products=PostgresProducts(administration),
            customers=PostgresCustomers(administration),
            stops=PostgresStops(administration),
        )
