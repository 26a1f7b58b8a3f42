"""Files in memory: every promise of the port."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.file_store import (
    FileElsewhereError,
    FilePage,
    FileStore,
    LineProblem,
)
from cashback_core.reconciliation.files import (
    FileLine,
    FileState,
    FileTopic,
    FileToTake,
    KeptFile,
    LineTally,
    StatementSpan,
    spans,
)
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.reconciliation.told_sales import ToldSale
from cashback_core.values.ids import new_id
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

_LEFT_AFTER: Final = timedelta(days=7)


def _now() -> datetime:
    return datetime.now(UTC)


def _completed(file: KeptFile) -> tuple[datetime, UUID]:
    assert file.completed_at is not None
    return file.completed_at, file.id


@dataclass(slots=True)
class _Row:
    file: KeptFile
    identity: bytes
    moved_at: datetime
    lines: list[FileLine] = field(default_factory=list[FileLine])


class MemoryFiles(FileStore):
    """Every file in the order of its beginning; `now` is its clock."""

    def __init__(
        self, *, skew: timedelta = timedelta(0), now: Callable[[], datetime] = _now
    ) -> None:
        self._skew = skew
        self._now = now
        self._rows: dict[UUID, _Row] = {}

    async def begin(self, file: FileToTake) -> KeptFile:
        """See the port."""
        await asyncio.sleep(0)
        for row in self._rows.values():
            if row.identity != file.identity or row.file.cleared_at is not None:
                continue
            told = self._told(row.file)
            under_way = told.state is FileState.BEGUN
            if under_way or (told.state is FileState.COMPLETE and told.counts is not False):
                return told
        now = self._now()
        through = None
        if file.through is not None and file.since is not None:
            through = max(file.since, min(file.through, now - self._skew))
        kept = KeptFile(
            id=new_id(),
            topic=file.topic,
            merchant_id=file.merchant_id,
            name=file.name,
            sha256=file.sha256,
            declared_by=file.declared_by,
            declared=file.declared,
            profile=file.profile,
            day=file.day,
            since=file.since,
            through=through,
            told_lines=file.told_lines,
            told_centavos=file.told_centavos,
            tally=LineTally(),
            read_through=0,
            begun_at=now,
        )
        self._rows[kept.id] = _Row(kept, file.identity, now)
        return self._told(kept)

    async def put(self, file: KeptFile, lines: Sequence[FileLine], *, through: int) -> KeptFile:
        """See the port."""
        row = await self._as_it_stands(file)
        row.lines += lines
        row.moved_at = self._now()
        row.file = replace(
            row.file,
            read_through=through,
            tally=row.file.tally + LineTally.of(lines),
        )
        return self._told(row.file)

    async def complete(self, file: KeptFile) -> KeptFile:
        """See the port."""
        row = await self._as_it_stands(file)
        row.file = replace(row.file, completed_at=self._now())
        return self._told(row.file)

    async def refuse(self, file: KeptFile, why: str) -> KeptFile:
        """See the port."""
        row = await self._as_it_stands(file)
        row.file = replace(row.file, refused_at=self._now(), refused_why=why)
        return self._told(row.file)

    async def _as_it_stands(self, file: KeptFile) -> _Row:
        await asyncio.sleep(0)
        row = self._rows[file.id]
        stands = row.file
        is_over = stands.state is not FileState.BEGUN or stands.cleared_at is not None
        if is_over or stands.read_through != file.read_through:
            raise FileElsewhereError
        return row

    async def find(self, merchant_id: int | None, file_id: UUID) -> KeptFile | None:
        """See the port."""
        await asyncio.sleep(0)
        row = self._rows.get(file_id)
        if row is None or row.file.merchant_id != merchant_id:
            return None
        return self._told(row.file)

    async def counting_on(self, merchant_id: int, day: date) -> KeptFile | None:
        """See the port."""
        await asyncio.sleep(0)
        return self._newest(merchant_id, day)

    def _newest(self, merchant_id: int | None, day: date | None) -> KeptFile | None:
        whole = [
            row.file
            for row in self._rows.values()
            if (row.file.merchant_id, row.file.day) == (merchant_id, day)
            and row.file.state is FileState.COMPLETE
        ]
        newest = max(whole, key=_completed, default=None)
        return None if newest is None else replace(newest, counts=True)

    def _told(self, file: KeptFile) -> KeptFile:
        if file.topic is not FileTopic.ERP_DAY:
            return file
        newest = self._newest(file.merchant_id, file.day)
        return replace(file, counts=newest is not None and newest.id == file.id)

    async def files(
        self, merchant_id: int | None, *, limit: int, after: Position | None
    ) -> FilePage:
        """See the port."""
        await asyncio.sleep(0)
        theirs = [
            self._told(row.file)
            for row in self._rows.values()
            if row.file.merchant_id == merchant_id
        ]
        theirs.sort(key=lambda one: (one.begun_at, one.id), reverse=True)
        if after is not None:
            theirs = [one for one in theirs if (one.begun_at, one.id) < (after.at, after.id)]
        items = tuple(theirs[:limit])
        last = items[-1] if len(theirs) > limit else None
        position = Position(at=last.begun_at, id=last.id) if last else None
        return FilePage(items=items, next=position)

    async def problems(
        self, merchant_id: int | None, file_id: UUID, *, limit: int, after: int
    ) -> tuple[LineProblem, ...]:
        """See the port."""
        if await self.find(merchant_id, file_id) is None:
            return ()
        found: list[LineProblem] = []
        for line in self._rows[file_id].lines:
            if isinstance(line, ToldSale):
                number, name = line.line, line.name
            else:
                number, name = line.number, None
            if line.problem is not None and number > after:
                found.append(LineProblem(line=number, problem=line.problem, name=name))
        return tuple(found[:limit])

    async def statement_lines(
        self, file_id: UUID, *, limit: int, after: int
    ) -> tuple[StatementLine, ...]:
        """See the port."""
        await asyncio.sleep(0)
        row = self._rows[file_id]
        if row.file.state is not FileState.COMPLETE or row.file.cleared_at is not None:
            return ()
        lines = [
            line for line in row.lines if isinstance(line, StatementLine) and line.number > after
        ]
        return tuple(lines[:limit])

    async def counting(self, *, since: datetime, through: datetime) -> tuple[StatementSpan, ...]:
        """See the port."""
        await asyncio.sleep(0)
        told = [row.file for row in self._rows.values() if row.file.topic is FileTopic.STATEMENT]
        return spans(told, since=since, through=through)

    async def clear(self, *, older_than: timedelta | None, limit: int) -> int:
        """See the port."""
        await asyncio.sleep(0)
        now = self._now()
        for row in self._rows.values():
            file = row.file
            if not self._is_past(row, now, older_than) or (
                file.cleared_at is not None and not row.lines
            ):
                continue
            row.file = replace(file, cleared_at=file.cleared_at or now)
            gone = row.lines[:limit]
            del row.lines[:limit]
            return max(len(gone), 1)
        return 0

    def _is_past(self, row: _Row, now: datetime, older_than: timedelta | None) -> bool:
        ended = row.file.completed_at
        if row.file.state is FileState.BEGUN:
            return row.moved_at < now - _LEFT_AFTER
        return ended is None or (older_than is not None and ended < now - older_than)
