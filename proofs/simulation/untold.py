"""What a reconciliation must never do: lose a line, lose a cashback, or keep quiet about money.

Both are told from outside: by what the provider's books really say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import line_key
from cashback_core.reconciliation.statements import LineKind
from simulation.tellings import UNREADABLE, Telling

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from cashback_core.reconciliation import BookEntry
    from cashback_core.reconciliation.statements import StatementLine
    from simulation.database import SimulatedDatabase
    from simulation.desk import Desk
    from simulation.runs import Run
    from simulation.tellings import Credit

ALTERED: Final = frozenset({Telling.NET_OF_FEE, Telling.OTHER_CUSTOMER, *UNREADABLE})
UNPAID: Final = frozenset(
    {
        Status.PENDING,
        Status.HELD,
        Status.REJECTED,
        Status.CANCELLED,
        Status.UNCONFIRMED,
        Status.VOID,
        Status.RECORDED,
    }
)


def misplaced(run: Run, lines: Sequence[StatementLine], book: Sequence[BookEntry]) -> Iterator[str]:
    """Every line and every cashback in one class, and classes that add up to both sides."""
    findings = run.findings
    told = Counter(id(finding.line) for finding in findings if finding.line is not None)
    if told != Counter(map(id, lines)):
        yield f"13: {len(lines)} lines, {told.total()} placed, {len(told)} different ones"
    entered = Counter(id(finding.entry) for finding in findings if finding.entry is not None)
    if entered != Counter(map(id, book)):
        yield f"13: {len(book)} cashbacks, {entered.total()} placed"
    totals = run.reconciliation.totals.by_class.values()
    net = sum(
        -(line.cashback_centavos or 0)
        if line.kind is LineKind.REVERSAL
        else line.cashback_centavos or 0
        for line in lines
    )
    both = sum(t.line_centavos for t in totals), sum(t.cashback_centavos for t in totals)
    owed = sum(entry.cashback_centavos for entry in book)
    if both != (net, owed):
        yield f"13: classes add up to {both}, the statement to {net}, the book to {owed}"


def untold(database: SimulatedDatabase, desk: Desk, *, echoes_reference: bool) -> Iterator[str]:
    """What somebody had to be told of, and no incident stands or was explained."""
    told = _told(database)
    shown = [credit for credit in desk.ledger if not desk.hidden.get(credit.reference or "")]
    for credit in shown:
        line = desk.line(credit)
        odd = credit.is_foreign or credit.back is not None or credit.told in ALTERED
        if any(other.back is not None and other.reference == credit.reference for other in shown):
            odd = credit.back is not None  # whoever knows of the reversal knows of its credit
        # A stranger's credit of a customer and an amount of ours may stand for one never told.
        mistaken = credit.is_foreign and any(desk.hidden.values())
        if odd and not mistaken and not told[line_key(line)]:
            yield f"14: nobody was told of {credit}"
    owners = {str(row.record.id): row for row in database.rows.values()}
    surplus: dict[Hashable, list[Credit]] = defaultdict(list)
    for credit in shown:
        if credit.reference is not None and credit.back is None and credit.told not in ALTERED:
            row = owners[credit.reference].record
            group = (row.sale.document, row.cashback.cashback_centavos)
            surplus[credit.reference if echoes_reference else group].append(credit)
    for key, credits_ in surplus.items():
        paid = sum(
            row.status is Status.APPLIED
            for id_, row in owners.items()
            if key
            in (
                id_,
                (row.record.sale.document, row.record.cashback.cashback_centavos),
            )
        )
        keys = {line_key(desk.line(credit)) for credit in credits_}
        number = sum(told[one] for one in keys)
        # Each reversal was told by itself, and takes one of the credits away.
        back = sum(
            credit.back is not None
            and key in (credit.reference, (credit.document, credit.cashback_centavos))
            for credit in shown
        )
        if len(credits_) - back - paid > number:
            yield (
                f"14: {len(credits_)} credits of {key}, {paid} applied here,"
                f" and {number} lines told to somebody"
            )


def _told(database: SimulatedDatabase) -> Counter[str]:
    """How many lines of each kind stand open or were explained by a person."""
    said = database.said
    told = Counter({key: len(meanings) for key, meanings in said.lines.items()})
    told.update(
        row.incident.line_key
        for row in said.kept.values()
        if row.incident.closed_at is None and row.incident.line_key is not None
    )
    return told
