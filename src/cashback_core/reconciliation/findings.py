"""What a reconciliation finds: every line and every cashback in exactly one class."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.statements import LineKind

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.states import Status
    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.statements import StatementLine


class FindingClass(StrEnum):
    """What a line, a cashback, or the two together are."""

    MATCHED = "matched"
    """Applied here, credited there, one for one."""
    ALTERED = "altered"
    """Ours, under another amount or customer, or of an instant that is not its own."""
    CREDITED_AGAIN = "credited_again"
    """One more credit of a cashback that has its own already."""
    CREDITED_UNPAID = "credited_unpaid"
    """Credited, though here it is not paid (held, pending, cancelled, void, …), or is history."""
    UNKNOWN_HERE = "unknown_here"
    """A credit that no cashback explains."""
    EXPLAINED = "explained"
    """A person said what it is."""
    APPLIED_ABSENT = "applied_absent"
    """Applied here, and not on the statement that should tell it."""
    NOT_EXPECTED = "not_expected"
    """Nothing can be told of it by this statement: too early, too late, or still being sent."""
    UNPAID = "unpaid"
    """Held, rejected, cancelled, pending, unconfirmed or void here, and not credited."""
    DOUBT_APPLIED = "doubt_applied"
    """In doubt here, and credited."""
    DOUBT_ABSENT = "doubt_absent"
    """In doubt here, and proved not to be credited."""
    DOUBT_UNDECIDED = "doubt_undecided"
    """In doubt here, and not proved either way."""
    REVERSED = "reversed"
    """A credit that was taken back: it proves neither that it is paid nor that it is not."""
    UNREADABLE = "unreadable"
    """A line that could be anybody's."""


NEED_A_PERSON: Final = frozenset(
    {
        FindingClass.ALTERED,
        FindingClass.CREDITED_AGAIN,
        FindingClass.CREDITED_UNPAID,
        FindingClass.UNKNOWN_HERE,
        FindingClass.APPLIED_ABSENT,
        FindingClass.REVERSED,
        FindingClass.UNREADABLE,
    }
)
"""Classes that are incidents until a later statement, or a person, explains them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A move that a finding causes, valid only while all of `group` are as they were read."""

    to: Status
    reason: str
    group: tuple[BookEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A line, a cashback, or both, and what they are.

    `about` names a cashback that the line belongs to while another line, or none, speaks for it.
    `barred_by` is the number of the line that keeps a doubt undecided, if one does: it stands with
    the doubt, and with the line where that would need no person otherwise. `is_twin` says that
    another line reads the same, reference and instant included: another's may be missing.
    `may_be_anothers` says that no reference calls the line its cashback's, whose own credit may lie
    outside the statement's window.
    """

    cls: FindingClass
    line: StatementLine | None = None
    entry: BookEntry | None = None
    about: BookEntry | None = None
    why: str = ""
    barred_by: int | None = None
    move: Settled | None = None
    is_twin: bool = False
    may_be_anothers: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether it is an incident: its class is, or a line keeps its doubt from ending."""
        return self.cls in NEED_A_PERSON or self.barred_by is not None

    @property
    def strays(self) -> bool:
        """Whether its line names another customer than that of the cashback it belongs to."""
        entry = self.entry or self.about
        if self.line is None or entry is None or entry.is_erased:
            return False
        return self.line.document not in (None, entry.document)

    @property
    def cashback_id(self) -> UUID | None:
        """The cashback that this is about, if any."""
        entry = self.entry or self.about
        return None if entry is None else entry.id

    @property
    def at_stake_centavos(self) -> int:
        """What it is worth: the line's amount, or the cashback's where no line is readable."""
        if self.line is not None and self.line.cashback_centavos is not None:
            return self.line.cashback_centavos
        entry = self.entry or self.about
        return 0 if entry is None else entry.cashback_centavos


@dataclass(slots=True)
class Total:
    """Both sides of a class, in rows and centavos; reversals count negative, as totals are net.

    A line whose amount cannot be read counts as a row of 0 centavos.
    """

    lines: int = 0
    line_centavos: int = 0
    cashbacks: int = 0
    cashback_centavos: int = 0


@dataclass(slots=True)
class Totals:
    """What all findings add up to, by class: the whole statement, and the whole book."""

    by_class: dict[FindingClass, Total] = field(
        default_factory=lambda: {cls: Total() for cls in FindingClass}
    )

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        total = self.by_class[finding.cls]
        if finding.line is not None:
            total.lines += 1
            total.line_centavos += signed_centavos(finding.line)
        if finding.entry is not None:
            total.cashbacks += 1
            total.cashback_centavos += finding.entry.cashback_centavos


def signed_centavos(line: StatementLine) -> int:
    """What a line adds to a net sum: reversals are negative, unreadable amounts 0."""
    centavos = line.cashback_centavos or 0
    return -centavos if line.kind is LineKind.REVERSAL else centavos
