"""Statement incidents in memory, on the rows of a MemoryStore: every promise of the port."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cashback_core.delivery.states import DONE, Status
from cashback_core.reconciliation import Explanations, FindingClass
from cashback_core.reconciliation.incidents import (
    PRECEDES,
    SAYS_CREDITED,
    ClassTotal,
    Explanation,
    IncidentPage,
    IncidentStore,
    Meaning,
    NamesACashback,
    NotExplained,
    OpenLine,
    StatementIncident,
    Suspect,
    may_be_credit_of,
    names_another,
    why_not_explained,
)
from cashback_core.reconciliation.references import id_in
from cashback_core.testing.memory_rows import paid_document
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import mask
from cashback_core.values.masks import hide_documents
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from cashback_core.testing.memory_store import MemoryStore, Row

SLUGS = {1: "demo", 2: "other"}


@dataclass(slots=True, kw_only=True)
class IncidentRow:
    """An incident as it is kept: while it stands `document` and reference are not masked.

    `merchant_id` is None for nobody's.
    """

    incident: StatementIncident
    merchant_id: int | None
    document: str | None
    events: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    """What happened to it, and by whom."""


class MemoryIncidents(IncidentStore):
    """`kept` is filled by tests, `lines` and `absent` is what persons said, `risks` at a risk."""

    def __init__(self, store: MemoryStore, *, precedes: timedelta = PRECEDES) -> None:
        self._store = store
        self._precedes = precedes
        self.kept: dict[UUID, IncidentRow] = {}
        self.lines: defaultdict[str, list[UUID | None]] = defaultdict(list)
        self.said_at: defaultdict[str, list[datetime]] = defaultdict(list)
        self.absent: set[UUID] = set()
        self.risks: set[UUID] = set()
        store.may_be_credited = self.may_be_credited

    def explanations(self) -> Explanations:
        """What persons have said so far."""
        return Explanations(
            lines={key: tuple(said) for key, said in self.lines.items() if said},
            said_at={key: tuple(times) for key, times in self.said_at.items()},
            absent=frozenset(self.absent),
        )

    async def incidents(
        self,
        merchant_id: int | None,
        *,
        open_only: bool,
        cls: FindingClass | None = None,
        limit: int,
        after: Position | None,
    ) -> IncidentPage:
        await self._reach()
        found = [
            _shown(row.incident)
            for row in self._of(merchant_id)
            if not (open_only and row.incident.closed_at) and cls in {None, row.incident.cls}
        ]
        found.sort(key=lambda one: (one.opened_at, one.id))
        if after is not None:
            found = [i for i in found if (i.opened_at, i.id) > (after.at, after.id)]
        page, more = tuple(found[:limit]), len(found) > limit
        at = Position(at=page[-1].opened_at, id=page[-1].id) if more else None
        return IncidentPage(items=page, next=at)

    async def standing(self, merchant_id: int | None) -> tuple[ClassTotal, ...]:
        await self._reach()
        counts: Counter[FindingClass] = Counter()
        centavos: Counter[FindingClass] = Counter()
        for row in self._of(merchant_id):
            if row.incident.closed_at is None:
                counts[row.incident.cls] += 1
                centavos[row.incident.cls] += row.incident.centavos
        return tuple(
            ClassTotal(cls=cls, count=counts[cls], centavos=centavos[cls])
            for cls in FindingClass
            if counts[cls]
        )

    async def explain(
        self,
        id: UUID,  # noqa: A002
        explanation: Explanation,
        *,
        dry_run: bool,
    ) -> StatementIncident | NotExplained | NamesACashback | None:
        await self._reach()
        row = self.kept.get(id)
        if row is None:
            return None
        refused = why_not_explained(row.incident, explanation)
        if refused is not None:
            return refused
        if explanation.meaning is Meaning.OURS and not self._is_due(explanation.cashback_id):
            return NotExplained.NO_SUCH_CASHBACK
        named = self._named(row.incident, explanation)
        if named is not None and not explanation.accept_risk:
            return named
        if dry_run:
            return _shown(row.incident)
        if named is not None:
            self.risks.add(id)
        if explanation.meaning is Meaning.KNOWN_ABSENT:
            assert row.incident.cashback_id is not None
            self.absent.add(row.incident.cashback_id)
        else:
            assert row.incident.line_key is not None
            self.lines[row.incident.line_key].append(explanation.cashback_id)
            self.said_at[row.incident.line_key].append(self._store._now())
        row.incident = replace(
            _shown(row.incident), closed_at=self._store._now(), closed_why=explanation.reason
        )
        row.document = row.incident.document
        row.events.append(("explained", explanation.by))
        return row.incident

    def keep(self, incident: StatementIncident, *, merchant_id: int | None) -> None:
        """Open an incident whose document is not masked yet."""
        masked = None if incident.document is None else mask(incident.document)
        self.kept[incident.id] = IncidentRow(
            incident=replace(incident, document=masked),
            merchant_id=merchant_id,
            document=incident.document,
        )

    def suspects(self, row: Row) -> bool:
        """Whether an open incident keeps a cashback from being called unpaid.

        What a person called its credit does so, too: nothing moves before the next statement.
        """
        record = row.record
        first = row.attempts[0].started_at if row.attempts else None
        one = Suspect(
            id=record.id,
            document=paid_document(record),
            centavos=record.cashback.cashback_centavos,
            accepted_at=record.accepted_at,
            first_started_at=first,
        )
        return self._is_said(record.id) or any(
            may_be_credit_of(line, one, self._precedes) for line in self._open_lines()
        )

    def may_be_credited(self, row: Row) -> bool:
        """Whether what is confirmed now may have been confirmed before; see `confirming`."""
        id_, released_at = row.record.id, self._store.sender_released_at
        if self._is_said(id_) or any(line.cashback_id == id_ for line in self._open_lines()):
            return True
        paused = self._store.sender_paused or (
            released_at is not None and released_at >= row.record.accepted_at
        )
        return paused and self.suspects(row)

    def credits(self, id_: UUID) -> bool:
        """Whether an open incident, or a person, says that a cashback is credited."""
        return self._is_said(id_) or any(
            line.cashback_id == id_ and line.cls in SAYS_CREDITED for line in self._open_lines()
        )

    def _is_said(self, id_: UUID) -> bool:
        """Whether a person said of a line that it is a cashback's credit."""
        return any(id_ in meanings for meanings in self.lines.values())

    def _open_lines(self) -> list[OpenLine]:
        return [
            OpenLine(
                cls=row.incident.cls,
                cashback_id=row.incident.cashback_id,
                has_line=row.incident.line_key is not None,
                document=row.document,
                centavos=row.incident.centavos,
                credited_at=row.incident.credited_at,
                reference=row.incident.reference,
            )
            for row in self.kept.values()
            if row.incident.closed_at is None
        ]

    def _of(self, merchant_id: int | None) -> list[IncidentRow]:
        return [r for r in self.kept.values() if merchant_id in {None, r.merchant_id}]

    def _is_due(self, id_: UUID | None) -> bool:
        return any(
            row.record.id == id_ and row.status is not Status.NOT_DUE
            for row in self._store.rows.values()
        )

    def _named(
        self, incident: StatementIncident, explanation: Explanation
    ) -> NamesACashback | None:
        """The cashback that the line's reference names, against what is said."""
        whole = id_in(incident.reference)
        for row in self._store.rows.values():
            id_ = row.record.id
            known = whole == id_.hex or incident.cashback_id == id_ or row.status not in DONE
            if known and names_another(incident.reference, id_, explanation):
                return NamesACashback(id_)
        return None

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self._store.away:
            raise StoreUnavailable("away")


def _shown(incident: StatementIncident) -> StatementIncident:
    reference = incident.reference
    return replace(incident, reference=None if reference is None else hide_documents(reference))
