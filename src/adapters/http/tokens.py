"""Access and refresh tokens: JWTs signed with EdDSA by the one key of this installation.

Nothing in a token chooses how it is checked: the algorithm is pinned, `kid` may only confirm our
key, and any other header member is refused (RFC 7515, 4.1.11 about `crit`; RFC 8725).
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.http.signing_key import SigningKey

ISSUER: Final = "cashback-gateway"
AUDIENCE: Final = "cashback-api"
LEEWAY_S: Final = 5
"""How far another machine's clock may run ahead of ours when it signs."""

MAX_TOKEN_CHARS: Final = 2048
MAX_KNOWN: Final = 4096
KNOWN_S: Final = 60.0
"""A checked token is trusted so long without a new look at its signature (some 100 µs)."""


class TokenKind(StrEnum):
    """What a token is for: the claim `typ`."""

    ACCESS = "access"
    REFRESH = "refresh"


MAX_LIFE_S: Final[Mapping[TokenKind, int]] = {
    TokenKind.ACCESS: 86_400,
    TokenKind.REFRESH: 366 * 86_400,
}
"""No token lives longer, whatever it says of itself."""

_HEADER: Final = frozenset({"alg", "typ", "kid"})
_ONLY_SIGNATURE: Final[Any] = {
    # Every claim is checked below, strictly and on an injected clock.
    f"verify_{claim}": False
    for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class InvalidTokenError(Exception):
    """Not a token of ours, or not any more; the message is for logs, not for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a checked token says; `expires_at_s` counts from the epoch."""

    kind: TokenKind
    username: str
    merchant_id: int
    expires_at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long new tokens live, in seconds."""

    access_s: int = 900
    refresh_s: int = 86_400


class Tokens:
    """Issues tokens and checks them."""

    __slots__ = ("_key", "_known", "_lifetimes", "_now_s")

    def __init__(
        self,
        key: SigningKey,
        *,
        lifetimes: Lifetimes | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._lifetimes = lifetimes or Lifetimes()
        self._now_s = now_s
        self._known: dict[str, tuple[float, Claims]] = {}

    def issue(self, kind: TokenKind, *, username: str, merchant_id: int) -> str:
        """A new token for a user of a merchant."""
        life_s = self._lifetimes
        now = int(self._now_s())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": username,
            "merchant": merchant_id,
            "typ": kind.value,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + (life_s.access_s if kind is TokenKind.ACCESS else life_s.refresh_s),
        }
        return jwt.encode(
            claims, self._key.private, algorithm="EdDSA", headers={"kid": self._key.id}
        )

    def check(self, token: str, kind: TokenKind | None = None) -> Claims:
        """What a token says, if it is good now and, when `kind` is given, of that kind.

        Raises InvalidTokenError.
        """
        now_s = self._now_s()
        known = self._known.get(token)
        if known is not None and now_s < known[0]:
            claims = known[1]
        else:
            claims = self._read(token, now_s)
            self._remember(token, claims, now_s)
        if kind is not None and claims.kind is not kind:
            raise InvalidTokenError(f"a token for {claims.kind}, not for {kind}")
        return claims

    def _remember(self, token: str, claims: Claims, now_s: float) -> None:
        self._known.pop(token, None)
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]  # the one checked longest ago
        self._known[token] = (min(now_s + KNOWN_S, claims.expires_at_s), claims)

    def _read(self, token: str, now_s: float) -> Claims:
        if len(token) > MAX_TOKEN_CHARS:
            raise InvalidTokenError("longer than any token of ours")
        try:
            decoded = jwt.decode_complete(
                token, self._key.public, algorithms=["EdDSA"], options=_ONLY_SIGNATURE
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidTokenError("not signed by this installation") from error
        header: Mapping[str, object] = decoded["header"]
        if not header.keys() <= _HEADER or header.get("kid", self._key.id) != self._key.id:
            raise InvalidTokenError("a header that no token of ours has")
        return _claims(decoded["payload"], now_s)


def _claims(payload: Mapping[str, object], now_s: float) -> Claims:
    if payload.get("iss") != ISSUER or payload.get("aud") != AUDIENCE:
        raise InvalidTokenError("another issuer or audience")
    kind = _kind(payload.get("typ"))
    username, merchant_id = payload.get("sub"), payload.get("merchant")
    if not isinstance(payload.get("jti"), str):
        raise InvalidTokenError("no jti")
    if not isinstance(username, str) or not _is_whole(merchant_id):
        raise InvalidTokenError("no user or no merchant")
    return Claims(
        kind=kind,
        username=username,
        merchant_id=merchant_id,
        expires_at_s=_expiry(payload, now_s, MAX_LIFE_S[kind]),
    )


def _kind(typ: object) -> TokenKind:
    for kind in TokenKind:
        if typ == kind.value:
            return kind
    raise InvalidTokenError("a token for nothing we know")


def _expiry(payload: Mapping[str, object], now_s: float, max_life_s: int) -> int:
    issued, expires = payload.get("iat"), payload.get("exp")
    starts = payload.get("nbf", issued)
    if not (_is_whole(issued) and _is_whole(expires) and _is_whole(starts)):
        raise InvalidTokenError("times that are no whole seconds")
    if max(issued, starts) > now_s + LEEWAY_S:
        raise InvalidTokenError("not good yet")
    if expires <= now_s:
        raise InvalidTokenError("expired")
    if not 0 < expires - issued <= max_life_s:
        raise InvalidTokenError("a life longer than any token's")
    return expires


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
