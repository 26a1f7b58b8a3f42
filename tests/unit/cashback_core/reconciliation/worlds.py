"""Books and statements made from situations whose right classes are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.reconciliation import (
    BookEntry,
    Explanations,
    Finding,
    FindingClass,
    Margin,
    ReadStatement,
    Reconciliation,
    Rules,
    StatementTotals,
)
from cashback_core.reconciliation.statements import LineKind, StatementHead, StatementLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""When the first attempts of what is in doubt began."""

NOW = T + timedelta(days=2)
SINCE = T - timedelta(hours=1)
MARGIN = Margin(freeze_s=0.0, provider_delay_s=1.0, clock_skew_s=1.0)
ECHOED = Rules(policy=DeliveryPolicy(), margin=MARGIN, echoes_reference=True)
SILENT = replace(ECHOED, echoes_reference=False)


def id_of(number: int) -> UUID:
    """A made-up id of version 7."""
    return UUID(f"019a0000-{number // 10_000:04d}-7{number % 1000:03d}-8abc-{number:012x}")


def entry(number: int, status: Status, **changes: object) -> BookEntry:
    """A cashback of 1.40 of a customer of its own, tried at T; applied ones were so at once."""
    applied = T + timedelta(seconds=1) if status is Status.APPLIED else None
    made = BookEntry(
        id=id_of(number),
        merchant_id=1,
        document=f"{number:011d}",
        cashback_centavos=140 + number,
        status=status,
        accepted_at=T - timedelta(seconds=1),
        first_started_at=T,
        last_started_at=T,
        applied_at=applied,
        version=3,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def line_of(one: BookEntry, rules: Rules, **changes: object) -> StatementLine:
    """The line that an honest provider tells of a cashback."""
    made = StatementLine(
        number=0,
        document=one.document,
        cashback_centavos=one.cashback_centavos,
        credited_at=T,
        reference=str(one.id) if rules.echoes_reference else None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class World:
    """A book and a statement of it."""

    rules: Rules
    book: list[BookEntry] = field(default_factory=list)
    lines: list[StatementLine] = field(default_factory=list)
    lines_of_class: dict[int, FindingClass] = field(default_factory=dict)
    entries_of_class: dict[UUID, FindingClass] = field(default_factory=dict)

    def add(
        self,
        entries: Iterable[tuple[BookEntry, FindingClass]],
        lines: Iterable[tuple[StatementLine, FindingClass]],
    ) -> None:
        """Add what belongs together."""
        for one, cls in entries:
            self.book.append(one)
            self.entries_of_class[one.id] = cls
        for line, cls in lines:
            number = len(self.lines) + 1
            self.lines.append(replace(line, number=number))
            self.lines_of_class[number] = cls


def told(
    lines: Sequence[StatementLine],
    change: Callable[[StatementHead], StatementHead] = lambda head: head,
) -> ReadStatement:
    """A statement of these lines whose head fits them, but for what is changed."""
    tally = StatementTotals()
    for line in lines:
        tally.add(line)
    head = StatementHead(
        asked_since=SINCE,
        asked_at=NOW,
        since=SINCE,
        complete_through=NOW - timedelta(seconds=2),
        declared_count=tally.lines,
        declared_centavos=tally.net_centavos,
    )
    return ReadStatement(head=change(head), tally=tally)


def found(
    book: Iterable[BookEntry],
    lines: Sequence[StatementLine],
    rules: Rules,
    change: Callable[[StatementHead], StatementHead] = lambda head: head,
    explanations: Explanations | None = None,
    taken_back: frozenset[UUID] = frozenset(),
) -> tuple[list[Finding], Reconciliation]:
    """Everything that a reconciliation finds, checked to place each thing once."""
    book = list(book)
    said = explanations or Explanations(lines={})
    reconciliation = Reconciliation([told(lines, change)], rules, said, taken_back=taken_back)
    for line in lines:
        reconciliation.take(line)
    for one in book:
        reconciliation.enter(one)
    findings = list(reconciliation.findings())
    placed = [finding.line.number for finding in findings if finding.line is not None]
    assert sorted(placed) == sorted(line.number for line in lines)
    ids = [finding.entry.id for finding in findings if finding.entry is not None]
    assert sorted(ids) == sorted(one.id for one in book)
    totals = reconciliation.totals.by_class.values()
    signed = [
        (-1 if line.kind is LineKind.REVERSAL else 1) * (line.cashback_centavos or 0)
        for line in lines
    ]
    assert sum(total.lines for total in totals) == len(lines)
    assert sum(total.line_centavos for total in totals) == sum(signed)
    assert sum(total.cashbacks for total in totals) == len(book)
    assert sum(total.cashback_centavos for total in totals) == sum(
        one.cashback_centavos for one in book
    )
    return findings, reconciliation


def numbered(lines: Iterable[StatementLine]) -> list[StatementLine]:
    """Lines with their numbers."""
    return [replace(line, number=number) for number, line in enumerate(lines, 1)]
