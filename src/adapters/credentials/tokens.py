"""Access and refresh tokens: JWTs signed with EdDSA by a key of this installation.

Nothing in a token chooses how it is checked: the algorithm is pinned, `kid` may only name one of
our keys, and any other header member is refused (RFC 7515, 4.1.11 about `crit`; RFC 8725).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import jwt

from adapters.credentials.signing_key import derived_key, jwk
from cashback_core.people.tokens import (
    Claims,
    InvalidTokenError,
    Lifetimes,
    TokenKind,
    TokenOwner,
    Tokens,
    new_token_id,
)
from cashback_core.values.ids import parse_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.credentials.signing_key import SigningKey, VerifyingKey

ISSUER: Final = "cashback-gateway"
AUDIENCE: Final = "cashback-api"
LEEWAY_S: Final = 5
"""How far another machine's clock may run ahead of ours when it signs."""

MAX_TOKEN_CHARS: Final = 2048
MAX_KNOWN: Final = 4096
KNOWN_S: Final = 60.0
"""A checked token is trusted so long without a new look at its signature (some 100 µs)."""


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


class JwtTokens(Tokens):
    """Issues tokens and checks them.

    Signs with `key`; takes tokens of the `further` keys as well, so that a key can be replaced.
    """

    __slots__ = ("_key", "_known", "_now_s", "keys", "lifetimes")

    def __init__(
        self,
        key: SigningKey,
        *,
        further: Sequence[VerifyingKey] = (),
        lifetimes: Lifetimes | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self.keys: Mapping[str, VerifyingKey] = {k.id: k for k in (key, *further)}
        self.lifetimes = lifetimes or Lifetimes()
        self._now_s = now_s
        self._known: dict[str, tuple[float, Claims]] = {}

    def now_s(self) -> int:
        """The instant at which a token would be issued now, in seconds since 1970."""
        return int(self._now_s())

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """What others check tokens by, each a JSON Web Key (RFC 7517)."""
        return [jwk(key) for key in self.keys.values()]

    def derived_key(self, purpose: bytes) -> bytes:
        """32 secret bytes for another purpose; another key signs, and they are others."""
        return derived_key(self._key, purpose)

    def issue(
        self,
        kind: TokenKind,
        owner: TokenOwner,
        *,
        token_id: str | None = None,
        issued_s: int | None = None,
    ) -> str:
        """A new token; its id is a random one and its instant this one, unless they are given.

        The same key makes the same token of the same values (RFC 8032).
        """
        life_s = self.lifetimes
        now = self.now_s() if issued_s is None else issued_s
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": owner.subject,
            "merchant": owner.merchant_id,
            "sid": str(owner.session_id),
            "typ": kind.value,
            "jti": token_id or new_token_id(),
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
            key = self.keys[jwt.get_unverified_header(token)["kid"]]
            decoded = jwt.decode_complete(
                token, key.public, algorithms=["EdDSA"], options=_ONLY_SIGNATURE
            )
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
            raise InvalidTokenError("not signed by this installation") from error
        if not decoded["header"].keys() <= _HEADER:
            raise InvalidTokenError("a header that no token of ours has")
        return _claims(decoded["payload"], now_s)


def _claims(payload: Mapping[str, object], now_s: float) -> Claims:
    if payload.get("iss") != ISSUER or payload.get("aud") != AUDIENCE:
        raise InvalidTokenError("another issuer or audience")
    kind = _kind(payload.get("typ"))
    token_id = payload.get("jti")
    if not isinstance(token_id, str):
        raise InvalidTokenError("no jti")
    return Claims(
        kind=kind,
        owner=_owner(payload),
        id=token_id,
        expires_at_s=_expiry(payload, now_s, MAX_LIFE_S[kind]),
    )


def _owner(payload: Mapping[str, object]) -> TokenOwner:
    subject, session_id = payload.get("sub"), payload.get("sid")
    merchant_id = payload.get("merchant", "absent")
    if not isinstance(subject, str) or not (merchant_id is None or _is_whole(merchant_id)):
        raise InvalidTokenError("nobody's, or of no merchant")
    session = parse_uuid(session_id) if isinstance(session_id, str) else None
    if session is None:
        raise InvalidTokenError("of no session")
    return TokenOwner(subject=subject, merchant_id=merchant_id, session_id=session)


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
