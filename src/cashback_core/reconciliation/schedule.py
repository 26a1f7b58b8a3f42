"""Reconciling on a schedule: which days are read, and where what is found is stored.

What a statement proves is decided in `cashback_core.reconciliation`. Here stands from when on one
must be asked for, and what the store promises.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import BookEntry, Explanations, Finding, Rules, Totals, Window
from cashback_core.reconciliation.found_incidents import FoundIncident, OpenIncidents
from cashback_core.reconciliation.ledger import LedgerKept, ToldLine

MAX_STORED: Final = 1_000
"""Findings that a store is given at once."""


class RunKind(StrEnum):
    """Why a statement is reconciled."""

    OPEN = "open"
    """For what is in doubt, from the first attempt that could have led to a credit on."""
    RECENT = "recent"
    """For the last days, whether or not anything is in doubt."""
    ASKED = "asked"
    """Because somebody asked for it."""
    FILE = "file"
    """The same, of a statement that came as a file."""


def start_of(entries: Collection[BookEntry], rules: Rules) -> datetime | None:
    """From when on a statement must tell to settle what is open; None if nothing is.

    `entries` is what is in doubt or may be sent again and, without echoed references, whatever was
    tried of each customer and amount of which one is in doubt. Whoever of those could have a credit
    on the statement must lie in it whole: the start moves back until nobody lies across it. Some
    statements carry dates alone, so it is as much earlier as a credit may be dated before its try.
    """
    start: datetime | None = None
    for entry in entries:
        if entry.status in {Status.IN_DOUBT, Status.PENDING}:
            begun = _told_from(entry, rules)
            start = begun if start is None else min(start, begun)
    if start is None or rules.echoes_reference:
        return start
    doubtful = {_group(entry) for entry in entries if entry.status is Status.IN_DOUBT}
    members = [
        entry
        for entry in entries
        if entry.first_started_at is not None and _group(entry) in doubtful
    ]
    while True:
        across = [
            begun
            for entry in members
            if (begun := _told_from(entry, rules)) < start
            and not rules.is_over_before(entry, start)
        ]
        if not across:
            return start
        start = min(across)


def _told_from(entry: BookEntry, rules: Rules) -> datetime:
    first = entry.first_started_at or entry.accepted_at
    return rules.margin.window_start(first) - rules.precedes


def _group(entry: BookEntry) -> tuple[str, int]:
    return entry.document, entry.cashback_centavos


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many moves were stored, and how many not: what they were concluded from had changed."""

    stored: int = 0
    skipped: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(stored=self.stored + other.stored, skipped=self.skipped + other.skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """What came of a run. `error` says why there was no statement, all else is None or 0 then.

    `asked_at` is the instant of the latest asking. `distrust` is why its silence proved nothing.
    """

    asked_at: datetime | None = None
    window: Window | None = None
    distrust: str | None = None
    totals: Totals | None = None
    moved: Moved = Moved()
    error: str | None = None


class ReconciliationRuns(Protocol):
    """The store in the hands of the one who reconciles; every run begins and ends in it.

    One method is one transaction, and none is open between them. Every method raises
    StoreUnavailable when the database is away, or was for a moment: then another may reconcile.
    """

    @abstractmethod
    async def is_due(self, kind: RunKind, *, period_s: float, retry_s: float) -> bool:
        """Whether a period has passed since the last run of a kind that had a statement.

        And `retry_s` since the last of any: who is refused a statement does not ask on and on.
        """

    @abstractmethod
    async def open_entries(self) -> tuple[BookEntry, ...]:
        """What `start_of` needs to know."""

    @abstractmethod
    async def incidents_since(self) -> datetime | None:
        """From when on a statement must tell to close any open incident; None without any."""

    @abstractmethod
    async def begin(self, kind: RunKind, asked_since: datetime) -> None:
        """Note a run, before its statement is asked for."""

    @abstractmethod
    async def told_anew_from(self, window: Window, asked_at: datetime) -> datetime | None:
        """The earliest instant told by statements in the ledger that were asked for later.

        Of those that tell of some of this window; None without any. A clock that is ahead makes
        none later: what was asked for in the future was asked for now.
        """

    @abstractmethod
    async def explanations(self) -> Explanations:
        """What persons have said so far. What they say from now on, the next run will know."""

    @abstractmethod
    def book(
        self, since: datetime, named: AsyncIterator[Collection[UUID]]
    ) -> AbstractAsyncContextManager[AsyncIterator[list[BookEntry]]]:
        """The book of `Reconciliation` from an instant on, each cashback once, out of one snapshot.

        `named` are ids that a line or a person named, in batches, and asked for once the rest of
        the book was given; those of cashbacks that are not in it are found, however old or young
        they are and whatever their state. At most MAX_STORED at once.
        """

    @abstractmethod
    async def tell(self, found: Sequence[FoundIncident]) -> int:
        """Open what does not stand open yet, renew what does; how many were opened.

        Those of one line, by its key, come in one call. A line, or an absent cashback, of which a
        person said something since `explanations` is left alone. What a statement that was asked
        for later says of one stays; it was found again all the same.
        """

    @abstractmethod
    async def standing(self) -> OpenIncidents:
        """What open incidents are about."""

    @abstractmethod
    async def close_explained(self, about: Collection[str | UUID], asked_at: datetime) -> int:
        """Close what is open of these lines and cashbacks and was not told again by this run.

        Nor by a statement that was asked for after this one. How many were closed. `about` comes
        from `OpenIncidents.explained_by`.
        """

    @abstractmethod
    async def close_unfound(self, window: Window, asked_at: datetime) -> int:
        """Close what this run did not find and this window covers; how many were closed.

        Nothing that a statement told which was asked for after this one.
        """

    @abstractmethod
    async def move(self, findings: Sequence[Finding]) -> Moved:
        """Store these findings' moves, each only while its whole group stands as it was read.

        All of one customer and amount come in one call. Nothing is moved once a person has said
        something since `explanations`: the next run knows it.
        """

    @abstractmethod
    async def put_aside(self, lines: Sequence[ToldLine]) -> None:
        """Keep some of this run's lines until `take_in`; nobody sees them."""

    @abstractmethod
    async def take_in(self, window: Window, asked_at: datetime) -> LedgerKept:
        """Take all that was put aside into the provider's ledger, as `ledger.changes` says.

        It is what a statement without defects tells, asked for at `asked_at` (or now, where that
        is later). At once, or not at all: of a run that dies before nothing is seen.
        """

    @abstractmethod
    async def end(self, ended: RunEnded) -> None:
        """Note what came of the run, and since when runs of its kind are distrusted."""


class ReconciliationStore(Protocol):
    """Where what a statement proves is stored."""

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[ReconciliationRuns | None]:
        """The one place that reconciles, None while somebody else has it; crashes give it back."""
