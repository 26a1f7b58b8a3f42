"""The provider's ledger as its statements tell it: every credit once, in one class of one owner.

Lines never add up across statements. Of the days that a complete statement covers it says what
there is: what is new enters, what is told as something else moves, what it does not tell any more
leaves. Of other days a line that it tells is in the ledger, and what it does not tell stays. Where
a statement that was asked for later covers a line, an earlier one changes nothing of it.

A credit may be told otherwise by another statement, by its date alone, or without its reference:
it is one credit all the same (`respelled`).
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from typing import Final, NamedTuple, Protocol, Self
from uuid import UUID

from cashback_core.reconciliation.entries import credit_key, is_date_alone, line_key
from cashback_core.reconciliation.findings import Finding, FindingClass, signed_centavos
from cashback_core.reconciliation.ledger_reach import LedgerReach
from cashback_core.reconciliation.windows import Window

DAY_BEFORE: Final = timedelta(days=1)
DAY_AFTER: Final = timedelta(days=2)
"""How far from its first instant in UTC the credits of a date may lie, in whatever zone it is."""


def is_fit(window: Window) -> bool:
    """Whether a statement is taken in: what was cut, or does not add up, may have lost lines."""
    return not window.distrust


class ToldLine(NamedTuple):
    """A line as a run tells it to the ledger.

    A tuple, since a run makes one of every line. `centavos` is signed: what is taken back is
    negative, what cannot be read is 0. Owner and cashback are None for what is the account's.
    `alike` is the same for credits of one document and amount, whenever they were; None of others.
    """

    key: str
    cls: FindingClass
    centavos: int
    credited_at: datetime | None
    merchant_id: int | None
    cashback_id: UUID | None
    alike: str | None = None

    @classmethod
    def of(cls, finding: Finding) -> Self | None:
        """What is told of a finding; None of one without a line."""
        line, entry = finding.line, finding.entry or finding.about
        if line is None:
            return None
        return cls(
            line_key(line),
            finding.cls,
            signed_centavos(line),
            line.credited_at,
            None if entry is None else entry.merchant_id,
            None if entry is None else entry.id,
            credit_key(line),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A line that is kept; without a class it has left, and its place is kept.

    `nth` tells lines that read the same from each other. Of one without an instant `told` is what
    the statements covered that told it; of a date its day's first instant and the next day's, where
    a statement told whose day it is.
    """

    key: str
    nth: int
    centavos: int
    credited_at: datetime | None
    cls: FindingClass | None
    merchant_id: int | None = None
    cashback_id: UUID | None = None
    told: tuple[datetime, datetime] | None = None
    alike: str | None = None

    def is_as(self, one: ToldLine) -> bool:
        """Whether a line is told as what it is already."""
        mine = (self.cls, self.merchant_id, self.cashback_id)
        return mine == (one.cls, one.merchant_id, one.cashback_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTelling:
    """What a statement that is complete and without defects covers.

    `newer` are the windows of those taken into the ledger that were asked for later. `skew` is the
    most that two clocks differ.
    """

    window: Window
    skew: timedelta
    newer: tuple[Window, ...] = ()

    def decides(self, line: LedgerLine | ToldLine) -> bool:
        """Whether no later statement covers the line."""
        return not any(self._covers(window, line) for window in self.newer)

    def must_tell(self, line: LedgerLine) -> bool:
        """Whether a line that is still there would be on this statement.

        Where a later statement may have told it, at the edge of its days or beyond, an earlier
        one's silence is none.
        """
        _, through = self._span(line)
        is_past = all(through < window.since - DAY_AFTER for window in self.newer)
        return is_past and self._covers(self.window, line)

    def is_near(self, line: LedgerLine) -> bool:
        """Whether a line is of the statement's days, or of two more on either side."""
        at, window = line.credited_at, self.window
        return at is not None and window.since - DAY_AFTER <= at <= window.through + DAY_AFTER

    def _covers(self, window: Window, line: LedgerLine | ToldLine) -> bool:
        since, through = self._span(line)
        return window.since <= since and through <= window.through

    def _span(self, line: LedgerLine | ToldLine) -> tuple[datetime, datetime]:
        """When the credit of a line was, at the earliest and at the latest.

        Of a date in whatever zone it is: lines of one key are decided alike.
        """
        at = line.credited_at
        if at is None:
            told = line.told if isinstance(line, LedgerLine) else None
            return told or (self.window.since, self.window.through)
        if is_date_alone(at):
            return at - DAY_BEFORE, at + DAY_AFTER
        return at - self.skew, at + self.skew

    def tells(self, at: datetime | None) -> tuple[datetime, datetime] | None:
        """What it tells of when a line's credit was, that has no instant (`LedgerLine.told`)."""
        window = self.window
        if at is None:
            return window.since, window.through
        if window.zone is None or not is_date_alone(at) or not 1 < at.year < MAXYEAR:
            return None
        begins = datetime.combine(at.date(), time.min, window.zone)
        return begins.astimezone(UTC), (begins + timedelta(days=1)).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerChange:
    """A line before (None: there was none) and after a statement was taken into the ledger."""

    before: LedgerLine | None
    after: LedgerLine

    @property
    def moves(self) -> bool:
        """Whether its class or its owner is another, and not its cashback alone."""
        was = None if self.before is None else (self.before.cls, self.before.merchant_id)
        return (was or (None, None)) != (self.after.cls, self.after.merchant_id)


def changes(
    standing: Sequence[LedgerLine], told: Sequence[ToldLine], telling: LedgerTelling
) -> Iterator[LedgerChange]:
    """What a statement changes in the lines of one key, all of which are in `standing`.

    Lines of one key are interchangeable: first those are paired that are what they were.
    """
    left = [one for one in standing if telling.decides(one)]
    others: list[ToldLine] = []
    for one in (one for one in told if telling.decides(one)):
        same = next((line for line in left if line.is_as(one)), None)
        if same is None:
            others.append(one)
            continue
        left.remove(same)
        if (after := _told_again(same, telling)) != same:
            yield LedgerChange(before=same, after=after)
    left.sort(key=lambda line: (line.cls is None, line.nth))
    others.sort(key=_order)
    for nth, one in enumerate(others[len(left) :], len(standing)):
        yield LedgerChange(before=None, after=_entered(one, nth, telling))
    for line, one in zip(left, others, strict=False):
        after = replace(
            _told_again(line, telling),
            cls=one.cls,
            merchant_id=one.merchant_id,
            cashback_id=one.cashback_id,
            alike=one.alike,
        )
        yield LedgerChange(before=line, after=after)
    for line in left[len(others) :]:
        if line.cls is not None and telling.must_tell(line):
            after = replace(line, cls=None, merchant_id=None, cashback_id=None)
            yield LedgerChange(before=line, after=after)


def _order(one: ToldLine) -> tuple[object, ...]:
    owner, cashback = one.merchant_id, one.cashback_id
    return one.cls, owner is None, owner or 0, "" if cashback is None else cashback.hex


def _entered(one: ToldLine, nth: int, telling: LedgerTelling) -> LedgerLine:
    return LedgerLine(
        key=one.key,
        nth=nth,
        centavos=one.centavos,
        credited_at=one.credited_at,
        cls=one.cls,
        merchant_id=one.merchant_id,
        cashback_id=one.cashback_id,
        alike=one.alike,
        told=telling.tells(one.credited_at),
    )


def _told_again(line: LedgerLine, telling: LedgerTelling) -> LedgerLine:
    told = telling.tells(line.credited_at)
    if told is None:
        return line
    if line.credited_at is None and line.told is not None:
        told = min(line.told[0], told[0]), max(line.told[1], told[1])
    return replace(line, told=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerKept:
    """How many lines entered, changed class or owner, and left when a statement was taken in."""

    entered: int = 0
    moved: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTotal:
    """The lines of a class of an owner, and their centavos, net; `merchant` is a slug.

    None is the provider's account: what is nobody's.
    """

    merchant: str | None
    cls: FindingClass
    lines: int
    centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """The ledger as of now, by owner and class, the account first.

    `told_at` is when a statement was last taken in, `reach` what they cover; both None before the
    first.
    """

    totals: tuple[LedgerTotal, ...]
    told_at: datetime | None
    reach: LedgerReach | None


class ProviderLedger(Protocol):
    """Where the provider's ledger is read. Raises StoreUnavailable when the database is away."""

    @abstractmethod
    async def state(self, merchant_id: int | None) -> LedgerState:
        """As of now, in one snapshot: a merchant's own; None means every one's and the account."""
