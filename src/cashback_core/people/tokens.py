"""What access and refresh tokens say, whatever they are made of."""

from __future__ import annotations

import base64
import hashlib
import secrets
from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from cashback_core.people.callers import Owned


class TokenKind(StrEnum):
    """What a token is for: the claim `typ`."""

    ACCESS = "access"
    REFRESH = "refresh"


class InvalidTokenError(Exception):
    """Not a token of ours, or not any more; the message is for logs, not for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOwner:
    """Whose a token is: the claims `sub`, `merchant` and `sid`.

    `subject` is `user:` and a username or `client:` and the id of an API client; neither is ever
    given to somebody else. `merchant_id` is None for the platform's administrators. The token lives
    no longer than what `session_id` names: a user's session, or one secret of a client.
    """

    subject: str
    merchant_id: int | None
    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a checked token says; `id` is its own, `expires_at_s` counts from the epoch."""

    kind: TokenKind
    owner: TokenOwner
    id: str
    expires_at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long new tokens live, in seconds."""

    access_s: int = 900
    refresh_s: int = 86_400


class Tokens(Protocol):
    """Issues tokens that nobody else can make, and checks them."""

    lifetimes: Lifetimes

    @abstractmethod
    def now_s(self) -> int:
        """The instant at which a token would be issued now, in seconds since 1970."""

    @abstractmethod
    def issue(
        self,
        kind: TokenKind,
        owner: TokenOwner,
        *,
        token_id: str | None = None,
        issued_s: int | None = None,
    ) -> str:
        """A new token; its id is a random one and its instant this one, unless they are given.

        The same values make the same token.
        """

    @abstractmethod
    def check(self, token: str, kind: TokenKind | None = None) -> Claims:
        """What a token says, if it is good now and, when `kind` is given, of that kind.

        Raises InvalidTokenError.
        """

    @abstractmethod
    def public_keys(self) -> Sequence[Mapping[str, str]]:
        """What others check tokens by, each a JSON Web Key (RFC 7517)."""


def owner_of(owned: Owned) -> TokenOwner:
    """Whose the tokens of a session or a secret are."""
    return TokenOwner(
        subject=owned.subject, merchant_id=owned.merchant_id, session_id=owned.session_id
    )


def new_token_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def successor_id(token_id: str, what: TokenKind) -> str:
    """The id of the token of that kind which a refresh token is taken for: always the same one.

    128 bits that nobody guesses who has not the used one, and worth nothing without a signature.
    """
    hashed = hashlib.sha256(f"after {token_id}: {what}".encode()).digest()
    return base64.urlsafe_b64encode(hashed[:16]).rstrip(b"=").decode("ascii")
