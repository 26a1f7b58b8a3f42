"""Who is asking: decided by the access token alone, before any of the body is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.http.tokens import TokenKind, Tokens

if TYPE_CHECKING:
    from adapters.http.fields import Fields

_SCHEME: Final = b"bearer "


class UnauthenticatedError(Exception):
    """No credentials came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom a request acts for. The merchant is the token's: nothing else in a request names one."""

    username: str
    merchant_id: int


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Reads the header `Authorization` (RFC 6750, 2.1)."""

    tokens: Tokens

    def __call__(self, fields: Fields) -> Principal:
        """Raises UnauthenticatedError and InvalidTokenError."""
        value = fields.get(b"authorization")
        if value is None or value[:7].lower() != _SCHEME:
            raise UnauthenticatedError
        # Latin-1 never fails; what is not a token is refused by the check of the token.
        token = value[7:].strip(b" ").decode("latin-1")
        claims = self.tokens.check(token, TokenKind.ACCESS)
        return Principal(username=claims.username, merchant_id=claims.merchant_id)
