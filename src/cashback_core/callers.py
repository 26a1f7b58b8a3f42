"""Who calls: what a token hangs on, and how it is asked for before a merchant is known."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from cashback_core.administering import Caller

USER: Final = "user:"
CLIENT: Final = "client:"
"""How the subjects of people and of API clients begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user who may log in, as they were when this was read; the platform's have no merchant."""

    user_id: int
    username: str
    merchant_id: int | None
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody who wants to log in from somewhere.

    Nothing is tried for `wait_s` seconds, because too much failed before; 0 when it may be. The
    account is None for whoever is unknown, disabled or deleted.
    """

    wait_s: float
    account: Account | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Whom a good token belongs to, and what they are at this moment.

    `session_id` is the session of a user, or the secret of an API client. `group` is the one that
    their sales come under: a client's present one, a user's own.
    """

    subject: str
    group: str
    role: str
    merchant_id: int | None
    session_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """So many requests of somebody were charged; when it is none, how long until there is one."""

    granted: int
    wait_s: float


class Identities(Protocol):
    """Asked before a merchant is known. Every method may raise StoreUnavailable.

    `address` is where a request comes from, `token_id` the `jti` of a token: both are kept as
    hashes alone.
    """

    @abstractmethod
    async def visit(self, username: str | None, *, address: str) -> Visit:
        """Whether a log-in may be tried, and the account; None is a text that is no username.

        What others did to the account from elsewhere never bars an address from which its owner
        came in lately.
        """

    @abstractmethod
    async def note_failure(self, username: str | None, *, address: str) -> None:
        """Count a log-in that failed: against the account, the address, and both together."""

    @abstractmethod
    async def open_session(
        self, account: Account, *, address: str, token_id: str, life_s: int
    ) -> Owned | None:
        """Begin a session with its first refresh token, and remember the address as a good one.

        None when the account is no more what it was: another password, disabled, deleted.
        """

    @abstractmethod
    async def renew_session(
        self, session_id: UUID, *, used_id: str, token_id: str, life_s: int
    ) -> Owned | None:
        """Take a session's refresh token for the next one: of any number at once, one succeeds.

        None for any other token, and the session ends with it: it was used before, by its owner or
        by somebody else, and nobody can tell who holds the later ones.
        """

    @abstractmethod
    async def end_session(self, session_id: UUID) -> None:
        """Revoke it, with every token of it."""

    @abstractmethod
    async def sign_out(self, username: str, *, by: Caller) -> bool:
        """End every session of a user of the caller's merchant, of anybody for the platform.

        False: there is no such user. The audit trail tells who did it.
        """

    @abstractmethod
    async def find_client(self, client_id: str, *, secret: str) -> Owned | None:
        """The API client with that secret, unless unknown, disabled, deleted or expired."""

    @abstractmethod
    async def revoke_token(self, token_id: str, *, until: datetime) -> None:
        """End one token of a client, which would have been good until then."""

    @abstractmethod
    async def standing(self, session_id: UUID, *, token_id: str) -> Owned | None:
        """Whose a token is now; None when it is nobody's any more."""

    @abstractmethod
    async def draw(self, subject: str, *, every_s: float, capacity: int, wanted: int) -> Drawn:
        """Charge at most `wanted` requests to somebody who may make one each `every_s`.

        Over all processes, `capacity` may be used at once.
        """
