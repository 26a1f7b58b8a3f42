"""One worker at a time: whoever reconciles holds a lock, and writes over the lock's connection."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.connection import Role, serving_dsn, translated
from adapters.postgres.reconciliation.book import read_book, read_open
from adapters.postgres.reconciliation.explanations import read_explanations
from adapters.postgres.reconciliation.incidents import (
    close_explained,
    close_unfound,
    oldest,
    standing,
    tell,
)
from adapters.postgres.reconciliation.moves import move
from adapters.postgres.reconciliation.runs import Run, begin, end, is_due
from cashback_core.reconciling import (
    FoundIncident,
    Moved,
    ReconciliationRuns,
    ReconciliationStore,
    RunEnded,
    RunKind,
    Standing,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules, Window

_PATIENCE: Final = "60s"
"""Reconciling reads many rows; it has a connection of its own and more patience than a request."""

_LOCK: Final = 0x5245434F4E  # "RECON"; each database has its own


class PostgresReconciliationStore(ReconciliationStore):
    """Connects once in a while; `rules` say what may still have a credit on a statement."""

    def __init__(self, dsn: str, rules: Rules) -> None:
        self._dsn = serving_dsn(
            dsn,
            application="cashback-settler",
            role=Role.WORKER,
            statement_timeout=_PATIENCE,
            idle_in_transaction_session_timeout=_PATIENCE,
        )
        self._rules = rules

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[ReconciliationRuns | None, None]:
        with translated():
            connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
        try:
            with translated():
                # Of the session: it ends with this connection, however that ends, and no
                # transaction is open while a statement is read.
                found = await connection.execute("select pg_try_advisory_lock(%s)", [_LOCK])
                row = await found.fetchone()
            yield _Runs(connection, self._rules) if row is not None and row[0] else None
        finally:
            await connection.close()


class _Runs(ReconciliationRuns):
    """Writes over the connection that has the lock: whoever lost it writes nothing more."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], rules: Rules) -> None:
        self._connection = connection
        self._rules = rules
        self._run: Run | None = None
        self._known = 0

    @property
    def _begun(self) -> Run:
        assert self._run is not None, "a run begins first"
        return self._run

    async def is_due(self, kind: RunKind, *, period_s: float, retry_s: float) -> bool:
        with translated():
            return await is_due(self._connection, kind, period_s=period_s, retry_s=retry_s)

    async def open_entries(self) -> tuple[BookEntry, ...]:
        with translated():
            return await read_open(self._connection, self._rules)

    async def incidents_since(self) -> datetime | None:
        with translated():
            return await oldest(self._connection)

    async def begin(self, kind: RunKind, asked_since: datetime) -> None:
        with translated():
            self._run = await begin(self._connection, kind, asked_since)

    async def explanations(self) -> Explanations:
        with translated():
            self._known, explanations = await read_explanations(self._connection)
        return explanations

    def book(
        self, since: datetime, named: AsyncIterator[Collection[UUID]]
    ) -> AbstractAsyncContextManager[AsyncIterator[list[BookEntry]]]:
        return read_book(self._connection, self._rules, since, named)

    async def tell(self, found: Sequence[FoundIncident]) -> int:
        with translated():
            async with self._connection.transaction():
                return await tell(self._connection, self._begun, found, known=self._known)

    async def standing(self) -> Standing:
        with translated():
            return await standing(self._connection)

    async def close_explained(self, about: Collection[str | UUID]) -> int:
        with translated():
            return await close_explained(self._connection, self._begun, about)

    async def close_unfound(self, window: Window) -> int:
        with translated():
            return await close_unfound(self._connection, self._begun, window)

    async def move(self, findings: Sequence[Finding]) -> Moved:
        with translated():
            return await move(self._connection, findings, known=self._known)

    async def end(self, ended: RunEnded) -> None:
        with translated():
            await end(self._connection, self._begun, ended)
