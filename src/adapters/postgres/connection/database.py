"""The one door to PostgreSQL: connections, pools, deadlines, and what is done about a lost server.

Stores are given the database and own no connection. What they may use at once is said here, for
each purpose: no purpose takes the connections that another needs.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString, Self

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from adapters.postgres.connection.deadlines import DEADLINE_S, Watch, watched
from adapters.postgres.connection.faults import is_of_no_use, translated
from adapters.postgres.connection.sessions import DatabaseRole, Session, begin, conninfo
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from types import TracebackType

    from cashback_core.privacy.seals import Seal

CHECK_S: Final = 1.0
"""How long a pooled connection is waited for to say that it is there."""

CONNECT_S: Final = 10.0
"""Longest that making one connection takes, over all hosts."""

FLUSHED: Final[LiteralString] = "select (pg_current_wal_flush_lsn() - '0/0')::bigint"
"""How far the log is safely written, in bytes: at least to the end of what was committed before."""

NAME_MERCHANTS: Final = "select set_config('cashback.merchants', %s, true)"
"""What row-level security goes by, until the transaction ends; the value comes from `named`."""

NAME_BOTH: Final = (
    "select set_config('cashback.merchants', %s, true), set_config('cashback.reads_only', %s, true)"
)
"""The same, and the only group whose sales are seen."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purpose:
    """What a pool is for: its sessions, how many at once, and how long one of them is waited for.

    `most` is None where the settings say it. Nothing is connected before it is asked for, but for
    `at_least`. `marks`: how far the log is after what was committed is kept, see `position`.
    """

    session: Session
    most: int | None
    wait_s: float = 1.0
    at_least: int = 0
    marks: bool = False


READING: Final = Purpose(
    session=Session(
        application="cashback", role=DatabaseRole.SERVING, autocommit=True, vouched=True
    ),
    most=None,
    at_least=1,
)
"""A sale's reads, and everybody's of one merchant."""

CONFIRMING: Final = Purpose(
    # A pool of its own: its commits let something be sent, and are marked as those of sales are.
    session=Session(application="cashback confirmations", role=DatabaseRole.SERVING, vouched=True),
    most=4,
    wait_s=1.5,
    marks=True,
)
CHORES: Final = Purpose(
    session=Session(
        application="cashback", role=DatabaseRole.WORKER, autocommit=True, vouched=True
    ),
    most=None,
    marks=True,
)
"""What concerns every merchant; a process that only serves never connects for it."""

IDENTIFYING: Final = Purpose(
    # Most answers are remembered for seconds: few serve many callers. A method is one statement.
    session=Session(application="cashback identity", role=DatabaseRole.IDENTITY, autocommit=True),
    most=4,
)
OPERATING: Final = Purpose(
    # Operators are few, and must not take the connections that sales need.
    session=Session(application="cashback operators", role=DatabaseRole.SERVING),
    most=2,
    wait_s=1.5,
    marks=True,
)
OVERSEEING: Final = Purpose(
    session=Session(application="cashback operators", role=DatabaseRole.WORKER),
    most=2,
    wait_s=1.5,
    marks=True,
)
"""What an operator does for all merchants, or for what is nobody's."""

ANSWERING_INCIDENTS: Final = Purpose(
    session=Session(application="cashback incidents", role=DatabaseRole.PLATFORM),
    most=2,
    wait_s=1.5,
)
"""The same, in a process that serves: its login is no worker's."""

ADMINISTERING: Final = Purpose(
    # As few as operators. Each transaction takes the role of whoever asks.
    session=Session(application="cashback administration", role=DatabaseRole.SERVING),
    most=2,
    wait_s=1.5,
)
ERASING: Final = Purpose(
    # An erasure reads through a merchant's whole trail, however long that has become.
    session=Session(
        application="cashback privacy",
        role=DatabaseRole.ERASER,
        settings={"statement_timeout": "20s"},
    ),
    most=2,
    wait_s=1.5,
)
REPORTING: Final = Purpose(
    # Whoever asks for figures reads much, and takes nobody's connections. Its memory is set by the
    # functions that need it.
    session=Session(
        application="cashback reports",
        role=DatabaseRole.SERVING,
        settings={"statement_timeout": "10s"},
    ),
    most=2,
    wait_s=5.0,
)
SENDING_WEBHOOKS: Final = Purpose(
    # Whatever receivers do, nothing that pays takes part: not even a connection is shared.
    session=Session(application="cashback webhooks", role=DatabaseRole.WORKER, autocommit=True),
    most=2,
    wait_s=10.0,  # nobody waits for a webhook, and what was sent is known only once it is stored
)
PURPOSES: Final = (
    READING,
    CONFIRMING,
    CHORES,
    IDENTIFYING,
    OPERATING,
    OVERSEEING,
    ANSWERING_INCIDENTS,
    ADMINISTERING,
    ERASING,
    REPORTING,
    SENDING_WEBHOOKS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """How much of a pool is used at this moment."""

    lent: int
    idle: int
    most: int
    waiting: int


def named(merchant_ids: Iterable[int]) -> str:
    """Merchants as NAME_MERCHANTS takes them."""
    return "{" + ",".join(str(merchant_id) for merchant_id in merchant_ids) + "}"


class Database:
    """Whatever a process has of PostgreSQL. Open it before use; needs no database to open.

    `reading` is the most connections of READING, and of CHORES. `seal` holds the key by which an
    erased customer's sales and lines are known; who takes sales, reconciles or erases needs it.
    """

    def __init__(self, dsn: str, *, reading: int = 4, seal: Seal | None = None) -> None:
        self._dsn = dsn
        self.seal: Final = seal
        self._pools = {
            purpose: DatabasePool(self, dsn, purpose, most=purpose.most or reading)
            for purpose in PURPOSES
        }
        self._before_use: Callable[[], Awaitable[object]] | None = None
        self._is_open = False
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._renewal: asyncio.Task[None] | None = None
        self._position = 0

    @property
    def needed_seal(self) -> Seal:
        """The key for an erasure. Raises LookupError without one: nothing could be found again."""
        if self.seal is None:
            raise LookupError("without an erasure key nobody is erased")
        return self.seal

    @property
    def position(self) -> int:
        """How far the log was, in bytes, after the last commit that something may be sent for.

        A server whose log does not reach so far has forgotten some of it.
        """
        return self._position

    def mark(self, position: int) -> None:
        """Keep how far the log was after a commit."""
        self._position = max(self._position, position)

    async def mark_from(self, connection: AsyncConnection[Any]) -> None:
        """The same, asked over the connection of the commit.

        Without an answer the use has failed, as without that of the commit: nothing may be sent
        for what was committed.
        """
        found = await connection.execute(FLUSHED)
        row = await found.fetchone()
        await connection.commit()
        self.mark(int(row[0]) if row is not None else 0)

    async def open(self, *, before_use: Callable[[], Awaitable[object]] | None = None) -> None:
        """Begin. `before_use` is awaited before a new vouched session is used for anything."""
        self._before_use = before_use
        self._is_open = True
        for pool in self._pools.values():
            await pool.open()

    async def close(self) -> None:
        """Hang up everywhere; whoever has a connection of its own does so first."""
        for close in reversed(self._closing):
            await close()
        self._is_open = False
        if self._renewal is not None:
            await asyncio.gather(self._renewal, return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have somebody told, before the pools are closed."""
        self._closing.append(close)

    def pool(self, purpose: Purpose) -> DatabasePool:
        """The connections of a purpose."""
        return self._pools[purpose]

    def use(self) -> PoolUse:
        """How much of READING and CHORES is used at this moment."""
        reading, chores = self._pools[READING].use(), self._pools[CHORES].use()
        return PoolUse(
            lent=reading.lent + chores.lent,
            idle=reading.idle + chores.idle,
            most=reading.most + chores.most,
            waiting=reading.waiting + chores.waiting,
        )

    async def connect(
        self, session: Session, *, within_s: float = CONNECT_S
    ) -> AsyncConnection[Any]:
        """A connection of the caller's own, to be watched and closed. Raises StoreUnavailable."""
        if session.vouched and not self._is_open:
            raise StoreUnavailable("closed")
        try:
            with translated():
                async with asyncio.timeout(within_s):
                    connection = await AsyncConnection[Any].connect(
                        conninfo(self._dsn, session), autocommit=True
                    )
        except TimeoutError as error:
            raise StoreUnavailable("ConnectionTimeout") from error
        try:
            with translated():
                await self.begin(connection, session)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def begin(self, connection: AsyncConnection[Any], session: Session) -> None:
        """Make a fresh connection a session that may be used. Raises StoreUnavailable."""
        with watched(connection):
            await begin(connection, session)
        if session.vouched and self._before_use is not None:
            await self._before_use()

    @asynccontextmanager
    async def connection(self, session: Session) -> AsyncGenerator[AsyncConnection[Any], None]:
        """One use, over a connection of its own; committed at its end. Raises StoreUnavailable."""
        with translated(), Watch(session.deadline_s) as watch:
            lent = await self.connect(session, within_s=session.deadline_s)
            async with lent as connection:
                watch.over(connection)
                yield connection

    def renew(self) -> None:
        """Hang up on every pooled connection; those that are lent go when they come back."""
        if self._is_open and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        await asyncio.gather(*(pool.renew() for pool in self._pools.values()))


class DatabasePool:
    """The connections of one purpose, made when they are needed."""

    def __init__(self, database: Database, dsn: str, purpose: Purpose, *, most: int) -> None:
        async def configure(connection: AsyncConnection[Any]) -> None:
            await database.begin(connection, purpose.session)

        self._database = database
        self._wait_s = purpose.wait_s
        self._marks = purpose.marks
        self._pool = AsyncConnectionPool[AsyncConnection[Any]](
            conninfo(dsn, purpose.session),
            min_size=purpose.at_least,
            max_size=most,
            timeout=purpose.wait_s,
            # No pause before another try: after a crash the server is back within moments.
            reconnect_timeout=0.0,
            configure=configure,
            kwargs={"autocommit": True},
            open=False,
        )

    async def open(self) -> None:
        """Begin; needs no database yet."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Hang up."""
        await self._pool.close()

    async def renew(self) -> None:
        """Hang up on what is idle, and on what is lent when it comes back."""
        await self._pool.drain()

    def use(self) -> PoolUse:
        """How much of it is used at this moment."""
        stats = self._pool.get_stats()
        return PoolUse(
            lent=stats["pool_size"] - stats["pool_available"],
            idle=stats["pool_available"],
            most=stats["pool_max"],
            waiting=stats["requests_waiting"],
        )

    @asynccontextmanager
    async def connection(
        self, *, deadline_s: float = DEADLINE_S
    ) -> AsyncGenerator[AsyncConnection[Any], None]:
        """One use; what it began is committed at its end, or undone by an exception.

        Raises StoreUnavailable.
        """
        database = self._database
        with translated(), Watch(deadline_s, database.renew) as watch:
            connection = await self._lend(watch)
            try:
                watch.over(connection)
                async with connection:  # it knows that it is a pool's, and stays open
                    yield connection
                if self._marks:
                    await database.mark_from(connection)
            except psycopg.Error as error:
                if is_of_no_use(error):  # it tells of the server and not of a statement
                    _log.warning("every connection is made anew: %s", type(error).__name__)
                    await connection.close()
                    database.renew()
                raise
            finally:
                await self._pool.putconn(connection)

    @asynccontextmanager
    async def acting_for(
        self, merchant_id: int, *, group: str | None = None, deadline_s: float = DEADLINE_S
    ) -> AsyncGenerator[AsyncConnection[Any], None]:
        """A transaction on one merchant's rows; with `group` it sees only the sales of that one.

        Raises StoreUnavailable.
        """
        lent = self.connection(deadline_s=deadline_s)
        async with lent as connection, connection.transaction():
            await _name(connection, merchant_id, group)
            yield connection

    @asynccontextmanager
    async def reading_for(
        self, merchant_id: int, *, group: str | None = None, deadline_s: float = DEADLINE_S
    ) -> AsyncGenerator[AsyncConnection[Any], None]:
        """A snapshot of one merchant's rows, to be read; with `group` only the sales of that one.

        Raises StoreUnavailable. In a pipeline: to begin and to name the merchant cost no round
        trips of their own.
        """
        async with (
            self.connection(deadline_s=deadline_s) as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            await connection.execute("set transaction isolation level repeatable read read only")
            await _name(connection, merchant_id, group)
            yield connection

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers."""
        async with self.connection() as connection:
            await connection.execute("select 1")

    async def _lend(self, watch: Watch) -> AsyncConnection[Any]:
        """A connection that answers: after a restart of the server every pooled one is dead."""
        connection = await self._pool.getconn(self._wait_s)
        try:
            answers = await _answers(connection)
        except BaseException:
            await self._pool.putconn(connection)
            raise
        if answers:
            return connection
        await self._pool.putconn(connection)
        # What is true of one is true of its like; what comes now is made anew.
        await self._pool.drain()
        self._database.renew()
        return await self._pool.getconn(min(self._wait_s, watch.left_s))


async def _name(connection: AsyncConnection[Any], merchant_id: int, group: str | None) -> None:
    merchants = named([merchant_id])
    if group is None:
        await connection.execute(NAME_MERCHANTS, [merchants])
    else:
        await connection.execute(NAME_BOTH, [merchants, group])


async def _answers(connection: AsyncConnection[Any]) -> bool:
    try:
        with watched(connection, CHECK_S):
            await AsyncConnectionPool.check_connection(connection)
    except psycopg.Error:
        await connection.close()
        return False
    return True
