"""What needs somebody, as somebody's work: who has it, what was said of it, when it is done.

A case is an incident of a statement, or a difference between an ERP's day file and our records.
Whether that still stands is told by statements and files alone; a case says who looks after it.
Nothing here moves a cashback: that is an operator's act (`acts`), or a statement's proof.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from uuid import UUID

from cashback_core.operators.acts import is_same_name
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason


class CaseKind(StrEnum):
    """What a case is of."""

    INCIDENT = "incident"
    """The provider's statement against our book."""
    DIFFERENCE = "difference"
    """An ERP's day file against our records."""


class CaseState(StrEnum):
    """Whose a case is now."""

    OPEN = "open"
    """Nobody's yet."""
    ASSIGNED = "assigned"
    """Somebody looks after it."""
    RESOLVED = "resolved"
    """A person said that it is done, or it stands no more. Found again, it is open again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident or a difference as somebody's work.

    `merchant` is the slug, None for what is nobody's, which the platform and the command line alone
    see. `cls` is its class as its kind has them, `centavos` what is at stake: a reversal's two
    lines, the credit and what takes it back, are two cases, and the later is worth nothing more.
    `sale_id` is the sale's own number, None where none is known. `closed_at` is when
    a statement, a file or an explanation ended it, `resolved_at` since when a person calls it
    done; None while it stands, and while nobody does.
    """

    id: UUID
    kind: CaseKind
    cls: str
    merchant: str | None
    cashback_id: UUID | None
    centavos: int
    why: str
    opened_at: datetime
    assigned_to: str | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    sale_id: str | None = None

    @property
    def state(self) -> CaseState:
        """Whose it is now."""
        if self.closed_at is not None or self.resolved_at is not None:
            return CaseState.RESOLVED
        return CaseState.OPEN if self.assigned_to is None else CaseState.ASSIGNED


class CaseEventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    """A statement, or a file, told it first."""
    ASSIGNED = "assigned"
    GIVEN_BACK = "given_back"
    """Nobody's again."""
    NOTED = "noted"
    RESOLVED = "resolved"
    """A person said that it is done."""
    EXPLAINED = "explained"
    """A person said what its line is: it ended."""
    CLOSED = "closed"
    """A later statement, or file, tells it no more: it ended."""
    REOPENED = "reopened"
    """A later statement, or file, tells it again."""
    MOVED = "moved"
    """It turned out to be about another's cashback: nobody's work again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """What happened to a case, when, and by whom: None for a statement's or a file's run.

    `assigned_to` is whom it was given to; `reason` what was said.
    """

    at: datetime
    what: CaseEventKind
    by: str | None = None
    assigned_to: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """A case and all that happened to it, oldest first."""

    case: Case
    events: tuple[CaseEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase:
    """Give a case to somebody, None: to nobody; `by` is whoever says so, by their own name.

    `take_over` says that it may be another's now.
    """

    by: str
    to: str | None
    note: str | None = None
    take_over: bool = False

    def __post_init__(self) -> None:
        _refuse_names(self.by, *(() if self.to is None else (self.to,)))
        if self.note is not None:
            refuse_reason(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCase:
    """Say something of a case, whatever its state; it is kept for ever."""

    by: str
    note: str

    def __post_init__(self) -> None:
        _refuse_names(self.by)
        refuse_reason(self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase:
    """Call a case done; `reason` is kept for ever. What it is of stands until a run ends it."""

    by: str
    reason: str

    def __post_init__(self) -> None:
        _refuse_names(self.by)
        refuse_reason(self.reason)


CaseAct = AssignCase | NoteCase | ResolveCase


def _refuse_names(*names: str) -> None:
    if not all(is_plain_text(name, MAX_NAME_CHARS) for name in names):
        raise ValueError(f"a person's name has 1 to {MAX_NAME_CHARS} printable characters")


class CaseRefusal(Enum):
    """Why nothing was done."""

    RESOLVED = "resolved"
    """It is done: only a note is added to it."""


@dataclass(frozen=True, slots=True)
class AssignedToAnother:
    """It is this person's, and nobody said that it may be taken from them."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMove:
    """What an act makes of a case: whose it is then, and what is told of it.

    `event` is None where it is so already: nothing is to be stored. One that is `RESOLVED` makes it
    done at that instant.
    """

    assigned_to: str | None
    event: CaseEvent | None


CaseDecision = CaseMove | CaseRefusal | AssignedToAnother


def work_on(case: Case, act: CaseAct, now: datetime) -> CaseDecision:
    """What an act makes of a case at `now`, by the database's clock.

    A note goes with every state. What is done is neither assigned nor resolved again. What is
    another's is taken from them only by who says so.
    """
    is_done = case.state is CaseState.RESOLVED
    match act:
        case NoteCase(by=by, note=note):
            event = CaseEvent(at=now, what=CaseEventKind.NOTED, by=by, reason=note)
            return CaseMove(assigned_to=case.assigned_to, event=event)
        case _ if is_done:
            return CaseRefusal.RESOLVED
        case ResolveCase(by=by, reason=reason):
            event = CaseEvent(at=now, what=CaseEventKind.RESOLVED, by=by, reason=reason)
            return CaseMove(assigned_to=case.assigned_to, event=event)
        case AssignCase():
            return _assign(case, act, now)


def _assign(case: Case, act: AssignCase, now: datetime) -> CaseDecision:
    theirs = case.assigned_to
    if theirs == act.to and act.note is None:
        return CaseMove(assigned_to=theirs, event=None)
    taken = theirs is not None and theirs != act.to and not is_same_name(theirs, act.by)
    if taken and not act.take_over:
        assert theirs is not None
        return AssignedToAnother(theirs)
    what = CaseEventKind.GIVEN_BACK if act.to is None else CaseEventKind.ASSIGNED
    event = CaseEvent(at=now, what=what, by=act.by, assigned_to=act.to, reason=act.note)
    return CaseMove(assigned_to=act.to, event=event)
