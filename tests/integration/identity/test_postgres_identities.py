"""Who calls, in PostgreSQL: the contract, and what only a database can get wrong."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.credentials.password_hashes import NOBODYS_HASH, hash_password
from adapters.postgres.administration.clients import PostgresClients
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.connection.database import Database
from adapters.postgres.identity.failed_log_ins import PURGE
from adapters.postgres.identity.identities import MAX_SESSION_DAYS, PostgresIdentities
from cashback_core.administration.resources import Done, InUse, Missing
from cashback_core.people.clients import ClientState, NewClient
from cashback_core.values.availability import StoreUnavailable
from contract.identities import (
    ADAM,
    HOME,
    IdentitiesContract,
    account_of,
    alive,
    opened,
    renewed,
)
from integration.administering import add_user, set_password

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cashback_core.people.callers import Identities
    from cashback_core.people.clients import Issued


@pytest.fixture
def identities(database: Database, dsn: str) -> PostgresIdentities:
    for username, role in (("demo", "erp"), ("adam", "admin"), ("eva", "admin")):
        add_user(dsn, username, role=role)
    return PostgresIdentities(database)


@asynccontextmanager
async def clients_of(dsn: str) -> AsyncGenerator[PostgresClients, None]:
    async with Database(dsn) as database:
        yield PostgresClients(Administration(database))


async def new_client(dsn: str, name: str = "till") -> Issued:
    async with clients_of(dsn) as clients:
        made = await clients.create(ADAM, NewClient(state=ClientState(name=name)))
    assert isinstance(made, Done)
    return made.resource


async def knows(identities: PostgresIdentities, made: Issued) -> bool:
    return await identities.find_client(made.client.id, secret=made.secret) is not None


def do(dsn: str, query: str, *values: object) -> list[tuple[object, ...]]:
    """As the owner of everything."""
    with psycopg.connect(dsn) as connection:
        done = connection.execute(query.encode(), values)
        return [] if done.description is None else done.fetchall()


class TestPostgresIdentities(IdentitiesContract):
    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    async def change_password(self, identities: Identities, username: str) -> None:
        del identities
        await set_password(self.dsn, username, hash_password("new"))

    async def remove(self, identities: Identities, username: str) -> None:
        del identities
        do(self.dsn, "update users set deleted_at = now() where username = %s", username)

    async def client(self, identities: Identities) -> tuple[str, str]:
        del identities
        made = await new_client(self.dsn)
        return made.client.id, made.secret

    async def let_time_pass(self, identities: Identities, seconds: float) -> None:
        del identities
        do(self.dsn, "update sessions set renewed_at = renewed_at - make_interval(secs => %s)",
           seconds)  # fmt: skip

    async def expire_secret(self, identities: Identities, client_id: str) -> None:
        del identities
        async with clients_of(self.dsn) as clients:
            assert await clients.end_secret(ADAM, client_id, 1) is None
            assert await clients.end_secret(ADAM, client_id, 1) == Missing()


@pytest.mark.parametrize(
    "change",
    [
        "update users set disabled_at = now() where username = 'demo'",
        "update users set signed_out_at = clock_timestamp() where username = 'demo'",
        "update merchants set disabled_at = now() where merchant_id = 1",
        (
            "update sessions set created_at = created_at - interval '2 days',"
            " expires_at = now() - interval '1 ms'"
        ),
    ],
)
async def test_what_ends_a_session(identities: PostgresIdentities, dsn: str, change: str) -> None:
    owned = await opened(identities)
    do(dsn, change)
    assert not await alive(identities, owned)
    assert await renewed(identities, owned.session_id, "first", "second") is None


@pytest.mark.parametrize(
    "change",
    [
        "update users set disabled_at = {} where username = 'demo'",
        "update api_clients set disabled_at = {}",
        "update merchants set disabled_at = {} where merchant_id = 1",
    ],
)
async def test_whoever_comes_back_brings_no_token_back(
    identities: PostgresIdentities, dsn: str, change: str
) -> None:
    """In whatever way: these are the owner's own statements."""
    made = await new_client(dsn)
    session = await opened(identities)
    bought = await identities.find_client(made.client.id, secret=made.secret)
    other = await opened(identities, "eva")
    assert bought is not None
    do(dsn, change.format("now()"))
    do(dsn, change.format("null"))
    of_client, of_user = "api_clients" in change, "users" in change
    assert await alive(identities, session) == of_client
    assert await alive(identities, bought) == of_user
    assert await alive(identities, other) == (of_client or of_user)
    if not of_client:
        assert await renewed(identities, session.session_id, "first", "second") is None
    assert await knows(identities, made)
    assert await alive(identities, await opened(identities))


async def test_a_new_password_ends_every_session(identities: PostgresIdentities, dsn: str) -> None:
    owned = await opened(identities)
    await set_password(dsn, "demo", NOBODYS_HASH)
    assert not await alive(identities, owned)
    assert do(dsn, "select reason from sessions") == [("password_changed",)]


@pytest.mark.parametrize("table", ["users", "merchants"])
async def test_who_is_disabled_has_no_account(
    identities: PostgresIdentities, dsn: str, table: str
) -> None:
    account = await account_of(identities)
    do(dsn, f"update {table} set disabled_at = now() where merchant_id = 1 and"  # noqa: S608
       + (" username = 'demo'" if table == "users" else " true"))  # fmt: skip
    assert (await identities.visit("demo", address=HOME)).account is None
    late = await identities.open_session(account, token_id="x", life_s=60)
    assert late is None


async def test_a_session_ends_after_a_month_however_often_it_is_renewed(
    identities: PostgresIdentities, dsn: str
) -> None:
    owned = await opened(identities)
    do(dsn, "update sessions set created_at = now() - make_interval(days => %s, mins => -5)",
       MAX_SESSION_DAYS)  # fmt: skip
    assert await renewed(identities, owned.session_id, "first", "second") is not None
    (row,) = do(dsn, "select expires_at - created_at from sessions")
    assert row == (timedelta(days=MAX_SESSION_DAYS),)


async def test_a_password_that_changes_at_the_moment_of_a_log_in_leaves_no_session(
    identities: PostgresIdentities, dsn: str
) -> None:
    """The log-in has seen the old password, the change commits before its session does."""
    account = await account_of(identities)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update users set password_hash = %s where username = 'demo'", [hash_password("new")]
        )
        opening = asyncio.create_task(identities.open_session(account, token_id="x", life_s=60))
        done, _ = await asyncio.wait([opening], timeout=0.3)
        assert not done  # it waits for the row
        connection.commit()
    assert await opening is None


async def test_only_hashes_are_kept(identities: PostgresIdentities, dsn: str) -> None:
    made = await new_client(dsn)
    await opened(identities, token_id="the jti")
    await identities.note_failure("demo", address=HOME)
    with psycopg.connect(dsn) as connection:
        for table in ("sessions", "login_failures", "client_secrets", "audit"):
            dump = str(connection.execute(f"select * from {table}").fetchall())  # noqa: S608
            for clear in (made.secret, HOME, "the jti"):
                assert clear not in dump
    assert made.secret not in repr(made)
    assert len(made.secret) == 4 + 43  # 256 bits in base64url


async def test_past_failures_are_cleared_away(identities: PostgresIdentities, dsn: str) -> None:
    do(dsn, "insert into login_failures select 'pair', sha256(n::text::bytea),"
       " now() - interval '1 s' from generate_series(1, %s) as n", PURGE)  # fmt: skip
    await identities.note_failure("demo", address=HOME)
    assert do(dsn, "select count(*) from login_failures") == [(4,)]


async def test_failures_of_many_at_once_are_all_counted(
    identities: PostgresIdentities, dsn: str
) -> None:
    await asyncio.gather(*(identities.note_failure("demo", address=HOME) for _ in range(20)))
    (row,) = do(dsn, "select extract(epoch from max(until_at) - now())::float8"
                " from login_failures where kind = 'account'")  # fmt: skip
    assert row[0] == pytest.approx(20 * 60, abs=10)


async def test_a_rotated_secret_lives_on_for_the_overlap_and_none_comes_while_it_does(
    identities: PostgresIdentities, dsn: str
) -> None:
    first = await new_client(dsn)
    async with clients_of(dsn) as clients:
        rotated = await clients.rotate(ADAM, first.client.id, overlap=timedelta(days=1))
        assert isinstance(rotated, Done)
        second = rotated.resource
        assert (second.number, second.secret == first.secret) == (2, False)
        assert [await knows(identities, made) for made in (first, second)] == [True, True]
        new, old = second.client.secrets
        assert (new.expires_at, old.number) == (None, 1)
        assert old.expires_at is not None
        in_a_day = datetime.now(UTC) + timedelta(days=1)
        assert abs(old.expires_at - in_a_day) < timedelta(minutes=1)
        refused = await clients.rotate(ADAM, first.client.id, overlap=timedelta())
        assert refused == InUse(reason="two_secrets")
        assert await clients.end_secret(ADAM, first.client.id, 1) is None
        assert [await knows(identities, made) for made in (first, second)] == [False, True]
        at_once = await clients.rotate(ADAM, first.client.id, overlap=timedelta())
        assert isinstance(at_once, Done)
        assert [s.number for s in at_once.resource.client.secrets] == [3]
        assert not await knows(identities, second)
        assert await knows(identities, at_once.resource)


async def test_of_rotations_at_once_one_wins(identities: PostgresIdentities, dsn: str) -> None:
    first = await new_client(dsn)
    async with clients_of(dsn) as clients:
        outcomes = await asyncio.gather(
            *(clients.rotate(ADAM, first.client.id, overlap=timedelta(days=1)) for _ in range(4))
        )
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    assert outcomes.count(InUse(reason="two_secrets")) == 3
    assert await knows(identities, first)
    assert await knows(identities, won.resource)


async def test_a_client_that_is_disabled_comes_back_and_one_that_is_deleted_does_not(
    identities: PostgresIdentities, dsn: str
) -> None:
    made = await new_client(dsn)
    id_, state = made.client.id, made.client.state
    async with clients_of(dsn) as clients:
        await clients.replace(ADAM, id_, replace(state, disabled=True), None)
        assert not await knows(identities, made)
        await clients.replace(ADAM, id_, state, None)
        assert await knows(identities, made)
        assert await clients.delete(ADAM, id_, None) is None
        assert not await knows(identities, made)
        assert await clients.delete(ADAM, id_, None) == Missing()
        assert await clients.replace(ADAM, id_, state, None) == Missing()
        assert await clients.rotate(ADAM, id_, overlap=timedelta()) == Missing()
        assert await clients.end_secret(ADAM, id_, 1) == Missing()
        assert await clients.find(ADAM, id_) is None
    await new_client(dsn)  # its name is free again


@pytest.mark.parametrize(
    "statement",
    [
        "delete from users where username = 'demo'",
        "update users set username = 'another' where username = 'demo'",
        "update users set merchant_id = 2 where username = 'demo'",
        "update users set merchant_id = null where username = 'demo'",
        "update users set role = 'platform' where username = 'demo'",
        "update api_clients set client_id = 'cli_1123456789012345678901'",
        "update api_clients set role = 'operator'",
        "update client_secrets set secret_hash = sha256('mine')",
        (
            "insert into client_secrets (merchant_id, client_id, number, secret_id, secret_hash,"
            " created_by) select merchant_id, client_id, 2, gen_random_uuid(), sha256('x'), 'x'"
            " from client_secrets"
        ),
    ],
)
async def test_what_no_statement_can_do(
    identities: PostgresIdentities, dsn: str, statement: str
) -> None:
    assert await account_of(identities) is not None
    await new_client(dsn)
    with pytest.raises(psycopg.errors.IntegrityError):
        do(dsn, statement)


async def test_a_deleted_user_comes_not_back(identities: PostgresIdentities, dsn: str) -> None:
    await account_of(identities)
    do(dsn, "update users set deleted_at = now() where username = 'demo'")
    with pytest.raises(psycopg.errors.IntegrityError):
        do(dsn, "update users set deleted_at = null where username = 'demo'")
    with pytest.raises(psycopg.errors.IntegrityError):
        do(dsn, "insert into users (username, merchant_id, role, password_hash)"
           " values ('demo', 2, 'erp', '$argon2id$x')")  # fmt: skip


@pytest.mark.parametrize("table", ["sales", "customers", "cashbacks", "audit"])
async def test_whoever_looks_callers_up_sees_nothing_of_sales(dsn: str, table: str) -> None:
    with (
        psycopg.connect(dsn, options="-c role=cashback_identity") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select * from {table}".encode())  # noqa: S608 (ours)


@pytest.mark.parametrize("role", ["cashback_serving", "cashback_worker", "cashback_platform"])
@pytest.mark.parametrize(
    "query",
    [
        "select password_hash from users",
        "select secret_hash from client_secrets",
        "select refresh_hash from sessions",
        "select * from login_failures",
        "select * from rate_buckets",
        "select * from revoked_tokens",
    ],
)
async def test_nobody_else_reads_what_lets_somebody_in(dsn: str, role: str, query: str) -> None:
    with (
        psycopg.connect(dsn, options=f"-c role={role}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(query.encode())


async def test_signing_somebody_out_is_in_the_audit_trail(
    identities: PostgresIdentities, dsn: str
) -> None:
    await opened(identities)
    assert await identities.sign_out("demo", by=ADAM)
    (row,) = do(dsn, "select actor, key from audit where action = 'update' and resource = 'users'")
    assert row == ("user:adam", "demo")


async def test_a_database_that_is_away_is_told_as_such() -> None:
    async with Database("postgresql://nobody@127.0.0.1:1/none") as away:
        with pytest.raises(StoreUnavailable):
            await PostgresIdentities(away).visit("demo", address=HOME)
