"""The stores of administered resources, and the routes in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.http.administration.client_routes import ClientRoutes
from adapters.http.administration.merchant_routes import MerchantRoutes
from adapters.http.administration.own_account_routes import OwnAccountRoutes
from adapters.http.administration.own_password import OwnPassword
from adapters.http.administration.stop_routes import StopRoutes
from adapters.http.administration.trail_routes import TrailRoutes
from adapters.http.administration.user_routes import UserRoutes
from adapters.http.catalogue.customer_routes import CustomerRoutes
from adapters.http.catalogue.product_routes import ProductRoutes
from adapters.http.catalogue.product_type_routes import ProductTypeRoutes

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

    def handlers(
        self, admit: Admission, login: LogIn, zones: MerchantZones, trusted_hops: int
    ) -> list[HTTPRouteHandler]:
        """The routes of all of them, each under its address."""
        types = ProductTypeRoutes(admit=admit, store=self.product_types, zones=zones)
        products = ProductRoutes(admit=admit, store=self.products, zones=zones)
        own_password = OwnPassword(store=self.users, login=login, trusted_hops=trusted_hops)
        users = UserRoutes(
            admit=admit, store=self.users, passwords=login.passwords, own_password=own_password
        )
        own = OwnAccountRoutes(admit=admit, store=self.users, own_password=own_password)
        return [
            *MerchantRoutes(admit=admit, store=self.merchants).handlers(),
            *users.handlers(),
            *own.handlers(),
            *ClientRoutes(admit=admit, store=self.clients).handlers(),
            *StopRoutes(admit=admit, store=self.stops).handlers(),
            *TrailRoutes(admit=admit, store=self.trail, zones=zones).handlers(),
            *types.handlers(),
            *products.handlers(),
            *CustomerRoutes(admit=admit, store=self.customers).handlers(),
        ]
