"""Whose fault an error is: the database's, which is away, or our own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg_pool import PoolTimeout

from cashback_core.ports import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Generator

AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""What is raised of a server that cannot be asked."""

_NO_USE: Final = ("25", "XX")
"""Classes of SQL states of a session that is of no use to us: its transactions may not do what they
must (25006: the server only reads), or the server is wrong in itself."""

_STALE_PLAN: Final = "RevalidateCachedQuery"
"""Who says it in the server's source, whatever language the server speaks."""


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


@contextmanager
def translated() -> Generator[None, None, None]:
    """Tells a database that is away (StoreUnavailable) from errors that are our own."""
    try:
        yield
    except AWAY as error:
        raise StoreUnavailable(type(error).__name__) from error
    except psycopg.Error as error:
        if is_of_no_use(error):
            raise StoreUnavailable(type(error).__name__) from error
        raise
