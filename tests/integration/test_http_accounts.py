"""Users in PostgreSQL: found, added, and told apart from those who may not log in."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.http.login import BadCredentialsError, Login
from adapters.http.passwords import Passwords, hash_password
from adapters.http.signing_key import signing_key
from adapters.http.tokens import TokenKind, Tokens
from adapters.postgres.accounts import Account, AccountError, PostgresAccounts
from cashback_core.ports import StoreUnavailable

HASH = hash_password("x")


@pytest.fixture
def accounts(dsn: str) -> PostgresAccounts:
    return PostgresAccounts(dsn)


async def test_a_user_is_found_as_added(accounts: PostgresAccounts) -> None:
    await accounts.add("erp.loja-1@rede", merchant="other", role="erp", password_hash=HASH)
    found = await accounts.find("erp.loja-1@rede")
    assert found == Account(
        username="erp.loja-1@rede", merchant_id=2, role="erp", password_hash=HASH
    )
    assert HASH not in repr(found)


async def test_nobody_is_found_by_another_spelling(accounts: PostgresAccounts) -> None:
    await accounts.add("ana", merchant="demo", role="analyst", password_hash=HASH)
    for username in ("Ana", "ana ", "an", "%", ""):
        assert await accounts.find(username) is None


async def test_a_disabled_user_is_nobody(accounts: PostgresAccounts, dsn: str) -> None:
    await accounts.add("ana", merchant="demo", role="analyst", password_hash=HASH)
    with psycopg.connect(dsn) as connection:
        connection.execute("update users set disabled_at = now() where username = 'ana'")
    assert await accounts.find("ana") is None


@pytest.mark.parametrize(
    ("username", "merchant", "role", "why"),
    [
        ("ana", "demo", "erp", "already"),
        ("Ana", "demo", "erp", "names are"),
        ("", "demo", "erp", "names are"),
        ("x" * 65, "demo", "erp", "names are"),
        ("a\x00b", "demo", "erp", "names are"),
        ("bia", "nobody", "erp", "no merchant"),
        ("bia", "demo", "boss", "roles"),
    ],
)
async def test_a_user_that_cannot_be_is_refused_with_a_reason(
    accounts: PostgresAccounts, username: str, merchant: str, role: str, why: str
) -> None:
    await accounts.add("ana", merchant="demo", role="analyst", password_hash=HASH)
    with pytest.raises(AccountError, match=why):
        await accounts.add(username, merchant=merchant, role=role, password_hash=HASH)


async def test_a_password_in_clear_is_never_stored(accounts: PostgresAccounts) -> None:
    with pytest.raises(AccountError):
        await accounts.add("ana", merchant="demo", role="erp", password_hash="in clear")


async def test_a_user_logs_in_with_the_new_password_alone(accounts: PostgresAccounts) -> None:
    tokens = Tokens(signing_key(Ed25519PrivateKey.generate()))
    login = Login(accounts=accounts, passwords=Passwords(), tokens=tokens)
    await accounts.add("ana", merchant="other", role="erp", password_hash=hash_password("old"))
    await accounts.set_password("ana", password_hash=hash_password("new"))

    with pytest.raises(BadCredentialsError):
        await login(username="ana", password="old")
    pair = await login(username="ana", password="new")
    assert tokens.check(pair.access, TokenKind.ACCESS).merchant_id == 2


async def test_a_password_for_nobody_is_refused(accounts: PostgresAccounts) -> None:
    for username in ("nobody", "a\x00b"):
        with pytest.raises(AccountError, match="no user"):
            await accounts.set_password(username, password_hash=HASH)


async def test_a_database_that_is_away_is_told_as_such() -> None:
    away = PostgresAccounts("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable):
        await away.find("ana")
