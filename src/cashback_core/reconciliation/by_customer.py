"""Second pass: one customer's lines without a reference of ours, by amount, then by what is left.

Equal credits to one wallet are interchangeable: no single one is matched while another of its
group may still be paid, unless there are credits for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.by_date import could_be_any, latest_of
from cashback_core.reconciliation.entries import is_date_alone
from cashback_core.reconciliation.equal_credits import EqualCredits
from cashback_core.reconciliation.findings import Finding, FindingClass
from cashback_core.reconciliation.first_lines import FirstLines
from cashback_core.reconciliation.placement import (
    Barring,
    LeftEntry,
    LeftLine,
    NotPlaced,
    Placement,
    undecided,
)
from cashback_core.reconciliation.references import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cashback_core.reconciliation.entries import BookEntry

_EXPLAINS_NOTHING: Final = frozenset(
    {FindingClass.ALTERED, FindingClass.CREDITED_UNPAID, FindingClass.REVERSED}
)


@dataclass(slots=True)
class CustomersLines:
    """One customer of the book; `left` and `waiting` are for the third pass, once it is placed."""

    placing: Placement
    left: list[LeftLine] = field(default_factory=list)
    waiting: list[LeftEntry] = field(default_factory=list)
    _bars: set[int] = field(default_factory=set[int])
    """The lines that keep a cashback of this customer as it is, each by its `id()`."""
    _bar_from: dict[bool, datetime] = field(default_factory=dict[bool, "datetime"])
    """From which instant on, and from which date (True), all lines do."""

    def place(self, lines: Iterable[LeftLine], entries: Iterable[BookEntry]) -> Iterator[Finding]:
        """Place what can be placed knowing this customer alone."""
        lines_of: defaultdict[int, list[LeftLine]] = defaultdict(list)
        entries_of: defaultdict[int, list[BookEntry]] = defaultdict(list)
        suspects: list[LeftLine] = []
        for left in lines:
            if left.strays:
                suspects.append(left)
                continue
            assert left.line.cashback_centavos is not None
            lines_of[left.line.cashback_centavos].append(left)
        for entry in entries:
            entries_of[entry.cashback_centavos].append(entry)
        unsure: list[Finding] = []
        for centavos in sorted(lines_of.keys() | entries_of.keys()):
            group = EqualCredits(self.placing, lines_of[centavos], entries_of[centavos])
            for finding in group.place():
                if finding.line is not None and self._explains_nothing(finding):
                    suspects.append(LeftLine(line=finding.line))
                    if finding.cls is FindingClass.MATCHED:
                        unsure.append(finding)
                        continue
                yield finding
            self.left.extend(group.credits)
            self.left.extend(group.reversals)
            self.waiting.extend(group.waiting)
        yield from self._by_customer_alone(suspects)
        for finding in unsure:
            yield self._told_if_it_bars(finding)

    def _told_if_it_bars(self, finding: Finding) -> Finding:
        """A line that keeps a doubt is told to a person, who alone can say whose it is."""
        line = finding.line
        if line is None or id(line) not in self._bars:
            return finding
        echoes = self.placing.rules.echoes_reference
        how = "it does not name it" if echoes else "dated otherwise than its credit"
        return replace(
            finding,
            cls=FindingClass.ALTERED,
            why=f"{how}: it may be another cashback's of its customer",
            barred_by=line.number,
        )

    def _explains_nothing(self, finding: Finding) -> bool:
        """Whether a line that was placed may still be another doubt's of this customer.

        Where references are echoed, one is that does not name the cashback that it was put beside:
        both may have lost something, the cashback its line and the line its reference. Without
        references, one is that is dated otherwise than that cashback's credit.
        """
        rules, entry, line = self.placing.rules, finding.entry, finding.line
        if finding.cls in _EXPLAINS_NOTHING or entry is None or line is None:
            return finding.cls in _EXPLAINS_NOTHING
        if finding.cls in {FindingClass.MATCHED, FindingClass.NOT_EXPECTED}:
            if names(line.reference, entry.id.hex):
                return False
            return rules.echoes_reference or not rules.is_dated_like(entry, line.credited_at)
        return rules.echoes_reference and finding.barred_by is not None

    def _by_customer_alone(self, suspects: list[LeftLine]) -> Iterator[Finding]:
        """A credit of another amount: an applied cashback's or a doubt's, and nobody can tell.

        `suspects` are lines that were placed and explain nothing.
        """
        everything, rules = [*self.left, *suspects], self.placing.rules
        latest = latest_of(left.line.credited_at for left in everything)
        barring, others = Barring(everything, rules), self._others()
        other_first = FirstLines([left.line.credited_at for left in others], rules)
        gone: set[int] = set()
        order = {NotPlaced.ABSENT: 0, NotPlaced.DOUBT: 1}
        self.waiting.sort(key=lambda one: order.get(one.waiting, 2))
        kept: list[LeftEntry] = []
        for one in self.waiting:
            entry = one.entry
            if one.waiting is NotPlaced.TO_BE_SENT:
                yield self._to_be_sent(entry, barring)
                continue
            pairable = one.waiting in order and not entry.is_erased
            if (
                not pairable
                or entry.id in self.placing.explanations.absent
                or not could_be_any(entry, latest, rules)
            ):
                kept.append(one)
                continue
            place = other_first.first(entry)
            if place is not None:
                other_first.take(place)
                other = others[place]
                gone.add(id(other))
                why = (
                    f"{other.line.cashback_centavos} centavos instead of {entry.cashback_centavos}"
                )
                yield Finding(
                    cls=FindingClass.ALTERED,
                    line=other.line,
                    entry=entry,
                    why=f"{why}, and no reference says whose it is",
                    barred_by=other.line.number if one.waiting is NotPlaced.DOUBT else None,
                )
                continue
            bar = None if one.waiting is NotPlaced.ABSENT else barring.of(entry)
            if bar is not None:
                self._bars.add(id(bar))
                yield undecided(
                    entry, f"line {bar.number} of its customer may be its credit", barred_by=bar
                )
            else:
                kept.append(one)
        self.waiting = kept
        self.left = [left for left in self.left if id(left) not in gone]
        if self._bar_from:
            self._bars.update(id(left.line) for left in everything if self._bars_all(left))

    def _bars_all(self, left: LeftLine) -> bool:
        at = left.line.credited_at
        return at is None or at >= self._bar_from[is_date_alone(at)]

    def _others(self) -> list[LeftLine]:
        """Credits of other amounts that may be an applied cashback's or a doubt's."""
        rules = self.placing.rules
        return [
            left
            for left in self.left
            if not left.is_reversal and left.doubles is None and not left.names_another(rules)
        ]

    def _to_be_sent(self, entry: BookEntry, barring: Barring) -> Finding:
        """A pending cashback: not sent while a line of its customer may be its credit.

        One that was never tried has no credit, unless a database that was restored has forgotten
        it: then its ERP confirmed it a second time. Where it has not yet, the lines alone are told:
        confirming asks for them where anything may be forgotten, and on other days one odd line
        holds nobody.
        """
        if entry.status is not Status.PENDING:
            for kind in (False, True):
                earliest = self.placing.rules.earliest_at(entry, is_date=kind)
                self._bar_from[kind] = min(earliest, self._bar_from.get(kind, earliest))
            return Finding(cls=FindingClass.UNPAID, entry=entry, why=f"{entry.status} here")
        may_have = entry.first_started_at is not None or entry.confirmed_at is not None
        bar = barring.of(entry) if may_have else None
        if bar is None:
            return Finding(cls=FindingClass.UNPAID, entry=entry, why="pending here")
        self._bars.add(id(bar))
        why = f"line {bar.number} of its customer may be its credit"
        return Finding(
            cls=FindingClass.UNPAID,
            entry=entry,
            why=why,
            barred_by=bar.number,
            move=self.placing.suspected(entry, why),
        )
