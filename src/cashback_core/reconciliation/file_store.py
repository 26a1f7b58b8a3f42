"""Where files of others are kept, and what is told of those that are."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from cashback_core.reconciliation.files import FileLine, FileToTake, KeptFile, StatementSpan
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.values.pages import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePage:
    """Files, the latest first; `next` is where the next page begins, None behind the last."""

    items: tuple[KeptFile, ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong with a line of a file; `name` is what the line calls its sale, if it does."""

    line: int
    problem: str
    name: str | None = None


class FileElsewhereError(Exception):
    """Somebody else brings the same file at this moment, and was ahead."""


class FileStore(Protocol):
    """Where files are kept. One method is one transaction.

    `merchant_id` None stands for the provider's account, whose files are statements. Every method
    raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def begin(self, file: FileToTake) -> KeptFile:
        """Begin a file, or find what was begun, or is complete, of the very same.

        What was refused or cleared before is begun anew, and so is a day's file that no longer
        counts: once it is whole it takes the place of the one that does.
        """

    @abstractmethod
    async def put(self, file: KeptFile, lines: Sequence[FileLine], *, through: int) -> KeptFile:
        """Put its next lines aside, up to that line; the file as it is then.

        Raises FileElsewhereError where `file` is not as it stands any more.
        """

    @abstractmethod
    async def complete(self, file: KeptFile) -> KeptFile:
        """It is whole: from now on its lines count. Raises FileElsewhereError as `put` does."""

    @abstractmethod
    async def refuse(self, file: KeptFile, why: str) -> KeptFile:
        """Nothing of it will ever count. Raises FileElsewhereError as `put` does."""

    @abstractmethod
    async def find(self, merchant_id: int | None, file_id: UUID) -> KeptFile | None:
        """A file of this merchant, or of the account."""

    @abstractmethod
    async def counting_on(self, merchant_id: int, day: date) -> KeptFile | None:
        """The newest whole file of a merchant's day, be its lines cleared."""

    @abstractmethod
    async def files(
        self, merchant_id: int | None, *, limit: int, after: Position | None
    ) -> FilePage:
        """Up to `limit` of them, the latest first, after a position."""

    @abstractmethod
    async def problems(
        self, merchant_id: int | None, file_id: UUID, *, limit: int, after: int
    ) -> tuple[LineProblem, ...]:
        """What is wrong with its lines, up to `limit` of them behind that line."""

    @abstractmethod
    async def statement_lines(
        self, file_id: UUID, *, limit: int, after: int
    ) -> tuple[StatementLine, ...]:
        """Up to `limit` lines of a complete statement behind that line; of any other none."""

    @abstractmethod
    async def counting(self, *, since: datetime, through: datetime) -> tuple[StatementSpan, ...]:
        """See `spans`, of all statements."""

    @abstractmethod
    async def clear(self, *, older_than: timedelta | None, limit: int) -> int:
        """Drop lines of files that came so long ago, of refused ones, and of those never ended.

        About `limit` of them; how many there were. None: complete files are kept.
        """
