"""What is looked at before a process serves anybody: whoever is not what it should be stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from adapters.postgres.sessions import Role, Session, UnfitSession, begin_now, opened

if TYPE_CHECKING:
    from collections.abc import Iterable

MINIMUM_VERSION: Final = 150_000

API_ROLES: Final = (Role.SERVING, Role.IDENTITY, Role.PLATFORM, Role.ERASER)
WORKER_ROLES: Final = (Role.WORKER, Role.SERVING, Role.ERASER)
"""What a process of each kind works as: its login has to belong to these."""


_WHOSE: Final[LiteralString] = "select current_setting('cashback.session', true)"
_FIRST: Final = ("of the first",)
_HANDED_ROUND: Final = (
    "a pooler hands one session round among connections: PgBouncer has to be in session mode"
)


class UnsafeDatabase(Exception):  # noqa: N818 (named by what is wrong)
    """The database could lose what it has acknowledged, is too old, or gives us other rights."""


def refuse_unsafe(dsn: str, roles: Iterable[Role] = ()) -> None:
    """Raise UnsafeDatabase unless the database is what a process that serves needs.

    What it acknowledges survives a crash, and its sessions are our own, and what they should be as
    each of the roles. Raises StoreUnavailable when it is away.
    """
    try:
        with opened(dsn, _session(None)) as connection:
            if connection.info.server_version < MINIMUM_VERSION:
                version = connection.info.server_version
                raise UnsafeDatabase(f"PostgreSQL {version} is older than 15")
            with opened(dsn, _session(None)) as another:
                _refuse_shared(connection, another)
            for role in roles:
                begin_now(connection, _session(role))
    except UnfitSession as error:
        raise UnsafeDatabase(str(error)) from error


def _refuse_shared(one: psycopg.Connection[Any], another: psycopg.Connection[Any]) -> None:
    """A pooler that lends a server's session for each transaction lends role and limits with it."""
    one.execute("select set_config('cashback.session', 'of the first', false)")
    try:
        with another.transaction():  # such a pooler has lent it the first one's by now
            theirs = another.execute(_WHOSE).fetchone()
            own = theirs if theirs == _FIRST else one.execute(_WHOSE).fetchone()
    except psycopg.errors.ProtocolViolation as error:  # not even a transaction
        raise UnsafeDatabase(_HANDED_ROUND) from error
    if theirs == _FIRST or own != _FIRST:
        raise UnsafeDatabase(_HANDED_ROUND)


def _session(role: Role | None) -> Session:
    return Session(application="cashback start", role=role, autocommit=True, vouched=True)
