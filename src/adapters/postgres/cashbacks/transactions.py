"""A writer's transactions: how one begins and ends, and what its failure says."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import AsyncConnection, sql

from adapters.postgres.cashbacks.commits import Failure
from adapters.postgres.connection.database import FLUSHED, named
from adapters.postgres.connection.faults import AWAY, RowRefused, has_stale_plan, is_of_no_use
from adapters.postgres.connection.one_call import integer_of
from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.sales.acceptance import JustErased
from adapters.postgres.sales.brakes import LOCK
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from adapters.postgres.connection.one_call import OneCall, Row

SESSION: Final = Session(
    application="cashback-writer",
    role=DatabaseRole.SERVING,
    settings={
        # Statements are planned once, perhaps while tables are empty: without these, a plan made
        # then scans whole tables for ever. They hold within the quick way's functions, too.
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    },
    autocommit=True,
    vouched=True,
)

_TRY_AGAIN: Final = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    JustErased,
)
_ONE_ROW: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)
"""What a single row can be the cause of."""

TERMS_CHANGED: Final = "23C01"
"""What the trigger `lines_follow_terms` says of a sale whose terms are out of date."""

NOT_SO: Final = "23C02"
"""What the quick way's functions say of a group that is not as they assume."""

_log = logging.getLogger(__name__)


async def commit(connection: AsyncConnection[Any]) -> int:
    """Commit, and tell how far the log is written then, in one round trip."""
    told = await connection.execute(f"commit; {FLUSHED}", prepare=False)
    told.nextset()
    row = await told.fetchone()
    assert row is not None
    return int(row[0])


async def call(quickly: OneCall, *values: bytes | None) -> tuple[Row, int]:
    """The quick way's call, a transaction: its row, and how far the log is written then."""
    answer = await quickly(*values)
    assert answer.then is not None
    return answer.row, integer_of(answer.then[0])


@asynccontextmanager
async def begun(
    connection: AsyncConnection[Any], merchants: Iterable[int], *, accepting: bool
) -> AsyncGenerator[None, None]:
    """A transaction on these merchants' rows, undone by an exception; `commit` ends it.

    It begins and names them in one round trip, and takes the lock of brakes for what is accepted.
    Exactly the group's own merchants are to be seen, by every statement that follows.
    """
    # Several statements at once cannot be prepared.
    begin = sql.SQL("begin; {}select set_config('cashback.merchants', {}, true)")
    lock = sql.SQL(f"{LOCK}; ") if accepting else sql.SQL("")
    try:
        await connection.execute(begin.format(lock, named(merchants)), prepare=False)
        yield
    except BaseException:
        with suppress(psycopg.OperationalError):  # the connection is gone, the transaction with it
            await connection.rollback()
        raise


def told(error: Exception) -> Exception:
    """What a caller is told of a row's error: a database's own text would tell the row."""
    if isinstance(error, psycopg.OperationalError) or is_of_no_use(error):
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, psycopg.Error):
        said = (error.sqlstate or type(error).__name__, error.diag.constraint_name)
        refused = RowRefused(" ".join(word for word in said if word))
        _log.error("the database refused a row: %s", refused)
        return refused
    _log.error("a write failed by an error of ours", exc_info=error)
    return error


async def refuse_reading_only(connection: AsyncConnection[Any]) -> None:
    """Raise ReadOnlySqlTransaction where nothing could be written."""
    found = await connection.execute("select current_setting('transaction_read_only')")
    if await found.fetchone() != ("off",):
        raise psycopg.errors.ReadOnlySqlTransaction("the server only reads")


def failure_of(error: Exception) -> Failure:
    """Why a transaction came to nothing."""
    if isinstance(error, _TRY_AGAIN) or has_stale_plan(error):
        return Failure.CONFLICT
    if isinstance(error, _ONE_ROW):
        return Failure.ROW
    if isinstance(error, (*AWAY, StoreUnavailable, OSError)) or is_of_no_use(error):
        return Failure.AWAY
    return Failure.BUG


def is_left_to_the_plain_way(error: psycopg.Error) -> bool:
    """Whether the quick way's error says nothing of the database or of locks: nothing was written.

    Of a row as well: the plain statements say what is wrong with it. But that terms have changed is
    told for good: at a rate's change that is all of a group, and each half would be tried twice.
    """
    if error.sqlstate == TERMS_CHANGED:
        return False
    if isinstance(error, psycopg.OperationalError) or is_of_no_use(error):
        return False
    if not isinstance(error, _ONE_ROW):
        _log.error("the quick way fails: %s", error.sqlstate or type(error).__name__)
    return True
