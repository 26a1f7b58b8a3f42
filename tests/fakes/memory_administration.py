"""Every administered resource in memory: the ports of administrators without a database."""

# ruff: noqa: A002 (the ports have the words)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from cashback_core.administration.brakes import NewStop, Stop, StopFilter, StopStore
from cashback_core.administration.customers import (
    CustomerFilter,
    CustomerStore,
    KnownCustomer,
    NewCustomer,
)
from cashback_core.administration.merchants import (
    Merchant,
    MerchantFilter,
    MerchantState,
    MerchantStore,
    NewMerchant,
)
from cashback_core.administration.product_types import (
    NewProductType,
    NewRate,
    ProductType,
    ProductTypeStore,
)
from cashback_core.administration.products import (
    NewProduct,
    NewType,
    Product,
    ProductFilter,
    ProductStore,
)
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Taken
from cashback_core.people.clients import (
    Client,
    ClientFilter,
    ClientState,
    ClientStore,
    Issued,
    NewClient,
    Secret,
)
from cashback_core.people.users import NewUser, User, UserFilter, UserState, UserStore
from cashback_core.sales.catalogue import TypePeriod, next_type
from cashback_core.sales.effective_dates import (
    ChangeFault,
    ChangeRefused,
    refuse_start,
    refuse_withdrawal,
)
from cashback_core.sales.programme import Rate, next_rate
from cashback_core.sales.sale import name_key
from cashback_core.values.ids import new_id
from fakes.memory_shelf import MemoryShelf, now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from uuid import UUID

    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions

NO_SUCH_MERCHANT = Invalid(name="merchant", fault="no_such_merchant")
ROLE_AND_MERCHANT = Invalid(name="role", fault="role_and_merchant")
ADMINISTRATORS = ("admin", "platform")
MAX_LIVE_SECRETS = 2


class MemoryMerchants(MerchantStore):
    """Merchants 1 and 2, "demo" and "other", and those that are added."""

    def __init__(self, terms: MerchantState) -> None:
        self.ids: dict[str, int] = {}
        self.shelf: MemoryShelf[Merchant] = MemoryShelf(
            {"slug": lambda m: m.slug, "name": lambda m: m.state.name}, lambda m: m.slug
        )
        for slug in ("demo", "other"):
            self._add(NewMerchant(slug=slug, state=terms))

    async def page(self, caller: Caller, wanted: Slice, which: MerchantFilter) -> Page[Merchant]:
        return self.shelf.page(
            caller,
            wanted,
            lambda m: which.slug in {None, m.slug} and which.disabled in {None, m.state.disabled},
        )

    async def find(self, caller: Caller, slug: str) -> Merchant | None:
        return self.shelf.find(caller, slug)

    async def create(self, caller: Caller, new: NewMerchant) -> Done[Merchant] | Refusal:
        assert caller.merchant_id is None
        return Taken(name="slug") if new.slug in self.ids else self._add(new)

    async def replace(
        self, caller: Caller, slug: str, state: MerchantState, versions: Versions
    ) -> Done[Merchant] | Refusal:
        present = self.shelf.changing(caller, slug, versions)
        if not isinstance(present, Merchant):
            return present
        for name in () if caller.merchant_id is None else ("zone", "rounding", "disabled"):
            if getattr(present.state, name) != getattr(state, name):
                return Invalid(name=name, fault="platform_only")
        off = (present.disabled_at or now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **_next(present.version))
        return self.shelf.change(slug, changed)

    async def delete(self, caller: Caller, slug: str, _: Versions) -> Refusal | None:
        gone = self.shelf.find(caller, slug) is None
        return Missing() if gone else InUse(reason="merchant_stays")

    def meant(self, caller: Caller, slug: str | None) -> int | None:
        """The merchant of that slug, without one the caller's; None if there is none of theirs."""
        if slug is None:
            return caller.merchant_id
        id_ = self.ids.get(slug)
        return id_ if caller.merchant_id in {None, id_} else None

    def slug_of(self, merchant_id: int) -> str:
        return next(slug for slug, id_ in self.ids.items() if id_ == merchant_id)

    def _add(self, new: NewMerchant) -> Done[Merchant]:
        self.ids[new.slug] = number = len(self.ids) + 1
        state = replace(new.state, disabled=False)
        made = Merchant(slug=new.slug, state=state, disabled_at=None, **_first())
        return self.shelf.make(number, new.slug, made)


class MemoryUsers(UserStore):
    """Users of those merchants, and the platform's."""

    def __init__(self, merchants: MemoryMerchants) -> None:
        self.merchants = merchants
        self.names: set[str] = set()
        self.hashes: dict[str, str] = {}
        self.shelf: MemoryShelf[User] = MemoryShelf(
            {"username": lambda u: u.username}, lambda u: u.username
        )

    async def page(self, caller: Caller, wanted: Slice, which: UserFilter) -> Page[User]:
        return self.shelf.page(
            caller,
            wanted,
            lambda u: (
                which.merchant in {None, u.merchant}
                and which.role in {None, u.state.role}
                and which.disabled in {None, u.state.disabled}
            ),
        )

    async def find(self, caller: Caller, username: str) -> User | None:
        return self.shelf.find(caller, username)

    async def create(self, caller: Caller, new: NewUser) -> Done[User] | Refusal:
        merchant_id = self.merchants.meant(caller, new.merchant)
        if merchant_id is None and new.merchant is not None:
            return NO_SUCH_MERCHANT
        if (new.role == "platform") != (merchant_id is None):
            return ROLE_AND_MERCHANT
        if new.username in self.names:
            return Taken(name="username")
        self.names.add(new.username)
        self.hashes[new.username] = new.password_hash
        made = User(
            username=new.username,
            merchant=None if merchant_id is None else self.merchants.slug_of(merchant_id),
            state=UserState(role=new.role),
            disabled_at=None,
            **_first(),
        )
        return self.shelf.make(merchant_id, new.username, made)

    async def replace(
        self, caller: Caller, username: str, state: UserState, versions: Versions
    ) -> Done[User] | Refusal:
        present = self.shelf.changing(caller, username, versions)
        if not isinstance(present, User):
            return present
        if (present.state.role == "platform") != (state.role == "platform"):
            return ROLE_AND_MERCHANT
        if caller.actor == f"user:{username}" and present.state.role != state.role:
            return Invalid(name="role", fault="own_role")
        goes = state.disabled or state.role != present.state.role
        if goes and self._is_last(present):
            return InUse(reason="last_administrator")
        off = (present.disabled_at or now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **_next(present.version))
        return self.shelf.change(username, changed)

    async def delete(self, caller: Caller, username: str, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, username, versions)
        if not isinstance(present, User):
            return present
        if self._is_last(present):
            return InUse(reason="last_administrator")
        del self.shelf.rows[username]
        return None

    async def set_password(
        self, caller: Caller, username: str, password_hash: str
    ) -> Refusal | None:
        present = self.shelf.changing(caller, username, None)
        if not isinstance(present, User):
            return present
        self.hashes[username] = password_hash
        self.shelf.change(username, replace(present, **_next(present.version)))
        return None

    def _is_last(self, user: User) -> bool:
        able = [
            other
            for _, other in self.shelf.rows.values()
            if (other.merchant, other.state) == (user.merchant, user.state)
        ]
        return user.state.role in ADMINISTRATORS and not user.state.disabled and len(able) == 1


class MemoryClients(ClientStore):
    """API clients of those merchants."""

    def __init__(self, merchants: MemoryMerchants) -> None:
        self.merchants = merchants
        self.ids: dict[str, int] = {}
        self.shelf: MemoryShelf[Client] = MemoryShelf(
            {"name": lambda c: c.state.name}, lambda c: c.id
        )

    async def page(self, caller: Caller, wanted: Slice, which: ClientFilter) -> Page[Client]:
        return self.shelf.page(
            caller,
            wanted,
            lambda c: (
                which.merchant in {None, c.merchant}
                and which.role in {None, c.state.role}
                and which.disabled in {None, c.state.disabled}
            ),
        )

    async def find(self, caller: Caller, client_id: str) -> Client | None:
        return self.shelf.find(caller, client_id)

    async def create(self, caller: Caller, new: NewClient) -> Done[Issued] | Refusal:
        merchant_id = self.merchants.meant(caller, new.merchant)
        if merchant_id is None:
            return NO_SUCH_MERCHANT
        client_id = f"cli_{new_id().hex[:22]}"
        refusal = self._why_not(merchant_id, client_id, new.state)
        if refusal is not None:
            return refusal
        self.ids[client_id] = merchant_id
        made = Client(
            id=client_id,
            merchant=self.merchants.slug_of(merchant_id),
            state=new.state,
            secrets=(),
            created_by=caller.actor,
            disabled_at=now() if new.state.disabled else None,
            **_first(),
        )
        self.shelf.make(merchant_id, client_id, made)
        return self._issue(caller, made)

    async def replace(
        self, caller: Caller, client_id: str, state: ClientState, versions: Versions
    ) -> Done[Client] | Refusal:
        present = self.shelf.changing(caller, client_id, versions)
        if not isinstance(present, Client):
            return present
        state = replace(state, group=None if state.group == client_id else state.group)
        refusal = self._why_not(self.ids[client_id], client_id, state)
        if refusal is not None:
            return refusal
        off = (present.disabled_at or now()) if state.disabled else None
        changed = replace(present, state=state, disabled_at=off, **_next(present.version))
        return self.shelf.change(client_id, changed)

    async def delete(self, caller: Caller, client_id: str, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, client_id, versions)
        if not isinstance(present, Client):
            return present
        del self.shelf.rows[client_id]
        return None

    async def rotate(
        self, caller: Caller, client_id: str, *, overlap: timedelta
    ) -> Done[Issued] | Refusal:
        present = self.shelf.changing(caller, client_id, None)
        if not isinstance(present, Client):
            return present
        live = _live(present)
        if len(live) >= MAX_LIVE_SECRETS:
            return InUse(reason="two_secrets")
        secrets = tuple(replace(secret, expires_at=now() + overlap) for secret in live)
        return self._issue(caller, replace(present, secrets=secrets, **_next(present.version)))

    async def end_secret(self, caller: Caller, client_id: str, number: int) -> Refusal | None:
        present = self.shelf.changing(caller, client_id, None)
        if not isinstance(present, Client):
            return present
        left = tuple(secret for secret in _live(present) if secret.number != number)
        if len(left) == len(_live(present)):
            return Missing()
        self.shelf.change(client_id, replace(present, secrets=left, **_next(present.version)))
        return None

    def _why_not(self, merchant_id: int, client_id: str, state: ClientState) -> Refusal | None:
        for owner, other in self.shelf.rows.values():
            if owner == merchant_id and other.id != client_id and other.state.name == state.name:
                return Taken(name="name")
        if state.group is not None and self.ids.get(state.group) != merchant_id:
            return Invalid(name="group", fault="no_such_group")
        return None

    def _issue(self, caller: Caller, client: Client) -> Done[Issued]:
        number = 1 + max((secret.number for secret in client.secrets), default=0)
        secret = Secret(number=number, created_at=now(), created_by=caller.actor, expires_at=None)
        issued = replace(client, secrets=(secret, *_live(client)))
        self.shelf.change(client.id, issued)
        return Done(Issued(client=issued, number=number, secret=f"cbs_{new_id().hex}"))


class MemoryCustomers(CustomerStore):
    """Customers, of whom those `with_sales` stay."""

    def __init__(self) -> None:
        self.with_sales: set[UUID] = set()
        self.shelf: MemoryShelf[KnownCustomer] = MemoryShelf(
            {"id": lambda c: str(c.id)}, lambda c: str(c.id)
        )

    async def page(
        self, caller: Caller, wanted: Slice, which: CustomerFilter
    ) -> Page[KnownCustomer]:
        documents = {None, which.document}
        return self.shelf.page(
            caller, wanted, lambda c: which.document is None or c.customer.document in documents
        )

    async def find(self, caller: Caller, id: UUID) -> KnownCustomer | None:
        return self.shelf.find(caller, id)

    async def create(self, caller: Caller, new: NewCustomer) -> Done[KnownCustomer] | Refusal:
        document = new.customer.document
        if any(known.customer.document == document for known in self.shelf.seen(caller)):
            return Taken(name="document")
        made = KnownCustomer(id=new.id, customer=new.customer, **_first())
        return self.shelf.make(caller.merchant_id, new.id, made)

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[KnownCustomer] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, KnownCustomer):
            return present
        customer = replace(present.customer, name=name)
        changed = replace(present, customer=customer, **_next(present.version))
        return self.shelf.change(id, changed)

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, KnownCustomer):
            return present
        if id in self.with_sales:
            return InUse(reason="customer_has_sales")
        del self.shelf.rows[id]
        return None


class MemoryProductTypes(ProductTypeStore):
    """Product types; `products` may be of them."""

    def __init__(self) -> None:
        self.products: list[MemoryProducts] = []
        self.shelf: MemoryShelf[ProductType] = MemoryShelf(
            {"type": lambda t: t.type}, lambda t: t.type
        )

    async def page(self, caller: Caller, wanted: Slice, _: None) -> Page[ProductType]:
        return self.shelf.page(caller, wanted, lambda _: True)

    async def find(self, caller: Caller, type: str) -> ProductType | None:
        return self.shelf.find(caller, (caller.merchant_id, type))

    async def create(self, caller: Caller, new: NewProductType) -> Done[ProductType] | Refusal:
        rates: tuple[Rate, ...] = ()
        if new.first is not None:
            made = _next_rate((), new.type, new.first)
            if isinstance(made, Invalid):
                return made
            rates = (made,)
        key = (caller.merchant_id, new.type)
        if key in self.shelf.rows:
            return Taken(name="type")
        first = ProductType(type=new.type, name=new.name, rates=rates, used=False, **_first())
        return self.shelf.make(caller.merchant_id, key, first)

    async def replace(
        self, caller: Caller, type: str, name: str | None, versions: Versions
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, versions)
        if not isinstance(present, ProductType):
            return present
        return self.shelf.change(key, replace(present, name=name, **_next(present.version)))

    async def delete(self, caller: Caller, type: str, versions: Versions) -> Refusal | None:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, versions)
        if not isinstance(present, ProductType):
            return present
        if present.used:
            return InUse(reason="type_used_by_sales")
        known = (product for store in self.products for product in store.shelf.seen(caller))
        if any(period.type == type for product in known for period in product.types):
            return InUse(reason="type_used_by_products")
        del self.shelf.rows[key]
        return None

    async def add_rate(
        self, caller: Caller, type: str, rate: NewRate
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, None)
        if not isinstance(present, ProductType):
            return present
        made = _next_rate(present.rates, type, rate)
        if isinstance(made, Invalid):
            return made
        rates = (*present.rates, made)
        return self.shelf.change(key, replace(present, rates=rates, **_next(present.version)))

    async def withdraw_rate(
        self, caller: Caller, type: str, version: int, versions: Versions
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, versions)
        if not isinstance(present, ProductType):
            return present
        refusal = _why_it_stays(version, {r.version: r.starts_at for r in present.rates})
        if refusal is not None:
            return refusal
        rates = tuple(rate for rate in present.rates if rate.version != version)
        return self.shelf.change(key, replace(present, rates=rates, **_next(present.version)))


class MemoryProducts(ProductStore):
    """Products of those types."""

    def __init__(self, types: MemoryProductTypes) -> None:
        self.types = types
        types.products.append(self)
        self.shelf: MemoryShelf[Product] = MemoryShelf(
            {"sku": lambda p: p.sku, "name": lambda p: name_key(p.name)}, lambda p: p.sku
        )

    async def page(self, caller: Caller, wanted: Slice, which: ProductFilter) -> Page[Product]:
        return self.shelf.page(
            caller,
            wanted,
            lambda p: (
                which.sku in {None, p.sku} and name_key(p.name).startswith(which.name_prefix or "")
            ),
        )

    async def find(self, caller: Caller, id: UUID) -> Product | None:
        return self.shelf.find(caller, id)

    async def create(self, caller: Caller, new: NewProduct) -> Done[Product] | Refusal:
        first_at = new.first.starts_at
        early = refuse_start((), starts_at=first_at, now=first_at)
        if early is not None:
            return Invalid(name="starts_at", fault=early.fault)
        if any(product.sku == new.sku for product in self.shelf.seen(caller)):
            return Taken(name="sku")
        types = await self._with(caller, (), new.first)
        if isinstance(types, Invalid):
            return types
        made = Product(id=new.id, sku=new.sku, name=new.name, types=types, used=False, **_first())
        return self.shelf.make(caller.merchant_id, new.id, made)

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        return self.shelf.change(id, replace(present, name=name, **_next(present.version)))

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        if present.used:
            return InUse(reason="product_used_by_sales")
        del self.shelf.rows[id]
        return None

    async def add_type(self, caller: Caller, id: UUID, type: NewType) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, None)
        if not isinstance(present, Product):
            return present
        types = await self._with(caller, present.types, type)
        if isinstance(types, Invalid):
            return types
        return self.shelf.change(id, replace(present, types=types, **_next(present.version)))

    async def withdraw_type(
        self, caller: Caller, id: UUID, version: int, versions: Versions
    ) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        refusal = _why_it_stays(version, {p.version: p.starts_at for p in present.types})
        if refusal is not None:
            return refusal
        types = tuple(period for period in present.types if period.version != version)
        return self.shelf.change(id, replace(present, types=types, **_next(present.version)))

    async def _with(
        self, caller: Caller, types: tuple[TypePeriod, ...], new: NewType
    ) -> tuple[TypePeriod, ...] | Invalid:
        made = next_type(types, type=new.type, starts_at=new.starts_at, now=now())
        if isinstance(made, ChangeRefused):
            return Invalid(name="starts_at", fault=made.fault)
        if await self.types.find(caller, new.type) is None:
            return Invalid(name="type", fault="no_such_type")
        return (*types, made)


class MemoryStops(StopStore):
    """Stops of those merchants."""

    def __init__(self, merchants: MemoryMerchants, types: MemoryProductTypes) -> None:
        self.merchants, self.types = merchants, types
        self.shelf: MemoryShelf[Stop] = MemoryShelf(
            {"stopped_at": lambda s: s.stopped_at.isoformat()}, lambda s: str(s.id)
        )

    async def page(self, caller: Caller, wanted: Slice, which: StopFilter) -> Page[Stop]:
        return self.shelf.page(
            caller,
            wanted,
            lambda s: (
                which.merchant in {None, s.merchant}
                and which.standing in {None, s.lifted_at is None}
            ),
        )

    async def find(self, caller: Caller, id: UUID) -> Stop | None:
        return self.shelf.find(caller, id)

    async def create(self, caller: Caller, new: NewStop) -> Done[Stop] | Refusal:
        merchant_id = self.merchants.meant(caller, new.merchant)
        if merchant_id is None:
            return NO_SUCH_MERCHANT
        if new.type is not None and (merchant_id, new.type) not in self.types.shelf.rows:
            return Invalid(name="type", fault="no_such_type")
        by_platform, merchant = caller.merchant_id is None, self.merchants.slug_of(merchant_id)
        for _, other in self.shelf.rows.values():
            same = (other.merchant, other.type, other.by_platform, other.lifted_at)
            if same == (merchant, new.type, by_platform, None):
                return Taken(name="merchant" if new.type is None else "type")
        made = Stop(
            id=new_id(),
            merchant=merchant,
            type=new.type,
            by_platform=by_platform,
            stopped_at=now(),
            stopped_by=new.by,
            reason=new.reason,
        )
        return self.shelf.make(merchant_id, made.id, made)

    async def lift(self, caller: Caller, id: UUID, *, by: str, reason: str) -> Done[Stop] | Refusal:
        present = self.shelf.changing(caller, id, None)
        if not isinstance(present, Stop):
            return present
        if present.by_platform and caller.merchant_id is not None:
            return InUse(reason="platforms_stop")
        if present.lifted_at is not None:
            return InUse(reason="stop_lifted")
        lifted = replace(present, lifted_at=now(), lifted_by=by, lift_reason=reason)
        return self.shelf.change(id, lifted)


class FirstVersion(TypedDict):
    version: int
    created_at: datetime
    updated_at: datetime


class NextVersion(TypedDict):
    version: int
    updated_at: datetime


def _first() -> FirstVersion:
    at = now()
    return {"version": 1, "created_at": at, "updated_at": at}


def _next(version: int) -> NextVersion:
    return {"version": version + 1, "updated_at": now()}


def _live(client: Client) -> tuple[Secret, ...]:
    at = now()
    return tuple(s for s in client.secrets if s.expires_at is None or s.expires_at > at)


def _next_rate(rates: Iterable[Rate], type: str, rate: NewRate) -> Rate | Invalid:
    made = next_rate(
        rates,
        type=type,
        rate_bp=rate.rate_bp,
        starts_at=rate.starts_at,
        now=now(),
        confirmed_bp=rate.confirmed_bp,
    )
    if not isinstance(made, ChangeRefused):
        return made
    if made.fault is not ChangeFault.UNCONFIRMED:
        return Invalid(name="starts_at", fault=made.fault)
    values = {"rate_bp": str(rate.rate_bp)}
    return Invalid(name="confirm_rate_bp", fault=made.fault, values=values)


def _why_it_stays(version: int, starts: dict[int, datetime]) -> Refusal | None:
    if version not in starts:
        return Missing()
    late = refuse_withdrawal(starts.values(), starts_at=starts[version], now=now())
    return None if late is None else InUse(reason=late.fault)
