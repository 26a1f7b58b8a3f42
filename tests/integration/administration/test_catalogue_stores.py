"""Product types, products and customers in PostgreSQL: notice, first use, races, plans."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.postgres.administration import pages
from adapters.postgres.administration.customers import PostgresCustomers
from adapters.postgres.administration.product_types import PostgresProductTypes
from adapters.postgres.administration.products import PostgresProducts
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.administration.customers import CustomerFilter, NewCustomer
from cashback_core.administration.product_types import NewProductType
from cashback_core.administration.products import NewProduct, NewType, ProductFilter
from cashback_core.administration.resources import (
    Caller,
    Done,
    InUse,
    Invalid,
    Missing,
    Slice,
)
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted, CustomerNameMismatch, TermsChanged
from cashback_core.sales.calculation import calculate
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import NewRate, Programme, Rate
from cashback_core.sales.sale import Customer
from cashback_core.values import pages as core_pages
from cashback_core.values.ids import new_id
from contract.builders import SOLD_AT, a_cpf, a_sale, buyer_of, submitted
from integration.products import put_product

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.administration.product_types import ProductType
    from cashback_core.administration.products import Product
    from cashback_core.intake.acceptance import Submission

ADAM = Caller(actor="user:adam", merchant_id=1)
OTTO = Caller(actor="user:otto", merchant_id=2)
ALL = Slice(sort="type", descending=False, limit=50)
FIRST = NewRate(rate_bp=700, starts_at=BEGINNING)


@pytest.fixture
def administration(database: Database) -> Administration:
    return Administration(database)


@pytest.fixture
def types(administration: Administration) -> PostgresProductTypes:
    return PostgresProductTypes(administration)


@pytest.fixture
def products(administration: Administration) -> PostgresProducts:
    return PostgresProducts(administration)


@pytest.fixture
def customers(administration: Administration) -> PostgresCustomers:
    return PostgresCustomers(administration)


@pytest.fixture
def sales(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


def known_as(customer: Customer) -> NewCustomer:
    return NewCustomer(id=new_id(), customer=customer)


def soon(**more: float) -> datetime:
    return datetime.now(UTC) + timedelta(**more)


async def made(types: PostgresProductTypes, name: str = "E") -> ProductType:
    kept = await types.create(ADAM, NewProductType(type=name, name=None, first=FIRST))
    assert isinstance(kept, Done)
    return kept.resource


async def product(products: PostgresProducts, sku: str = "CAFE", type_: str = "A") -> Product:
    first = NewType(type=type_, starts_at=BEGINNING)
    new = NewProduct(id=new_id(), sku=sku, name="Café 500 g", first=first)
    kept = await products.create(ADAM, new)
    assert isinstance(kept, Done)
    return kept.resource


def sold(type_: str, *, rate_bp: int = 700, sku: str | None = None) -> Submission:
    """A sale of one line of a type, judged at a rate in force since the beginning."""
    sale = a_sale()
    sale = replace(sale, lines=(replace(sale.lines[0], type=type_, sku=sku),))
    rate = Rate(type=type_, rate_bp=rate_bp, version=1, starts_at=BEGINNING)
    submission = submitted(a_sale())
    return replace(submission, sale=sale, cashback=calculate(sale, Programme((rate,))))


@pytest.mark.parametrize(
    "statement",
    [
        "update rates set rate_bp = 1",
        "update rates set starts_at = starts_at + interval '1 s'",
        "delete from rates where type = 'A'",
        "truncate rates cascade",
        "insert into rates values (1, 'A', 3, 1, now() + interval '1 day')",
        "insert into rates values (1, 'A', 2, 1, now() + interval '9 min 59 s')",
        "insert into rates values (1, 'A', 2, 1, '1999-12-31Z')",
        "update product_type_periods set type = 'B'",
        "delete from product_type_periods",
        "truncate product_type_periods cascade",
        "insert into product_type_periods select 1, product_id, 2, 'B', now() from products",
        "insert into product_type_periods select 1, product_id, 3, 'B', now() + interval '1 day' from products",  # noqa: E501
        "insert into product_type_periods select 1, product_id, 2, 'Z', now() + interval '1 day' from products",  # noqa: E501
        "update products set sku = '' ",
    ],
)
async def test_whoever_writes_no_period_is_edited_or_begins_without_notice(
    dsn: str, statement: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        put_product(connection, 1, "CAFE", ("A", BEGINNING))
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(statement.encode())


async def test_of_two_changes_at_the_same_instant_one_is_made(
    types: PostgresProductTypes, products: PostgresProducts
) -> None:
    kept = await product(products)
    at = soon(hours=1)
    rates = [types.add_rate(ADAM, "A", NewRate(rate_bp=n, starts_at=at)) for n in (1, 2)]
    periods = [products.add_type(ADAM, kept.id, NewType(type=t, starts_at=at)) for t in "BC"]
    for outcomes in (await asyncio.gather(*rates), await asyncio.gather(*periods)):
        assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
        assert Invalid(name="starts_at", fault="starts_at_not_after_latest") in outcomes


async def test_what_a_sale_names_stays(
    types: PostgresProductTypes, products: PostgresProducts, sales: PostgresCashbackStore
) -> None:
    await made(types)
    kept = await product(products, type_="E")
    assert await types.delete(ADAM, "E", None) == InUse(reason="type_used_by_products")
    assert isinstance(await sales.accept(sold("E", sku="CAFE")), Accepted)
    assert await types.delete(ADAM, "E", None) == InUse(reason="type_used_by_sales")
    assert await products.delete(ADAM, kept.id, None) == InUse(reason="product_used_by_sales")
    used = await products.find(ADAM, kept.id)
    assert used is not None
    assert (used.used, used.version) == (True, kept.version)


async def test_the_first_use_is_marked_once(
    types: PostgresProductTypes, dsn: str, sales: PostgresCashbackStore
) -> None:
    await made(types)
    marks: set[Any] = set()
    for _ in range(3):
        assert isinstance(await sales.accept(sold("E")), Accepted)
        with psycopg.connect(dsn) as connection:
            found = connection.execute(
                "select used_at, ctid::text from product_types where type = 'E'"
            )
            marks |= set(found.fetchall())
    assert len(marks) == 1


async def test_a_sale_of_what_was_deleted_meanwhile_is_not_recorded(
    types: PostgresProductTypes, products: PostgresProducts, sales: PostgresCashbackStore
) -> None:
    """The process remembers what is gone, or what has come back as something else."""
    await made(types)
    kept = await product(products, sku="CHA", type_="E")
    remembered = await sales.catalogue(1, {"CHA"})
    assert "CHA" in remembered
    assert await products.delete(ADAM, kept.id, None) is None
    assert await sales.accept(sold("E", sku="CHA")) == TermsChanged()
    assert "CHA" not in await sales.catalogue(1, {"CHA"})  # it is asked anew
    await product(products, sku="CHA", type_="A")
    assert await sales.accept(sold("E", sku="CHA")) == TermsChanged()
    assert await types.delete(ADAM, "E", None) is None
    assert await sales.accept(sold("E")) == TermsChanged()
    again = NewProductType(type="E", name=None, first=NewRate(rate_bp=1, starts_at=BEGINNING))
    assert isinstance(await types.create(ADAM, again), Done)
    assert await sales.accept(sold("E")) == TermsChanged()
    assert isinstance(await sales.accept(sold("E", rate_bp=1)), Accepted)


@pytest.mark.parametrize("number", range(4))
async def test_a_first_sale_and_a_deletion_never_both_win(
    types: PostgresProductTypes,
    customers: PostgresCustomers,
    sales: PostgresCashbackStore,
    number: int,
) -> None:
    name = f"R{number}"
    await made(types, name)
    sale = sold(name)
    kept = await customers.create(ADAM, known_as(buyer_of(sale.sale)))
    assert isinstance(kept, Done)
    outcome, type_gone, customer_gone = await asyncio.gather(
        sales.accept(sale),
        types.delete(ADAM, name, None),
        customers.delete(ADAM, kept.resource.id, None),
    )
    if isinstance(outcome, Accepted):
        assert type_gone == InUse(reason="type_used_by_sales")
        assert (
            await customers.page(
                ADAM,
                Slice(sort="id", descending=False, limit=1),
                CustomerFilter(document=sale.sale.document),
            )
        ).items
    else:
        assert outcome == TermsChanged()
        assert type_gone is None
        assert customer_gone is None


async def test_a_sale_and_a_change_of_its_products_type_agree(
    products: PostgresProducts, sales: PostgresCashbackStore
) -> None:
    kept = await product(products)
    submission = sold("A", rate_bp=500, sku="CAFE")
    outcome, changed = await asyncio.gather(
        sales.accept(submission),
        products.add_type(ADAM, kept.id, NewType(type="B", starts_at=soon(minutes=11))),
    )
    assert isinstance(outcome, Accepted)
    assert isinstance(changed, Done)
    assert isinstance(await sales.accept(sold("A", rate_bp=500, sku="CAFE")), Accepted)


async def test_products_are_found_by_sku_and_by_the_beginning_of_their_name(
    products: PostgresProducts,
) -> None:
    for sku, name in (("1", "Chá preto"), ("2", "CHÁ verde"), ("3", "Café"), ("4", "100% suco")):
        new = NewProduct(
            id=new_id(), sku=sku, name=name, first=NewType(type="A", starts_at=BEGINNING)
        )
        assert isinstance(await products.create(ADAM, new), Done)

    async def skus(sort: str = "sku", *, down: bool = False, **which: str) -> list[str]:
        wanted = Slice(sort=sort, descending=down, limit=50)
        page = await products.page(ADAM, wanted, ProductFilter(**which))
        return [item.sku for item in page.items]

    assert await skus() == ["1", "2", "3", "4"]
    assert await skus("name", down=True) == ["2", "1", "3", "4"]
    assert await skus(sku="3") == ["3"]
    assert await skus(name_prefix="cha") == ["1", "2"]
    assert await skus(name_prefix="100%") == ["4"]
    assert await skus(name_prefix="%") == []
    first = Slice(sort="name", descending=False, limit=2)
    page = await products.page(ADAM, first, ProductFilter())
    assert ([item.sku for item in page.items], page.more) == (["4", "3"], True)
    rest = await products.page(ADAM, replace(first, after=("cafe", "3")), ProductFilter())
    assert ([item.sku for item in rest.items], rest.more) == (["1", "2"], False)
    assert (await products.page(OTTO, first, ProductFilter())).items == ()


async def test_a_page_ends_by_the_periods_of_its_items_too(
    types: PostgresProductTypes, products: PostgresProducts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_pages, "MAX_PARTS", 4)
    monkeypatch.setattr(pages, "MAX_PARTS", 4)
    for name, count in (("E", 3), ("F", 2), ("G", 5), ("H", 1)):
        await made(types, name)
        sku = (await product(products, sku=name)).id
        for day in range(1, count):
            starts_at = soon(days=day)
            await types.add_rate(ADAM, name, NewRate(rate_bp=day, starts_at=starts_at))
            await products.add_type(ADAM, sku, NewType(type="A", starts_at=starts_at))

    def behind(wanted: Slice, last: str) -> Slice:
        return replace(wanted, after=(last, last))

    for limit, told in ((50, ["ABCD", "E", "F", "G", "H"]), (1, list("ABCDEFGH"))):
        wanted = Slice(sort="type", descending=False, limit=limit)
        seen: list[str] = []
        more = True
        while more:
            page = await types.page(ADAM, wanted, None)
            seen.append("".join(item.type for item in page.items))
            wanted, more = behind(wanted, page.items[-1].type), page.more
        assert seen == told
    wanted, seen, more = Slice(sort="sku", descending=True, limit=50), [], True
    while more:
        listed = await products.page(ADAM, wanted, ProductFilter())
        seen.append("".join(item.sku for item in listed.items))
        assert [len(item.types) for item in listed.items]
        wanted, more = behind(wanted, listed.items[-1].sku), listed.more
    assert seen == ["H", "G", "F", "E"]


async def test_a_corrected_name_is_the_one_that_sales_must_give(
    customers: PostgresCustomers, sales: PostgresCashbackStore
) -> None:
    first = submitted(a_sale(name="JOZE DA SILVA"))
    assert isinstance(await sales.accept(first), Accepted)
    document = first.sale.document
    # Another sale: whether the same one is known is asked before whose name it gives.
    right = submitted(a_sale(document=document, name="JOSE DA SILVA", centavos=20_000))
    assert await sales.accept(right) == CustomerNameMismatch()
    wanted = Slice(sort="id", descending=False, limit=2)
    (known,) = (await customers.page(ADAM, wanted, CustomerFilter(document=document))).items
    assert await customers.replace(OTTO, known.id, "JOSE DA SILVA", None) == Missing()
    kept = await customers.replace(ADAM, known.id, "José da Silva", frozenset({1}))
    assert isinstance(kept, Done)
    assert kept.resource.version == 2
    assert isinstance(await sales.accept(right), Accepted)
    past = await sales.find(1, first.id)
    assert past is not None
    assert buyer_of(past.sale).name == "JOZE DA SILVA"
    assert await customers.delete(ADAM, known.id, None) == InUse(reason="customer_has_sales")


async def test_every_change_is_in_the_trail_without_a_name_or_a_document(
    dsn: str,
    types: PostgresProductTypes,
    products: PostgresProducts,
    customers: PostgresCustomers,
    sales: PostgresCashbackStore,
) -> None:
    await made(types)
    await types.add_rate(ADAM, "E", NewRate(rate_bp=1, starts_at=soon(hours=1)))
    kept = await product(products, type_="E")
    document = a_cpf()
    customer = Customer(document=document, name="BEATRIZ")
    known = await customers.create(ADAM, known_as(customer))
    assert isinstance(known, Done)
    await customers.replace(ADAM, known.resource.id, "BEATRIZ LIMA", None)
    await sales.accept(sold("E", sku=kept.sku))
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select resource || ' ' || action, actor, before::text || after::text from audit"
            " where actor like 'user:%' order by audit_id"
        ).fetchall()
    assert [what for what, _, _ in found] == [
        "product_types insert",
        "rates insert",
        "rates insert",
        "products insert",
        "product_type_periods insert",
        "customers update",
    ]
    assert {actor for _, actor, _ in found} == {"user:adam"}
    told = " ".join(text for _, _, text in found)
    assert document not in told
    assert "BEATRIZ" not in told


async def test_types_are_remembered_and_still_no_old_rate_is_paid(
    dsn: str, sales: PostgresCashbackStore
) -> None:
    """A rate put into the past by force: the process still has the old one, the database not."""
    remembered = await sales.terms(1)
    assert remembered is not None
    with psycopg.connect(dsn) as connection:
        connection.execute("alter table rates disable trigger rates_follow")
        connection.execute("insert into rates values (1, 'A', 2, 900, %s)", [SOLD_AT])
        connection.execute("alter table rates enable trigger rates_follow")
    assert await sales.terms(1) is remembered
    sale = a_sale()
    stale = replace(submitted(sale), cashback=calculate(sale, remembered.programme))
    assert await sales.accept(stale) == TermsChanged()
    fresh = await sales.terms(1)
    assert fresh is not None
    right = replace(stale, cashback=calculate(sale, fresh.programme))
    assert isinstance(await sales.accept(right), Accepted)
