"""Every administered resource: its declaration, its store, and the routes between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.http.administration.audit_trail import AUDIT
from adapters.http.administration.clients import CLIENTS, ClientRoutes
from adapters.http.administration.merchants import MERCHANTS
from adapters.http.administration.own_account_routes import OwnAccountRoutes
from adapters.http.administration.own_password import OwnPassword
from adapters.http.administration.stops import STOPS, StopRoutes
from adapters.http.administration.users import USERS, UserRoutes
from adapters.http.administration.webhook_routes import WebhookRoutes
from adapters.http.administration.webhooks import DELIVERIES, WEBHOOKS
from adapters.http.catalogue.customers import CUSTOMERS
from adapters.http.catalogue.product_types import PRODUCT_TYPES, ProductTypeRoutes
from adapters.http.catalogue.products import PRODUCTS, ProductRoutes
from adapters.http.resources.routes import ListRoute, ResourceRoutes

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.administration.audit_trail import TrailStore
    from cashback_core.administration.customers import CustomerStore
    from cashback_core.administration.merchants import MerchantStore
    from cashback_core.administration.product_types import ProductTypeStore
    from cashback_core.administration.products import ProductStore
    from cashback_core.administration.stops import StopStore
    from cashback_core.people.clients import ClientStore
    from cashback_core.people.log_in import LogIn
    from cashback_core.people.users import UserStore
    from cashback_core.webhooks.endpoints import WebhookStore


RESOURCES: Final = (MERCHANTS, USERS, CLIENTS, PRODUCT_TYPES, PRODUCTS, CUSTOMERS, WEBHOOKS)
LISTINGS: Final = (STOPS, AUDIT, DELIVERIES)
"""What the table of access and the OpenAPI document have of them comes from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationStores:
    """Where each resource is kept."""

    merchants: MerchantStore
    users: UserStore
    clients: ClientStore
    trail: TrailStore
    product_types: ProductTypeStore
    products: ProductStore
    customers: CustomerStore
    stops: StopStore
    webhooks: WebhookStore

    def handlers(
        self, admit: Admission, login: LogIn, zones: MerchantZones, trusted_hops: int
    ) -> list[HTTPRouteHandler]:
        """The routes of all of them, each under its address."""
        own_password = OwnPassword(store=self.users, login=login, trusted_hops=trusted_hops)
        users = UserRoutes(
            admit=admit,
            store=self.users,
            zones=zones,
            passwords=login.passwords,
            own_password=own_password,
        )
        own = OwnAccountRoutes(admit=admit, store=self.users, own_password=own_password)
        merchants = ResourceRoutes(
            resource=MERCHANTS, store=self.merchants, admit=admit, zones=zones
        )
        customers = ResourceRoutes(
            resource=CUSTOMERS, store=self.customers, admit=admit, zones=zones
        )
        types = ProductTypeRoutes(admit=admit, store=self.product_types, zones=zones)
        return [
            *merchants.handlers(),
            *users.handlers(),
            *own.handlers(),
            *ClientRoutes(admit=admit, store=self.clients, zones=zones).handlers(),
            *StopRoutes(admit=admit, store=self.stops, zones=zones).handlers(),
            *ListRoute(listing=AUDIT, store=self.trail, admit=admit, zones=zones).handlers(),
            *types.handlers(),
            *ProductRoutes(admit=admit, store=self.products, zones=zones).handlers(),
            *customers.handlers(),
            *WebhookRoutes(admit=admit, store=self.webhooks, zones=zones).handlers(),
        ]
