"""What administrators keep, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.http.administration.stores import AdministrationStores
from adapters.postgres.administration.audit_trail import PostgresTrail
from adapters.postgres.administration.clients import PostgresClients
from adapters.postgres.administration.customers import PostgresCustomers
from adapters.postgres.administration.merchants import PostgresMerchants
from adapters.postgres.administration.product_types import PostgresProductTypes
from adapters.postgres.administration.products import PostgresProducts
from adapters.postgres.administration.stops import PostgresStops
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.administration.users import PostgresUsers

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


def administered(database: Database) -> AdministrationStores:
    """Every administered resource in its store."""
    administration = Administration(database)
    return AdministrationStores(
        merchants=PostgresMerchants(administration),
        users=PostgresUsers(administration),
        clients=PostgresClients(administration),
        trail=PostgresTrail(administration),
        product_types=PostgresProductTypes(administration),
        products=PostgresProducts(administration),
        customers=PostgresCustomers(administration),
        stops=PostgresStops(administration),
    )
