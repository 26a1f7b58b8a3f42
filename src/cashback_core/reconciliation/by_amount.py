"""Third pass: one amount, whoever the customer; what an erased customer's credit may explain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.reconciliation.findings import Finding, FindingClass
from cashback_core.reconciliation.placement import Barring, LeftEntry, NotPlaced, undecided

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from cashback_core.reconciliation.entries import BookEntry
    from cashback_core.reconciliation.placement import LeftLine, Placement


class AmountPlaces:
    """What two passes left of one amount.

    Once it is placed, `open_lines` are those that nothing explains and `left` the doubts that
    wait for the whole statement to be trusted.
    """

    def __init__(
        self, placing: Placement, lines: Sequence[LeftLine], entries: Sequence[LeftEntry]
    ) -> None:
        self.left: list[LeftEntry] = []
        self.open_lines = list(lines)
        self._placing = placing
        self._entries = entries
        self._weak: list[LeftLine] = []

    def place(self) -> Iterator[Finding]:
        """Place everything but the doubts in `left`."""
        missing_erased: list[BookEntry] = []
        unsure: list[Finding] = []
        yield from self._missing(missing_erased, unsure)
        unknown = [left for left in (*self.open_lines, *self._weak) if left.doubles is None]
        barring = Barring(unknown, self._placing.rules)
        bars: set[int] = set()
        for one in self._entries:
            if one.waiting is NotPlaced.DOUBT:
                bar = barring.of(one.entry)
                if bar is None:
                    self.left.append(one)
                    continue
                bars.add(bar.number)
                why = f"line {bar.number} of its amount, explained by nothing, may be its credit"
                yield undecided(one.entry, why, barred_by=bar)
            elif one.waiting is not NotPlaced.ABSENT:
                yield from self._counted(one, missing_erased)
        for found in unsure:
            yield _told_if_it_bars(found, bars)
        for left in self.open_lines:
            yield left.class_alone()

    def _missing(self, missing_erased: list[BookEntry], unsure: list[Finding]) -> Iterator[Finding]:
        """What was not found so far; `unsure` gets what need not be on this statement."""
        absent = [one.entry for one in self._entries if one.waiting is NotPlaced.ABSENT]
        for entry in sorted(absent, key=_started, reverse=True):
            if not entry.is_erased or entry.id in self._placing.explanations.absent:
                yield self._applied(entry)
                continue
            line = self._take(entry, doubles_too=True)
            if line is None:
                missing_erased.append(entry)
                yield self._absent(entry)
                continue
            why = "an erased customer's, by its amount and day"
            is_expected = self._placing.window.expects(entry, self._placing.rules.margin)
            found = Finding(
                cls=FindingClass.MATCHED,
                line=line.line,
                entry=entry,
                why=why,
                may_be_anothers=not is_expected,
            )
            if is_expected:
                yield found
            else:
                self._weak.append(line)
                unsure.append(found)

    def _applied(self, entry: BookEntry) -> Finding:
        if entry.id in self._placing.explanations.absent:
            return self._absent(entry)
        left = self._take(entry, doubles_too=False)
        if left is None:
            return self._absent(entry)
        self._weak.append(left)
        why = "another customer, and no reference says whose it is"
        return Finding(cls=FindingClass.ALTERED, line=left.line, entry=entry, why=why)

    def _absent(self, entry: BookEntry) -> Finding:
        if entry.id in self._placing.explanations.absent:
            return Finding(cls=FindingClass.EXPLAINED, entry=entry, why="known to be absent")
        if self._placing.window.expects(entry, self._placing.rules.margin):
            why = "applied here, and the statement should tell it"
            return Finding(cls=FindingClass.APPLIED_ABSENT, entry=entry, why=why)
        why = "its credit may lie outside the statement's window"
        return Finding(cls=FindingClass.NOT_EXPECTED, entry=entry, why=why)

    def _counted(self, one: LeftEntry, erased: Sequence[BookEntry]) -> Iterator[Finding]:
        """A doubt with a line, which might be an erased customer's who came back."""
        line, entry = one.line, one.entry
        assert line is not None
        if any(self._is_dated_like(gone, line.credited_at) for gone in erased):
            why = f"line {line.number} may be the credit of a customer who was erased"
            yield undecided(entry, why, line=line, barred_by=line)
        elif one.waiting is NotPlaced.COUNTED:
            how = "there are credits for all of its customer and amount"
            yield self._placing.credited_finding(one, line, how)
        else:
            self.left.append(one)

    def _take(self, entry: BookEntry, *, doubles_too: bool) -> LeftLine | None:
        """A credit of the days in which this cashback was applied, of nobody known here."""
        for index, left in enumerate(self.open_lines):
            nobodys = not left.known or (doubles_too and left.doubles is not None)
            if (
                nobodys
                and not left.is_reversal
                and not left.names_another(self._placing.rules)
                and self._is_dated_like(entry, left.line.credited_at)
            ):
                return self.open_lines.pop(index)
        return None

    def _is_dated_like(self, entry: BookEntry, credited_at: datetime | None) -> bool:
        rules = self._placing.rules
        if credited_at is None or entry.applied_at is None:
            return False
        latest = entry.applied_at + rules.precedes + rules.margin.skew
        return rules.could_be(entry, credited_at) and credited_at <= latest


def _told_if_it_bars(found: Finding, bars: Collection[int]) -> Finding:
    """A line that keeps a doubt is told to a person, who alone can say whose it is."""
    if found.line is None or found.line.number not in bars:
        return found
    why = "an erased customer's by its amount and day alone: it may be another cashback's"
    return replace(found, cls=FindingClass.ALTERED, why=why, barred_by=found.line.number)


def _started(entry: BookEntry) -> datetime:
    return entry.first_started_at or entry.accepted_at
