"""How this adapter talks to PostgreSQL: session settings, durability, whose fault an error is."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from cashback_core.ports import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Awaitable,
        Callable,
        Generator,
        Iterable,
        Mapping,
    )

MINIMUM_VERSION: Final = 150_000
CONNECT_TIMEOUT_S: Final = 5

SERVING: Final[Mapping[str, str]] = {
    "timezone": "UTC",
    "statement_timeout": "5s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "5s",
    "jit": "off",
}
"""The settings of every session that serves."""

DURABILITY: Final = ("fsync", "full_page_writes", "synchronous_commit")
UNSAFE: Final = frozenset({"off", "local"})
"""What none of these settings may be: an acknowledged commit could then be lost."""


class Role(StrEnum):
    """Whose rights a session takes, whatever its login may do; see migrations 0008 to 0012."""

    SERVING = "cashback_serving"
    """Sees the merchants that its transaction names, and no other."""

    WORKER = "cashback_worker"
    """Delivers, reaps, settles and operates, over all merchants."""

    IDENTITY = "cashback_identity"
    """Looks up who calls, before a merchant is known, and keeps the command line's users; sees
    nothing of their sales."""

    PLATFORM = "cashback_platform"
    """Administers merchants and their people; sees no sale."""

    ERASER = "cashback_eraser"
    """Makes customers nobody, in the merchants that its transaction names."""


NAME_MERCHANTS: Final = "select set_config('cashback.merchants', %s, true)"
"""What row-level security goes by, until the transaction ends; the value comes from `named`."""


class RowRefused(Exception):  # noqa: N818 (named by what is wrong)
    """The database refused a row that our own checks let through: a bug of ours.

    Tells the SQL state and the constraint, and nothing of the row.
    """


LIVELINESS: Final[Mapping[str, int]] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A host that vanished is noticed within seconds: the server's own time limits vanish with it."""


class UnsafeDatabase(Exception):  # noqa: N818 (named by what is wrong)
    """The database could lose what it has acknowledged, or is too old."""


def named(merchant_ids: Iterable[int]) -> str:
    """Merchants as NAME_MERCHANTS takes them."""
    return "{" + ",".join(str(merchant_id) for merchant_id in merchant_ids) + "}"


@asynccontextmanager
async def acting_for(
    pool: AsyncConnectionPool[Any], merchant_id: int
) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
    """A transaction on one merchant's rows. Raises StoreUnavailable."""
    with translated():
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(NAME_MERCHANTS, [named([merchant_id])])
            yield connection


@asynccontextmanager
async def reading_for(
    pool: AsyncConnectionPool[Any], merchant_id: int
) -> AsyncGenerator[psycopg.AsyncConnection[Any], None]:
    """A snapshot of one merchant's rows, to be read. Raises StoreUnavailable.

    In a pipeline: to begin and to name the merchant cost no round trips of their own.
    """
    with translated():
        async with (
            pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            await connection.execute("set transaction isolation level repeatable read read only")
            await connection.execute(NAME_MERCHANTS, [named([merchant_id])])
            yield connection


def serving_dsn(dsn: str, *, application: str, role: Role | None = None, **settings: str) -> str:
    """A DSN whose sessions have the time limits of serving roles, and further settings.

    Without a role they have the login's own rights, as the doctor and the metrics need them.
    """
    given: dict[str, Any] = conninfo_to_dict(dsn)
    if role is not None:
        settings["role"] = role
    options = " ".join(f"-c {name}={value}" for name, value in {**SERVING, **settings}.items())
    given["options"] = f"{given.get('options', '')} {options}".strip()
    given.setdefault("connect_timeout", CONNECT_TIMEOUT_S)
    for name, value in LIVELINESS.items():
        given.setdefault(name, value)
    given["application_name"] = application
    return make_conninfo("", **given)


def connection_pool(
    dsn: str,
    *,
    most: int,
    wait_s: float,
    at_least: int = 0,
    autocommit: bool = False,
    configure: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]] | None = None,
) -> AsyncConnectionPool[Any]:
    """A closed pool; opened, it needs no database yet. `wait_s` bounds the wait for one of them."""
    return AsyncConnectionPool(
        dsn,
        min_size=at_least,
        max_size=most,
        timeout=wait_s,
        # No pause before another try: after a crash the server is back within moments.
        reconnect_timeout=0.0,
        # After a restart of the server every pooled connection is dead: never hand one out.
        check=AsyncConnectionPool.check_connection,
        configure=configure,
        kwargs={"autocommit": autocommit},
        open=False,
    )


def refuse_unsafe(dsn: str) -> None:
    """Raise UnsafeDatabase unless what the database acknowledges survives a crash."""
    with psycopg.connect(dsn, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise UnsafeDatabase(f"PostgreSQL {connection.info.server_version} is older than 15")
        rows = connection.execute(
            "select name, setting from pg_settings where name = any(%s)", [list(DURABILITY)]
        ).fetchall()
    wrong = why_unsafe(dict(rows))
    if wrong is not None:
        raise UnsafeDatabase(wrong)


def why_unsafe(settings: Mapping[str, str]) -> str | None:
    """Why acknowledged sales could be lost under these settings; None if they could not."""
    wrong = sorted(f"{n} is {v}" for n, v in settings.items() if n in DURABILITY and v in UNSAFE)
    return f"acknowledged sales could be lost: {', '.join(wrong)}" if wrong else None


async def refuse_unsafe_session(connection: psycopg.AsyncConnection[Any]) -> None:
    """The same for a session that is open: raise StoreUnavailable.

    After a failover another server may answer, and a role may have settings of its own.
    """
    found = await connection.execute(
        "select name, setting from pg_settings where name = any(%s)", [list(DURABILITY)]
    )
    wrong = why_unsafe(dict(await found.fetchall()))
    if wrong is not None:
        raise StoreUnavailable(wrong)


@contextmanager
def translated() -> Generator[None, None, None]:
    """Tells a database that is away (StoreUnavailable) from errors that are our own."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(type(error).__name__) from error
