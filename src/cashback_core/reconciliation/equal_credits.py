"""One customer's lines and cashbacks of one amount: who may have which credit, in turn.

Equal credits to one wallet are interchangeable: no single one is matched while another of its
group may still be paid, unless there are credits for all of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.by_date import InTurn, paired
from cashback_core.reconciliation.by_reference import place_by_reference
from cashback_core.reconciliation.entries import is_date_alone
from cashback_core.reconciliation.findings import Finding, FindingClass
from cashback_core.reconciliation.placement import (
    UNPAID_STATES,
    LeftEntry,
    LeftLine,
    NotPlaced,
    Placement,
    undecided,
)
from cashback_core.reconciliation.references import fragments_in, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.statements import StatementLine


_LAST: Final = datetime.max.replace(tzinfo=UTC)


class EqualCredits:
    """One customer and one amount."""

    def __init__(
        self, placing: Placement, lines: Sequence[LeftLine], entries: Sequence[BookEntry]
    ) -> None:
        self.placing = placing
        self.credits = sorted(
            (left for left in lines if not left.is_reversal),
            key=lambda left: (left.line.credited_at or _LAST, left.line.number),
        )
        self.reversals = [left for left in lines if left.is_reversal]
        self.waiting: list[LeftEntry] = []
        self._entries = sorted(entries, key=lambda entry: (entry.accepted_at, entry.id))
        self._counting: tuple[BookEntry, ...] | None = None
        self._quiet: tuple[tuple[BookEntry, ...], str | None] | None = None

    def place(self) -> Iterator[Finding]:
        """Place the group; what is left stands in `credits`, `reversals` and `waiting`."""
        yield from self._by_part_of_reference()
        taken_back = self.reversals[0].line if self.reversals else None
        yield from self._reversed()
        have: list[BookEntry] = []
        for finding in self._in_turn(taken_back):
            if finding.line is not None and finding.entry is not None:
                have.append(finding.entry)
            yield finding
        have.extend(one.entry for one in self.waiting if one.line is not None)
        could_have = InTurn(have, self.placing.rules)
        self.credits = [
            LeftLine(
                line=left.line,
                own=left.own,
                known=bool(self._entries) or left.known,
                doubles=could_have.first(left.line.credited_at),
            )
            for left in self.credits
        ]

    def _in_turn(self, taken_back: StatementLine | None) -> Iterator[Finding]:
        """Who may take a credit of the group, one after the other.

        What a person knows to be on no statement takes one last of all: an equal one's credit must
        not pass for its own. With references a line that lost its own is not explained by an
        applied cashback that need not be on this statement, while it may be a doubt's.
        """
        window, margin = self.placing.window, self.placing.rules.margin
        absent = self.placing.explanations.absent
        applied = [entry for entry in self._of(Status.APPLIED) if not entry.is_erased]
        known: list[BookEntry] = []
        expected: list[BookEntry] = []
        others: list[BookEntry] = []
        for entry in applied:
            if entry.id in absent:
                known.append(entry)
            else:
                (expected if window.expects(entry, margin) else others).append(entry)
        yield from self._applied(expected)
        if self.placing.rules.echoes_reference:
            yield from self._unpaid_and_doubtful(taken_back)
            yield from self._applied(others)
        else:
            loose: list[Finding] = []
            for finding in self._applied(others):
                if finding.line is None or self._is_its_own(finding):
                    yield finding
                else:
                    loose.append(finding)
            yield from self._unpaid_and_doubtful(taken_back, loose)
        yield from self._applied(known)
        for entry in self._of(Status.APPLIED):
            if entry.is_erased:
                self.waiting.append(LeftEntry(entry=entry, waiting=NotPlaced.ABSENT))

    def _of(self, *statuses: Status) -> list[BookEntry]:
        return [entry for status in statuses for entry in self._entries if entry.status is status]

    def _by_part_of_reference(self) -> Iterator[Finding]:
        """A reference that was cut names its cashback, when customer and amount are its own."""
        lines_of: defaultdict[BookEntry, list[LeftLine]] = defaultdict(list)
        for left in (*self.credits, *self.reversals):
            if left.own is not None or not fragments_in(left.line.reference):
                continue  # not asked of each cashback: equal ones may be thousands
            named = [one for one in self._entries if names(left.line.reference, one.id.hex)]
            if len(named) == 1:
                lines_of[named[0]].append(left)
        if not lines_of:
            return
        gone = {id(left) for lines in lines_of.values() for left in lines}
        self.credits = [left for left in self.credits if id(left) not in gone]
        self.reversals = [left for left in self.reversals if id(left) not in gone]
        self._entries = [entry for entry in self._entries if entry not in lines_of]
        for entry, lines in lines_of.items():
            yield from place_by_reference(entry, lines, self.placing)

    def _reversed(self) -> Iterator[Finding]:
        """A credit and its reversal go with whoever of the group could have had the credit."""
        could_have = InTurn(
            self._of(Status.APPLIED, Status.IN_DOUBT, *UNPAID_STATES), self.placing.rules
        )
        backs = deque(self.reversals)
        pairs: list[tuple[LeftLine, LeftLine, BookEntry]] = []
        kept: list[LeftLine] = []
        for left in self.credits:
            entry = could_have.take(left.line.credited_at) if backs else None
            if entry is None:
                kept.append(left)
            else:
                pairs.append((left, backs.popleft(), entry))
        gone = {entry.id for *_, entry in pairs}
        self.credits, self.reversals = kept, list(backs)
        self._entries = [entry for entry in self._entries if entry.id not in gone]
        why = "a credit of its customer and amount was taken back"
        for left, back, entry in pairs:
            move = self.placing.suspected(entry, why)
            cls = FindingClass.REVERSED
            yield Finding(cls=cls, line=left.line, entry=entry, why=why, move=move)
            yield Finding(cls=cls, line=back.line, about=entry, why=why)

    def _applied(self, entries: Sequence[BookEntry]) -> Iterator[Finding]:
        window, margin = self.placing.window, self.placing.rules.margin
        found = self._assign(entries)
        for entry in entries:
            if entry in found:
                yield Finding(
                    cls=FindingClass.MATCHED,
                    line=found[entry],
                    entry=entry,
                    why="one for one of its customer and amount",
                    may_be_anothers=not window.expects(entry, margin),
                )
            elif window.expects(entry, margin):
                self.waiting.append(LeftEntry(entry=entry, waiting=NotPlaced.ABSENT))
            else:
                yield _not_expected(entry)

    def _is_its_own(self, finding: Finding) -> bool:
        """Whether a line is dated as the credit of an applied cashback that it need not tell.

        A date alone is so of whatever is tried later, too: of nothing that is later than the whole
        statement.
        """
        rules, entry, line = self.placing.rules, finding.entry, finding.line
        assert entry is not None
        assert line is not None
        if not rules.is_dated_as_answered(entry, line.credited_at):
            return False
        begun = rules.margin.window_start(entry.first_started_at or entry.accepted_at)
        return not is_date_alone(line.credited_at) or begun <= self.placing.window.through

    def _forgotten(
        self, entries: Iterable[BookEntry], loose: Sequence[Finding]
    ) -> Mapping[BookEntry, StatementLine]:
        """The lines of `loose` that may be credits which a restored database has forgotten.

        The own credit of the applied cashback that such a line was put beside may lie outside the
        window; of one that may be sent a second time nobody calls it that.
        """
        lines = sorted(
            (finding.line for finding in loose if finding.line is not None),
            key=lambda line: (line.credited_at or _LAST, line.number),
        )
        may_be = [entry for entry in entries if entry.may_be_forgotten]
        return paired(may_be, lines, self.placing.rules, self._may_have)

    def _unpaid_and_doubtful(
        self, taken_back: StatementLine | None, loose: Sequence[Finding] = ()
    ) -> Iterator[Finding]:
        """Doubts, and what is unpaid; `loose` are lines that applied cashbacks may have.

        These keep them, unless one is held against what may be sent a second time.
        """
        doubts = self._of(Status.IN_DOUBT)
        others = [*self._of(Status.SENDING), *self._of(*UNPAID_STATES)]
        found = self._assign(doubts)
        found_others = self._assign(others)
        tried = [entry for entry in others if entry.first_started_at is not None]
        counted = len(found) == len(doubts) and all(entry in found_others for entry in tried)
        forgotten = self._forgotten((one for one in others if one not in found_others), loose)
        held_against = {id(line) for line in forgotten.values()}
        for finding in loose:
            assert finding.entry is not None
            yield _not_expected(finding.entry) if id(finding.line) in held_against else finding
        for entry in doubts:
            yield from self._doubt(entry, found.get(entry), taken_back, counted=counted)
        for entry in others:
            line = found_others.get(entry) or forgotten.get(entry)
            if entry.status is Status.SENDING:
                yield Finding(
                    cls=FindingClass.NOT_EXPECTED, entry=entry, line=line, why="it is being sent"
                )
            elif line is None and (entry.status is Status.PENDING or entry.may_be_forgotten):
                self.waiting.append(LeftEntry(entry=entry, waiting=NotPlaced.TO_BE_SENT))
            elif line is None:
                yield Finding(cls=FindingClass.UNPAID, entry=entry, why=f"{entry.status} here")
            else:
                more = "there are more credits than its group explains"
                if entry in forgotten:
                    more = (
                        "the credit is dated otherwise than that of an equal one, applied earlier"
                    )
                why = f"{entry.status} here, and {more}"
                move = self.placing.suspected(entry, why, self._moving(entry))
                cls = FindingClass.CREDITED_UNPAID
                yield Finding(cls=cls, entry=entry, line=line, why=why, move=move)

    def _doubt(
        self,
        entry: BookEntry,
        line: StatementLine | None,
        taken_back: StatementLine | None,
        *,
        counted: bool,
    ) -> Iterator[Finding]:
        rules, group = self.placing.rules, self._moving(entry)
        if taken_back is not None:
            why = f"line {taken_back.number} takes back a credit that may be its own"
            yield undecided(entry, why, line=line, barred_by=taken_back)
            return
        if line is not None and rules.echoes_reference:
            why = f"line {line.number} of its customer and amount does not name it"
            yield undecided(entry, why, line=line, barred_by=line)
            return
        not_quiet = self._why_not_quiet(group)
        if line is not None and counted:
            waiting = NotPlaced.COUNTED
        elif not_quiet is not None:
            yield undecided(entry, not_quiet, line=line)
            return
        else:
            waiting = NotPlaced.DOUBT if line is None else NotPlaced.COUNTED_IF_TRUSTED
        self.waiting.append(LeftEntry(entry=entry, waiting=waiting, line=line, group=group))

    def _moving(self, entry: BookEntry) -> tuple[BookEntry, ...]:
        """Those whose moves could turn what is decided of a cashback, and itself.

        A reference makes it independent of all others; without one every cashback of its group
        counts that may have a credit on this statement. All doubts of a group have one tuple:
        there may be thousands. It is made when whatever goes by itself is gone.
        """
        if self.placing.rules.echoes_reference:
            return (entry,)
        if self._counting is None:
            self._counting = tuple(filter(self._counts, self._entries))
        if self._counts(entry):
            return self._counting
        return (*self._counting, entry)

    def _counts(self, entry: BookEntry) -> bool:
        rules, since = self.placing.rules, self.placing.window.since
        return entry.status is Status.IN_DOUBT or (
            entry.first_started_at is not None and not rules.is_over_before(entry, since)
        )

    def _why_not_quiet(self, group: tuple[BookEntry, ...]) -> str | None:
        if self._quiet is None or self._quiet[0] is not group:
            self._quiet = group, self.placing.window.why_not_quiet(group, self.placing.rules)
        return self._quiet[1]

    def _assign(self, entries: Sequence[BookEntry]) -> Mapping[BookEntry, StatementLine]:
        """As many of these as there are credits that could be theirs, the credits taken away."""
        lines = [left.line for left in self.credits]
        found = paired(entries, lines, self.placing.rules, self._may_have)
        taken = {id(line) for line in found.values()}
        self.credits = [left for left in self.credits if id(left.line) not in taken]
        return found

    def _may_have(self, entry: BookEntry, line: StatementLine) -> bool:
        """Whether a line may tell this one's credit: of one that is over before, no later line."""
        rules, since, at = self.placing.rules, self.placing.window.since, line.credited_at
        if not rules.could_be(entry, at):
            return False
        if entry.status is not Status.APPLIED or (at is not None and at < since):
            return True
        return not rules.is_over_before(entry, since)


def _not_expected(entry: BookEntry) -> Finding:
    why = "its credit may lie outside the statement's window"
    return Finding(cls=FindingClass.NOT_EXPECTED, entry=entry, why=why)
