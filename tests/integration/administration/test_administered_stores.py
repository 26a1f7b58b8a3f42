"""What the platform administers, at the stores; and the rule of the last administrator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.credentials.password_hashes import NOBODYS_HASH
from adapters.postgres.administration.audit_trail import PostgresTrail
from adapters.postgres.administration.clients import PostgresClients
from adapters.postgres.administration.merchants import PostgresMerchants
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.administration.users import PostgresUsers
from cashback_core.administration.audit_trail import TrailFilter
from cashback_core.administration.merchants import MerchantFilter, MerchantState, NewMerchant
from cashback_core.administration.resources import (
    Caller,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Slice,
    Taken,
)
from cashback_core.people.clients import ClientFilter, ClientState, NewClient
from cashback_core.people.users import NewUser, UserFilter, UserState
from cashback_core.values.rounding import Rounding
from integration.journeys import wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from adapters.postgres.connection.database import Database

PLATFORM = Caller(actor="user:petra", merchant_id=None, request_id="r-7")
TERMS = MerchantState(
    name="Rede", zone="America/Manaus", rounding=Rounding.DOWN, max_sale_age_days=30
)
EVERYTHING = Slice(sort="at", descending=True, limit=50)


@pytest.fixture
def administration(database: Database) -> Administration:
    return Administration(database)


def new_merchant() -> NewMerchant:
    return NewMerchant(slug="rede", state=TERMS)


def new_user(username: str, role: str, merchant: str | None) -> NewUser:
    return NewUser(username=username, role=role, merchant=merchant, password_hash=NOBODYS_HASH)


async def test_the_platform_adds_changes_and_disables_a_merchant(
    administration: Administration,
) -> None:
    merchants = PostgresMerchants(administration)
    added = await merchants.create(PLATFORM, new_merchant())
    assert isinstance(added, Done)
    assert (added.resource.state, added.resource.version) == (TERMS, 1)
    assert await merchants.create(PLATFORM, new_merchant()) == Taken(name="slug")
    off = MerchantState(
        name="Rede", zone="UTC", rounding=Rounding.HALF_UP, max_sale_age_days=1, disabled=True
    )
    changed = await merchants.replace(PLATFORM, "rede", off, frozenset({1}))
    assert isinstance(changed, Done)
    assert changed.resource == await merchants.find(PLATFORM, "rede")
    assert changed.resource.disabled_at is not None
    assert await merchants.delete(PLATFORM, "rede", None) == InUse(reason="merchant_stays")
    assert await merchants.delete(PLATFORM, "nobody", None) == Missing()
    wanted = Slice(sort="slug", descending=False, limit=50)
    page = await merchants.page(PLATFORM, wanted, MerchantFilter())
    assert [merchant.slug for merchant in page.items] == ["demo", "other", "rede"]
    page = await merchants.page(PLATFORM, wanted, MerchantFilter(disabled=True))
    assert [merchant.slug for merchant in page.items] == ["rede"]


async def test_a_member_has_no_right_to_add_a_merchant(administration: Administration) -> None:
    member = Caller(actor="user:adam", merchant_id=1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await PostgresMerchants(administration).create(member, new_merchant())


async def test_the_platform_reads_its_own_lines_or_one_merchants(
    administration: Administration,
) -> None:
    users, trail = PostgresUsers(administration), PostgresTrail(administration)
    await users.create(PLATFORM, new_user("petra", "platform", None))
    await users.create(PLATFORM, new_user("eva", "admin", "demo"))
    own = await trail.page(PLATFORM, EVERYTHING, TrailFilter(actor="user:petra"))
    assert isinstance(own, Page)
    assert [(line.key, line.request_id) for line in own.items] == [("petra", "r-7")]
    theirs = await trail.page(PLATFORM, EVERYTHING, TrailFilter(merchant="demo", key="eva"))
    assert isinstance(theirs, Page)
    assert [line.merchant for line in theirs.items] == ["demo"]
    nobodys = await trail.page(PLATFORM, EVERYTHING, TrailFilter(merchant="nobody"))
    assert nobodys == Missing()


def test_of_the_last_two_administrators_one_stays_whoever_acts_at_the_same_moment(
    dsn: str,
) -> None:
    disable = "update users set disabled_at = now() where username = %s"
    with psycopg.connect(dsn) as first, psycopg.connect(dsn) as second:
        for name in ("eva", "ines"):
            first.execute(
                "insert into users (username, merchant_id, role, password_hash)"
                " values (%s, 1, 'admin', %s)",
                [name, NOBODYS_HASH],
            )
        first.commit()
        first.execute(disable, ["eva"])
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(second.execute, disable, ["ines"])
            with psycopg.connect(dsn, autocommit=True) as observer:
                wait_for(
                    lambda: (
                        observer.execute(
                            "select from pg_locks where not granted and locktype = 'advisory'"
                        ).rowcount
                        == 1
                    ),
                    "the second waits for the first",
                )
            first.commit()
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as refused:
                waiting.result(10)
    assert refused.value.diag.constraint_name == "last_administrator"


class SeesEverything(Administration):
    """A transaction that row-level security lets see every merchant, whoever the caller is."""

    @asynccontextmanager
    async def transaction(
        self, caller: Caller
    ) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
        async with super().transaction(replace(caller, merchant_id=None)) as connection:
            yield connection


async def test_every_query_keeps_merchants_apart_by_itself(database: Database) -> None:
    """Row-level security is the second lock, and not the only one."""
    everything = SeesEverything(database)
    users, clients = PostgresUsers(everything), PostgresClients(everything)
    otto = Caller(actor="user:otto", merchant_id=2)
    assert isinstance(await users.create(PLATFORM, new_user("maria", "admin", "demo")), Done)
    new = NewClient(state=ClientState(name="ERP"), merchant="demo")
    made = await clients.create(PLATFORM, new)
    assert isinstance(made, Done)
    id_, missing = made.resource.client.id, Missing()

    assert await users.find(otto, "maria") is None
    assert await users.replace(otto, "maria", UserState(role="erp"), None) == missing
    assert await users.delete(otto, "maria", None) == missing
    assert await users.set_password(otto, "maria", NOBODYS_HASH) == missing
    by_name = Slice(sort="username", descending=False, limit=50)
    page = await users.page(otto, by_name, UserFilter())
    assert {user.merchant for user in page.items} == {"other"}

    assert await clients.find(otto, id_) is None
    assert await clients.replace(otto, id_, ClientState(name="Mine"), None) == missing
    assert await clients.delete(otto, id_, None) == missing
    assert await clients.rotate(otto, id_, overlap=timedelta()) == missing
    assert await clients.end_secret(otto, id_, 1) == missing
    by_name = Slice(sort="name", descending=False, limit=50)
    assert (await clients.page(otto, by_name, ClientFilter())).items == ()
    nowhere = Invalid(name="merchant", fault="no_such_merchant")
    assert await clients.create(otto, replace(new, state=ClientState(name="x"))) == nowhere
    assert await users.create(otto, new_user("x", "erp", "demo")) == nowhere

    merchants = PostgresMerchants(everything)
    assert await merchants.find(otto, "demo") is None
    assert await merchants.replace(otto, "demo", TERMS, None) == missing
    present = await clients.find(PLATFORM, id_)
    assert present == made.resource.client
