"""A statement that is kept, served as one that is asked for; what it proves is decided elsewhere.

It is served once: whoever asks again from where it ended is told that there is no other.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cashback_core.reconciliation.file_heads import FileDates
from cashback_core.reconciliation.statements import (
    MAX_BATCH,
    StatementLine,
    StatementReading,
    Statements,
    StatementUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from cashback_core.reconciliation.file_store import FileStore
    from cashback_core.reconciliation.files import KeptFile
    from cashback_core.reconciliation.statements import StatementHead


class StoredStatements(Statements):
    """One complete statement of the store; its instant of asking is that of its bringing."""

    def __init__(self, store: FileStore, file: KeptFile) -> None:
        self._store = store
        self._file = file
        self._is_served = False

    @asynccontextmanager
    async def since(self, instant: datetime) -> AsyncGenerator[StatementReading, None]:
        """It, whatever lies before the instant included. Raises StatementUnavailable."""
        file = self._file
        if self._is_served:
            raise StatementUnavailable("it is told once")
        if file.completed_at is None or file.cleared_at is not None:
            raise StatementUnavailable("the file is not whole, or its lines are cleared")
        self._is_served = True
        yield _Reading(self._store, file, asked_since=instant)

    async def aclose(self) -> None:
        """Nothing is open."""


class _Reading(StatementReading):
    def __init__(self, store: FileStore, file: KeptFile, *, asked_since: datetime) -> None:
        self._store = store
        self._file = file
        self._asked_since = asked_since
        self._is_read = False
        assert file.since is not None
        assert file.through is not None
        zone = file.profile.get("zone")
        self._dates = FileDates(
            since=file.since,
            through=file.through,
            zone=ZoneInfo(zone) if isinstance(zone, str) else None,
        )

    @property
    def head(self) -> StatementHead:
        if not self._is_read:
            raise RuntimeError("a statement's head is known when every line was read")
        file = self._file
        return self._dates.head(
            asked_since=self._asked_since,
            brought_at=file.begun_at,
            declared_count=file.told_lines,
            declared_centavos=file.told_centavos,
        )

    async def lines(self) -> AsyncGenerator[list[StatementLine], None]:
        after = count = 0
        while batch := await self._store.statement_lines(
            self._file.id, limit=MAX_BATCH, after=after
        ):
            after, count = batch[-1].number, count + len(batch)
            for line in batch:
                self._dates.add(line)
            yield list(batch)
        if count != self._file.tally.lines:
            # They were cleared away, or changed, in between: none of them counts.
            raise StatementUnavailable(f"{count} of its {self._file.tally.lines} lines are left")
        self._is_read = True
