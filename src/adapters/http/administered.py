"""The stores of administered resources, and the routes in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.http.client_routes import ClientRoutes
from adapters.http.merchant_routes import MerchantRoutes
from adapters.http.trail_routes import TrailRoutes
from adapters.http.user_routes import UserRoutes

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.admission import Admission
    from adapters.http.login import Login
    from cashback_core.clients import ClientStore
    from cashback_core.merchants import MerchantStore
    from cashback_core.people import UserStore
    from cashback_core.trail import TrailStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Administered:
    """Where each resource is kept."""

    merchants: MerchantStore
    users: UserStore
    clients: ClientStore
    trail: TrailStore

    def handlers(self, admit: Admission, login: Login) -> list[HTTPRouteHandler]:
        """The routes of all of them, each under its address."""
        users = UserRoutes(admit=admit, store=self.users, passwords=login.passwords)
        return [
            *MerchantRoutes(admit=admit, store=self.merchants).handlers(),
            *users.handlers(),
            *ClientRoutes(admit=admit, store=self.clients).handlers(),
            *TrailRoutes(admit=admit, store=self.trail).handlers(),
        ]
