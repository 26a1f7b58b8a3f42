"""Bringing a file in: a part at a time, each stored by itself, and all of it or nothing in the end.

Whoever dies in between is gone on from: the same file, brought again, is read from its beginning
and put aside from behind the last part that was stored.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile, islice
from typing import BinaryIO, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from cashback_core.reconciliation.file_store import FileStore
from cashback_core.reconciliation.files import FileLine, FileState, FileToTake, KeptFile
from cashback_core.reconciliation.told_sales import ToldSale

PART_LINES: Final = 5_000
"""Lines of a part: a transaction of some tens of milliseconds."""

MAX_WHY: Final = 500

MAX_DAYS: Final = 93
"""For how many days a statement may be declared: a quarter, and a day by its zone.

Each payment of its window that a statement lacks is an incident: a slip in the year made one of
each payment there ever was.
"""

FileForm = Literal["csv", "jsonl", "xlsx"]


def _nothing() -> None:
    pass


class FileUnreadableError(Exception):
    """A file of which nothing can be had any more at some line; the message says why."""


class ProfileMisfitError(Exception):
    """How a file is said to be written is nonsense, or not how it is; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HowWritten:
    """How a file is written: its form, and a profile in TOML, if any."""

    form: FileForm
    profile: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as it is read: its profile, for a program, and its lines, which are read as asked.

    `lines` raises ProfileMisfitError at its first one, FileUnreadableError at any. Whoever asks for
    no more calls `stop`, also while another thread waits for a line.
    """

    profile: Mapping[str, object]
    lines: Iterator[FileLine]
    stop: Callable[[], object] = _nothing


class FileReader(Protocol):
    """Reads files of others. Raises ProfileMisfitError."""

    @abstractmethod
    def day(self, file: BinaryIO, how: HowWritten, zone: ZoneInfo) -> ReadFile:
        """An ERP's sales of a day; instants without an offset are of that zone."""

    @abstractmethod
    def statement(self, file: BinaryIO, how: HowWritten) -> ReadFile:
        """A statement of the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDesk:
    """Where files are handed in: what they are read by, where they are kept, how large they are."""

    reader: FileReader
    store: FileStore
    max_lines: int
    max_bytes: int
    max_days: int = MAX_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of a file; `is_known` says that it was complete before.

    `instead_of` is the file that counted for its day before this one.
    """

    file: KeptFile
    is_known: bool = False
    instead_of: KeptFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """Brings files in. `max_lines` is the most that one may have; `on_part` is told of each part.

    A statement that is declared for more than `max_days`, the future left out, is refused unread;
    a day's file of which no line is of that day, once it was read.

    Lines are read in a thread. Raises FileElsewhereError, StoreUnavailable, and whatever `lines`
    raises, but for FileUnreadableError: then, and where it does not add up to what was told or has
    too many lines, the file is refused, which it says.
    """

    store: FileStore
    max_lines: int
    max_days: int = MAX_DAYS
    part_lines: int = PART_LINES
    on_part: Callable[[KeptFile], object] | None = None

    async def __call__(self, file: FileToTake, lines: Iterable[FileLine]) -> Brought:
        """Bring it in, or what is left of it."""
        kept = await self.store.begin(file)
        if kept.state is not FileState.BEGUN:
            return Brought(file=kept, is_known=True)
        if (why := self._declared_too_long(kept)) is not None:
            return Brought(file=await self.store.refuse(kept, why))
        done, dated = kept.read_through, _Dated(file)
        rest = dropwhile(lambda line: number_of(line) <= done, lines) if done else iter(lines)
        while True:
            try:
                part = await asyncio.to_thread(_next, rest, self.part_lines)
            except FileUnreadableError as error:
                why = str(error)
                break
            if not part:
                break
            if kept.tally.lines + len(part) > self.max_lines:
                why = f"it has more than {self.max_lines} lines"
                break
            dated.look_at(part)
            kept = await self.store.put(kept, part, through=number_of(part[-1]))
            if self.on_part is not None:
                self.on_part(kept)
        why = why or (None if done else dated.misfit) or kept.misfit
        if why is not None:
            return Brought(file=await self.store.refuse(kept, why[:MAX_WHY]))
        before = None
        if file.merchant_id is not None and file.day is not None:
            before = await self.store.counting_on(file.merchant_id, file.day)
        return Brought(file=await self.store.complete(kept), instead_of=before)

    def _declared_too_long(self, kept: KeptFile) -> str | None:
        if kept.since is None or kept.through is None:
            return None
        days = -((kept.since - kept.through) // timedelta(days=1))
        if days <= self.max_days:
            return None
        return (
            f"it is declared for {days} days, and at most {self.max_days} are taken:"
            " is its first day right? Bring a longer one in parts"
        )


class _Dated:
    """Whether any line of a day's file is of its day, where it was sold."""

    def __init__(self, file: FileToTake) -> None:
        self._day = file.day
        self._zone = ZoneInfo(str(file.profile.get("zone", "UTC")))
        self._others: set[date] = set()
        self._is_of_it = False

    def look_at(self, lines: Iterable[FileLine]) -> None:
        if self._day is None or self._is_of_it:
            return
        for line in lines:
            if isinstance(line, ToldSale) and line.sold_at is not None:
                day = line.sold_at.astimezone(self._zone).date()
                if day == self._day:
                    self._is_of_it = True
                    return
                self._others.add(day)

    @property
    def misfit(self) -> str | None:
        if self._is_of_it or not self._others:
            return None
        first, last = min(self._others), max(self._others)
        days = f"of {first}" if first == last else f"from {first} to {last}"
        return f"none of its lines is of {self._day}: they are {days}"


def number_of(line: FileLine) -> int:
    """Which line of its file it is, from 1 on."""
    return line.line if isinstance(line, ToldSale) else line.number


def _next(rest: Iterator[FileLine], count: int) -> list[FileLine]:
    return list(islice(rest, count))
