"""Every store of a double in memory, each following what the others are told.

In PostgreSQL they share their tables; here whoever changes one changes what the others read, before
its change is answered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.http.administration.stores import AdministrationStores
from cashback_core.administration.customers import KnownCustomer
from cashback_core.administration.merchants import MerchantState
from cashback_core.administration.product_types import NewProductType
from cashback_core.administration.resources import Caller
from cashback_core.people.users import NewUser
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import NewRate, Programme
from cashback_core.sales.rules import Buyers, SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.testing.memory_catalogue import (
    MemoryCustomers,
    MemoryProducts,
    MemoryProductTypes,
    MemoryStops,
)
from cashback_core.testing.memory_identities import MemoryIdentities, MemoryUser
from cashback_core.testing.memory_people import MemoryMerchants, MemoryUsers
from cashback_core.testing.memory_webhooks import MemoryWebhooks
from cashback_core.values.documents import store_document
from cashback_core.values.ids import new_id
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import zone_of
from cashback_gateway.local.demo_data import MAX_SALE_AGE_DAYS, MERCHANT, RATES_BP
from cashback_kit.double_stores import KeptClients, NotingStore, NoTrail

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from cashback_core.administration.merchants import Merchant
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.people.passwords import PasswordHashes
    from cashback_core.people.roles import Role
    from cashback_core.sales.sale import Sale
    from cashback_core.testing.manual_clock import ManualClock
    from cashback_kit.system import LogInName

MERCHANT_ID: Final = 1
_KIT: Final = Caller(actor="system:kit", merchant_id=MERCHANT_ID)


class House:
    """The stores of one double; `store` has the sales, `identities` who may log in."""

    def __init__(self, clock: ManualClock, policy: DeliveryPolicy) -> None:
        now = clock.now
        self.store = NotingStore(lambda: _later(clock), policy)
        self.identities = MemoryIdentities(clock)
        self.merchants = MemoryMerchants(
            MerchantState(
                name="Demo retailer",
                zone="America/Sao_Paulo",
                rounding=Rounding.HALF_EVEN,
                max_sale_age_days=MAX_SALE_AGE_DAYS,
            ),
            slugs=(MERCHANT,),
            now=now,
        )
        self.users = MemoryUsers(self.merchants, now)
        self.clients = KeptClients(self.merchants, now)
        self.types = MemoryProductTypes(now)
        self.products = MemoryProducts(self.types, now)
        self.customers = MemoryCustomers(now)
        self.stops = MemoryStops(self.merchants, self.types, now)
        self.webhooks = MemoryWebhooks(now)
        self._hashes: dict[str, str] = {}
        self.store.after_acceptance = self._note_sale
        self.store.document_of = self._document_of

    async def furnish(self, names: dict[Role, LogInName], hashes: PasswordHashes) -> None:
        """The rates of the demo, and a user of each role."""
        for type_, rate_bp in RATES_BP.items():
            first = NewRate(rate_bp=rate_bp, starts_at=BEGINNING)
            await self.types.create(_KIT, NewProductType(type=type_, name=None, first=first))
        platform = replace(_KIT, merchant_id=None)
        for role, name in names.items():
            await self.users.create(
                platform,
                NewUser(
                    username=name.username,
                    role=role,
                    merchant=None if role == "platform" else MERCHANT,
                    password_hash=hashes.hash(name.password),
                ),
            )
        self.follow()
        for store in (self.merchants, self.users, self.clients):
            store.shelf.on_change = self.follow
        self.types.shelf.on_change = self.products.shelf.on_change = self._follow_terms
        self.customers.shelf.on_change = self._follow_customers
        self.stops.shelf.on_change = self._follow_stops

    def administered(self) -> AdministrationStores:
        """Every administered resource in its store."""
        return AdministrationStores(
            merchants=self.merchants,
            users=self.users,
            clients=self.clients,
            trail=NoTrail(),
            product_types=self.types,
            products=self.products,
            customers=self.customers,
            stops=self.stops,
            webhooks=self.webhooks,
        )

    def follow(self) -> None:
        """Let sales and log-ins know what stands, and what time has ended."""
        self._follow_terms()
        off = {self.merchants.ids[m.slug] for _, m in self._merchants() if m.state.disabled}
        self.identities.users = {
            user.username: MemoryUser(
                username=user.username,
                merchant_id=owner,
                role=user.state.role,
                password_hash=self.users.hashes[user.username],
            )
            for owner, user in self.users.shelf.rows.values()
            if not user.state.disabled and owner not in off
        }
        self.identities.clients = {
            client.client_id: client
            for client in self.clients.able()
            if client.merchant_id not in off
        }
        for session in self.identities.sessions.values():
            known = self._hashes.get(session.username)
            session.revoked |= known not in {None, self.users.hashes.get(session.username)}
        self._hashes = dict(self.users.hashes)

    def _merchants(self) -> list[tuple[int, Merchant]]:
        return [(self.merchants.ids[m.slug], m) for _, m in self.merchants.shelf.rows.values()]

    def _follow_terms(self) -> None:
        for merchant_id, merchant in self._merchants():
            rates = tuple(
                rate
                for owner, kept in self.types.shelf.rows.values()
                if owner == merchant_id
                for rate in kept.rates
            )
            state = merchant.state
            self.store.set_terms(
                Terms(
                    merchant_id=merchant_id,
                    rules=_rules(merchant),
                    programme=Programme(rates, state.rounding),
                    equal_content=state.equal_content,
                )
            )
            self.store.set_ceilings(merchant_id, state.ceilings)
            self.store.catalogues[merchant_id] = Catalogue(
                {
                    product.sku: product.types
                    for owner, product in self.products.shelf.rows.values()
                    if owner == merchant_id
                }
            )

    def _follow_customers(self) -> None:
        self.store.customers = {
            (owner or 0, store_document(known.customer.document)): known.customer.name
            for owner, known in self.customers.shelf.rows.values()
        }

    def _follow_stops(self) -> None:
        standing = {
            (owner or 0, stop.type)
            for owner, stop in self.stops.shelf.rows.values()
            if stop.lifted_at is None
        }
        for merchant_id, type_ in standing - self.store.stopped_at.keys():
            self.store.put_stop(merchant_id, type_)
        for merchant_id, type_ in self.store.stopped_at.keys() - standing:
            self.store.lift_stop(merchant_id, type_)

    def _note_sale(self, merchant_id: int, sale: Sale) -> None:
        """Who bought is known from now on, and what was bought stays."""
        if sale.customer is not None:
            document = sale.customer.document
            found = [
                known.id
                for owner, known in self.customers.shelf.rows.values()
                if owner == merchant_id and known.customer.document == document
            ]
            self.customers.with_sales.add(found[0] if found else self._know(merchant_id, sale))
        types, skus = {line.type for line in sale.lines}, {line.sku for line in sale.lines}
        for key, (owner, kept) in list(self.types.shelf.rows.items()):
            if owner == merchant_id and kept.type in types:
                self.types.shelf.rows[key] = (owner, replace(kept, used=True))
        for key, (owner, product) in list(self.products.shelf.rows.items()):
            if owner == merchant_id and product.sku in skus:
                self.products.shelf.rows[key] = (owner, replace(product, used=True))

    def _document_of(self, merchant_id: int, customer_id: UUID) -> str | None:
        owner, known = self.customers.shelf.rows.get(customer_id, (None, None))
        if known is None or owner != merchant_id:
            return None
        return store_document(known.customer.document)

    def _know(self, merchant_id: int, sale: Sale) -> UUID:
        assert sale.customer is not None
        known = KnownCustomer(id=new_id(), customer=sale.customer, **self.customers.shelf.first())
        self.customers.shelf.make(merchant_id, known.id, known)
        return known.id


def _later(clock: ManualClock) -> datetime:
    """A microsecond after what was told before, so that no two sales came at one instant."""
    clock.advance(0.000_001)
    return clock.now()


def _rules(merchant: Merchant) -> SaleRules:
    """As PostgreSQL's rows are read."""
    state = merchant.state
    return SaleRules(
        zone=zone_of(state.zone),
        max_age=timedelta(days=state.max_sale_age_days),
        name_difference=state.name_difference,
        line_rounding=state.line_rounding,
        line_tolerance_centavos=state.line_tolerance_centavos,
        sale_tolerance_centavos=state.sale_tolerance_centavos,
        surcharge_earns=state.surcharge_earns,
        buyers=Buyers(
            company=state.company_buyers, foreign=state.foreign_buyers, nobody=state.nobody_buyers
        ),
        confirm_within=timedelta(hours=state.confirm_within_h),
        max_ahead=timedelta(seconds=state.max_ahead_s),
        numbers=merchant.numbers,
    )
