"""Product types, products, customers and stops in memory."""

# ruff: noqa: A002 (the ports have the words)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.administration.customers import (
    CustomerFilter,
    CustomerStore,
    KnownCustomer,
    NewCustomer,
)
from cashback_core.administration.product_types import (
    NewProductType,
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
from cashback_core.administration.stops import NewStop, Stop, StopStore
from cashback_core.sales.catalogue import TypePeriod, next_type
from cashback_core.sales.effective_dates import (
    ChangeFault,
    ChangeRefused,
    refuse_start,
    refuse_withdrawal,
)
from cashback_core.sales.programme import NewRate, Rate, next_rate
from cashback_core.sales.sale import name_key
from cashback_core.testing.memory_people import NO_SUCH_MERCHANT, MemoryMerchants
from cashback_core.testing.memory_shelf import MemoryShelf, utc_now
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from cashback_core.administration.brakes import StopFilter
    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions


class MemoryCustomers(CustomerStore):
    """Customers, of whom those `with_sales` stay."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.with_sales: set[UUID] = set()
        self.shelf: MemoryShelf[KnownCustomer] = MemoryShelf(
            {
                "id": lambda c: str(c.id),
                "created_at": lambda c: c.created_at.isoformat(),
                "name": lambda c: name_key(c.customer.name),
            },
            lambda c: str(c.id),
            now,
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
        made = KnownCustomer(id=new.id, customer=new.customer, **self.shelf.first())
        return self.shelf.make(caller.merchant_id, new.id, made)

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[KnownCustomer] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, KnownCustomer):
            return present
        customer = replace(present.customer, name=name)
        changed = replace(present, customer=customer, **self.shelf.next(present))
        return self.shelf.change(id, changed)

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, KnownCustomer):
            return present
        if id in self.with_sales:
            return InUse(reason="customer_has_sales")
        self.shelf.drop(id)
        return None


class MemoryProductTypes(ProductTypeStore):
    """Product types; `products` may be of them."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.products: list[MemoryProducts] = []
        self.shelf: MemoryShelf[ProductType] = MemoryShelf(
            {"type": lambda t: t.type}, lambda t: t.type, now
        )

    async def page(self, caller: Caller, wanted: Slice, _: None) -> Page[ProductType]:
        return self.shelf.page(caller, wanted, lambda _: True)

    async def find(self, caller: Caller, type: str) -> ProductType | None:
        return self.shelf.find(caller, (caller.merchant_id, type))

    async def create(self, caller: Caller, new: NewProductType) -> Done[ProductType] | Refusal:
        rates: tuple[Rate, ...] = ()
        if new.first is not None:
            made = _next_rate((), new.type, new.first, self.shelf.now())
            if isinstance(made, Invalid):
                return made
            rates = (made,)
        key = (caller.merchant_id, new.type)
        if key in self.shelf.rows:
            return Taken(name="type")
        first = ProductType(
            type=new.type, name=new.name, rates=rates, used=False, **self.shelf.first()
        )
        return self.shelf.make(caller.merchant_id, key, first)

    async def replace(
        self, caller: Caller, type: str, name: str | None, versions: Versions
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, versions)
        if not isinstance(present, ProductType):
            return present
        return self.shelf.change(key, replace(present, name=name, **self.shelf.next(present)))

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
        self.shelf.drop(key)
        return None

    async def add_rate(
        self, caller: Caller, type: str, rate: NewRate
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, None)
        if not isinstance(present, ProductType):
            return present
        made = _next_rate(present.rates, type, rate, self.shelf.now())
        if isinstance(made, Invalid):
            return made
        rates = (*present.rates, made)
        return self.shelf.change(key, replace(present, rates=rates, **self.shelf.next(present)))

    async def withdraw_rate(
        self, caller: Caller, type: str, version: int, versions: Versions
    ) -> Done[ProductType] | Refusal:
        key = (caller.merchant_id, type)
        present = self.shelf.changing(caller, key, versions)
        if not isinstance(present, ProductType):
            return present
        refusal = _why_it_stays(
            version, {r.version: r.starts_at for r in present.rates}, self.shelf.now()
        )
        if refusal is not None:
            return refusal
        rates = tuple(rate for rate in present.rates if rate.version != version)
        return self.shelf.change(key, replace(present, rates=rates, **self.shelf.next(present)))


class MemoryProducts(ProductStore):
    """Products of those types."""

    def __init__(self, types: MemoryProductTypes, now: Callable[[], datetime] = utc_now) -> None:
        self.types = types
        types.products.append(self)
        self.shelf: MemoryShelf[Product] = MemoryShelf(
            {
                "sku": lambda p: p.sku,
                "name": lambda p: name_key(p.name),
                "created_at": lambda p: p.created_at.isoformat(),
            },
            lambda p: p.sku,
            now,
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
        made = Product(
            id=new.id, sku=new.sku, name=new.name, types=types, used=False, **self.shelf.first()
        )
        return self.shelf.make(caller.merchant_id, new.id, made)

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        return self.shelf.change(id, replace(present, name=name, **self.shelf.next(present)))

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        if present.used:
            return InUse(reason="product_used_by_sales")
        self.shelf.drop(id)
        return None

    async def add_type(self, caller: Caller, id: UUID, type: NewType) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, None)
        if not isinstance(present, Product):
            return present
        types = await self._with(caller, present.types, type)
        if isinstance(types, Invalid):
            return types
        return self.shelf.change(id, replace(present, types=types, **self.shelf.next(present)))

    async def withdraw_type(
        self, caller: Caller, id: UUID, version: int, versions: Versions
    ) -> Done[Product] | Refusal:
        present = self.shelf.changing(caller, id, versions)
        if not isinstance(present, Product):
            return present
        refusal = _why_it_stays(
            version, {p.version: p.starts_at for p in present.types}, self.shelf.now()
        )
        if refusal is not None:
            return refusal
        types = tuple(period for period in present.types if period.version != version)
        return self.shelf.change(id, replace(present, types=types, **self.shelf.next(present)))

    async def _with(
        self, caller: Caller, types: tuple[TypePeriod, ...], new: NewType
    ) -> tuple[TypePeriod, ...] | Invalid:
        made = next_type(types, type=new.type, starts_at=new.starts_at, now=self.shelf.now())
        if isinstance(made, ChangeRefused):
            return Invalid(name="starts_at", fault=made.fault)
        if await self.types.find(caller, new.type) is None:
            return Invalid(name="type", fault="no_such_type")
        return (*types, made)


class MemoryStops(StopStore):
    """Stops of those merchants."""

    def __init__(
        self,
        merchants: MemoryMerchants,
        types: MemoryProductTypes,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.merchants, self.types = merchants, types
        self.shelf: MemoryShelf[Stop] = MemoryShelf(
            {"stopped_at": lambda s: s.stopped_at.isoformat()}, lambda s: str(s.id), now
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
            stopped_at=self.shelf.now(),
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
        lifted = replace(present, lifted_at=self.shelf.now(), lifted_by=by, lift_reason=reason)
        return self.shelf.change(id, lifted)


def _next_rate(rates: Iterable[Rate], type: str, rate: NewRate, now: datetime) -> Rate | Invalid:
    made = next_rate(rates, rate, type=type, now=now)
    if not isinstance(made, ChangeRefused):
        return made
    if made.fault is not ChangeFault.UNCONFIRMED:
        return Invalid(name="starts_at", fault=made.fault)
    values = {"rate_bp": str(rate.rate_bp)}
    return Invalid(name="confirm_rate_bp", fault=made.fault, values=values)


def _why_it_stays(version: int, starts: dict[int, datetime], now: datetime) -> Refusal | None:
    if version not in starts:
        return Missing()
    late = refuse_withdrawal(starts.values(), starts_at=starts[version], now=now)
    return None if late is None else InUse(reason=late.fault)
