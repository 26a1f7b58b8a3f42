"""What is looked at before a process serves anybody: whoever is not what it should be stays out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from adapters.postgres.connection.sessions import (
    DatabaseRole,
    Session,
    UnusableSession,
    begin_now,
    opened,
)
from cashback_core.values.zones import UnknownZone, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashback_core.privacy.seals import Seal

MINIMUM_VERSION: Final = 150_000

API_ROLES: Final = (
    DatabaseRole.SERVING,
    DatabaseRole.IDENTITY,
    DatabaseRole.PLATFORM,
    DatabaseRole.ERASER,
)
WORKER_ROLES: Final = (DatabaseRole.WORKER, DatabaseRole.SERVING, DatabaseRole.ERASER)
"""What a process of each kind works as: its login has to belong to these."""


_WHOSE: Final[LiteralString] = "select current_setting('cashback.session', true)"
_FIRST: Final = ("of the first",)
_HANDED_ROUND: Final = (
    "a pooler hands one session round among connections: PgBouncer has to be in session mode"
)

_log = logging.getLogger(__name__)


class UnsafeDatabase(Exception):  # noqa: N818 (named by what is wrong)
    """The database could lose what it has acknowledged, is too old, or gives us other rights."""


def refuse_unsafe(dsn: str, roles: Iterable[DatabaseRole] = ()) -> None:
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
    except UnusableSession as error:
        raise UnsafeDatabase(str(error)) from error


def refuse_other_key(dsn: str, seal: Seal | None) -> None:
    """Raise UnsafeDatabase unless this is the database's erasure key; the first one becomes it.

    With another one a repeat of an erased customer's sale would be a new sale, and paid. Raises
    StoreUnavailable.
    """
    if seal is None:
        raise UnsafeDatabase("there is no erasure key")
    try:
        with opened(dsn, _session(DatabaseRole.ERASER)) as connection:
            connection.execute(
                "insert into erasure_key (fingerprint) values (%s) on conflict do nothing",
                [seal.fingerprint],
            )
            noted = connection.execute("select fingerprint from erasure_key").fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise UnsafeDatabase("migrations are pending: run `migrate` first") from error
    except UnusableSession as error:
        raise UnsafeDatabase(str(error)) from error
    if noted != (seal.fingerprint,):
        raise UnsafeDatabase(
            "the erasure key is not the one that this database's erasures were made with: a repeat"
            " of an erased customer's sale would be paid again (docs/operations.md)"
        )


def tell_unknown_zones(dsn: str, role: DatabaseRole) -> None:
    """Log each merchant whose zone this machine does not know. Raises StoreUnavailable."""
    for slug, zone in unknown_zones(dsn, role):
        _log.error(
            "this machine does not know the zone %s of merchant %s: requests of theirs get 503"
            " until the zone is corrected or tzdata is installed here",
            zone,
            slug,
        )


def unknown_zones(dsn: str, role: DatabaseRole = DatabaseRole.WORKER) -> list[tuple[str, str]]:
    """Merchants, by their slugs, whose zone this machine does not know.

    As a role that sees all of them. Raises StoreUnavailable.
    """
    with opened(dsn, _session(role)) as connection:
        stored = connection.execute(
            "select slug, zone from merchants where disabled_at is null order by slug"
        ).fetchall()
    return [(slug, zone) for slug, zone in stored if not _is_known(zone)]


def _is_known(zone: str) -> bool:
    try:
        zone_of(zone)
    except UnknownZone:
        return False
    return True


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


def _session(role: DatabaseRole | None) -> Session:
    return Session(application="cashback start", role=role, autocommit=True, vouched=True)
