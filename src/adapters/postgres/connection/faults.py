"""Whose fault an error is: the database's, which is away, or our own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg_pool import PoolTimeout

from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Generator

AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""What is raised of a server that cannot be asked."""

_NO_USE: Final = ("25", "XX")
"""Classes of SQL states of a session that is of no use to us: its transactions may not do what they
must (25006: the server only reads), or the server is wrong in itself."""

_STALE_PLAN: Final = "RevalidateCachedQuery"
"""Who says it in the server's source, whatever language the server speaks."""


_OF_CONNECTING: Final = (
    psycopg.errors.InvalidAuthorizationSpecification,
    psycopg.errors.InvalidPassword,
)
_SEVERAL: Final = "Multiple connection attempts failed"
_LONGEST: Final = 300


class RowRefused(Exception):  # noqa: N818 (named by what is wrong)
    """The database refused a row that our own checks let through: a bug of ours.

    Tells the SQL state and the constraint, and nothing of the row.
    """


def has_stale_plan(error: BaseException) -> bool:
    """Whether a table was altered under a session's prepared statement: on a new one it works."""
    return (
        isinstance(error, psycopg.errors.FeatureNotSupported)
        and error.diag.source_function == _STALE_PLAN
    )


def is_of_no_use(error: BaseException) -> bool:
    """Whether the session that an error comes from, and its like, are to be hung up on."""
    if not isinstance(error, psycopg.Error):
        return False
    return (error.sqlstate or "").startswith(_NO_USE) or has_stale_plan(error)


def why_away(error: Exception) -> str:
    """Why a server cannot be asked, without a row and without a password.

    What it answered a statement is told by its SQL state alone; what came of connecting, in words.
    """
    name = type(error).__name__
    if not isinstance(error, psycopg.OperationalError):
        return name
    if error.sqlstate is not None and not isinstance(error, _OF_CONNECTING):
        return f"{name} {error.sqlstate}"
    lines = [line.strip(" -\t") for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith(_SEVERAL):
        lines = [lines[1]]
    return f"{name}: {lines[0][:_LONGEST]}" if lines else name


@contextmanager
def translated() -> Generator[None, None, None]:
    """Tells a database that is away (StoreUnavailable) from errors that are our own."""
    try:
        yield
    except AWAY as error:
        raise StoreUnavailable(why_away(error)) from error
    except psycopg.Error as error:
        if is_of_no_use(error):
            raise StoreUnavailable(type(error).__name__) from error
        raise
