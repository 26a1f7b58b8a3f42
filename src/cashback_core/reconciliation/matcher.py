"""The reconciliation: two sides, three passes, and what the whole statement proves in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation.by_amount import AmountPlaces
from cashback_core.reconciliation.by_customer import CustomersLines
from cashback_core.reconciliation.by_reference import place_by_reference
from cashback_core.reconciliation.doubtful_documents import read_by_book
from cashback_core.reconciliation.entries import NOTHING_EXPLAINED, line_key
from cashback_core.reconciliation.findings import Finding, FindingClass, Totals
from cashback_core.reconciliation.placement import (
    LeftEntry,
    LeftLine,
    NotPlaced,
    Placement,
    undecided,
)
from cashback_core.reconciliation.references import PartsOf, fragments_in, id_in
from cashback_core.reconciliation.spools import MemorySpool, cogroup
from cashback_core.reconciliation.statements import LineKind
from cashback_core.reconciliation.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from cashback_core.reconciliation.entries import BookEntry, Explanations
    from cashback_core.reconciliation.spools import Spool
    from cashback_core.reconciliation.statements import StatementLine
    from cashback_core.reconciliation.told import ReadStatement
    from cashback_core.reconciliation.windows import Rules

DOUBTS_AT_ONCE: Final = 1_000
"""Doubts whose ids are looked for at once among the lines that have a part of some id."""

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_OPEN: Final = frozenset({Status.SENDING, Status.IN_DOUBT, Status.PENDING})
_UNEXPLAINED: Final = frozenset(
    {
        FindingClass.ALTERED,
        FindingClass.CREDITED_AGAIN,
        FindingClass.CREDITED_UNPAID,
        FindingClass.UNKNOWN_HERE,
        FindingClass.REVERSED,
    }
)


def reconcile(
    told: Sequence[ReadStatement],
    lines: Iterable[StatementLine],
    book: Iterable[BookEntry],
    rules: Rules,
    explanations: Explanations = NOTHING_EXPLAINED,
    *,
    spool: Callable[[], Spool[Any]] = MemorySpool,
) -> Reconciliation:
    """Reconcile a statement, or consecutive ones, with the book: see `Reconciliation`."""
    reconciliation = Reconciliation(told, rules, explanations, spool=spool)
    for line in lines:
        reconciliation.take(line)
    for entry in book:
        reconciliation.enter(entry)
    return reconciliation


class Reconciliation:
    """Puts every line of a statement and every cashback of the book in exactly one class.

    Both sides may come in any order; `take` and `enter` put them aside, `findings` merges them one
    group at a time, and what it holds meanwhile are the spools'. The book is every cashback,
    over all merchants of the provider's account, that may have a credit dated from `book_since`
    on: whatever was tried and is not over before, whatever is in doubt, and whatever a line
    names. The statement must have been read before the book was.

    A doubt is proved absent only when the statement covers it as asked and as declared, its
    totals match, every line was readable, every applied cashback of the window is on it, and no
    line that nothing explains could be its credit. What keeps it is lifted by a person alone.
    And never where statements tell that were asked for later, from `told_anew_from` on. Nor does
    a credit say anything that these told to be taken back: `taken_back` are its cashbacks.
    """

    def __init__(
        self,
        told: Sequence[ReadStatement],
        rules: Rules,
        explanations: Explanations = NOTHING_EXPLAINED,
        *,
        told_anew_from: datetime | None = None,
        taken_back: frozenset[UUID] = frozenset(),
        spool: Callable[[], Spool[Any]] = MemorySpool,
    ) -> None:
        window = Window.of(told, rules.margin)
        self.window: Final = replace(window, told_anew_from=told_anew_from)
        self.totals: Final = Totals()
        self._placing = Placement(
            window=self.window,
            rules=rules,
            explanations=explanations,
            asked_at=max(one.head.asked_at for one in told),
            taken_back=taken_back,
        )
        self._spool = spool
        self._known: Counter[str] = Counter()
        self._undated: Spool[StatementLine] = spool()
        self._latest_tried = _FIRST
        self._alone: Spool[Finding] = spool()
        self._doubtful: Spool[StatementLine] = spool()
        self._has_doubtful = False
        self._named: Spool[LeftLine] = spool()
        self._unnamed: Spool[LeftLine] = spool()
        self._book: Spool[BookEntry] = spool()
        self._fragments: Spool[StatementLine] = spool()
        self._untrusted: Counter[FindingClass] = Counter()
        self._earliest = self.window.since

    @property
    def book_since(self) -> datetime:
        """From when on the book must be complete: known when every line was taken."""
        return self._earliest - self._placing.rules.precedes

    @property
    def distrust(self) -> str | None:
        """Why the statement's silence proves nothing; known when every finding was read."""
        reasons = list(self.window.distrust)
        for cls, text in (
            (FindingClass.UNREADABLE, "lines cannot be read"),
            (FindingClass.APPLIED_ABSENT, "applied cashbacks of its window are not on it"),
            (FindingClass.ALTERED, "applied cashbacks of its window are not on it as they are"),
            (FindingClass.CREDITED_AGAIN, "lines stand on it twice"),
        ):
            if self._untrusted[cls]:
                reasons.append(f"{self._untrusted[cls]} {text}")
        return "; ".join(reasons) or None

    def take(self, line: StatementLine) -> None:
        """Put one line aside."""
        if line.credited_at is not None:
            self._earliest = min(self._earliest, line.credited_at)
            self._put(line)
        elif line_key(line) in self._placing.explanations.lines:
            self._undated.put(line)  # whether that holds is known when the book is
        else:
            self._put(line)

    def _put(self, line: StatementLine) -> None:
        if line.doubtful is not None and line.kind is LineKind.CREDIT:
            self._put_doubtful(line)  # and whatever a person explained, it was the line as read
            return
        whose, by_person = self._explained(line)
        if by_person and whose is None:
            self._alone.put(Finding(cls=FindingClass.EXPLAINED, line=line, why="foreign"))
        elif line.doubtful is not None and not by_person:
            self._put_doubtful(line)
        elif line.kind is LineKind.UNREADABLE and not by_person:
            self._put_unreadable(line)
        else:
            # Apart: without a name they would be one group, and all be held at once.
            lines = self._unnamed if whose is None else self._named
            lines.put(LeftLine(line=line, own=whose, by_person=by_person))

    def _put_doubtful(self, line: StatementLine) -> None:
        self._doubtful.put(line)  # what it means is known when the book is
        self._has_doubtful = True

    def _put_unreadable(self, line: StatementLine) -> None:
        why = line.problem or "it cannot be read"
        self._alone.put(Finding(cls=FindingClass.UNREADABLE, line=line, why=why))

    def enter(self, entry: BookEntry) -> None:
        """Put one cashback aside."""
        if entry.status is Status.NOT_DUE:
            raise ValueError("what is not due is in no book")
        if entry.last_started_at is not None and entry.status in _OPEN:
            self._latest_tried = max(self._latest_tried, entry.last_started_at)
        self._book.put(entry)

    def findings(self) -> Iterator[Finding]:
        """Every line and every cashback, each in one finding; to be read once, to its end."""
        for finding in self._all():
            self.totals.add(finding)
            yield finding

    def _all(self) -> Iterator[Finding]:
        for line in self._undated.in_order(lambda line: line.number):
            self._put(line)
        if self._has_doubtful:
            self._read_doubtful()
        for finding in self._alone.in_order(lambda finding: finding.cls):
            self._untrusted[FindingClass.UNREADABLE] += finding.cls is FindingClass.UNREADABLE
            yield finding
        lines = self._unnamed
        entries: Spool[BookEntry] = self._spool()
        yield from self._noted(self._by_reference(lines, entries))
        left: Spool[LeftLine] = self._spool()
        waiting: Spool[LeftEntry] = self._spool()
        yield from self._noted(self._by_customer(lines, entries, left, waiting))
        doubts: Spool[LeftEntry] = self._spool()
        yield from self._noted(self._by_amount(left, waiting, doubts))
        distrust, ordered = self.distrust, doubts.in_order(lambda one: one.entry.id.hex)
        while some := list(islice(ordered, DOUBTS_AT_ONCE)):
            parts = self._parts_of(one.entry.id.hex for one in some if one.line is None)
            for one in some:
                yield self._in_the_end(one, distrust, parts.get(one.entry.id.hex))

    def _read_doubtful(self) -> None:
        """Read the lines whose documents the book makes readable, or says whose they are."""
        lines = self._doubtful.in_order(lambda line: line.number)
        book = self._book.in_order(lambda entry: entry.document)
        self._book = self._spool()
        for line in read_by_book(lines, book, self._book, self._spool):
            if line.doubtful is None:
                self._put(line)
            else:  # as it was, when nobody had explained it
                self._put_unreadable(line)

    def _noted(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        """Remember what bars doubts of other customers: what nothing explains, what is missing."""
        for finding in findings:
            line, entry = finding.line, finding.entry
            if line is not None and finding.cls in _UNEXPLAINED and fragments_in(line.reference):
                named = entry or finding.about
                if named is None or named.id.hex != id_in(line.reference):
                    self._fragments.put(line)
            self._untrusted[FindingClass.CREDITED_AGAIN] += finding.is_twin
            if finding.cls is FindingClass.APPLIED_ABSENT or (
                finding.cls is FindingClass.ALTERED
                and finding.barred_by is None  # its date alone is odd, and it bars its customer's
                and entry is not None
                and entry.status is Status.APPLIED
                and id_in(line.reference if line else None) != entry.id.hex
            ):
                self._untrusted[finding.cls] += 1
            yield finding

    def _by_reference(self, lines: Spool[LeftLine], entries: Spool[BookEntry]) -> Iterator[Finding]:
        sides = cogroup(
            self._named.in_order(lambda left: left.own or ""),
            self._book.in_order(lambda entry: entry.id.hex),
            lambda left: left.own or "",
            lambda entry: entry.id.hex,
        )
        for _, named, found in sides:
            if len(found) > 1:
                raise ValueError("a cashback stands twice in the book")
            if found and named:
                for finding in place_by_reference(found[0], named, self._placing):
                    if finding.cls in _UNEXPLAINED and finding.strays:
                        assert finding.line is not None
                        lines.put(LeftLine(line=finding.line, strays=True))
                    yield finding
            elif found:
                entries.put(found[0])
            for left in () if found else named:
                if left.by_person:
                    why = "by a person, as the credit of a cashback out of the window"
                    yield Finding(cls=FindingClass.EXPLAINED, line=left.line, why=why)
                else:
                    lines.put(left)

    def _by_customer(
        self,
        lines: Spool[LeftLine],
        entries: Spool[BookEntry],
        left: Spool[LeftLine],
        waiting: Spool[LeftEntry],
    ) -> Iterator[Finding]:
        sides = cogroup(
            lines.in_order(lambda one: one.line.document or ""),
            entries.in_order(lambda entry: entry.document),
            lambda one: one.line.document or "",
            lambda entry: entry.document,
        )
        for _, theirs, ours in sides:
            if not ours:
                for line in theirs:
                    if not line.strays:
                        left.put(line)
                continue
            customer = CustomersLines(self._placing)
            yield from customer.place(theirs, ours)
            for line in customer.left:
                left.put(line)
            for entry in customer.waiting:
                waiting.put(entry)

    def _by_amount(
        self, left: Spool[LeftLine], waiting: Spool[LeftEntry], doubts: Spool[LeftEntry]
    ) -> Iterator[Finding]:
        sides = cogroup(
            left.in_order(lambda one: _digits(one.line.cashback_centavos)),
            waiting.in_order(lambda one: _digits(one.entry.cashback_centavos)),
            lambda one: _digits(one.line.cashback_centavos),
            lambda one: _digits(one.entry.cashback_centavos),
        )
        for _, theirs, ours in sides:
            amount = AmountPlaces(self._placing, theirs, ours)
            yield from amount.place()
            for one in amount.left:
                doubts.put(one)

    def _parts_of(self, hex_ids: Iterable[str]) -> Mapping[str, StatementLine]:
        """For each of these ids the first line that nothing explains and that has a part of it."""
        index = PartsOf(hex_ids)
        found: dict[str, StatementLine] = {}
        lines, self._fragments = self._fragments, self._spool()
        for line in lines.in_order(lambda line: line.number):
            self._fragments.put(line)
            for hex_id in index.named_by(line.reference):
                found.setdefault(hex_id, line)
        return found

    def _in_the_end(
        self, one: LeftEntry, distrust: str | None, part: StatementLine | None
    ) -> Finding:
        """A doubt that nothing keeps but the statement as a whole, or a part of its reference."""
        entry, line = one.entry, one.line
        if part is not None:
            why = f"line {part.number} has a part of its reference"
            return undecided(entry, why, barred_by=part)
        if distrust is not None:
            return undecided(entry, f"the statement cannot be trusted: {distrust}", line=line)
        if one.waiting is NotPlaced.COUNTED_IF_TRUSTED:
            how = "there are credits of its customer and amount, and none is still to come"
            return self._placing.credited_finding(one, line, how)
        move = self._placing.unpaid(entry, one.group)
        cls = FindingClass.DOUBT_ABSENT
        return Finding(cls=cls, entry=entry, why="proved unpaid", move=move)

    def _explained(self, line: StatementLine) -> tuple[str | None, bool]:
        """The id of the cashback whose line it is, if any, and whether a person said so.

        As many lines that read the same are explained as a person explained, and no more.
        """
        explanations = self._placing.explanations
        if explanations.lines:
            key = line_key(line)
            said: Sequence[UUID | None] = explanations.lines.get(key, ())
            if line.credited_at is None:
                times = zip_longest(said, explanations.said_at.get(key, ()))
                said = [whose for whose, at in times if at is None or at >= self._latest_tried]
            nth = self._known[key]
            if nth < len(said):
                self._known[key] += 1
                whose = said[nth]
                return None if whose is None else whose.hex, True
        return id_in(line.reference), False


def _digits(centavos: int | None) -> str:
    return f"{centavos or 0:020d}"
