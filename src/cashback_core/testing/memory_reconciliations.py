"""Reconciliations stored in memory, on the rows of a MemoryStore: every promise of the port."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cashback_core.delivery.states import Actor, Status
from cashback_core.reconciliation import BookEntry, Explanations, FindingClass
from cashback_core.reconciliation.found_incidents import FoundIncident, OpenIncidents
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.reconciliation.schedule import (
    Moved,
    ReconciliationRuns,
    ReconciliationStore,
    RunEnded,
    RunKind,
)
from cashback_core.testing.memory_book import entry_of, group_of
from cashback_core.testing.memory_incidents import SLUGS, MemoryIncidents
from cashback_core.testing.memory_ledger import MemoryLedger
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Collection,
        Hashable,
        Sequence,
    )
    from datetime import datetime
    from uuid import UUID

    from cashback_core.reconciliation import Finding, Rules, Window
    from cashback_core.reconciliation.ledger import LedgerKept, ToldLine
    from cashback_core.testing.memory_store import MemoryStore


@dataclass(slots=True, kw_only=True)
class RunRow:
    """A run as it is noted."""

    kind: RunKind
    asked_since: datetime
    started_at: datetime
    ended: RunEnded | None = None
    distrusted_since: datetime | None = None


class MemoryReconciliations(ReconciliationStore):
    """`runs` are all that began."""

    def __init__(self, store: MemoryStore, incidents: MemoryIncidents, rules: Rules) -> None:
        self.store = store
        self.incidents = incidents
        self.rules = rules
        self.ledger = MemoryLedger(skew=rules.margin.skew)
        self.runs: list[RunRow] = []
        self.told: dict[UUID, tuple[datetime, datetime]] = {}
        """The own window of each incident."""
        self._taken = False

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[ReconciliationRuns | None, None]:
        if self._taken:
            yield None
            return
        self._taken = True
        try:
            yield _Runs(self)
        finally:
            self._taken = False


class _Runs(ReconciliationRuns):
    def __init__(self, kept: MemoryReconciliations) -> None:
        self._kept = kept
        self._said: Explanations | None = None
        self._seen: set[UUID] = set()
        self._aside: list[ToldLine] = []

    @property
    def _run(self) -> RunRow:
        return self._kept.runs[-1]

    async def is_due(self, kind: RunKind, *, period_s: float, retry_s: float) -> bool:
        now = await self._reach()
        ended = [r for r in self._kept.runs if r.kind is kind and r.ended is not None]
        return not any(
            run.started_at > now - timedelta(seconds=retry_s)
            or (
                (run.ended is not None and run.ended.error is None)
                and run.started_at > now - timedelta(seconds=period_s)
            )
            for run in ended
        )

    async def open_entries(self) -> tuple[BookEntry, ...]:
        await self._reach()
        tried = [row for row in self._kept.store.rows.values() if row.attempts]
        doubtful = {group_of(row) for row in tried if row.status is Status.IN_DOUBT}
        silent = not self._kept.rules.echoes_reference
        return tuple(
            entry_of(row)
            for row in tried
            if row.status in {Status.IN_DOUBT, Status.PENDING}
            or (silent and group_of(row) in doubtful)
        )

    async def incidents_since(self) -> datetime | None:
        await self._reach()
        return min((self._kept.told[id_][0] for id_ in self._open()), default=None)

    async def begin(self, kind: RunKind, asked_since: datetime) -> None:
        now = await self._reach()
        self._seen = set()
        self._aside = []
        self._kept.runs.append(RunRow(kind=kind, asked_since=asked_since, started_at=now))

    async def told_anew_from(self, window: Window, asked_at: datetime) -> datetime | None:
        asked_at = min(asked_at, await self._reach())
        newer = (
            one.window.since
            for one in self._kept.ledger.tellings
            if one.asked_at > asked_at
            and one.window.since <= window.through
            and one.window.through >= window.since
        )
        return min(newer, default=None)

    async def explanations(self) -> Explanations:
        await self._reach()
        self._said = self._kept.incidents.explanations()
        return self._said

    @asynccontextmanager
    async def book(
        self, since: datetime, named: AsyncIterator[Collection[UUID]]
    ) -> AsyncGenerator[AsyncIterator[list[BookEntry]], None]:
        await self._reach()
        rules = self._kept.rules
        ids = {id_ async for batch in named for id_ in batch}
        due = [r for r in self._kept.store.rows.values() if r.status is not Status.NOT_DUE]
        doubtful = {group_of(row) for row in due if row.status is Status.IN_DOUBT}
        book = [
            entry
            for row, entry in ((row, entry_of(row)) for row in due)
            if row.status in {Status.IN_DOUBT, Status.SENDING}
            or not rules.is_over_before(entry, since)
            or entry.id in ids
            or (not rules.echoes_reference and row.attempts and group_of(row) in doubtful)
        ]

        async def batches() -> AsyncGenerator[list[BookEntry], None]:
            for entry in book:
                await asyncio.sleep(0)
                yield [entry]

        yield batches()

    async def tell(self, found: Sequence[FoundIncident]) -> int:
        await self._reach()
        standing: defaultdict[Hashable, list[UUID]] = defaultdict(list)
        for id_ in self._open():
            kept = self._kept.incidents.kept[id_].incident
            standing[kept.line_key or (kept.cashback_id, kept.cls)].append(id_)
        opened = 0
        for one in found:
            if self._is_explained_since(one):
                continue
            theirs = standing[one.line_key or (one.cashback_id, one.cls)]
            if theirs:
                self._renew(theirs.pop(0), one)
            else:
                self._open_one(one)
                opened += 1
        return opened

    async def standing(self) -> OpenIncidents:
        await self._reach()
        told = [self._kept.incidents.kept[id_].incident for id_ in self._open()]
        reversed_at: dict[UUID, datetime] = {}
        for one in told:
            if one.cashback_id is not None and one.cls is FindingClass.REVERSED:
                at = reversed_at.get(one.cashback_id, one.statement_at)
                reversed_at[one.cashback_id] = max(at, one.statement_at)
        return OpenIncidents(
            lines=frozenset(one.line_key for one in told if one.line_key),
            cashbacks=frozenset(
                one.cashback_id for one in told if one.cashback_id and not one.line_key
            ),
            reversed_at=reversed_at,
        )

    async def close_explained(self, about: Collection[str | UUID], asked_at: datetime) -> int:
        return await self._close(
            lambda _, one: (one.line_key or one.cashback_id) in about, asked_at
        )

    async def close_unfound(self, window: Window, asked_at: datetime) -> int:
        def is_covered(id_: UUID, _: StatementIncident) -> bool:
            since, through = self._kept.told[id_]
            return since >= window.since and through <= window.through

        return await self._close(is_covered, asked_at)

    async def _close(
        self, which: Callable[[UUID, StatementIncident], bool], asked_at: datetime
    ) -> int:
        now = await self._reach()
        closed = 0
        for id_ in self._open():
            row = self._kept.incidents.kept[id_]
            is_later = row.incident.statement_at > min(asked_at, now)
            if is_later or id_ in self._seen or not which(id_, row.incident):
                continue
            row.incident = replace(
                row.incident, closed_at=now, closed_why="a later statement explains it"
            )
            row.events.append(("closed", None))
            closed += 1
        return closed

    async def move(self, findings: Sequence[Finding]) -> Moved:
        await self._reach()
        moves = [(f.entry, f.move) for f in findings if f.entry is not None and f.move is not None]
        if self._kept.incidents.explanations() != self._said:
            return Moved(skipped=len(moves))
        holding = [
            (entry, move) for entry, move in moves if all(map(self._stands_as_read, move.group))
        ]
        for entry, move in holding:
            row, now = self._kept.store.rows[entry.merchant_id, entry.id], self._kept.store._now()
            due_at = now if move.to is Status.PENDING else None
            if due_at is not None:
                row.open_since_at = now
            self._kept.store._move(row, move.to, Actor.SETTLER, move.reason, due_at=due_at)
        return Moved(stored=len(holding), skipped=len(moves) - len(holding))

    async def put_aside(self, lines: Sequence[ToldLine]) -> None:
        await self._reach()
        self._aside += lines

    async def take_in(self, window: Window, asked_at: datetime) -> LedgerKept:
        now = await self._reach()
        told, self._aside = self._aside, []
        return self._kept.ledger.take_in(told, window, asked_at=asked_at, at=now)

    async def end(self, ended: RunEnded) -> None:
        await self._reach()
        before = next(
            (r for r in reversed(self._kept.runs[:-1]) if r.kind is self._run.kind and r.ended),
            None,
        )
        since = None if before is None else before.distrusted_since
        self._run.ended = ended
        if ended.distrust is not None:
            self._run.distrusted_since = since or self._run.started_at
        elif ended.error is not None:
            self._run.distrusted_since = since

    def _is_explained_since(self, one: FoundIncident) -> bool:
        before, now = self._said, self._kept.incidents.explanations()
        assert before is not None
        if one.line_key is not None:
            return before.lines.get(one.line_key) != now.lines.get(one.line_key)
        absent = one.cls is FindingClass.APPLIED_ABSENT
        return absent and one.cashback_id in now.absent - before.absent

    def _stands_as_read(self, entry: BookEntry) -> bool:
        return len(self._kept.store.rows[entry.merchant_id, entry.id].events) == entry.version

    def _open(self) -> list[UUID]:
        kept = self._kept.incidents.kept
        return [id_ for id_, row in kept.items() if row.incident.closed_at is None]

    def _renew(self, id_: UUID, one: FoundIncident) -> None:
        row, now = self._kept.incidents.kept[id_], self._kept.store._now()
        self._seen.add(id_)
        since, through = self._kept.told[id_]
        since = min(one.told_since, since)
        if row.incident.statement_at > (asked_at := min(one.statement_at, now)):
            self._kept.told[id_] = (since, through)
            return
        self._kept.told[id_] = (since, one.told_through)
        row.merchant_id = one.merchant_id
        row.incident = replace(
            row.incident,
            cls=one.cls,
            merchant=None if one.merchant_id is None else SLUGS[one.merchant_id],
            cashback_id=one.cashback_id,
            line=one.line,
            why=one.why,
            statement_at=asked_at,
        )

    def _open_one(self, one: FoundIncident) -> None:
        now = self._kept.store._now()
        incident = StatementIncident(
            id=new_id(),
            cls=one.cls,
            merchant=None if one.merchant_id is None else SLUGS[one.merchant_id],
            cashback_id=one.cashback_id,
            document=one.document,
            centavos=one.centavos,
            line=one.line,
            line_key=one.line_key,
            credited_at=one.credited_at,
            reference=one.reference,
            why=one.why,
            opened_at=now,
            statement_at=min(one.statement_at, now),
        )
        self._kept.incidents.keep(incident, merchant_id=one.merchant_id)
        self._kept.incidents.kept[incident.id].events.append(("opened", None))
        self._kept.told[incident.id] = (one.told_since, one.told_through)
        self._seen.add(incident.id)

    async def _reach(self) -> datetime:
        await asyncio.sleep(0)
        if self._kept.store.away:
            raise StoreUnavailable("away")
        return self._kept.store._now()
