"""`users` and `token`: what an operator does with accounts from the command line."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING

from adapters.credentials.password_hashes import hash_password
from adapters.credentials.signing_key import load_signing_key
from adapters.credentials.tokens import JwtTokens
from adapters.http.administration.user_bodies import read_new_password, read_new_user
from adapters.http.wire.refusals import InvalidRequestError
from adapters.postgres.administration.users import PostgresUsers
from adapters.postgres.connection.database import Database
from adapters.postgres.identity.accounts import AccountError, PostgresAccounts
from cashback_core.administration.resources import Done
from cashback_core.people.tokens import Lifetimes, TokenKind, owner_of
from cashback_core.people.users import USERNAME, NewUser
from cashback_gateway.commands.as_platform import administration, caller, refused, unreadable

if TYPE_CHECKING:
    from cashback_core.administration.resources import Refusal
    from cashback_core.people.users import User
    from cashback_gateway.settings.table import Settings


def add_user(settings: Settings, name: str, *, merchant: str | None, role: str) -> None:
    """Add a user whose password comes on standard input. Raises AccountError, ActRefusedError."""
    document = {"username": name, "role": role, "password": _read_password()}
    if merchant is not None:
        document["merchant"] = merchant
    try:
        asked = read_new_user(document, by_platform=True, by_token=False)
    except InvalidRequestError as error:
        raise unreadable(error.violations) from error
    new = NewUser(
        username=asked.username,
        role=asked.role,
        merchant=asked.merchant,
        password_hash=hash_password(asked.password),
    )
    outcome = asyncio.run(_add(settings, new))
    if not isinstance(outcome, Done):
        raise refused(outcome, f"user {name!r}")


def set_password(settings: Settings, name: str) -> None:
    """Give a user the password that comes on standard input, and end their sessions.

    Raises AccountError and ActRefusedError.
    """
    if USERNAME.match(name) is None:
        raise AccountError(f"there is no user {name!r}")
    try:
        new = read_new_password({"new": _read_password()}, name)
    except InvalidRequestError as error:
        raise unreadable(error.violations) from error
    refusal = asyncio.run(_set_password(settings, name, hash_password(new)))
    if refusal is not None:
        raise refused(refusal, f"user {name!r}")


def access_token(settings: Settings, name: str) -> str:
    """Return a token for a user who may log in. Raises AccountError and BadSigningKeyError."""
    access_s = settings.tokens.access_s
    lifetimes = Lifetimes(access_s=access_s, refresh_s=settings.tokens.refresh_s)
    tokens = JwtTokens(load_signing_key(settings.tokens.signing_key_file), lifetimes=lifetimes)
    accounts = PostgresAccounts(Database(settings.database.url))
    session = asyncio.run(accounts.begin_session(name, life_s=access_s))
    return tokens.issue(TokenKind.ACCESS, owner_of(session))


async def _add(settings: Settings, new: NewUser) -> Done[User] | Refusal:
    async with administration(settings) as opened:
        return await PostgresUsers(opened).create(caller(), new)


async def _set_password(settings: Settings, name: str, password_hash: str) -> Refusal | None:
    async with administration(settings) as opened:
        return await PostgresUsers(opened).set_password(caller(), name, password_hash)


def _read_password() -> str:
    """Read one line: hidden and twice from a terminal, as it comes from anything else."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise AccountError("the two passwords differ")
    return password
