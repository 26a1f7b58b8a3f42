"""One closer at a time: whoever closes holds a lock, and writes over the lock's connection."""

# ruff: noqa: D102 (the port, cashback_core.closing.store, has the words)

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.closing import chains, keeping
from adapters.postgres.closing.lines import Cut, read_lines
from adapters.postgres.closing.old_transactions import OldTransactions
from adapters.postgres.closing.persons import disclosed, name_persons
from adapters.postgres.connection.database import OVERSEEING, READING
from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.connection.sessions import DatabaseRole, Session
from cashback_core.closing.store import CloseStore, Closing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
    from datetime import date, datetime

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database, Purpose
    from cashback_core.closing.close import MerchantClose
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.kept import ChainOwner, Flow, Horizon, KeptClose, KeptDay, OpenDay
    from cashback_core.closing.keys import CloseKey
    from cashback_core.closing.lines import DayLine
    from cashback_core.closing.persons import Disclosed

_PATIENCE_S: Final = 60
_SILENT_S: Final = 75.0
_SESSION: Final = Session(
    application="cashback-closer",
    role=DatabaseRole.WORKER,
    settings={
        "statement_timeout": f"{_PATIENCE_S}s",
        "idle_in_transaction_session_timeout": f"{_PATIENCE_S}s",
        # A page is read in the index's order, also from a table that was never analysed.
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
    },
    autocommit=True,
    vouched=True,
)
LOCK: Final = 0x434C4F5345
"""CLOSE: whoever has this lock closes. Each database has its own."""

WAITED_S: Final = 5.0
"""How long one round waits for old transactions; the next one goes on waiting for the same."""
LOOKED_S: Final = 0.1


class PostgresCloseStore(CloseStore):
    """Connects once in a while to close. `of_all` is by whose rights the account's are read."""

    def __init__(self, database: Database, *, of_all: Purpose = OVERSEEING) -> None:
        self._database = database
        self._of_all = of_all
        self._old: OldTransactions | None = None

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[Closing | None, None]:
        connection = await self._database.connect(_SESSION)
        try:
            with asking(connection):
                found = await connection.execute("select pg_try_advisory_lock(%s)", [LOCK])
                row = await found.fetchone()
            yield _Closing(connection, self) if row is not None and row[0] else None
        finally:
            await connection.close()

    async def settled_at(self, connection: AsyncConnection[Any]) -> datetime | None:
        """See `Closing.settled_at`: what was noted is waited for in later rounds, too."""
        for _ in range(int(WAITED_S / LOOKED_S)):
            with asking(connection):
                old = self._old = self._old or await OldTransactions.note(connection)
                if await old.have_ended(connection):
                    self._old = None
                    return old.noted_at
            await asyncio.sleep(LOOKED_S)
        return None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """See `Closing.waits_for`."""
        return () if self._old is None else self._old.left

    async def closes(
        self, merchant_id: int | None, *, after: int = 0, limit: int
    ) -> Sequence[KeptClose]:
        async with self._reading(merchant_id) as connection:
            return await chains.closes(connection, merchant_id, after=after, limit=limit)

    async def latest(
        self, merchant_id: int | None, *, before: int | None = None, limit: int
    ) -> Sequence[KeptDay]:
        async with self._reading(merchant_id) as connection:
            return await chains.latest(connection, merchant_id, before=before, limit=limit)

    async def close_of(self, merchant_id: int | None, day: date) -> KeptClose | None:
        async with self._reading(merchant_id) as connection:
            return await chains.close_of(connection, merchant_id, day)

    async def lines(self, kept: KeptClose) -> AsyncIterator[Sequence[DayLine]]:
        merchant_id = kept.owner.merchant_id
        if merchant_id is None:
            return
        from_position = 0
        async with self._reading(merchant_id) as connection:
            if kept.number > 1:
                [before] = await chains.closes(
                    connection, merchant_id, after=kept.number - 2, limit=1
                )
                from_position = before.below
        cut = Cut(
            merchant_id=merchant_id,
            day=kept.day,
            begins_at=kept.begins_at,
            ends_at=kept.ends_at,
            from_position=from_position,
            below=kept.below,
        )

        async def ask(asked: LiteralString, values: dict[str, Any]) -> Sequence[Any]:
            async with self._reading(merchant_id) as connection:
                await connection.execute(_IN_ORDER)
                found = await connection.execute(asked, values)
                return await found.fetchall()

        async for lines in read_lines(cut, ask):
            yield lines

    async def owners(self) -> list[int | None]:
        """Who has closes: merchants by id, and last the account."""
        async with self._database.pool(OVERSEEING).connection() as connection:
            found = await connection.execute(
                "select merchant_id from closes where number = 1 order by merchant_id nulls last"
            )
            return [merchant_id for (merchant_id,) in await found.fetchall()]

    async def disclosed(self, merchant_id: int, day: date, document: str) -> Disclosed | None:
        """By what it is shown whose a day's lines are, while the customer is somebody."""
        async with self._database.pool(OVERSEEING).connection() as connection:
            return await disclosed(connection, merchant_id, day, document)

    async def keys(self) -> Sequence[CloseKey]:
        async with self._database.pool(READING).connection() as connection:
            return await chains.keys(connection)

    @asynccontextmanager
    async def _reading(self, merchant_id: int | None) -> AsyncGenerator[AsyncConnection[Any], None]:
        if merchant_id is not None:
            async with self._database.pool(READING).reading_for(merchant_id) as connection:
                yield connection
        else:
            async with self._database.pool(self._of_all).connection() as connection:
                yield connection


_IN_ORDER: Final[LiteralString] = """
    select set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)
"""


class _Closing(Closing):
    """Writes over the connection that has the lock: whoever lost it writes nothing more."""

    def __init__(self, connection: AsyncConnection[Any], store: PostgresCloseStore) -> None:
        self._connection = connection
        self._store = store

    async def now(self) -> datetime:
        with asking(self._connection):
            found = await self._connection.execute("select clock_timestamp()")
            row = await found.fetchone()
        assert row is not None
        instant: datetime = row[0]
        return instant

    async def open_days(self) -> Sequence[OpenDay]:
        with asking(self._connection):
            return await chains.open_days(self._connection)

    async def next_day(self, kept: KeptClose) -> OpenDay:
        with asking(self._connection):
            [day] = await chains.open_days(self._connection, kept.owner)
        return day

    async def settled_at(self) -> datetime | None:
        return await self._store.settled_at(self._connection)

    @property
    def waits_for(self) -> Sequence[str]:
        return self._store.waits_for

    async def horizon(self, day: OpenDay) -> Horizon:
        with asking(self._connection):
            return await chains.horizon(self._connection, day)

    async def name_persons(self, day: OpenDay, horizon: Horizon) -> None:
        with asking(self._connection):
            await name_persons(self._connection, chains.cut_of(day, horizon))

    async def lines(self, day: OpenDay, horizon: Horizon) -> AsyncIterator[Sequence[DayLine]]:
        async def ask(asked: LiteralString, values: dict[str, Any]) -> Sequence[Any]:
            with asking(self._connection):
                found = await self._connection.execute(asked, values)
                return await found.fetchall()

        async for lines in read_lines(chains.cut_of(day, horizon), ask):
            yield lines

    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
        with asking(self._connection):
            return await chains.flows(self._connection, day, horizon)

    async def merchants(self, day: date) -> Sequence[MerchantClose]:
        with asking(self._connection):
            return await chains.merchants_closes(self._connection, day)

    async def keep(self, kept: KeptClose, public_key: bytes) -> None:
        with asking(self._connection, keeping.FIGURES_S + _SILENT_S):
            await keeping.keep(self._connection, kept, public_key)

    async def hash_at(self, owner: ChainOwner, number: int) -> str | None:
        with asking(self._connection):
            return await chains.hash_at(self._connection, owner, number)

    async def tell(self, found: ClosedRound) -> None:
        with asking(self._connection):
            await keeping.tell(self._connection, found)


@contextmanager
def asking(
    connection: AsyncConnection[Any], silent_s: float = _SILENT_S
) -> Generator[None, None, None]:
    """One question, however long it may take."""
    with translated(), watched(connection, silent_s):
        yield
