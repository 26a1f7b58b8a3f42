from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.credentials.password_hashes import NOBODYS_HASH
from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.connection.database import Database
from adapters.postgres.embedded import EmbeddedPostgres, throwaway_postgres
from adapters.postgres.schema.migration import migrate
from cashback_gateway.local.demo_data import load_merchant
from chaos.quick_folder import quick_folder
from integration import unspoken
from integration.command_line import SRC
from integration.nginx.running_proxy import find_nginx
from integration.nginx.two_apis import behind_nginx
from integration.running import ERASURE_KEY, SEAL, Gateway, running_gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _nothing_personal_or_secret_is_logged() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """When the last test has run, and so after every process has stopped, search every log."""
    yield
    assert unspoken.spoken() == []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """One server for all tests; `create_database(name, template=...)` gives each its own."""
    with throwaway_postgres(quick_folder()) as server:
        yield server


@pytest.fixture
def quick_home() -> Iterator[Path]:
    """A folder where the account of a server gets through, in memory if there is room."""
    folder = Path(tempfile.mkdtemp(prefix="cashback-", dir=quick_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


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


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The door to it, open, with four connections for reads."""
    async with Database(dsn, seal=SEAL) as database:
        yield database


@pytest.fixture(scope="session")
def gateway(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One running service for all tests that do not disturb it: real processes, real HTTP."""
    dsn = postgres_server.create_database("gateway", template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def own_gateway(
    request: pytest.FixtureRequest,
    postgres_server: EmbeddedPostgres,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    """One for the tests of a file that do what others would meet: shadow `gateway` with it."""
    name = request.path.stem
    dsn = postgres_server.create_database(name, template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp(name)) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def command_line_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    url = postgres_server.create_database("command_line")
    migrate(url)
    load_merchant(url)
    yield url
    postgres_server.drop_database("command_line")


@pytest.fixture
def environ(command_line_database: str, tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "key.pem"
    create_signing_key(key)
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {
        **kept,
        "PYTHONPATH": SRC,
        "DATABASE_URL": command_line_database,
        "CASHBACK_SIGNING_KEY_FILE": str(key),
        "CASHBACK_ERASURE_KEY": ERASURE_KEY,
    }


@pytest.fixture(scope="session")
def proxied_gateway(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """Another running service, of two APIs behind nginx."""
    dsn = postgres_server.create_database("proxied", template=template)
    folder = tmp_path_factory.mktemp("proxied")
    with (
        running_gateway(dsn, folder, CASHBACK_TRUSTED_HOPS="1") as gateway,
        behind_nginx(gateway) as proxied,
    ):
        yield proxied


@pytest.fixture
def entrances(request: pytest.FixtureRequest) -> tuple[Gateway, ...]:
    """Both ways, for what takes as long as servers are patient: directly, and by nginx if any."""
    names = ("gateway", "proxied_gateway") if find_nginx() else ("gateway",)
    return tuple(request.getfixturevalue(name) for name in names)


@pytest.fixture(params=["directly", pytest.param("through_nginx", marks=pytest.mark.nginx)])
def entrance(request: pytest.FixtureRequest) -> Gateway:
    """The running service, as met directly and as met through nginx."""
    name = "gateway" if request.param == "directly" else "proxied_gateway"
    entrance: Gateway = request.getfixturevalue(name)
    return entrance
