"""What every store of an administered resource promises, in memory as in PostgreSQL.

A sort of resource is one value of SORTS; what all of them promise alike is tested for each, in one
database: to make one takes longer than any of these tests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.credentials.password_hashes import NOBODYS_HASH
from cashback_core.administration.brakes import StopFilter
from cashback_core.administration.customers import CustomerFilter, NewCustomer
from cashback_core.administration.merchants import MerchantFilter, MerchantState, NewMerchant
from cashback_core.administration.product_types import NewProductType
from cashback_core.administration.products import NewProduct, NewType, ProductFilter
from cashback_core.administration.resources import (
    Caller,
    Conflict,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Slice,
    Taken,
)
from cashback_core.administration.stops import NewStop
from cashback_core.people.clients import ClientFilter, ClientState, Issued, NewClient
from cashback_core.people.users import NewUser, UserFilter, UserState
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import NewRate
from cashback_core.sales.rules import BuyerRule, NumberScope
from cashback_core.sales.sale import Customer
from cashback_core.values.ids import new_id
from cashback_core.values.rounding import Rounding
from cashback_core.webhooks.endpoints import (
    IssuedWebhook,
    Resend,
    Resent,
    WebhookFilter,
    WebhookState,
)
from contract.builders import a_cpf

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.http.administration.stores import AdministrationStores
    from cashback_core.administration.products import Product
    from cashback_core.administration.resources import ResourceStore

PLATFORM = Caller(actor="user:petra", merchant_id=None, request_id="r-7")
ADAM = Caller(actor="user:adam", merchant_id=1)
OTTO = Caller(actor="user:otto", merchant_id=2)
TERMS = MerchantState(
    name="Rede", zone="America/Manaus", rounding=Rounding.DOWN, max_sale_age_days=30
)
TILLS = replace(
    TERMS,
    line_rounding=Rounding.DOWN,
    line_tolerance_centavos=99,
    sale_tolerance_centavos=1,
    surcharge_earns=True,
    company_buyers=BuyerRule.PAY,
    foreign_buyers=BuyerRule.RECORD,
    nobody_buyers=BuyerRule.RECORD,
    confirm_within_h=2160,
    max_ahead_s=86_400,
)
NOWHERE = Invalid(name="merchant", fault="no_such_merchant")
UNFIT_ROLE = Invalid(name="role", fault="role_and_merchant")
LAST = InUse(reason="last_administrator")
A_FIRST = NewType(type="A", starts_at=BEGINNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """A sort of resource: its store, and the n-th of it, of which later ones are sorted behind.

    `filter` leaves those alone that `new` makes, in the order `order`; `place` is a resource's
    value there. `taken` is the field that only one may have.
    """

    name: str
    store: Callable[[AdministrationStores], ResourceStore[Any, Any, Any, Any, Any, Any]]
    new: Callable[[int], Any]
    state: Callable[[int], Any]
    state_of: Callable[[Any], object]
    key: Callable[[Any], Any]
    nobody: object
    filter: object
    order: str
    place: Callable[[Any], str]
    taken: str
    same_name: Callable[[Any], Any] = lambda new: new
    by: Caller = ADAM
    stays: InUse | None = None


def _a_customer(_: int) -> NewCustomer:
    return NewCustomer(id=new_id(), customer=Customer(document=a_cpf(), name="ANA"))


SORTS = (
    Sort(
        name="customers",
        store=lambda stores: stores.customers,
        new=_a_customer,
        state=lambda n: f"ANA {'I' * n}",
        state_of=lambda known: known.customer.name,
        key=lambda known: known.id,
        nobody=new_id(),
        filter=CustomerFilter(),
        order="id",
        place=lambda known: str(known.id),
        taken="document",
        same_name=lambda new: replace(new, id=new_id()),
    ),
    Sort(
        name="products",
        store=lambda stores: stores.products,
        new=lambda n: NewProduct(id=new_id(), sku=f"S{n}", name=f"Café {n}", first=A_FIRST),
        state=lambda n: f"Chá {n}",
        state_of=lambda product: product.name,
        key=lambda product: product.id,
        nobody=new_id(),
        filter=ProductFilter(),
        order="sku",
        place=lambda product: product.sku,
        taken="sku",
        same_name=lambda new: replace(new, id=new_id()),
    ),
    Sort(
        name="product types",
        store=lambda stores: stores.product_types,
        new=lambda n: NewProductType(type=f"T{n}", name=None, first=None),
        state=lambda n: f"Type {n}",
        state_of=lambda type_: type_.name,
        key=lambda type_: type_.type,
        nobody="Z",
        filter=None,
        order="type",
        place=lambda type_: type_.type,
        taken="type",
    ),
    Sort(
        name="merchants",
        store=lambda stores: stores.merchants,
        new=lambda n: NewMerchant(slug=f"rede-{n}", state=TERMS, numbers=NumberScope.STORE),
        state=lambda n: replace(TILLS, max_sale_age_days=n, disabled=True),
        state_of=lambda merchant: merchant.state,
        key=lambda merchant: merchant.slug,
        nobody="nobody",
        filter=MerchantFilter(disabled=False),
        order="slug",
        place=lambda merchant: merchant.slug,
        taken="slug",
        by=PLATFORM,
        stays=InUse(reason="merchant_stays"),
    ),
    Sort(
        name="users",
        store=lambda stores: stores.users,
        new=lambda n: a_user(f"ana{n}", "analyst"),
        state=lambda n: UserState(role="operator", disabled=n % 2 == 1),
        state_of=lambda user: user.state,
        key=lambda user: user.username,
        nobody="nobody",
        filter=UserFilter(role="analyst"),
        order="username",
        place=lambda user: user.username,
        taken="username",
    ),
    Sort(
        name="clients",
        store=lambda stores: stores.clients,
        new=lambda n: NewClient(state=ClientState(name=f"ERP {n}")),
        state=lambda n: ClientState(name=f"Shop {n}", role="analyst", disabled=True),
        state_of=lambda client: client.state,
        key=lambda client: client.id,
        nobody="cli_0123456789012345678901",
        filter=ClientFilter(disabled=False),
        order="name",
        place=lambda client: client.state.name,
        taken="name",
    ),
    Sort(
        name="webhooks",
        store=lambda stores: stores.webhooks,
        new=lambda n: WebhookState(url=f"https://erp.example.com/{n}"),
        state=lambda n: WebhookState(
            url=f"https://erp.example.com/next/{n}",
            description="Matriz",
            types=frozenset({"cashback.applied"}),
            active=False,
        ),
        state_of=lambda webhook: webhook.state,
        key=lambda webhook: webhook.id,
        nobody=new_id(),
        filter=WebhookFilter(active=True),
        order="created_at",
        place=lambda webhook: webhook.created_at.isoformat(),
        taken="url",
    ),
)


def a_user(username: str, role: str, merchant: str | None = None) -> NewUser:
    return NewUser(username=username, role=role, merchant=merchant, password_hash=NOBODYS_HASH)


def soon(**more: float) -> datetime:
    return datetime.now(UTC) + timedelta(**more)


async def made(store: ResourceStore[Any, Any, Any, Any, Any, Any], by: Caller, new: object) -> Any:
    """The new one, as it is told."""
    outcome = await store.create(by, new)
    assert isinstance(outcome, Done)
    if isinstance(outcome.resource, IssuedWebhook):
        return outcome.resource.webhook
    return outcome.resource.client if isinstance(outcome.resource, Issued) else outcome.resource


class AdministrationContract:
    """`stores` is the fixture that whoever keeps the contract gives."""

    async def test_a_new_one_is_found_as_it_was_told(self, stores: AdministrationStores) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            new = sort.new(1)
            known = await made(store, sort.by, new)
            assert known.version == 1
            assert await store.find(sort.by, sort.key(known)) == known
            assert await store.create(sort.by, sort.same_name(new)) == Taken(name=sort.taken)
            assert await store.find(sort.by, sort.nobody) is None

    async def test_it_is_replaced_in_the_version_that_was_meant(
        self, stores: AdministrationStores
    ) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            known = await made(store, sort.by, sort.new(1))
            key = sort.key(known)
            for versions, version in ((frozenset({1, 7}), 2), (None, 3)):
                changed = await store.replace(sort.by, key, sort.state(version), versions)
                assert isinstance(changed, Done)
                assert sort.state_of(changed.resource) == sort.state(version)
                assert changed.resource.version == version
                assert changed.resource.created_at == known.created_at
                known = changed.resource
                assert await store.find(sort.by, key) == known
            too_late = frozenset({1, 2, 1 << 40})
            assert await store.replace(sort.by, key, sort.state(4), too_late) == Conflict()
            assert await store.find(sort.by, key) == known
            assert await store.replace(sort.by, sort.nobody, sort.state(4), None) == Missing()

    async def test_of_two_who_saw_the_same_version_one_wins(
        self, stores: AdministrationStores
    ) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            key = sort.key(await made(store, sort.by, sort.new(1)))
            outcomes = await asyncio.gather(
                *(store.replace(sort.by, key, sort.state(n), frozenset({1})) for n in (1, 2))
            )
            assert Conflict() in outcomes
            assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1

    async def test_it_is_deleted_in_the_version_that_was_meant(
        self, stores: AdministrationStores
    ) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            key = sort.key(await made(store, sort.by, sort.new(1)))
            assert await store.delete(sort.by, sort.nobody, None) == Missing()
            assert await store.delete(sort.by, key, frozenset({2})) == (sort.stays or Conflict())
            assert await store.delete(sort.by, key, frozenset({1})) == sort.stays
            if sort.stays is None:
                assert await store.find(sort.by, key) is None
                assert await store.delete(sort.by, key, None) == Missing()
                assert await store.replace(sort.by, key, sort.state(1), None) == Missing()

    async def test_another_merchants_is_missing(self, stores: AdministrationStores) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            known = await made(store, sort.by, sort.new(1))
            key = sort.key(known)
            assert await store.find(OTTO, key) is None
            assert await store.replace(OTTO, key, sort.state(1), None) == Missing()
            assert await store.delete(OTTO, key, None) == Missing()
            wanted = Slice(sort=sort.order, descending=False, limit=50)
            assert known not in (await store.page(OTTO, wanted, sort.filter)).items
            assert await store.find(sort.by, key) == known

    async def test_pages_follow_one_another_in_either_order(
        self, stores: AdministrationStores
    ) -> None:
        for sort in SORTS:
            store = sort.store(stores)
            first = Slice(sort=sort.order, descending=False, limit=50)
            before = (await store.page(sort.by, first, sort.filter)).items
            more = [await made(store, sort.by, sort.new(n)) for n in range(5)]
            everything = sorted((*before, *more), key=sort.place)
            exactly = replace(first, limit=len(everything))
            assert not (await store.page(sort.by, exactly, sort.filter)).more
            for descending in (False, True):
                expected = everything[::-1] if descending else everything
                wanted = replace(first, descending=descending, limit=2)
                told: list[Any] = []
                counts: list[int] = []
                while True:
                    page = await store.page(sort.by, wanted, sort.filter)
                    told += page.items
                    counts.append(len(page.items))
                    if not page.more:
                        break
                    last = page.items[-1]
                    wanted = replace(wanted, after=(sort.place(last), _tie(sort, last)))
                assert told == expected
                assert max(counts) == 2

    async def test_a_filter_leaves_what_it_says(self, stores: AdministrationStores) -> None:
        ana, bia = [await made(stores.customers, ADAM, _a_customer(n)) for n in range(2)]
        by_id = Slice(sort="id", descending=False, limit=50)
        page = await stores.customers.page(
            ADAM, by_id, CustomerFilter(document=bia.customer.document)
        )
        assert page.items == (bia,)
        both = await stores.customers.page(ADAM, by_id, CustomerFilter())
        # Ids of one millisecond are in no order of their own.
        assert both.items == tuple(sorted((ana, bia), key=lambda known: known.id))
        await made(stores.users, PLATFORM, a_user("eva", "admin", "demo"))
        by_name = Slice(sort="username", descending=False, limit=50)
        for which, names in (
            (UserFilter(merchant="demo"), ["eva"]),
            (UserFilter(role="admin"), ["eva"]),
            (UserFilter(role="admin", disabled=True), []),
        ):
            users = (await stores.users.page(PLATFORM, by_name, which)).items
            assert [user.username for user in users] == names
        by_slug = Slice(sort="slug", descending=False, limit=50)
        merchants = await stores.merchants.page(PLATFORM, by_slug, MerchantFilter(slug="other"))
        assert [merchant.slug for merchant in merchants.items] == ["other"]
        own = await stores.merchants.page(ADAM, by_slug, MerchantFilter())
        assert [merchant.slug for merchant in own.items] == ["demo"]

    async def test_names_that_products_begin_with(self, stores: AdministrationStores) -> None:
        for sku, name in (
            ("1", "Chá preto"),
            ("2", "CHÁ verde"),
            ("3", "Café"),
            ("4", "100% suco"),
        ):
            new = NewProduct(id=new_id(), sku=sku, name=name, first=A_FIRST)
            await made(stores.products, ADAM, new)

        async def skus(order: str = "sku", *, down: bool = False, **which: str) -> list[str]:
            wanted = Slice(sort=order, descending=down, limit=50)
            page = await stores.products.page(ADAM, wanted, ProductFilter(**which))
            return [item.sku for item in page.items]

        assert await skus() == ["1", "2", "3", "4"]
        assert await skus("name", down=True) == ["2", "1", "3", "4"]
        assert await skus(sku="3") == ["3"]
        assert await skus(name_prefix="cha") == ["1", "2"]
        assert await skus(name_prefix="100%") == ["4"]
        assert await skus(name_prefix="%") == []

    async def test_the_last_administrator_stays(self, stores: AdministrationStores) -> None:
        users = stores.users
        for new in (a_user("eva", "admin", "demo"), a_user("petra", "platform")):
            await made(users, PLATFORM, new)
        for name, role in (("eva", "admin"), ("petra", "platform")):
            assert await users.delete(PLATFORM, name, None) == LAST
            off = UserState(role=role, disabled=True)
            assert await users.replace(PLATFORM, name, off, None) == LAST
        assert await users.replace(PLATFORM, "eva", UserState(role="erp"), None) == LAST
        await made(users, ADAM, a_user("ines", "admin"))
        assert await users.delete(PLATFORM, "eva", None) is None
        assert await users.create(PLATFORM, a_user("eva", "erp", "demo")) == Taken(name="username")
        assert await users.delete(PLATFORM, "ines", None) == LAST

    async def test_a_role_goes_with_a_merchant_and_nobody_changes_their_own(
        self, stores: AdministrationStores
    ) -> None:
        users = stores.users
        await made(users, PLATFORM, a_user("adam", "admin", "demo"))
        assert await users.create(PLATFORM, a_user("x", "platform", "demo")) == UNFIT_ROLE
        assert await users.create(PLATFORM, a_user("x", "erp")) == UNFIT_ROLE
        assert await users.create(PLATFORM, a_user("x", "erp", "nobody")) == NOWHERE
        assert await users.create(ADAM, a_user("x", "erp", "other")) == NOWHERE
        assert await users.create(ADAM, a_user("x", "platform")) == UNFIT_ROLE
        platform, erp = UserState(role="platform"), UserState(role="erp")
        assert await users.replace(PLATFORM, "adam", platform, None) == UNFIT_ROLE
        own = Invalid(name="role", fault="own_role")
        assert await users.replace(ADAM, "adam", erp, None) == own
        assert await users.replace(ADAM, "adam", erp, frozenset({7})) == Conflict()
        assert await users.set_password(OTTO, "adam", NOBODYS_HASH) == Missing()
        assert await users.set_password(ADAM, "adam", NOBODYS_HASH) is None
        changed = await users.find(ADAM, "adam")
        assert changed is not None
        assert changed.version == 2

    async def test_what_of_a_merchant_is_the_platforms_to_change(
        self, stores: AdministrationStores
    ) -> None:
        merchants = stores.merchants
        present = await merchants.find(ADAM, "demo")
        assert present is not None
        for rounding in Rounding:
            state = replace(present.state, rounding=rounding)
            if state != present.state:
                refused = Invalid(name="rounding", fault="platform_only")
                assert await merchants.replace(ADAM, "demo", state, None) == refused
        for name, state in (
            ("zone", replace(present.state, zone="Europe/Lisbon")),
            ("disabled", replace(present.state, disabled=True)),
        ):
            refused = Invalid(name=name, fault="platform_only")
            assert await merchants.replace(ADAM, "demo", state, None) == refused
        own = replace(
            TILLS, name="Demo & Co.", zone=present.state.zone, rounding=present.state.rounding
        )
        changed = await merchants.replace(ADAM, "demo", own, frozenset({present.version}))
        assert isinstance(changed, Done)
        assert changed.resource.state == own

    async def test_where_numbers_count_stays_whatever_is_changed(
        self, stores: AdministrationStores
    ) -> None:
        merchants = stores.merchants
        for scope in NumberScope:
            new = NewMerchant(slug=scope.value, state=TERMS, numbers=scope)
            assert (await made(merchants, PLATFORM, new)).numbers is scope
            changed = await merchants.replace(PLATFORM, scope.value, TILLS, None)
            assert isinstance(changed, Done)
            assert changed.resource.numbers is scope

    async def test_a_client_has_two_secrets_at_most(self, stores: AdministrationStores) -> None:
        clients = stores.clients
        id_ = (await made(clients, ADAM, NewClient(state=ClientState(name="ERP")))).id
        hour = timedelta(hours=1)
        issued = await clients.rotate(ADAM, id_, overlap=hour)
        assert isinstance(issued, Done)
        assert (issued.resource.number, issued.resource.version) == (2, 2)
        assert [secret.number for secret in issued.resource.client.secrets] == [2, 1]
        assert await clients.rotate(ADAM, id_, overlap=hour) == InUse(reason="two_secrets")
        assert await clients.end_secret(ADAM, id_, 1) is None
        assert await clients.end_secret(ADAM, id_, 1) == Missing()
        assert isinstance(await clients.rotate(ADAM, id_, overlap=hour), Done)
        assert await clients.rotate(OTTO, id_, overlap=hour) == Missing()
        assert await clients.end_secret(OTTO, id_, 2) == Missing()
        found = await clients.find(ADAM, id_)
        assert found is not None
        assert found.version == 4

    async def test_an_endpoint_has_two_secrets_at_most_and_is_its_merchants_alone(
        self, stores: AdministrationStores
    ) -> None:
        webhooks, hour = stores.webhooks, timedelta(hours=1)
        id_ = (await made(webhooks, ADAM, WebhookState(url="https://erp.example.com/"))).id
        issued = await webhooks.rotate(ADAM, id_, overlap=hour)
        assert isinstance(issued, Done)
        assert [secret.number for secret in issued.resource.webhook.secrets] == [2, 1]
        assert await webhooks.rotate(ADAM, id_, overlap=hour) == InUse(reason="two_secrets")
        # Both end now, whoever was told them.
        ended = await webhooks.rotate(ADAM, id_, overlap=timedelta(0))
        assert isinstance(ended, Done)
        assert [secret.number for secret in ended.resource.webhook.secrets] == [3]
        tested = await webhooks.test(ADAM, id_)
        assert isinstance(tested, Done)
        assert await webhooks.test(ADAM, id_) == InUse(reason="test_waits")
        newest = Slice(sort="created_at", descending=True, limit=10)
        kept = await webhooks.deliveries(ADAM, id_, newest, None)
        assert kept == Page(items=(tested.resource,), more=False)
        assert await webhooks.deliveries(OTTO, id_, newest, None) == Missing()
        assert await webhooks.rotate(OTTO, id_, overlap=hour) == Missing()
        assert await webhooks.test(OTTO, id_) == Missing()
        counted = await webhooks.resend(ADAM, id_, Resend(since=soon(days=-1)))
        assert counted == Done(Resent(count=0, done=False))
        assert await webhooks.resend(OTTO, id_, Resend(since=soon(days=-1))) == Missing()

    async def test_a_client_is_of_a_merchant_and_in_a_group_of_its_own_merchants(
        self, stores: AdministrationStores
    ) -> None:
        clients = stores.clients
        shop = NewClient(state=ClientState(name="Shop"))
        assert await clients.create(PLATFORM, shop) == NOWHERE
        assert await clients.create(OTTO, replace(shop, merchant="demo")) == NOWHERE
        erp = await made(clients, PLATFORM, replace(shop, merchant="demo"))
        assert await clients.create(ADAM, shop) == Taken(name="name")
        in_it = ClientState(name="Other shop", group=erp.id)
        wrong = Invalid(name="group", fault="no_such_group")
        assert await clients.create(OTTO, NewClient(state=in_it)) == wrong
        other = await made(clients, ADAM, NewClient(state=in_it))
        assert other.state == in_it
        taken = replace(in_it, name="Shop")
        assert await clients.replace(ADAM, other.id, taken, None) == Taken(name="name")
        nobodys = replace(in_it, group="cli_0123456789012345678901")
        assert await clients.replace(ADAM, other.id, nobodys, None) == wrong
        own = await clients.replace(ADAM, other.id, replace(in_it, group=other.id), None)
        assert isinstance(own, Done)
        assert own.resource.state.group is None

    async def test_rates_are_given_notice_and_taken_back_from_the_latest(
        self, stores: AdministrationStores
    ) -> None:
        types = stores.product_types
        first = NewRate(rate_bp=700, starts_at=BEGINNING)
        await made(types, ADAM, NewProductType(type="E", name=None, first=first))
        begun = InUse(reason="change_begun")
        assert await types.withdraw_rate(ADAM, "E", 1, None) == begun
        early = NewRate(rate_bp=1, starts_at=soon(minutes=9, seconds=59))
        without = Invalid(name="starts_at", fault="starts_at_without_notice")
        assert await types.add_rate(ADAM, "E", early) == without
        for minutes in (11, 13):
            late = NewRate(rate_bp=minutes, starts_at=soon(minutes=minutes))
            assert isinstance(await types.add_rate(ADAM, "E", late), Done)
        between = NewRate(rate_bp=2, starts_at=soon(minutes=12))
        not_after = Invalid(name="starts_at", fault="starts_at_not_after_latest")
        assert await types.add_rate(ADAM, "E", between) == not_after
        unusual = await types.add_rate(ADAM, "E", NewRate(rate_bp=9_000, starts_at=soon(days=1)))
        assert isinstance(unusual, Invalid)
        assert (unusual.name, unusual.values) == ("confirm_rate_bp", {"rate_bp": "9000"})
        not_latest = InUse(reason="change_not_latest")
        assert await types.withdraw_rate(ADAM, "E", 2, None) == not_latest
        assert await types.withdraw_rate(ADAM, "E", 3, frozenset({1})) == Conflict()
        assert await types.withdraw_rate(OTTO, "E", 3, None) == Missing()
        out = NewRate(rate_bp=0, starts_at=soon(days=1), excluded=True)
        told = await types.add_rate(ADAM, "E", out)
        assert isinstance(told, Done)
        assert [rate.excluded for rate in told.resource.rates] == [False, False, False, True]
        assert isinstance(await types.withdraw_rate(ADAM, "E", 4, None), Done)
        back = await types.withdraw_rate(ADAM, "E", 3, frozenset({5}))
        assert isinstance(back, Done)
        assert [rate.rate_bp for rate in back.resource.rates] == [700, 11]
        assert back.resource.version == 6
        assert await types.withdraw_rate(ADAM, "E", 3, None) == Missing()

    async def test_a_type_is_excluded_from_the_first_or_pays(
        self, stores: AdministrationStores
    ) -> None:
        first = NewRate(rate_bp=0, starts_at=BEGINNING, excluded=True)
        known = await made(
            stores.product_types, ADAM, NewProductType(type="X", name=None, first=first)
        )
        assert [(rate.rate_bp, rate.excluded) for rate in known.rates] == [(0, True)]

    async def test_a_product_is_of_types_that_exist(self, stores: AdministrationStores) -> None:
        products, types = stores.products, stores.product_types
        wrong = Invalid(name="type", fault="no_such_type")
        unknown = NewType(type="Z", starts_at=BEGINNING)
        new = NewProduct(id=new_id(), sku="CAFE", name="Café", first=unknown)
        assert await products.create(ADAM, new) == wrong
        assert await products.find(ADAM, new.id) is None
        await made(types, ADAM, NewProductType(type="E", name=None, first=None))
        known: Product = await made(products, ADAM, replace(new, first=replace(unknown, type="E")))
        later = replace(unknown, starts_at=soon(minutes=11))
        assert await products.add_type(ADAM, known.id, later) == wrong
        assert await types.delete(ADAM, "E", None) == InUse(reason="type_used_by_products")
        changed = await products.add_type(ADAM, known.id, replace(later, type="A"))
        assert isinstance(changed, Done)
        assert [period.type for period in changed.resource.types] == ["E", "A"]
        not_latest = InUse(reason="change_not_latest")
        assert await products.withdraw_type(ADAM, known.id, 1, None) == not_latest
        back = await products.withdraw_type(ADAM, known.id, 2, frozenset({2}))
        assert isinstance(back, Done)
        assert (len(back.resource.types), back.resource.version) == (1, 3)
        assert await products.delete(ADAM, known.id, None) is None
        assert await types.delete(ADAM, "E", None) is None

    async def test_a_stop_is_put_on_once_and_lifted_by_whom_it_is(
        self, stores: AdministrationStores
    ) -> None:
        stops, new = stores.stops, NewStop(by="adam", reason="wrong rate", type="A")
        mine = await stops.create(ADAM, new)
        platforms = await stops.create(PLATFORM, replace(new, merchant="demo", type=None))
        assert isinstance(mine, Done)
        assert isinstance(platforms, Done)
        assert await stops.create(ADAM, new) == Taken(name="type")
        again = replace(new, merchant="demo", type=None)
        assert await stops.create(PLATFORM, again) == Taken(name="merchant")
        unknown = Invalid(name="type", fault="no_such_type")
        assert await stops.create(ADAM, replace(new, type="Z")) == unknown
        assert await stops.create(ADAM, replace(new, merchant="other")) == NOWHERE
        assert await stops.create(PLATFORM, new) == NOWHERE
        newest = Slice(sort="stopped_at", descending=True, limit=50)
        both = (platforms.resource, mine.resource)
        assert (await stops.page(ADAM, newest, StopFilter())).items == both
        assert (await stops.page(OTTO, newest, StopFilter())).items == ()
        id_, why = mine.resource.id, "the rate is right"
        assert await stops.find(OTTO, id_) is None
        assert await stops.lift(OTTO, id_, by="otto", reason=why) == Missing()
        not_mine = InUse(reason="platforms_stop")
        assert await stops.lift(ADAM, platforms.resource.id, by="adam", reason=why) == not_mine
        lifted = await stops.lift(ADAM, id_, by="adam", reason=why)
        assert isinstance(lifted, Done)
        assert (lifted.resource.version, lifted.resource.lift_reason) == (2, why)
        once = InUse(reason="stop_lifted")
        assert await stops.lift(ADAM, id_, by="adam", reason=why) == once
        standing = await stops.page(PLATFORM, newest, StopFilter(merchant="demo", standing=True))
        assert standing.items == (platforms.resource,)
        assert isinstance(await stops.create(ADAM, new), Done)


def _tie(sort: Sort, resource: Any) -> str:
    """The key of a page's cursor: a client's own, else what is sorted by tells all apart."""
    by_key = sort.order in {"name", "created_at"}
    return str(sort.key(resource)) if by_key else sort.place(resource)
