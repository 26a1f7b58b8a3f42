"""What is told of files of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from adapters.http.wire.shapes import Instant, Shape, SignedMoney, Uuid, instant_or_none
from cashback_core.reconciliation.files import FileState
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from cashback_core.reconciliation.file_store import LineProblem
    from cashback_core.reconciliation.files import KeptFile

_Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class BroughtFile(Shape, frozen=True, kw_only=True):
    """A file that was brought in, and how far it came."""

    id: Uuid
    name: str
    state: Annotated[
        FileState,
        Meta(
            description="`begun`: bring the same file again, it goes on; `complete`: its lines"
            " count; `refused`: nothing of it does."
        ),
    ]
    day: Annotated[_Day | None, Meta(description="Of an ERP's day: whose sales.")]
    since: Annotated[Instant | None, Meta(description="Of a statement: from when on it tells.")]
    complete_through: Annotated[
        Instant | None, Meta(description="Of a statement: never later than it was brought.")
    ]
    lines: int
    sum: Annotated[SignedMoney, Meta(description="Reversals subtracted.")]
    unreadable: Annotated[int, Meta(description="Lines that have something wrong.")]
    declared_by: str
    declared_count: int | None
    declared_sum: SignedMoney | None
    begun_at: Instant
    completed_at: Instant | None
    refused_why: str | None
    lines_cleared_at: Instant | None
    counts: Annotated[
        bool | None,
        Meta(
            description="Of an ERP's day: whether it is the one that our records are held against,"
            " which is the newest whole one. An older one brought again becomes the newest."
            " Null for a statement: each is reconciled by its id."
        ),
    ]


class BroughtFilePage(Shape, frozen=True, kw_only=True):
    """Files, the latest first."""

    items: list[BroughtFile]
    next_cursor: str | None


class UnreadableLine(Shape, frozen=True, kw_only=True):
    """What is wrong with a line of a file; `name` is what it calls its sale, if it does."""

    line: int
    problem: str
    name: str | None


class UnreadableLinePage(Shape, frozen=True, kw_only=True):
    """Lines in their order."""

    items: list[UnreadableLine]
    next_cursor: str | None


FILE_SHAPES: Final = (BroughtFile, BroughtFilePage, UnreadableLine, UnreadableLinePage)


def file_shape(file: KeptFile) -> BroughtFile:
    """A file as it goes out."""
    return BroughtFile(
        id=str(file.id),
        name=file.name,
        state=file.state,
        day=None if file.day is None else file.day.isoformat(),
        since=instant_or_none(file.since),
        complete_through=instant_or_none(file.through),
        lines=file.tally.lines,
        sum=_signed(file.tally.centavos),
        unreadable=file.tally.unreadable,
        declared_by=file.declared_by,
        declared_count=file.told_lines,
        declared_sum=None if file.told_centavos is None else _signed(file.told_centavos),
        begun_at=format_instant(file.begun_at),
        completed_at=instant_or_none(file.completed_at),
        refused_why=file.refused_why,
        lines_cleared_at=instant_or_none(file.cleared_at),
        counts=file.counts,
    )


def line_shape(problem: LineProblem) -> UnreadableLine:
    """What is wrong with a line."""
    return UnreadableLine(line=problem.line, problem=problem.problem, name=problem.name)


def _signed(centavos: int) -> str:
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))
