"""The shapes of tokens and keys."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from adapters.http.wire.shapes import Instant, Shape


class TokenPair(Shape, frozen=True, kw_only=True):
    """JWTs: one to call with and, for people, one to get new ones with, which works once."""

    access: str
    expires_in: Annotated[int, Meta(description="Seconds that `access` is good for.")]
    refresh: (
        Annotated[str, Meta(description="Not for API clients: they ask again.")] | UnsetType
    ) = UNSET


class OAuthToken(Shape, frozen=True, kw_only=True):
    """A token for the form of OAuth 2.0 (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: Annotated[int, Meta(description="Seconds that the token is good for.")]


class OAuthError(Shape, frozen=True, kw_only=True):
    """Why the form of OAuth 2.0 gets no token (RFC 6749, 5.2)."""

    error: Literal[
        "invalid_request",
        "invalid_client",
        "unsupported_grant_type",
        "invalid_scope",
        "temporarily_unavailable",
    ]
    error_description: Annotated[str, Meta(description="What to do about it, in ASCII.")]


class Verified(Shape, frozen=True, kw_only=True):
    """What a good token says."""

    typ: str
    username: Annotated[str | None, Meta(description="Of a person.")]
    client_id: Annotated[str | None, Meta(description="Of an API client.")]
    expires_at: Instant


class TokenKey(Shape, frozen=True, kw_only=True):
    """A public key that checks tokens (RFC 8037); its id is the `kid` of their header."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class TokenKeys(Shape, frozen=True, kw_only=True):
    """Every key whose tokens are good (RFC 7517)."""

    keys: list[TokenKey]


SHAPES = (TokenPair, OAuthToken, OAuthError, Verified, TokenKeys)
"""What the OpenAPI document describes."""
