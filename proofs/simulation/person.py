"""The person who explains what no program may decide, by what the provider tells on the phone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Explanation, Meaning, StatementIncident
from cashback_core.testing.memory_rows import paid_document
from simulation.database import SimulatedDatabase, at_once
from simulation.invariants import OPEN

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.testing.memory_rows import Row
    from simulation.desk import Desk
    from simulation.tellings import Credit


class Person:
    """Looks at what stands open and says what each line is: the truth, against its reference, too.

    The provider knows it, so the risk that is asked of whoever contradicts a reference is none.
    """

    def __init__(self, database: SimulatedDatabase, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    def look(self) -> int:
        """Explain whatever can be explained now; how much that was."""
        standing = [
            row.incident
            for row in self._database.said.kept.values()
            if row.incident.closed_at is None
        ]
        return sum(self._explain(incident) for incident in standing)

    def _explain(self, incident: StatementIncident) -> bool:
        if incident.cls is FindingClass.APPLIED_ABSENT:
            return self._absent(incident)
        key = incident.line_key
        credit = (
            None if key is None else self._credit_of(key, dated=incident.credited_at is not None)
        )
        if credit is None:
            return False  # on a statement that was worth nothing: a later one does without
        if credit.reference is None:
            return self._say(incident, Meaning.FOREIGN)
        row = self._row(credit.reference)
        if not self._is_taken_back(credit) or row.status not in OPEN:
            return self._say(incident, Meaning.OURS, row.record.id)
        if row.status is Status.IN_DOUBT:
            kind = ActKind.MARK_REJECTED
            act = Act(kind=kind, by="petra", reason="it was taken back")
            at_once(self._database.operators.act(None, row.record.id, act))
            return True
        return False

    def _absent(self, incident: StatementIncident) -> bool:
        """The provider says that it paid, or that another credit was counted for this one."""
        key = str(incident.cashback_id)
        if self._desk.hidden.get(key) or not self._is_paid(key):
            return self._say(incident, Meaning.KNOWN_ABSENT)
        return False

    def _is_paid(self, key: str) -> bool:
        """Whether the provider paid it; without references, as many of its group as are applied.

        Whoever a person said has a line has it, and it is no equal one's: both are left out of the
        count. Otherwise the absent one of two would pass for paid by the other's credit, for ever.
        """
        paid = [one for one in self._desk.ledger if one.reference and not one.again]
        if self._database.settling.echoes_reference:
            return any(one.reference == key for one in paid)
        said = self._said()
        if said[key]:
            return True
        group, absent = _group(self._row(key)), self._database.said.absent
        credits_ = Counter(
            one.reference
            for one in paid
            if (one.document, one.cashback_centavos) == group and one.back is None
        )
        applied = sum(
            _group(row) == group and row.status is Status.APPLIED
            for row in self._database.rows.values()
            if row.record.id not in absent and not said[str(row.record.id)]
        )
        return (credits_ - said).total() >= applied

    def _said(self) -> Counter[str | None]:
        """Of how many lines a person said that they are each one's."""
        return Counter(
            str(id_) for words in self._database.said.lines.values() for id_ in words if id_
        )

    def _credit_of(self, key: str, *, dated: bool) -> Credit | None:
        """The credit that nobody has explained yet, of those whose lines read the same.

        Of a line without an instant that has to be said again once another cashback was tried.
        """
        words, credits_ = self._database.said.lines.get(key, ()), self._desk.credits_of.get(key, ())
        said = Counter(None if id_ is None else str(id_) for id_ in words)
        for credit in credits_:
            if not said[credit.reference]:
                return credit
            said[credit.reference] -= 1
        return None if dated or not credits_ else credits_[len(words) % len(credits_)]

    def _is_taken_back(self, credit: Credit) -> bool:
        return any(
            other.back is not None and other.reference == credit.reference
            for other in self._desk.ledger
        )

    def _row(self, reference: str) -> Row:
        return next(row for row in self._database.rows.values() if str(row.record.id) == reference)

    def _say(self, incident: StatementIncident, meaning: Meaning, id_: UUID | None = None) -> bool:
        word = Explanation(
            meaning=meaning, by="petra", reason="they said so", cashback_id=id_, accept_risk=True
        )
        done = at_once(self._database.said.explain(incident.id, word, dry_run=False))
        return isinstance(done, StatementIncident)


def _group(row: Row) -> tuple[str, int]:
    record = row.record
    return paid_document(record), record.cashback.cashback_centavos
