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
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.webhooks.store import PostgresWebhooks
from cashback_core.webhooks.addresses import PUBLIC_ALONE, AddressPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.postgres.connection.database import Database


def _derived(database: Database) -> Callable[[str], bytes]:
    """Makes keys of the erasure key, which commands that make none have no use for."""

    def derive(purpose: str) -> bytes:
        return database.needed_seal.derived_key(purpose)

    return derive


def administered(
    database: Database, addresses: AddressPolicy = PUBLIC_ALONE
) -> AdministrationStores:
    """Every administered resource in its store; webhooks go to such `addresses` alone."""
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
        webhooks=PostgresWebhooks(
            administration=administration,
            feed=PostgresChanges(database),
            derive=_derived(database),
            addresses=addresses,
        ),
    )
