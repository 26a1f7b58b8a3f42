"""One worker at a time: whoever reconciles holds a lock, and writes over the lock's connection."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.reconciliation.book import SILENT_S, read_book, read_open
from adapters.postgres.reconciliation.explanations import read_explanations
from adapters.postgres.reconciliation.incidents import tell
from adapters.postgres.reconciliation.incidents_ended import (
    close_explained,
    close_unfound,
    oldest,
    standing,
)
from adapters.postgres.reconciliation.ledger import LONGEST_S, take_in
from adapters.postgres.reconciliation.ledger_aside import LedgerKeys, empty, put_aside
from adapters.postgres.reconciliation.moves import move
from adapters.postgres.reconciliation.runs import Run, begin, end, is_due, told_anew_from
from cashback_core.reconciliation.schedule import (
    Moved,
    ReconciliationRuns,
    ReconciliationStore,
    RunEnded,
    RunKind,
)

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Collection,
        Generator,
        Sequence,
    )
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database
    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules, Window
    from cashback_core.reconciliation.found_incidents import FoundIncident, OpenIncidents
    from cashback_core.reconciliation.ledger import LedgerKept, ToldLine

_PATIENCE_S: Final = 60
"""Reconciling reads many rows; it has a connection of its own and more patience than a request."""

_SESSION: Final = Session(
    application="cashback-settler",
    role=DatabaseRole.WORKER,
    settings={
        "statement_timeout": f"{_PATIENCE_S}s",
        "idle_in_transaction_session_timeout": f"{_PATIENCE_S}s",
    },
    autocommit=True,
)

_LOCK: Final = 0x5245434F4E  # "RECON"; each database has its own


class PostgresReconciliationStore(ReconciliationStore):
    """Connects once in a while; `rules` say what may still have a credit on a statement."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[ReconciliationRuns | None, None]:
        connection = await self._database.connect(_SESSION)
        try:
            with _asking(connection):
                # Of the session: it ends with this connection, however that ends, and no
                # transaction is open while a statement is read.
                found = await connection.execute("select pg_try_advisory_lock(%s)", [_LOCK])
                row = await found.fetchone()
            yield (
                _Runs(connection, self._rules, self._database.seal)
                if row is not None and row[0]
                else None
            )
        finally:
            await connection.close()


class _Runs(ReconciliationRuns):
    """Writes over the connection that has the lock: whoever lost it writes nothing more."""

    def __init__(self, connection: AsyncConnection[Any], rules: Rules, seal: Seal | None) -> None:
        self._connection = connection
        self._rules = rules
        self._seal = seal
        self._run: Run | None = None
        self._known = 0
        self._keys = LedgerKeys(seal)
        self._put: int | None = None

    @property
    def _begun(self) -> Run:
        assert self._run is not None, "a run begins first"
        return self._run

    async def is_due(self, kind: RunKind, *, period_s: float, retry_s: float) -> bool:
        with _asking(self._connection):
            return await is_due(self._connection, kind, period_s=period_s, retry_s=retry_s)

    async def open_entries(self) -> tuple[BookEntry, ...]:
        with _asking(self._connection):
            return await read_open(self._connection, self._rules)

    async def incidents_since(self) -> datetime | None:
        with _asking(self._connection):
            return await oldest(self._connection)

    async def begin(self, kind: RunKind, asked_since: datetime) -> None:
        with _asking(self._connection):
            self._run = await begin(self._connection, kind, asked_since)
        self._put = None

    async def told_anew_from(self, window: Window, asked_at: datetime) -> datetime | None:
        with _asking(self._connection):
            return await told_anew_from(self._connection, window, asked_at)

    async def explanations(self) -> Explanations:
        with _asking(self._connection):
            self._known, explanations = await read_explanations(self._connection, self._seal)
        return explanations

    def book(
        self, since: datetime, named: AsyncIterator[Collection[UUID]]
    ) -> AbstractAsyncContextManager[AsyncIterator[list[BookEntry]]]:
        return read_book(self._connection, self._rules, since, named)

    async def tell(self, found: Sequence[FoundIncident]) -> int:
        with _asking(self._connection):
            async with self._connection.transaction():
                return await tell(
                    self._connection, self._begun, found, known=self._known, seal=self._seal
                )

    async def standing(self) -> OpenIncidents:
        with translated():
            return await standing(self._connection, self._seal)

    async def close_explained(self, about: Collection[str | UUID], asked_at: datetime) -> int:
        with translated():
            return await close_explained(self._connection, self._begun, about, asked_at, self._seal)

    async def close_unfound(self, window: Window, asked_at: datetime) -> int:
        with _asking(self._connection):
            return await close_unfound(self._connection, self._begun, window, asked_at)

    async def move(self, findings: Sequence[Finding]) -> Moved:
        with _asking(self._connection):
            return await move(self._connection, findings, known=self._known)

    async def put_aside(self, lines: Sequence[ToldLine]) -> None:
        with _asking(self._connection):
            if self._put is None:
                await empty(self._connection)
            await put_aside(self._connection, lines, self._keys)
        self._put = (self._put or 0) + len(lines)

    async def take_in(self, window: Window, asked_at: datetime) -> LedgerKept:
        if self._put is None:
            await self.put_aside(())
        with translated(), watched(self._connection, LONGEST_S + SILENT_S):
            kept = await take_in(
                self._connection,
                self._begun,
                window,
                asked_at,
                put=self._put or 0,
                skew=self._rules.margin.skew,
            )
        self._put = None
        return kept

    async def end(self, ended: RunEnded) -> None:
        with _asking(self._connection):
            await end(self._connection, self._begun, ended)


@contextmanager
def _asking(connection: AsyncConnection[Any]) -> Generator[None, None, None]:
    with translated(), watched(connection, SILENT_S):
        yield
