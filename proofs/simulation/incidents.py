"""Statement incidents of the simulated database: opened by what is found, closed by what is not.

How a person explains one is the business of the fake that the contract suite keeps honest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.reconciliation import line_key
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.testing.memory_incidents import SLUGS, MemoryIncidents

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import timedelta

    from cashback_core.reconciliation import Finding, Window
    from cashback_core.testing.memory_store import MemoryStore
    from simulation.runs import Run

BY_A_LATER_STATEMENT: Final = "a later statement explains it"


class SimulatedIncidents(MemoryIncidents):
    """`open_ones` have not been closed by a person or a statement yet, by what they are about."""

    def __init__(self, store: MemoryStore, *, precedes: timedelta) -> None:
        super().__init__(store, precedes=precedes)
        self.open_ones: dict[Hashable, UUID] = {}
        self._told_by: dict[UUID, Window] = {}

    def note(self, run: Run) -> None:
        """Open what is found and not open, close what a statement that covers it finds no more.

        A line of which a person said something since the reconciliation began is left alone: the
        next one knows. Otherwise it would be asked about again, and explained twice.
        """
        found = self._keyed(run)
        for key, finding in found.items():
            standing = self.open_ones.get(key)
            row = None if standing is None else self.kept[standing]
            if row is None or row.incident.closed_at is not None:
                self._begin(key, finding, run)
        covers = not run.reconciliation.window.distrust
        for key, id_ in list(self.open_ones.items()):
            told_by = self._told_by[id_]
            row = self.kept[id_]
            if row.incident.closed_at is not None:
                del self.open_ones[key]
            elif (
                covers
                and key not in found
                and run.reconciliation.window.since <= told_by.since
                and run.reconciliation.window.through >= told_by.through
            ):
                self._end(key)

    def _keyed(self, run: Run) -> dict[Hashable, Finding]:
        before, seen = run.begun.explanations.lines, Counter[str]()
        found: dict[Hashable, Finding] = {}
        for finding in run.findings:
            if not finding.needs_a_person:
                continue
            if finding.line is None:
                found[finding.cls, finding.cashback_id] = finding
                continue
            key = line_key(finding.line)
            if len(before.get(key, ())) == len(self.lines.get(key, ())):
                found[key, seen[key]] = finding
            seen[key] += 1
        return found

    def _begin(self, key: Hashable, finding: Finding, run: Run) -> None:
        line, entry = finding.line, finding.entry or finding.about
        merchant_id = None if entry is None else entry.merchant_id
        document = entry.document if entry is not None and line is None else None
        incident = StatementIncident(
            id=UUID(int=len(self.kept) + 1),
            cls=finding.cls,
            merchant=None if merchant_id is None else SLUGS[merchant_id],
            cashback_id=finding.cashback_id,
            document=document if line is None else line.document,
            centavos=finding.at_stake_centavos,
            line=None if line is None else line.number,
            line_key=None if line is None else line_key(line),
            credited_at=None if line is None else line.credited_at,
            reference=None if line is None else line.reference,
            why=finding.why,
            opened_at=self._store._now(),
            statement_at=run.begun.asked_at,
        )
        self.keep(incident, merchant_id=merchant_id)
        self.open_ones[key] = incident.id
        self._told_by[incident.id] = run.reconciliation.window

    def _end(self, key: Hashable) -> None:
        row = self.kept[self.open_ones.pop(key)]
        row.incident = replace(
            row.incident, closed_at=self._store._now(), closed_why=BY_A_LATER_STATEMENT
        )
        row.events.append(("closed", None))
