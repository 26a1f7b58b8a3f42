"""Files of others, as they are kept: an ERP's sales of a day, a statement of the provider.

A file's lines are put aside a part at a time, and are nobody's before the file is whole. All files
are kept: lines never add up across statements, so for each instant the newest whole statement that
covers it counts (`spans`), and whoever wants its lines asks for that one's.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.told_sales import ToldSale
from cashback_core.values.money import format_centavos

MAX_NAME: Final = 255
"""Characters that are kept of a file's name."""

MAX_AGE: Final = timedelta(days=3650)


class FileTopic(StrEnum):
    """What a file tells."""

    ERP_DAY = "erp_day"
    """The sales of a day, by the ERP that made them."""
    STATEMENT = "statement"
    """Credits and reversals of the provider's account."""


class FileState(StrEnum):
    """Where a file stands."""

    BEGUN = "begun"
    """A part of its lines is put aside; the same file, brought again, goes on."""
    COMPLETE = "complete"
    REFUSED = "refused"
    """What it adds up to is not what was told: nothing of it counts."""


FileLine = ToldSale | StatementLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTally:
    """What the lines of a file add up to, in centavos.

    Reversals subtract from `centavos`, not from `gross_centavos`. `unreadable` lines have something
    wrong: a statement's, of `unsure_centavos` in all, count as credits, and may be reversals. Of
    `unread` ones not even the amount is known.
    """

    lines: int = 0
    centavos: int = 0
    gross_centavos: int = 0
    unreadable: int = 0
    unread: int = 0
    unsure_centavos: int = 0

    @classmethod
    def of(cls, lines: Iterable[FileLine]) -> LineTally:
        """Of these lines."""
        count = net = gross = unreadable = unread = unsure = 0
        for line in lines:
            count += 1
            if isinstance(line, ToldSale):
                amount = line.total_centavos
                unreadable += line.problem is not None
                net += amount or 0
            else:
                amount, kind = line.cashback_centavos, line.kind
                net += -(amount or 0) if kind is LineKind.REVERSAL else amount or 0
                if kind is LineKind.UNREADABLE:
                    unreadable, unsure = unreadable + 1, unsure + (amount or 0)
            gross += amount or 0
            unread += amount is None
        return cls(
            lines=count,
            centavos=net,
            gross_centavos=gross,
            unreadable=unreadable,
            unread=unread,
            unsure_centavos=unsure,
        )

    def __add__(self, other: LineTally) -> LineTally:
        return LineTally(
            lines=self.lines + other.lines,
            centavos=self.centavos + other.centavos,
            gross_centavos=self.gross_centavos + other.gross_centavos,
            unreadable=self.unreadable + other.unreadable,
            unread=self.unread + other.unread,
            unsure_centavos=self.unsure_centavos + other.unsure_centavos,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToTake:
    """A file as it is brought: what it is, and what is declared of it by whoever brings it.

    `name` is the file's own, `declared_by` a person's. Of a day's sales merchant and `day` are
    told, of a statement `since` and `through` (complete through when; a later instant than now
    counts as now, less what clocks may differ). `told_lines` and `told_centavos` are what it should
    add up to. `profile` is how it was read.
    """

    topic: FileTopic
    sha256: bytes
    name: str
    declared_by: str
    profile: Mapping[str, object] = field(default_factory=dict[str, object])
    merchant_id: int | None = None
    day: date | None = None
    since: datetime | None = None
    through: datetime | None = None
    told_lines: int | None = None
    told_centavos: int | None = None

    @property
    def declared(self) -> dict[str, object]:
        """What is declared, for a program."""
        told = {
            "day": None if self.day is None else self.day.isoformat(),
            "from": None if self.since is None else self.since.isoformat(),
            "complete_through": None if self.through is None else self.through.isoformat(),
            "count": self.told_lines,
            "centavos": self.told_centavos,
        }
        return {name: value for name, value in told.items() if value is not None}

    @property
    def identity(self) -> bytes:
        """The same for the same bytes, read the same way, with the same declared of them."""
        told = {
            "topic": self.topic, "sha256": self.sha256.hex(), "merchant": self.merchant_id,
            "profile": self.profile, "declared": self.declared,
        }  # fmt: skip
        return sha256(json.dumps(told, sort_keys=True, default=str).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is kept; `read_through` is the last of its lines that was put aside.

    `profile` is how it is read. `through` is never later than its bringing, less what clocks may
    differ. Once it is cleared its lines are gone, and what it said in all stays. `counts` says of
    an ERP's file whether it is the newest whole one of its day, which our records are held against;
    of a statement, which is reconciled by its id, nothing.
    """

    id: UUID
    topic: FileTopic
    merchant_id: int | None
    name: str
    sha256: bytes
    declared_by: str
    declared: Mapping[str, object]
    profile: Mapping[str, object]
    day: date | None
    since: datetime | None
    through: datetime | None
    told_lines: int | None
    told_centavos: int | None
    tally: LineTally
    read_through: int
    begun_at: datetime
    completed_at: datetime | None = None
    refused_at: datetime | None = None
    refused_why: str | None = None
    cleared_at: datetime | None = None
    counts: bool | None = None

    @property
    def state(self) -> FileState:
        """Where it stands."""
        if self.completed_at is not None:
            return FileState.COMPLETE
        return FileState.BEGUN if self.refused_at is None else FileState.REFUSED

    @property
    def misfit(self) -> str | None:
        """Why it does not add up to what was told, with both figures; None if it does.

        As a statement over HTTP is judged: its sum may be told net or gross, and a line that cannot
        be read has some amount, or may be a reversal. (While it stands no absence is proved.)
        """
        tally = self.tally
        if self.told_lines is not None and self.told_lines != tally.lines:
            return f"{tally.lines} lines, but {self.told_lines} declared"
        declared = self.told_centavos
        if declared is None or declared in {tally.centavos, tally.gross_centavos}:
            return None
        if tally.unread > 0 and declared > tally.centavos:
            return None
        if tally.centavos - 2 * tally.unsure_centavos <= declared < tally.centavos:
            return None
        return f"lines add up to {_told(tally.centavos)}, but {_told(declared)} declared"


def _told(centavos: int) -> str:
    """An amount as a person reads it; reversals may bring a sum below zero."""
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSpan:
    """From `since` to `through` it is this statement whose lines count."""

    file_id: UUID
    since: datetime
    through: datetime


def spans(
    statements: Iterable[KeptFile], *, since: datetime, through: datetime
) -> tuple[StatementSpan, ...]:
    """Which of these statements counts when, between two instants: the newest whole one each time.

    In order, without overlaps; of what none covers there is none. The same is `statements_between`
    in the schema.
    """
    told = sorted(
        (one for one in statements if one.completed_at is not None and one.cleared_at is None),
        key=lambda one: (one.begun_at, one.id),
        reverse=True,
    )
    found: list[StatementSpan] = []
    left = [(since, through)]
    for one in told:
        if one.since is None or one.through is None:
            continue
        rest: list[tuple[datetime, datetime]] = []
        for begins, ends in left:
            first, last = max(begins, one.since), min(ends, one.through)
            if first >= last:
                rest.append((begins, ends))
                continue
            found.append(StatementSpan(file_id=one.id, since=first, through=last))
            rest += [part for part in ((begins, first), (last, ends)) if part[0] < part[1]]
        left = rest
    return tuple(sorted(found, key=lambda span: span.since))
