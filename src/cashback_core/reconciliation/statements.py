"""The provider's statement as it is read: line by line, and what it declares of itself.

A reader hands over the lines in batches and then the head; the reconciliation judges them. What
cannot be read is a line too, with its number and the field that is wrong: never guessed, never
left out.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from zoneinfo import ZoneInfo

MAX_REFERENCE: Final = 255
"""Characters kept of a reference."""


MAX_BATCH: Final = 1_000
"""Lines that a reader hands over at once."""


class LineKind(StrEnum):
    """What a line of a statement tells of."""

    CREDIT = "credit"
    REVERSAL = "reversal"
    """An amount taken back: it says that there had been a credit, and proves no absence."""
    UNREADABLE = "unreadable"
    """Something was told that nobody can place: it could be anybody's credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBy:
    """What a line (`line_key`) and its credit (`credit_key`) are known by, however they read."""

    line: str
    credit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of the provider's statement; on an unreadable one, whatever could be read.

    `number` counts from 1 over all pages. `cashback_centavos` is positive: for a reversal the
    amount taken back. Document, amount and instant are None on an unreadable line only, each
    where it could not be read; a date alone stands for that day's first instant in UTC.
    `reference` is the text as told, unprintable characters replaced and cut to MAX_REFERENCE;
    None if null or missing. `problem` names the field and what is wrong with it, without
    anything personal. `doubtful` is what the document says where nothing else of an unreadable
    credit is wrong: a foreigner's, or a CPF or CNPJ told wrongly, and the book may say which; and
    of a credit that is read as a CPF or CNPJ without its zeros, where a foreigner's reads so.

    `was` is set where an erasure changed a line that is kept: what it was known by before, sealed.
    """

    number: int
    kind: LineKind = LineKind.CREDIT
    document: str | None
    cashback_centavos: int | None
    credited_at: datetime | None
    reference: str | None = None
    problem: str | None = None
    doubtful: str | None = None
    was: KnownBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementHead:
    """What the provider declares of its statement, known when every line was read.

    `asked_since` is what we asked for, `asked_at` our clock's instant of asking. `since` and
    `complete_through` are declared and may be anything, a later start than was asked or a
    watermark in the future included; None where nothing readable was declared. Of several pages
    they are the latest start and the earliest watermark. The control totals are over all pages;
    `declared_centavos` is net, credits less reversals, so it may be negative.

    `complete` is False when a further page was told of and not read, or one failed. `defects` say
    why not, and what else of the head could not be read; while there is one, the statement's
    silence proves nothing. `remarks` are what somebody should know though it bars nothing. `zone`
    is whose days its dates are, where that is known.
    """

    asked_since: datetime
    asked_at: datetime
    since: datetime | None
    complete_through: datetime | None
    declared_count: int | None
    declared_centavos: int | None
    pages: int = 1
    complete: bool = True
    defects: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    zone: ZoneInfo | None = None


class StatementUnavailable(Exception):  # noqa: N818 (named by what is wrong)
    """The provider's statement cannot be had, or is none."""


class StatementReading(Protocol):
    """One statement, read once from its first line to its last."""

    @abstractmethod
    def lines(self) -> AsyncIterator[list[StatementLine]]:
        """Its lines in their order, at most MAX_BATCH at once; the event loop turns in between.

        Raises StatementUnavailable, be it after thousands of lines: then none of them counts.
        """

    @property
    @abstractmethod
    def head(self) -> StatementHead:
        """What the provider declares of it. Raises RuntimeError before the last line was read."""


class Statements(Protocol):
    """The provider's own list of what it credited."""

    @abstractmethod
    def since(self, instant: datetime) -> AbstractAsyncContextManager[StatementReading]:
        """Every credit from an aware instant on, as far as the provider declares it complete."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""
