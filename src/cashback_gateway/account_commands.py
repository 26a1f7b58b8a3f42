"""`users` and `token`: what an operator does with accounts from the command line."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING

from adapters.http.passwords import hash_password
from adapters.http.signing_key import load_signing_key
from adapters.http.tokens import Lifetimes, Owner, TokenKind, Tokens
from adapters.postgres.accounts import AccountError, PostgresAccounts

if TYPE_CHECKING:
    from cashback_gateway.settings import Settings

SHORTEST_PASSWORD = 8  # NIST SP 800-63B, 5.1.1.2
LONGEST_PASSWORD = 1024


def add_user(settings: Settings, name: str, *, merchant: str | None, role: str) -> None:
    """Add a user whose password comes on standard input. Raises AccountError."""
    accounts = PostgresAccounts(settings.database.url)
    password_hash = hash_password(_read_password())
    asyncio.run(accounts.add(name, merchant=merchant, role=role, password_hash=password_hash))


def set_password(settings: Settings, name: str) -> None:
    """Give a user the password that comes on standard input. Raises AccountError."""
    accounts = PostgresAccounts(settings.database.url)
    asyncio.run(accounts.set_password(name, password_hash=hash_password(_read_password())))


def access_token(settings: Settings, name: str) -> str:
    """Return a token for a user who may log in. Raises AccountError and BadSigningKeyError."""
    access_s = settings.tokens.access_s
    lifetimes = Lifetimes(access_s=access_s, refresh_s=settings.tokens.refresh_s)
    tokens = Tokens(load_signing_key(settings.tokens.signing_key_file), lifetimes=lifetimes)
    accounts = PostgresAccounts(settings.database.url)
    session = asyncio.run(accounts.begin_session(name, life_s=access_s))
    owner = Owner(
        subject=session.subject, merchant_id=session.merchant_id, session_id=session.session_id
    )
    return tokens.issue(TokenKind.ACCESS, owner)


def _read_password() -> str:
    """Read one line: hidden and twice from a terminal, as it comes from anything else."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise AccountError("the two passwords differ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
            f"this one {len(password)}; it is read from standard input"
        )
    return password
