"""What tokens hang on, as the database knows it: accounts, sessions, clients and what they used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from cashback_core.administering import Caller

USER: Final = "user:"
CLIENT: Final = "client:"
"""How the subjects of people and of ERPs begin."""


class Account(Protocol):
    """A user who may log in."""

    @property
    def user_id(self) -> int: ...  # noqa: D102 (the names say it)

    @property
    def username(self) -> str: ...  # noqa: D102

    @property
    def merchant_id(self) -> int | None: ...  # noqa: D102

    @property
    def password_hash(self) -> str: ...  # noqa: D102


class Visit(Protocol):
    """Somebody who wants to log in from somewhere: may they try, and whose account is it?"""

    @property
    def wait_s(self) -> float:
        """How long nothing is tried, because too much failed before; 0 when it may be."""
        ...

    @property
    def account(self) -> Account | None:
        """None for whoever is unknown, disabled or deleted."""
        ...


class Owned(Protocol):
    """Whom a good token belongs to, and what they are at this moment."""

    @property
    def subject(self) -> str: ...  # noqa: D102

    @property
    def role(self) -> str: ...  # noqa: D102

    @property
    def merchant_id(self) -> int | None: ...  # noqa: D102

    @property
    def session_id(self) -> UUID:
        """The session of a user, or the secret of a client."""
        ...


class Drawn(Protocol):
    """So many requests of somebody were charged; when it is none, how long until there is one."""

    @property
    def granted(self) -> int: ...  # noqa: D102

    @property
    def wait_s(self) -> float: ...  # noqa: D102


class Identities(Protocol):
    """Asked before a merchant is known. Every method may raise StoreUnavailable.

    `address` is where a request comes from, `token_id` the `jti` of a token: both are kept as
    hashes alone.
    """

    async def visit(self, username: str | None, *, address: str) -> Visit:
        """Whether a log-in may be tried, and the account; None is a text that is no username.

        What others did to the account from elsewhere never bars an address from which its owner
        came in lately.
        """
        ...

    async def note_failure(self, username: str | None, *, address: str) -> None:
        """Count a log-in that failed: against the account, the address, and both together."""
        ...

    async def open_session(
        self, account: Account, *, address: str, token_id: str, life_s: int
    ) -> Owned | None:
        """Begin a session with its first refresh token, and remember the address as a good one.

        None when the account is no more what it was: another password, disabled, deleted.
        """
        ...

    async def renew_session(
        self, session_id: UUID, *, used_id: str, token_id: str, life_s: int
    ) -> Owned | None:
        """Take a session's refresh token for the next one: of any number at once, one succeeds.

        None for any other token, and the session ends with it: it was used before, by its owner or
        by somebody else, and nobody can tell who holds the later ones.
        """
        ...

    async def end_session(self, session_id: UUID) -> None:
        """Revoke it, with every token of it."""
        ...

    async def sign_out(self, username: str, *, by: Caller) -> bool:
        """End every session of a user of the caller's merchant, of anybody for the platform.

        False: there is no such user. The audit trail tells who did it.
        """
        ...

    async def find_client(self, client_id: str, *, secret: str) -> Owned | None:
        """The API client with that secret, unless unknown, disabled, deleted or expired."""
        ...

    async def revoke_token(self, token_id: str, *, until: datetime) -> None:
        """End one token of a client, which would have been good until then."""
        ...

    async def standing(self, session_id: UUID, *, token_id: str) -> Owned | None:
        """Whose a token is now; None when it is nobody's any more."""
        ...

    async def draw(self, subject: str, *, every_s: float, capacity: int, wanted: int) -> Drawn:
        """Charge at most `wanted` requests to somebody who may make one each `every_s`.

        Over all processes, `capacity` may be used at once.
        """
        ...
