"""Who calls: what a token hangs on, and how it is asked for before a merchant is known."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from cashback_core.administration.resources import Caller

USER: Final = "user:"
CLIENT: Final = "client:"
"""How the subjects of people and of API clients begin."""

REPEATED_S: Final = 30
"""How long a refresh token whose answer was lost may be used again."""


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
class Renewed:
    """A session whose refresh token was taken for the next one.

    `issued_s` is when its tokens were issued, in seconds since 1970; `repeated`: that was by the
    same refresh token, shortly before.
    """

    owned: Owned
    issued_s: int
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reused:
    """A refresh token of this subject was used before; its session has ended by that."""

    subject: str


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
    async def visit(self, username: str, *, address: str) -> Visit:
        """Whether a log-in may be tried, and the account; any text of ASCII may be asked for.

        Only what failed for this name from this very address bars it, for a minute at most. What
        others did, to the account from elsewhere or from here to others, lets an address fail once
        a minute instead of five times at first. None of it depends on whether there is an account.
        """

    @abstractmethod
    async def note_failure(self, username: str, *, address: str) -> None:
        """Count a log-in that failed: against the account, the address, and both together."""

    @abstractmethod
    async def open_session(self, account: Account, *, token_id: str, life_s: int) -> Owned | None:
        """Begin a session with its first refresh token.

        None when the account is no more what it was: another password, disabled, deleted.
        """

    @abstractmethod
    async def renew_session(
        self, session_id: UUID, *, used_id: str, next_id: str, issued_s: int, life_s: int
    ) -> Renewed | Reused | None:
        """Take a session's refresh token for the next one, whose id only the used one's makes.

        Used again within REPEATED_S seconds and before its successor, by whoever lost the answer or
        came at the same moment, it is renewed as it was: with the first use's `issued_s`. Any other
        token ends the session: it was used before, by its owner or by somebody else, and nobody can
        tell who holds the later ones. None for a session that is none.
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
    async def note_wrong_secret(self, client_id: str, *, address: str) -> float:
        """Count a wrong secret, against the client and the address; any text of ASCII may be given.

        More than 0 when too many came before: so many seconds until one more is counted.
        """

    @abstractmethod
    async def revoke_token(self, token_id: str, *, until: datetime) -> None:
        """End one token of a client, which would have been good until then."""

    @abstractmethod
    async def standing(self, session_id: UUID, *, token_id: str) -> Owned | None:
        """Whose a token is now; None when it is nobody's any more.

        Whoever was disabled, or whose merchant was, comes back without the tokens of before.
        """

    @abstractmethod
    async def draw(self, subject: str, *, every_s: float, capacity: int, wanted: int) -> Drawn:
        """Charge at most `wanted` requests to somebody who may make one each `every_s`.

        Over all processes, `capacity` may be used at once.
        """
