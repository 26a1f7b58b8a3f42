"""Users in PostgreSQL: found, and told apart from those who may not log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.credentials.password_hashes import Argon2Hashes, hash_password
from adapters.credentials.signing_key import signing_key
from adapters.credentials.tokens import JwtTokens
from adapters.postgres.connection.database import Database
from adapters.postgres.identity.accounts import AccountError, PostgresAccounts
from adapters.postgres.identity.identities import PostgresIdentities
from cashback_core.people.log_in import BadCredentialsError, LogIn
from cashback_core.people.log_in_traces import LogInTraces
from cashback_core.people.passwords import Passwords
from cashback_core.people.standings import Standings
from cashback_core.people.tokens import TokenKind
from cashback_core.values.availability import StoreUnavailable
from integration.administering import add_user, set_password

if TYPE_CHECKING:
    from cashback_core.people.callers import Account

HASH = hash_password("x")


@pytest.fixture
def accounts(database: Database) -> PostgresAccounts:
    return PostgresAccounts(database)


@pytest.fixture
def identities(database: Database) -> PostgresIdentities:
    return PostgresIdentities(database)


async def account(identities: PostgresIdentities, username: str) -> Account | None:
    return (await identities.visit(username, address="")).account


async def test_a_user_is_found_as_added(identities: PostgresIdentities, dsn: str) -> None:
    add_user(dsn, "erp.loja-1@rede", merchant_id=2, password_hash=HASH)
    found = await account(identities, "erp.loja-1@rede")
    assert found is not None
    assert (found.username, found.merchant_id) == ("erp.loja-1@rede", 2)
    assert found.password_hash == HASH
    assert HASH not in repr(found)


async def test_nobody_is_found_by_another_spelling(
    identities: PostgresIdentities, dsn: str
) -> None:
    add_user(dsn, "ana", role="analyst", password_hash=HASH)
    for username in ("Ana", "ana ", "an", "%", ""):
        assert await account(identities, username) is None


async def test_a_user_logs_in_with_the_new_password_alone(
    identities: PostgresIdentities, dsn: str
) -> None:
    tokens = JwtTokens(signing_key(Ed25519PrivateKey.generate()))
    login = LogIn(
        identities=identities,
        standings=Standings(identities),
        passwords=Passwords(Argon2Hashes()),
        tokens=tokens,
        traces=LogInTraces(key=bytes(32)),
    )
    add_user(dsn, "ana", merchant_id=2, password_hash=hash_password("old"))
    await set_password(dsn, "ana", hash_password("new"))

    with pytest.raises(BadCredentialsError):
        await login(username="ana", password="old", address="192.0.2.1")
    granted = await login(username="ana", password="new", address="192.0.2.1")
    assert tokens.check(granted.access, TokenKind.ACCESS).owner.merchant_id == 2


@pytest.mark.parametrize(
    "change",
    [
        "update users set disabled_at = now() where username = 'ana'",
        "update users set deleted_at = now() where username = 'ana'",
        "update merchants set disabled_at = now() where merchant_id = 1",
    ],
)
async def test_no_session_begins_for_whoever_may_not_log_in(
    accounts: PostgresAccounts, dsn: str, change: str
) -> None:
    add_user(dsn, "ana", role="analyst", password_hash=HASH)
    assert (await accounts.begin_session("ana", life_s=60)).subject == "user:ana"
    with psycopg.connect(dsn) as connection:
        connection.execute(change.encode())
    for username in ("ana", "nobody", "a\x00b"):
        with pytest.raises(AccountError, match="may log in"):
            await accounts.begin_session(username, life_s=60)


async def test_a_database_that_is_away_is_told_as_such() -> None:
    away = PostgresAccounts(Database("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(StoreUnavailable):
        await away.begin_session("ana", life_s=60)
