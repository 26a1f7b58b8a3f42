"""Passwords and secrets for tokens, and old tokens for new ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from adapters.http.identity.tokens import (
    Claims,
    InvalidTokenError,
    Owner,
    TokenKind,
    Tokens,
    new_token_id,
)
from adapters.http.identity.turns import Turns
from cashback_core.callers import CLIENT

if TYPE_CHECKING:
    from adapters.http.identity.passwords import Passwords
    from adapters.http.identity.standing import Standings
    from cashback_core.callers import Account, Identities, Owned

USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}\Z", re.ASCII)
_CLIENT_ID: Final = re.compile(r"cli_[A-Za-z0-9_-]{22}\Z", re.ASCII)
_SECRET: Final = re.compile(r"[!-~]{1,128}\Z", re.ASCII)


class BadCredentialsError(Exception):
    """No such user, a disabled one, or another password: which of them is nobody's business."""


class LoginThrottledError(Exception):
    """Too much failed before; nothing was looked at, and nothing is for `wait_s`."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"for {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What somebody holds after a log-in; clients get no refresh token, they ask again."""

    access: str
    expires_in_s: int
    refresh: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Issues tokens to users and to API clients, and takes them back.

    Every method raises StoreUnavailable, and all that cost something TooManyLoginsError.
    """

    identities: Identities
    standings: Standings
    passwords: Passwords
    tokens: Tokens
    lookups: Turns = field(default_factory=partial(Turns, at_once=2, max_waiting=64))
    """Of secrets and sessions: where people crowd with passwords, no ERP waits behind a hash."""

    async def __call__(self, *, username: str, password: str, address: str) -> Granted:
        """Tokens of a new session. Raises BadCredentialsError, LoginThrottledError."""
        async with self.passwords.turn():
            account = await self._recognise(username, password, address)
            return await self._open(account, address)

    async def confirm(self, *, username: str, password: str, address: str) -> None:
        """Raises BadCredentialsError unless it is the user's password, LoginThrottledError."""
        async with self.passwords.turn():
            await self._recognise(username, password, address)

    async def client(self, *, client_id: str, secret: str, address: str) -> Granted:
        """A token for an ERP. Raises BadCredentialsError, LoginThrottledError."""
        async with self.lookups():
            visit = await self.identities.visit(None, address=address)
            if visit.wait_s > 0:
                raise LoginThrottledError(visit.wait_s)
            owned = None
            if _CLIENT_ID.match(client_id) is not None and _SECRET.match(secret) is not None:
                owned = await self.identities.find_client(client_id, secret=secret)
            if owned is None:
                await self.identities.note_failure(None, address=address)
                raise BadCredentialsError
        return self._granted(owned)

    async def refresh(self, token: str) -> Granted:
        """New tokens for a refresh token, which is then used up. Raises InvalidTokenError."""
        claims = self.tokens.check(token, TokenKind.REFRESH)
        token_id = new_token_id()
        async with self.lookups():
            owned = await self.identities.renew_session(
                claims.owner.session_id,
                used_id=claims.id,
                token_id=token_id,
                life_s=self.tokens.lifetimes.refresh_s,
            )
        if owned is None or owner_of(owned) != claims.owner:
            raise InvalidTokenError("used before, or its user is gone or moved")
        return self._granted(owned, token_id)

    async def verify(self, token: str) -> Claims:
        """What a token of either kind says. Raises InvalidTokenError."""
        claims = self.tokens.check(token)
        await self.standings(claims)
        return claims

    async def revoke(self, token: str) -> None:
        """End what a token stands for; one that is no good is none already (RFC 7009, 2.2).

        A user's token ends its session, whichever kind it is; a client's ends alone.
        """
        try:
            claims = self.tokens.check(token)
        except InvalidTokenError:
            return
        async with self.lookups():
            if claims.owner.subject.startswith(CLIENT):
                until = datetime.fromtimestamp(claims.expires_at_s, UTC)
                await self.identities.revoke_token(claims.id, until=until)
            else:
                await self.identities.end_session(claims.owner.session_id)
        self.standings.forget(claims)

    async def _recognise(self, username: str, password: str, address: str) -> Account:
        # No other text ever reaches the database.
        name = username if USERNAME.match(username) is not None else None
        visit = await self.identities.visit(name, address=address)
        if visit.wait_s > 0:
            raise LoginThrottledError(visit.wait_s)
        account = visit.account
        stored_hash = None if account is None else account.password_hash
        right = await self.passwords.match(password, stored_hash)
        if not right or account is None:
            await self.identities.note_failure(name, address=address)
            raise BadCredentialsError
        return account

    async def _open(self, account: Account, address: str) -> Granted:
        token_id = new_token_id()
        owned = await self.identities.open_session(
            account,
            address=address,
            token_id=token_id,
            life_s=self.tokens.lifetimes.refresh_s,
        )
        if owned is None:
            raise BadCredentialsError
        return self._granted(owned, token_id)

    def _granted(self, owned: Owned, refresh_id: str | None = None) -> Granted:
        owner, refresh = owner_of(owned), None
        if refresh_id is not None:
            refresh = self.tokens.issue(TokenKind.REFRESH, owner, token_id=refresh_id)
        return Granted(
            access=self.tokens.issue(TokenKind.ACCESS, owner),
            expires_in_s=self.tokens.lifetimes.access_s,
            refresh=refresh,
        )


def owner_of(owned: Owned) -> Owner:
    """Whose the tokens of a session or a secret are."""
    return Owner(subject=owned.subject, merchant_id=owned.merchant_id, session_id=owned.session_id)
