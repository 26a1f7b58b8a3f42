"""The closes of the simulated database: who may close, what is waited for, which events a day has.

The rules are the production store's (adapters/postgres/closing); what is decided with them is the
core's. The closer's clock is ahead by nearly the ten minutes that a day must be over, so that days
of minutes are closed in worlds of minutes, and what was closed holds for whoever verifies it.
"""

# ruff: noqa: D102 (the ports have the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cashback_core.closing.closing import GRACE
from cashback_core.closing.day import NOTHING, Amount
from cashback_core.closing.kept import (
    ACCOUNT,
    ChainOwner,
    Flow,
    Horizon,
    KeptClose,
    OpenDay,
)
from cashback_core.closing.making import Signer
from cashback_core.closing.store import Closing, NotSettled
from cashback_core.testing.memory_closes import MemoryCloses, MemoryClosing
from cashback_core.testing.memory_incidents import SLUGS
from simulation.days import FIRST, Days

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence
    from datetime import datetime

    from cashback_core.closing.lines import DayLine
    from cashback_core.reconciliation.ledger import LedgerLine
    from simulation.database import SimulatedDatabase
    from simulation.transactions import Transaction
    from simulation.virtual_loop import Process

OVER: Final = timedelta(seconds=2)
"""So long a day is over by the world's own clock before it is closed."""

AHEAD: Final = GRACE - OVER

_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER: Final = Signer(
    public_key=_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), sign=_KEY.sign
)


@dataclass(slots=True, eq=False)
class ClosingSession:
    """A connection that may hold the lock; it ends with its process, or when it breaks."""

    process: Process
    broken: bool = False

    @property
    def lives(self) -> bool:
        """Whether the database still has it."""
        return self.process.alive and not self.broken


class SimulatedCloses(MemoryCloses):
    """`made` is called with each close that is kept; `ahead` is how far the closer's clock is."""

    def __init__(self, database: SimulatedDatabase, *, day: timedelta) -> None:
        super().__init__(
            store=database,
            slugs=SLUGS,
            first_day=FIRST,
            now=lambda: database.transactions.clock() + self.ahead,
        )
        self.database = database
        self.ahead = AHEAD
        self.days: dict[int | None, Days] = {id_: Days(length=day) for id_ in (*SLUGS, None)}
        self.noted: tuple[datetime, list[Transaction]] | None = None
        self._alone: ClosingSession | None = None

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[Closing | None, None]:
        """Whoever asks no link is the only one there is."""
        yield self.closing()

    def closing(self) -> SimulatedClosing:
        """What whoever is alone asks."""
        return SimulatedClosing(self)

    def owner(self, merchant_id: int | None) -> ChainOwner:
        """Whose chain it is."""
        return (
            ACCOUNT
            if merchant_id is None
            else ChainOwner(merchant_id=merchant_id, slug=self.slugs[merchant_id])
        )

    def owes_day(self, merchant_id: int | None, at: datetime) -> bool:
        """Whether the day that an instant lies in is not closed, and its clock is not far ahead."""
        began_at = self.open_day(self.owner(merchant_id)).begins_at
        return began_at <= at and self.ahead < AHEAD + 9 * self.days[None].length

    def lock(self, session: ClosingSession) -> bool:
        """Be the only one who closes, while the session lives."""
        if self._alone is not None and self._alone.lives:
            return False
        self._alone = session
        return True

    def change_zone(self, merchant_id: int, zone: str) -> None:
        """A merchant's days are by another zone, from the next one on."""
        chain = self.chain(merchant_id)
        closed = chain[-1].day if chain else None
        self.days[merchant_id].change(zone, self.database.transactions.clock(), closed)

    def open_day(self, owner: ChainOwner) -> OpenDay:
        chain, days = self.chain(owner.merchant_id), self.days[owner.merchant_id]
        last = chain[-1] if chain else None
        day = self.first_day if last is None else last.day + timedelta(days=1)
        return OpenDay(
            owner=owner,
            last=last,
            day=day,
            zone=days.zone(day),
            begins_at=days.begins_at(day) if last is None else last.ends_at,
            ends_at=days.ends_at(day),
        )

    def lines_of(self, day: OpenDay | KeptClose, before: int, below: int) -> list[DayLine]:
        """As the database's `day_events`."""
        rows, of_owner = self.store.rows, day.owner.merchant_id
        found = [
            self._line(owner, id_, sequence)
            for position, (owner, id_, sequence) in zip(
                self.database.positions, self.store.told, strict=True
            )
            if owner == of_owner
            and position < below
            and is_of(day, rows[owner, id_].events[sequence - 1].at, position, before, below)
        ]
        return sorted(found, key=lambda line: line.key)

    def flows_of(self, day: OpenDay | KeptClose, before: int, below: int) -> Sequence[Flow]:
        """As the database's `provider_flows`."""
        ledger = self.database.ledger
        entered, departed = dict[str, Amount](), dict[str, Amount]()
        for position, telling in zip(ledger.positions, ledger.tellings, strict=True):
            if is_of(day, telling.at, position, before, below):
                for change in telling.moves:
                    _count(entered, change.after, day.owner.merchant_id)
                    _count(departed, change.before, day.owner.merchant_id)
        return [
            Flow(
                name=name,
                entered=entered.get(name, NOTHING),
                departed=departed.get(name, NOTHING),
            )
            for name in sorted({*entered, *departed})
        ]

    async def reach(self) -> None:
        """Whether it is reached is the link's business."""


def is_of(day: OpenDay | KeptClose, at: datetime, position: int, before: int, below: int) -> bool:
    """Whether a day holds what happened then, at that position."""
    return position < below and at < day.ends_at and (at >= day.begins_at or position >= before)


def _count(sums: dict[str, Amount], line: LedgerLine | None, owner: int | None) -> None:
    if line is not None and line.cls is not None and line.merchant_id == owner:
        sums[line.cls] = sums.get(line.cls, NOTHING) + Amount(count=1, centavos=line.centavos)


class SimulatedClosing(MemoryClosing):
    """What the production store does with its own connection."""

    def __init__(self, closes: SimulatedCloses) -> None:
        super().__init__(closes)
        self._simulated = closes

    async def settled_at(self) -> datetime | None:
        """Everything under way is noted, and waited for until none of it lives."""
        closes, transactions = self._simulated, self._simulated.database.transactions
        if closes.noted is None:
            closes.noted = closes.now(), list(transactions.under_way)
        at, noted = closes.noted
        if not all(map(transactions.has_ended, noted)):
            return None
        closes.noted = None
        return at

    async def horizon(self, day: OpenDay) -> Horizon:
        closes = self._simulated
        below = closes.database.transactions.below()
        for position, (owner, id_, sequence) in zip(
            closes.database.positions, closes.store.told, strict=True
        ):
            at = closes.store.rows[owner, id_].events[sequence - 1].at
            if owner == day.owner.merchant_id and position >= below and at < day.ends_at:
                raise NotSettled(day.owner.name)
        return Horizon(below=below, at=closes.now())

    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
        before = 0 if day.last is None else day.last.below
        return self._simulated.flows_of(day, before, horizon.below)


class HostNotes:
    """What a host's file knows of each chain; whoever dies leaves it."""

    def __init__(self) -> None:
        self.heads = dict[str, tuple[int, str]]()

    def known(self) -> Mapping[str, tuple[int, str]]:
        return dict(self.heads)

    def note(self, heads: Mapping[str, tuple[int, str]]) -> None:
        for name, head in heads.items():
            if head[0] >= self.heads.get(name, (0, ""))[0]:
                self.heads[name] = head
