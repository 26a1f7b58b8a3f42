"""The database of the simulated world: the fake store that the contract suite keeps honest.

Every method is one transaction that happens at one instant; what gets lost on the way to it and
back is the business of `simulation.link`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cashback_core.delivery.states import Actor, Status
from cashback_core.reconciliation import BookEntry
from cashback_core.testing.memory_operators import MemoryOperators
from cashback_core.testing.memory_rows import confirmed_at, paid_document
from cashback_core.testing.memory_sender import MemorySenderSwitch
from cashback_core.testing.memory_store import MemoryStore
from simulation.closes import SimulatedCloses
from simulation.incidents import SimulatedIncidents
from simulation.ledgers import SimulatedLedger
from simulation.mix import CONFIRM_WITHIN, MARGIN, POLICY, VOID_GRACE
from simulation.runs import Begun
from simulation.transactions import Transactions, at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from uuid import UUID

    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.acceptance import Acceptance, Submission
    from cashback_core.reconciliation import Rules
    from cashback_core.sales.terms import Terms
    from cashback_core.testing.memory_rows import Row
    from cashback_core.values.documents import BuyerDocument
    from simulation.runs import Run

__all__ = ["SimulatedDatabase", "at_once", "entry_of"]

DAY: Final = timedelta(seconds=100)
"""How long a day is where nobody says."""


class SimulatedDatabase(MemoryStore):
    """The rows, and the settler's transactions.

    `found` collects what a reconciliation placed wrongly.
    """

    def __init__(
        self,
        terms: Mapping[int, Terms],
        *,
        now: Callable[[], datetime],
        settling: Rules,
        day: timedelta = DAY,
    ) -> None:
        self.transactions = Transactions(now)
        super().__init__(terms, now=self.transactions.now, policy=POLICY, void_grace=VOID_GRACE)
        self.positions: list[int] = []
        """Of every move that is told, in the same order: the number of its transaction."""
        self.positions_of: defaultdict[tuple[int, UUID], list[int]] = defaultdict(list)
        """The same, by merchant and cashback."""
        self.down = False
        self.client_skew_s = 0.0
        self.settling = settling
        self.found: list[str] = []
        self.said = SimulatedIncidents(self, precedes=settling.precedes)
        self.ledger = SimulatedLedger()
        self.closes = SimulatedCloses(self, day=day)
        self.operators = MemoryOperators(self, self.said)
        self.switch = MemorySenderSwitch(self)
        self.voided: set[UUID] = set()
        self.listeners: list[Callable[[], object]] = []

    def _tell(self, row: Row, before: Status | None, actor: Actor, reason: str) -> None:
        super()._tell(row, before, actor, reason)
        position = self.transactions.position()
        self.positions.append(position)
        self.positions_of[row.record.merchant_id, row.record.id].append(position)
        if row.status is Status.VOID:
            self.voided.add(row.record.id)
        if row.status is Status.PENDING:  # NOTIFY
            for wake in self.listeners:
                wake()

    async def _reach(self) -> None:
        """Whether it is reached is the link's business; inside, nothing waits."""

    async def begin(self) -> Begun:
        """What a reconciliation begins with: since when something is open, and what is known.

        Of a whole group in doubt the first attempt counts, less what clocks may differ.
        """
        rows = [row for row in self.rows.values() if row.attempts]
        doubtful = {_group(row) for row in rows if row.status is Status.IN_DOUBT}
        starts = [
            row.attempts[0].started_at
            for row in rows
            if row.status is Status.PENDING or _group(row) in doubtful
        ]
        return Begun(
            open_since=MARGIN.window_start(min(starts)) if starts else None,
            asked_at=self._now(),
            explanations=self.said.explanations(),
        )

    async def book(
        self, since: datetime, named: Collection[str | None] = ()
    ) -> tuple[BookEntry, ...]:
        """Every cashback that may have a credit from an instant on, is in doubt, or is named.

        Without references also the tried ones of each group that has one in doubt.
        """
        due = [row for row in self.rows.values() if row.status is not Status.NOT_DUE]
        doubtful = {_group(row) for row in due if row.status is Status.IN_DOUBT}
        silent = not self.settling.echoes_reference
        entries = [(row, entry_of(row)) for row in due]
        return tuple(
            entry
            for row, entry in entries
            if row.status in {Status.IN_DOUBT, Status.SENDING}
            or not self.settling.is_over_before(entry, since)
            or entry.id.hex in named
            or (silent and row.attempts and _group(row) in doubtful)
        )

    async def store(self, run: Run) -> int:
        """Store what was found, each move while all that it was concluded from stands as read."""
        moves = [
            (found.entry, found.move)
            for found in run.findings
            if found.entry is not None and found.move is not None
        ]
        held = [(entry, move) for entry, move in moves if self.stands_as_read(move.group)]
        for entry, move in held:
            row, now = self.rows[entry.merchant_id, entry.id], self._now()
            if move.to is Status.PENDING:
                row.open_since_at = now
            due_at = now if move.to is Status.PENDING else None
            self._move(row, move.to, Actor.SETTLER, move.reason, due_at=due_at)
        self.said.note(run)
        self.ledger.note(run, self._now(), position=self.transactions.position())
        return len(held)

    def stands_as_read(self, group: Collection[BookEntry]) -> bool:
        """Whether nothing has moved these since they were read."""
        return all(
            len(self.rows[entry.merchant_id, entry.id].events) == entry.version for entry in group
        )

    def move_zone(self, merchant_id: int) -> None:
        """The merchant's zone was wrong, and is corrected."""
        terms = self._terms[merchant_id]
        rules = replace(terms.rules, zone=ZoneInfo("America/Manaus"))
        self._terms[merchant_id] = replace(terms, rules=rules)

    async def accept(self, submission: Submission) -> Acceptance:
        """As always; but merchants give an hour at least to confirm, and worlds last minutes."""
        if submission.confirm_within is not None:
            submission = replace(submission, confirm_within=CONFIRM_WITHIN)
        return await super().accept(submission)

    def _lease(self, row: Row, lease_s: float, actor: Actor, reason: str) -> Claim:
        assert not self.sender_paused, "leased while the sender is paused"
        assert self.stop_of(row.record) is None, "leased while a stop stands against it"
        return super()._lease(row, lease_s, actor, reason)

    async def rolled_back_claims(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument]
    ) -> tuple[Claim, ...]:
        """Claims that were read before their commit came to nothing."""
        kept = {
            key: replace(row, attempts=list(row.attempts), events=list(row.events))
            for key, row in self.rows.items()
        }
        told = len(self.told)
        claims = await self.claim_due(limit=limit, lease_s=lease_s, excluding=excluding)
        for owner, id_, _ in self.told[told:]:
            self.positions_of[owner, id_].pop()
        del self.told[told:], self.positions[told:]
        self.rows = kept
        return claims

    def known_payments(self, since: datetime, through: datetime) -> Iterator[Row]:
        """What was surely paid within a window, by an answer that nobody takes back."""
        for row in self.rows.values():
            applied_at = row.record.standing.applied_at
            if (
                applied_at is not None
                and row.attempts
                and row.record.id not in self.said.absent
                and row.events[-1].actor is not Actor.OPERATOR
                and MARGIN.window_start(row.attempts[0].started_at) > since
                and applied_at + MARGIN.skew < through
            ):
                yield row


def _group(row: Row) -> tuple[str, int]:
    return paid_document(row.record), row.record.cashback.cashback_centavos


def entry_of(row: Row) -> BookEntry:
    """A row as the reconciliation sees it."""
    record, attempts = row.record, row.attempts
    rounds = _rounds(row)
    return BookEntry(
        id=record.id,
        merchant_id=record.merchant_id,
        document=paid_document(record),
        cashback_centavos=record.cashback.cashback_centavos,
        status=row.status,
        accepted_at=record.accepted_at,
        first_started_at=attempts[0].started_at if attempts else None,
        last_started_at=attempts[-1].started_at if attempts else None,
        applied_at=record.standing.applied_at,
        confirmed_at=confirmed_at(row),
        version=len(row.events),
        rounds=len(rounds),
        first_round_at=rounds[0] if rounds else None,
    )


def _rounds(row: Row) -> list[datetime]:
    """When it was proved unpaid since an operator last acted on it."""
    rounds: list[datetime] = []
    for event in row.events:
        if event.actor is Actor.OPERATOR:
            rounds.clear()
        elif event.actor is Actor.SETTLER and event.to_status is Status.PENDING:
            rounds.append(event.at)
    return rounds
