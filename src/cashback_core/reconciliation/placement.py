"""What the three passes share: what they place by, and what they leave to the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.findings import Finding, FindingClass, Settled
from cashback_core.reconciliation.first_lines import FirstLines
from cashback_core.reconciliation.statements import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from cashback_core.reconciliation.entries import BookEntry, Explanations
    from cashback_core.reconciliation.statements import StatementLine
    from cashback_core.reconciliation.windows import Rules, Window

UNPAID_STATES: Final = (
    Status.PENDING,
    Status.HELD,
    Status.REJECTED,
    Status.UNCONFIRMED,
    Status.CANCELLED,
    Status.VOID,
    Status.RECORDED,
)
"""What is not paid here, in the order in which a surplus credit is taken for theirs."""


TAKEN_BACK: Final = "a later statement tells that a credit of its own was taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What lines and cashbacks are placed by; `asked_at` names the statement in reasons.

    `taken_back` are cashbacks whose credits were, as statements tell that were asked for later.
    """

    window: Window
    rules: Rules
    explanations: Explanations
    asked_at: datetime
    taken_back: frozenset[UUID] = frozenset()
    _asked: list[tuple[tuple[BookEntry, ...], bool]] = field(
        default_factory=list["tuple[tuple[BookEntry, ...], bool]"], repr=False, compare=False
    )

    def credited(
        self, entry: BookEntry, how: str, group: tuple[BookEntry, ...] = ()
    ) -> Settled | None:
        """The move of a cashback that is credited; none where a later statement took that back."""
        if self.taken_back and self._was_taken_back(group or (entry,)):
            return None
        reason = f"credited by the statement of {self._when()}: {how}"
        return Settled(to=Status.APPLIED, reason=reason, group=group or (entry,))

    def _was_taken_back(self, group: tuple[BookEntry, ...]) -> bool:
        """Whether any was: which of equal credits, nobody can tell. All of a group ask the same."""
        if not self._asked or self._asked[0][0] is not group:
            self._asked[:] = [(group, any(one.id in self.taken_back for one in group))]
        return self._asked[0][1]

    def credited_finding(self, one: LeftEntry, line: StatementLine | None, how: str) -> Finding:
        """A doubt that is credited, or stays one as a later statement tells otherwise."""
        move = self.credited(one.entry, how, one.group)
        if move is None:
            return undecided(one.entry, TAKEN_BACK, line=line)
        cls = FindingClass.DOUBT_APPLIED
        return Finding(cls=cls, entry=one.entry, line=line, why=how, move=move)

    def suspected(
        self, entry: BookEntry, how: str, group: tuple[BookEntry, ...] = ()
    ) -> Settled | None:
        """The move of a pending cashback that may be credited: no program sends it any more."""
        if entry.status is not Status.PENDING:
            return None
        reason = f"may be credited by the statement of {self._when()}: {how}"
        return Settled(to=Status.IN_DOUBT, reason=reason, group=group or (entry,))

    def unpaid(self, entry: BookEntry, group: tuple[BookEntry, ...]) -> Settled:
        """The move of a doubt proved unpaid: sent again, or held when that went on for too long."""
        reason = f"proved unpaid by the statement of {self._when()}"
        rules, first = self.rules, entry.first_round_at
        rounds = entry.rounds + 1
        over = first is not None and self.asked_at - first >= rules.max_rounds_time
        if rounds < rules.max_rounds and not over:
            return Settled(to=Status.PENDING, reason=reason, group=group)
        reason = f"{reason}, for the {rounds}. time since an operator acted: a person decides"
        return Settled(to=Status.HELD, reason=reason, group=group)

    def _when(self) -> str:
        return self.asked_at.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """A line that a pass did not place.

    `own` is the whole id in its reference, which is no cashback's of the book; `by_person` says
    that a person named the cashback whose id it is. `doubles` is a cashback that has its credit
    already, of the line's customer and amount; `known` says that somebody here is its customer.
    `strays`: it was placed by the reference on it, but names a customer who is not that cashback's:
    it goes on only as what may be a doubt's.
    """

    line: StatementLine
    own: str | None = None
    by_person: bool = False
    doubles: BookEntry | None = None
    known: bool = False
    strays: bool = False

    @property
    def is_reversal(self) -> bool:
        """Whether an amount was taken back."""
        return self.line.kind is LineKind.REVERSAL

    def names_another(self, rules: Rules) -> bool:
        """Whether the provider echoes references and this one is somebody else's."""
        return rules.echoes_reference and self.own is not None

    def class_alone(self) -> Finding:
        """What the line is when nothing was found that goes with it."""
        line = self.line
        if self.is_reversal:
            why = "an amount taken back that no credit of ours goes with"
            return Finding(cls=FindingClass.REVERSED, line=line, about=self.doubles, why=why)
        if self.doubles is not None:
            why = "one more credit of the same customer and amount"
            return Finding(cls=FindingClass.CREDITED_AGAIN, line=line, about=self.doubles, why=why)
        why = "no cashback explains it"
        return Finding(cls=FindingClass.UNKNOWN_HERE, line=line, why=why)


class NotPlaced(Enum):
    """Why a cashback goes on to the next pass."""

    ABSENT = auto()
    """Applied or erased, and not found on the statement so far."""
    TO_BE_SENT = auto()
    """Pending or to be confirmed, and not found: a line that nothing explains may be its credit."""
    DOUBT = auto()
    """In doubt; nothing of its customer keeps it from being proved unpaid."""
    COUNTED = auto()
    """In doubt; there are credits for all of its group."""
    COUNTED_IF_TRUSTED = auto()
    """In doubt; there are credits for some of its group, and no more can come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftEntry:
    """A cashback that a pass did not place, with the line that may be its own."""

    entry: BookEntry
    waiting: NotPlaced
    line: StatementLine | None = None
    group: tuple[BookEntry, ...] = ()


def undecided(
    entry: BookEntry,
    why: str,
    *,
    line: StatementLine | None = None,
    barred_by: StatementLine | None = None,
) -> Finding:
    """A doubt that stays one."""
    return Finding(
        cls=FindingClass.DOUBT_UNDECIDED,
        entry=entry,
        line=line,
        why=why,
        barred_by=None if barred_by is None else barred_by.number,
    )


class Barring:
    """Lines that may be doubts' credits, in their order; one that names another's cannot."""

    def __init__(self, lines: Iterable[LeftLine], rules: Rules) -> None:
        self._lines = [left.line for left in lines if not left.names_another(rules)]
        self._first = FirstLines([line.credited_at for line in self._lines], rules)

    def of(self, entry: BookEntry) -> StatementLine | None:
        """The first that could be this doubt's."""
        place = self._first.first(entry)
        return None if place is None else self._lines[place]
