"""Passwords for tokens, and old tokens for new ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from adapters.http.tokens import Claims, InvalidTokenError, TokenKind, Tokens

if TYPE_CHECKING:
    from adapters.http.passwords import Passwords

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}\Z", re.ASCII)


class BadCredentialsError(Exception):
    """No such user, a disabled one, or another password: which of them is nobody's business."""


class Account(Protocol):
    """A user who may log in, as the database knows it."""

    @property
    def username(self) -> str:
        """Unique in the installation."""
        ...

    @property
    def merchant_id(self) -> int:
        """The merchant that the user acts for."""
        ...

    @property
    def role(self) -> str:
        """What the user may do: erp, analyst, operator or admin."""
        ...

    @property
    def password_hash(self) -> str:
        """As `passwords.hash_password` made it."""
        ...


class Accounts(Protocol):
    """Where users are looked up."""

    async def find(self, username: str) -> Account | None:
        """The user of that name, unless unknown or disabled. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a user holds after a log-in."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Issues tokens to users."""

    accounts: Accounts
    passwords: Passwords
    tokens: Tokens

    async def __call__(self, *, username: str, password: str) -> TokenPair:
        """Raises BadCredentialsError, TooManyLoginsError, StoreUnavailable."""
        account = None
        async with self.passwords.turn():
            if _USERNAME.match(username) is not None:  # no other text ever reaches the database
                account = await self.accounts.find(username)
            stored_hash = None if account is None else account.password_hash
            if not await self.passwords.match(password, stored_hash) or account is None:
                raise BadCredentialsError
        return self._pair(account)

    async def refresh(self, token: str) -> TokenPair:
        """A new pair for a refresh token whose user may still log in.

        Raises InvalidTokenError, TooManyLoginsError, StoreUnavailable.
        """
        claims = self.tokens.check(token, TokenKind.REFRESH)
        async with self.passwords.turn():
            account = await self.accounts.find(claims.username)
        if account is None or account.merchant_id != claims.merchant_id:
            raise InvalidTokenError("its user is gone or moved")
        return self._pair(account)

    def verify(self, token: str) -> Claims:
        """What a token of either kind says. Raises InvalidTokenError."""
        return self.tokens.check(token)

    def _pair(self, account: Account) -> TokenPair:
        def issue(kind: TokenKind) -> str:
            return self.tokens.issue(
                kind, username=account.username, merchant_id=account.merchant_id
            )

        return TokenPair(access=issue(TokenKind.ACCESS), refresh=issue(TokenKind.REFRESH))
