"""Cases in memory, on the incidents of a MemoryIncidents and differences of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cashback_core.operators.case_store import (
    CaseFilter,
    CaseLoad,
    CasePage,
    CaseStore,
    DayDifference,
    DifferenceFilter,
    DifferencePage,
)
from cashback_core.operators.cases import (
    AssignedToAnother,
    Case,
    CaseAct,
    CaseEvent,
    CaseEventKind,
    CaseHistory,
    CaseKind,
    CaseMove,
    CaseRefusal,
    work_on,
)
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.testing.memory_incidents import SLUGS
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from cashback_core.testing.memory_incidents import IncidentRow, MemoryIncidents
    from cashback_core.testing.memory_store import MemoryStore

_AGAIN: Final = "found again"


@dataclass(slots=True)
class CaseRow:
    """What is kept of a case beside its incident or difference."""

    assigned_to: str | None = None
    resolved_at: datetime | None = None
    events: list[CaseEvent] = field(default_factory=list[CaseEvent])


class MemoryCases(CaseStore):
    """`kept` are differences, filled by tests; `found_again` is what a run does to a case.

    `sees_differences` is False for the platform over HTTP, which has no part in them.
    """

    def __init__(
        self, store: MemoryStore, incidents: MemoryIncidents, *, sees_differences: bool = True
    ) -> None:
        self._store = store
        self._incidents = incidents
        self._sees_differences = sees_differences
        self._rows: defaultdict[UUID, CaseRow] = defaultdict(CaseRow)
        self.kept: dict[UUID, DayDifference] = {}

    def keep(self, difference: DayDifference) -> None:
        """Open, or change, a difference."""
        self.kept[difference.case.id] = difference

    def found_again(self, id_: UUID, at: datetime) -> None:
        """A run that began at `at` tells an incident or a difference that stands again."""
        row = self._rows[id_]
        if row.resolved_at is not None and row.resolved_at < at:
            row.resolved_at = None
            again = CaseEvent(at=self._store._now(), what=CaseEventKind.REOPENED, reason=_AGAIN)
            row.events.append(again)

    async def cases(
        self,
        merchant_id: int | None,
        wanted: CaseFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> CasePage:
        await self._reach()
        found = sorted(self._meant(merchant_id, wanted), key=_position)
        if after is not None:
            found = [one for one in found if _position(one) > (after.at, after.id)]
        page, more = tuple(found[:limit]), len(found) > limit
        at = Position(at=page[-1].opened_at, id=page[-1].id) if more else None
        return CasePage(items=page, next=at)

    async def loads(self, merchant_id: int | None, wanted: CaseFilter) -> tuple[CaseLoad, ...]:
        await self._reach()
        theirs: defaultdict[str | None, list[Case]] = defaultdict(list)
        for one in self._meant(merchant_id, wanted):
            theirs[one.assigned_to].append(one)
        return tuple(
            CaseLoad(
                assigned_to=who,
                count=len(theirs[who]),
                centavos=sum(one.centavos for one in theirs[who]),
                oldest_at=min(one.opened_at for one in theirs[who]),
            )
            for who in sorted(theirs, key=lambda name: (name is not None, name or ""))
        )

    async def case(self, merchant_id: int | None, id: UUID) -> CaseHistory | None:  # noqa: A002
        await self._reach()
        one = self._one(merchant_id, id)
        return None if one is None else self._history(one)

    async def work(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: CaseAct,
    ) -> CaseHistory | CaseRefusal | AssignedToAnother | None:
        await self._reach()
        one = self._one(merchant_id, id)
        if one is None:
            return None
        decision = work_on(one, act, self._store._now())
        if not isinstance(decision, CaseMove):
            return decision
        row = self._rows[id]
        row.assigned_to = decision.assigned_to
        if decision.event is not None:
            row.events.append(decision.event)
            if decision.event.what is CaseEventKind.RESOLVED:
                row.resolved_at = decision.event.at
        now = self._one(merchant_id, id)
        assert now is not None
        return self._history(now)

    async def differences(
        self,
        merchant_id: int | None,
        wanted: DifferenceFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> DifferencePage:
        await self._reach()
        found = [
            replace(one, case=self._worked(one.case))
            for one in self._of(merchant_id)
            if wanted.day in {None, one.day}
            and wanted.cls in {None, one.case.cls}
            and not (wanted.standing_only and one.case.closed_at)
        ]
        found.sort(key=lambda one: _position(one.case))
        if after is not None:
            found = [one for one in found if _position(one.case) > (after.at, after.id)]
        page, more = tuple(found[:limit]), len(found) > limit
        at = Position(at=page[-1].case.opened_at, id=page[-1].case.id) if more else None
        return DifferencePage(items=page, next=at)

    def _of(self, merchant_id: int | None) -> list[DayDifference]:
        if merchant_id is None and not self._sees_differences:
            return []
        slug = None if merchant_id is None else SLUGS[merchant_id]
        return [one for one in self.kept.values() if slug in {None, one.case.merchant}]

    def _all(self, merchant_id: int | None) -> Iterator[Case]:
        for row in self._incidents.kept.values():
            if merchant_id in {None, row.merchant_id}:
                yield self._worked(self._of_incident(row, merchant_id))
        for one in self._of(merchant_id):
            yield self._worked(one.case)

    def _of_incident(self, row: IncidentRow, merchant_id: int | None) -> Case:
        one = row.incident
        twice = one.cls is FindingClass.REVERSED and any(
            (other.opened_at, other.id) < (one.opened_at, one.id)
            for other in (row.incident for row in self._incidents.kept.values())
            if (other.cashback_id, other.cls) == (one.cashback_id, one.cls)
            and (other.closed_at is None) == (one.closed_at is None)
        )
        known = None
        if row.merchant_id is not None and one.cashback_id is not None:
            known = self._store.rows.get((row.merchant_id, one.cashback_id))
        sees = merchant_id is not None or self._sees_differences
        return Case(
            id=one.id,
            kind=CaseKind.INCIDENT,
            cls=one.cls,
            merchant=one.merchant,
            cashback_id=one.cashback_id,
            centavos=0 if twice else one.centavos,
            why=one.why,
            opened_at=one.opened_at,
            closed_at=one.closed_at,
            sale_id=known.record.sale.sale_id if known is not None and sees else None,
        )

    def _worked(self, one: Case) -> Case:
        row = self._rows[one.id]
        return replace(one, assigned_to=row.assigned_to, resolved_at=row.resolved_at)

    def _one(self, merchant_id: int | None, id_: UUID) -> Case | None:
        return next((one for one in self._all(merchant_id) if one.id == id_), None)

    def _meant(self, merchant_id: int | None, wanted: CaseFilter) -> list[Case]:
        return [
            one
            for one in self._all(merchant_id)
            if one.state in wanted.states
            and wanted.kind in {None, one.kind}
            and wanted.cls in {None, one.cls}
            and wanted.assigned_to in {None, one.assigned_to}
            and wanted.cashback_id in {None, one.cashback_id}
            and (wanted.opened_before is None or one.opened_at < wanted.opened_before)
            and (wanted.least_centavos is None or one.centavos >= wanted.least_centavos)
        ]

    def _history(self, one: Case) -> CaseHistory:
        opened = CaseEvent(at=one.opened_at, what=CaseEventKind.OPENED, reason=one.why)
        events = [opened, *self._rows[one.id].events]
        if one.closed_at is not None:
            events.append(self._ending(one, one.closed_at))
        events.sort(key=lambda event: event.at)
        return CaseHistory(case=one, events=tuple(events))

    def _ending(self, one: Case, at: datetime) -> CaseEvent:
        if one.kind is CaseKind.DIFFERENCE:
            why = self.kept[one.id].closed_why
            return CaseEvent(at=at, what=CaseEventKind.CLOSED, reason=why)
        row = self._incidents.kept[one.id]
        by = next((who for what, who in row.events if what == CaseEventKind.EXPLAINED), None)
        what = CaseEventKind.CLOSED if by is None else CaseEventKind.EXPLAINED
        return CaseEvent(at=at, what=what, by=by, reason=row.incident.closed_why)

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self._store.away:
            raise StoreUnavailable("away")


def _position(one: Case) -> tuple[datetime, UUID]:
    return (one.opened_at, one.id)
