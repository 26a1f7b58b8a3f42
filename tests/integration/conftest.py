from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from adapters.http.passwords import NOBODYS_HASH
from adapters.postgres.embedded import EmbeddedPostgres, throwaway_postgres
from adapters.postgres.migrate import migrate
from cashback_gateway.demo_data import load_merchant
from integration import unspoken
from integration.nginx.name_server import name_server
from integration.nginx.running_proxy import running_proxy
from integration.running import Gateway, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _nothing_personal_or_secret_is_logged() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """When the last test has run, and so after every process has stopped, search every log."""
    yield
    assert unspoken.spoken() == []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """One server for all tests; `create_database(name, template=...)` gives each its own."""
    with throwaway_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres_server: EmbeddedPostgres) -> str:
    """A migrated database with merchants 1 and 2 at the demo rates; nobody connects to it.

    Merchant 2 has a user `other`, whose password nobody knows.
    """
    dsn = postgres_server.create_database("template_cashback")
    migrate(dsn)
    assert load_merchant(dsn) == 1
    assert load_merchant(dsn, slug="other", name="Another retailer") == 2
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into users (username, merchant_id, role, password_hash)"
            " values ('other', 2, 'erp', %s)",
            [NOBODYS_HASH],
        )
    return "template_cashback"


@pytest.fixture
def dsn(postgres_server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """A database of the test's own, migrated, with merchants 1 and 2."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name, template=template)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def gateway(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One running service for all tests that do not disturb it: real processes, real HTTP."""
    dsn = postgres_server.create_database("gateway", template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def proxied_gateway(gateway: Gateway) -> Iterator[Gateway]:
    """The same service behind nginx."""
    port = urlsplit(gateway.base_url).port
    with (
        name_server("127.0.0.1") as names,
        running_proxy(api=f"api.test:{port}", resolver=names.address) as proxy,
    ):
        yield replace(gateway, base_url=proxy.base_url)


@pytest.fixture(params=["directly", pytest.param("through_nginx", marks=pytest.mark.nginx)])
def entrance(request: pytest.FixtureRequest) -> Gateway:
    """The running service, as met directly and as met through nginx."""
    name = "gateway" if request.param == "directly" else "proxied_gateway"
    entrance: Gateway = request.getfixturevalue(name)
    return entrance
