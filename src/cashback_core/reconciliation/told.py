"""A statement as it was told: its head, held against its lines; several, one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.entries import is_date_alone, line_key
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.reconciliation.statements import LineKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from cashback_core.reconciliation.statements import StatementHead, StatementLine


_TOLD_TWICE: Final = "at: a date alone, and two statements tell it: one credit, or two of a day"


@dataclass(slots=True)
class StatementTotals:
    """What the lines add up to; reversals subtract from `net_centavos` alone.

    `unread` are the lines whose amount could not be read.
    """

    lines: int = 0
    net_centavos: int = 0
    gross_centavos: int = 0
    unread: int = 0

    def add(self, line: StatementLine) -> None:
        """Count one line."""
        self.lines += 1
        self.net_centavos += signed_centavos(line)
        self.gross_centavos += line.cashback_centavos or 0
        self.unread += line.cashback_centavos is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatement:
    """One statement, read to its end."""

    head: StatementHead
    tally: StatementTotals = field(default_factory=StatementTotals)

    @property
    def starts_at(self) -> datetime:
        """From when on it tells, by what was asked and what was declared."""
        return max(self.head.asked_since, self.head.since or self.head.asked_since)

    def defects(self) -> list[str]:
        """Why its silence proves nothing, whatever its lines are: most of all, that it was cut."""
        head, tally = self.head, self.tally
        found = list(head.defects)
        if not head.complete:
            found.append("a further page was not read")
        if head.since is None:
            found.append("it declares no start")
        if head.complete_through is None:
            found.append("it declares no instant that it is complete through")
        if head.declared_count is None:
            found.append("it declares no count")
        elif head.declared_count != tally.lines:
            found.append(f"{tally.lines} lines, but {head.declared_count} declared")
        if head.declared_centavos is None:
            found.append("it declares no sum")
        elif not self._adds_up(head.declared_centavos):
            found.append(
                f"lines add up to {tally.net_centavos} centavos,"
                f" but {head.declared_centavos} declared"
            )
        return found

    def _adds_up(self, declared: int) -> bool:
        tally = self.tally
        if declared in (tally.net_centavos, tally.gross_centavos):
            return True
        # What cannot be read has some amount; a person must explain such a line anyway.
        return tally.unread > 0 and declared > tally.net_centavos


def consecutive(
    told: Sequence[ReadStatement], lines_of: Callable[[int], Iterable[StatementLine]]
) -> Iterator[StatementLine]:
    """The lines of statements that follow each other, each line once.

    `lines_of` gives the lines of the statement at an index. A later statement may tell again what
    an earlier one told: what reads the same, its instant included, is the same line, as often as
    one statement tells it. Of a date alone nobody can tell, since two equal credits of a day read
    the same: such a line is unreadable, so that it is neither a doubt's credit nor left out.
    """
    if len(told) == 1:
        yield from lines_of(0)
        return
    seen: Counter[str] = Counter()
    for index in range(len(told)):
        here: Counter[str] = Counter()
        for line in lines_of(index):
            key = line_key(line)
            here[key] += 1
            if here[key] > seen[key]:
                yield line
            elif is_date_alone(line.credited_at):
                yield replace(line, kind=LineKind.UNREADABLE, problem=_TOLD_TWICE, doubtful=None)
        seen |= here
