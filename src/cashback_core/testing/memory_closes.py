"""Closes in memory: of the cashbacks in a MemoryStore; days are of UTC, each move is a commit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.closing.chain import AFTER_ITS_END
from cashback_core.closing.close import MerchantClose
from cashback_core.closing.kept import (
    ACCOUNT,
    ChainOwner,
    Flow,
    Horizon,
    KeptClose,
    KeptDay,
    OpenDay,
)
from cashback_core.closing.keys import CloseKey
from cashback_core.closing.lines import DayLine
from cashback_core.closing.movements import movements_of
from cashback_core.closing.persons import person_of
from cashback_core.closing.store import (
    AlreadyClosed,
    ChainNotes,
    CloseStore,
    Closing,
    FormerKey,
    NotVerified,
)
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from cashback_core.closing.closing import ClosedRound
    from cashback_core.testing.memory_store import MemoryStore

_SALT: Final = bytes(32)


class MemoryNotes(ChainNotes):
    """Notes that end with the test."""

    def __init__(self) -> None:
        self.heads = dict[str, tuple[int, str]]()

    def known(self) -> Mapping[str, tuple[int, str]]:
        return dict(self.heads)

    def note(self, heads: Mapping[str, tuple[int, str]]) -> None:
        self.heads.update(heads)


@dataclass(kw_only=True)
class MemoryCloses(CloseStore):
    """Merchants by id with their slugs; `first_day` is everybody's, `under_way` begins of others.

    `flows` are what the provider's ledger tells, by merchant (None: the account) and day.
    """

    store: MemoryStore
    slugs: Mapping[int, str]
    first_day: date
    now: Callable[[], datetime]
    flows: dict[tuple[int | None, date], tuple[Flow, ...]] = field(default_factory=dict)
    under_way: list[datetime] = field(default_factory=list[datetime])
    kept: list[KeptClose] = field(default_factory=list[KeptClose])
    known_keys: dict[bytes, datetime] = field(default_factory=dict[bytes, datetime])
    is_closing: bool = False
    told: ClosedRound | None = None

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[Closing | None, None]:
        await self.reach()
        if self.is_closing:
            yield None
            return
        self.is_closing = True
        try:
            yield MemoryClosing(self)
        finally:
            self.is_closing = False

    async def closes(
        self, merchant_id: int | None, *, after: int = 0, limit: int
    ) -> Sequence[KeptClose]:
        await self.reach()
        return [kept for kept in self.chain(merchant_id) if kept.number > after][:limit]

    async def latest(
        self, merchant_id: int | None, *, before: int | None = None, limit: int
    ) -> Sequence[KeptDay]:
        await self.reach()
        chain = [one for one in self.chain(merchant_id) if before is None or one.number < before]
        return [_day_of(one) for one in chain[::-1][:limit]]

    async def close_of(self, merchant_id: int | None, day: date) -> KeptClose | None:
        await self.reach()
        return next((kept for kept in self.chain(merchant_id) if kept.day == day), None)

    async def lines(self, kept: KeptClose) -> AsyncIterator[Sequence[DayLine]]:
        await self.reach()
        chain = self.chain(kept.owner.merchant_id)
        before = chain[kept.number - 2].below if kept.number > 1 else 0
        yield self.lines_of(kept, before, kept.below)

    async def keys(self) -> Sequence[CloseKey]:
        await self.reach()
        begun = [*self.known_keys.items()]
        ends: list[datetime | None] = [*(at for _, at in begun[1:]), None]
        return [
            CloseKey(public_key=key, from_at=at, until_at=end)
            for (key, at), end in zip(begun, ends, strict=False)
        ]

    def chain(self, merchant_id: int | None) -> list[KeptClose]:
        """Every close of one chain, in order."""
        return [kept for kept in self.kept if kept.owner.merchant_id == merchant_id]

    def open_day(self, owner: ChainOwner) -> OpenDay:
        """What is closed next."""
        chain = self.chain(owner.merchant_id)
        last = chain[-1] if chain else None
        day = self.first_day if last is None else last.day + timedelta(days=1)
        return OpenDay(
            owner=owner,
            last=last,
            day=day,
            zone="UTC",
            begins_at=datetime.combine(day, time(), UTC),
            ends_at=datetime.combine(day + timedelta(days=1), time(), UTC),
        )

    def lines_of(self, day: OpenDay | KeptClose, before: int, below: int) -> list[DayLine]:
        """Those before its end and below its horizon, less those that earlier days hold."""
        found = [
            self._line(owner, id_, sequence)
            for position, (owner, id_, sequence) in enumerate(self.store.told, start=1)
            if owner == day.owner.merchant_id
            and position < below
            and self._at(owner, id_, sequence) < day.ends_at
            and not (position < before and self._at(owner, id_, sequence) < day.begins_at)
        ]
        return sorted(found, key=lambda line: line.key)

    def _at(self, owner: int, id_: UUID, sequence: int) -> datetime:
        return self.store.rows[owner, id_].events[sequence - 1].at

    def _line(self, owner: int, id_: UUID, sequence: int) -> DayLine:
        row = self.store.rows[owner, id_]
        event, record = row.events[sequence - 1], row.record
        types = dict[str, int]()
        if movements_of(event.from_status, event.to_status):
            for line, earned in zip(record.sale.lines, record.cashback.lines, strict=True):
                types[line.type] = types.get(line.type, 0) + earned.cashback_centavos
        document = record.sale.document
        return DayLine(
            at=event.at,
            cashback=str(id_),
            sequence=sequence,
            from_status=event.from_status,
            to_status=event.to_status,
            centavos=record.cashback.cashback_centavos,
            person=None if document is None else person_of(_SALT, str(document)),
            types=types,
        )

    async def reach(self) -> None:
        """Ask the store; raises StoreUnavailable while it is away."""
        await asyncio.sleep(0)
        if self.store.away:
            raise StoreUnavailable("away")


def _day_of(kept: KeptClose) -> KeptDay:
    names = (one.name for one in fields(KeptDay))
    return KeptDay(**{name: getattr(kept, name) for name in names})


class MemoryClosing(Closing):
    """Whoever is alone: `closes` are theirs."""

    def __init__(self, closes: MemoryCloses) -> None:
        self.closes = closes

    async def now(self) -> datetime:
        return self.closes.now()

    async def open_days(self) -> Sequence[OpenDay]:
        owners = [ChainOwner(merchant_id=id_, slug=slug) for id_, slug in self.closes.slugs.items()]
        return [self.closes.open_day(owner) for owner in (*owners, ACCOUNT)]

    async def next_day(self, kept: KeptClose) -> OpenDay:
        return self.closes.open_day(kept.owner)

    async def settled_at(self) -> datetime | None:
        return None if self.closes.under_way else self.closes.now()

    @property
    def waits_for(self) -> Sequence[str]:
        return [f"since {at}" for at in self.closes.under_way]

    async def horizon(self, day: OpenDay) -> Horizon:  # noqa: ARG002 (one clock for all)
        return Horizon(below=len(self.closes.store.told) + 1, at=self.closes.now())

    async def name_persons(self, day: OpenDay, horizon: Horizon) -> None:
        """They all have one salt."""

    async def lines(self, day: OpenDay, horizon: Horizon) -> AsyncIterator[Sequence[DayLine]]:
        before = 0 if day.last is None else day.last.below
        yield self.closes.lines_of(day, before, horizon.below)

    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:  # noqa: ARG002
        return self.closes.flows.get((day.owner.merchant_id, day.day), ())

    async def merchants(self, day: date) -> Sequence[MerchantClose]:
        return sorted(
            (
                MerchantClose(merchant=kept.owner.slug, number=kept.number, sha256=kept.hash)
                for kept in self.closes.kept
                if kept.owner.slug is not None and kept.day == day
            ),
            key=lambda row: row.merchant,
        )

    async def keep(self, kept: KeptClose, public_key: bytes) -> None:
        if kept.number != len(self.closes.chain(kept.owner.merchant_id)) + 1:
            raise AlreadyClosed(kept.owner.name)
        known = self.closes.known_keys
        if public_key in known and public_key != [*known][-1]:
            raise FormerKey(kept.key)
        last_signed = max((one.closed_at for one in self.closes.kept), default=None)
        is_early = kept.closed_at < kept.ends_at + AFTER_ITS_END
        if is_early or (
            kept.closed_at < known[public_key]
            if public_key in known
            else last_signed is not None and kept.closed_at <= last_signed
        ):
            raise NotVerified(kept.owner.name)
        known.setdefault(public_key, kept.closed_at)
        self.closes.kept.append(kept)

    async def hash_at(self, owner: ChainOwner, number: int) -> str | None:
        chain = self.closes.chain(owner.merchant_id)
        return chain[number - 1].hash if number <= len(chain) else None

    async def tell(self, found: ClosedRound) -> None:
        self.closes.told = found
