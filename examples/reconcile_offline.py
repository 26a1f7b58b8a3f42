"""Hold a statement against a book on one's own machine: both parties may, and get the same answer.

    python examples/reconcile_offline.py book.csv statement.csv

The book has id, document, cashback, status, accepted_at, started_at and applied_at, one cashback a
line; the statement has document, cashback, at and reference, one credit a line. It needs nothing
but `cashback_core`: no database, no network, and it moves nothing.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cashback_core import parse_centavos
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.reconciliation import (
    BookEntry,
    Margin,
    ReadStatement,
    Rules,
    StatementTotals,
    reconcile,
)
from cashback_core.reconciliation.statements import StatementHead, StatementLine


def instant(text: str) -> datetime | None:
    """An ISO 8601 instant with its offset; None for nothing."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def book(path: Path) -> list[BookEntry]:
    """Our side: what the gateway holds of each cashback."""
    entries: list[BookEntry] = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            accepted_at = instant(row["accepted_at"])
            assert accepted_at is not None, row
            entries.append(
                BookEntry(
                    id=UUID(row["id"]),
                    merchant_id=1,
                    document=row["document"],
                    cashback_centavos=parse_centavos(row["cashback"]),
                    status=Status(row["status"]),
                    accepted_at=accepted_at,
                    first_started_at=instant(row["started_at"]),
                    last_started_at=instant(row["started_at"]),
                    applied_at=instant(row["applied_at"]),
                )
            )
    return entries


def statement(path: Path) -> list[StatementLine]:
    """Their side: every credit, numbered as it stands in the file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            StatementLine(
                number=number,
                document=row["document"],
                cashback_centavos=parse_centavos(row["cashback"]),
                credited_at=instant(row["at"]),
                reference=row["reference"] or None,
            )
            for number, row in enumerate(csv.DictReader(file), start=1)
        ]


def main(book_path: Path, statement_path: Path) -> None:
    """Print what needs a person, and what each class adds up to."""
    entries, lines = book(book_path), statement(statement_path)
    tally = StatementTotals()
    for line in lines:
        tally.add(line)
    since = min(entry.first_started_at or entry.accepted_at for entry in entries)
    since -= timedelta(days=3)
    now = datetime.now(UTC)
    head = StatementHead(
        asked_since=since,
        asked_at=now,
        since=since,
        complete_through=now,
        # What the provider declared; here the file is taken for whole.
        declared_count=tally.lines,
        declared_centavos=tally.net_centavos,
    )
    rules = Rules(
        policy=DeliveryPolicy(),
        margin=Margin(freeze_s=60, provider_delay_s=900, clock_skew_s=300),
        echoes_reference=any(line.reference for line in lines),
    )
    reconciliation = reconcile([ReadStatement(head=head, tally=tally)], lines, entries, rules)
    for finding in reconciliation.findings():
        if finding.needs_a_person:
            where = "" if finding.line is None else f" line {finding.line.number}"
            print(f"{finding.cls}{where} {finding.cashback_id or ''}: {finding.why}")
    for cls, total in reconciliation.totals.by_class.items():
        if total.lines or total.cashbacks:
            print(
                f"{cls}: {total.lines} lines of {total.line_centavos} centavos,"
                f" {total.cashbacks} cashbacks of {total.cashback_centavos}"
            )
    if reconciliation.distrust:
        print(f"absence proves nothing: {reconciliation.distrust}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
