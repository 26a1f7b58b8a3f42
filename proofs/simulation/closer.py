"""Processes that close days by the production use case, over a link that loses what it may lose."""

# ruff: noqa: D102 (the ports have the words)

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cashback_core.closing.closing import GRACE, CloseDays
from cashback_core.closing.store import ChainNotes, CloseStore, Closing
from cashback_core.values.availability import StoreUnavailable
from simulation.closes import OVER, SIGNER, ClosingSession, HostNotes, SimulatedClosing
from simulation.processes import Node
from simulation.transactions import at_once

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Coroutine,
        Sequence,
    )
    from datetime import date, datetime

    from cashback_core.closing.close import MerchantClose
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.kept import (
        ChainOwner,
        Flow,
        Horizon,
        KeptClose,
        KeptDay,
        OpenDay,
    )
    from cashback_core.closing.keys import CloseKey
    from cashback_core.closing.lines import DayLine
    from cashback_core.delivery.deliverer import DeliveriesUnderWay
    from simulation.closes import SimulatedCloses
    from simulation.link import Link
    from simulation.processes import Surroundings

T = TypeVar("T")

EVERY_S: Final = 40.0
"""How long a closer rests between its rounds."""


AT_ITS_END: Final = 0.7
"""How often a closer that would rest over the end of a day wakes just after it."""


class LinkedNotes(HostNotes, ChainNotes):
    """One host's."""


class CloserNode(Node):
    """Closes what is over, round after round; the notes are the host's, and outlive it."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self.notes = LinkedNotes()
        super().__init__(name, around)

    def boot(self, link: Link, under_way: DeliveriesUnderWay) -> None:
        """Close days for ever."""
        del under_way
        use = CloseDays(
            store=LinkedCloses(link),
            signer=SIGNER,
            notes=self.notes,
            grace=GRACE,
            beside=at_once_beside,
        )
        self.around.loop.spawn(self._run(use), self.process)

    async def _run(self, use: CloseDays) -> None:
        found = self.around.faults.found
        while True:
            await asyncio.sleep(self._rest_s())
            try:
                done = await use()
            except StoreUnavailable:
                self.history.append("broken rounds")
                continue
            found.extend(f"19: {name}: {why}" for name, why in done.strange.items())
            self.history.extend(["closed"] * len(done.closed))
            if done.waits:
                self.history.append("waited rounds")

    def _rest_s(self) -> float:
        """Often until just after a day may be closed: what is slow is under way then."""
        closes, random = self.around.database.closes, self.around.random
        rest_s = EVERY_S * (0.5 + random.random())
        if random.random() < AT_ITS_END:
            now = self.around.database.transactions.clock()
            ends = [closes.open_day(closes.owner(id_)).ends_at + OVER for id_ in closes.days]
            waits_s = min((at - now).total_seconds() for at in ends) + random.random()
            if 0 < waits_s < rest_s:
                return waits_s
        return rest_s


async def at_once_beside(work: Callable[[], None]) -> None:
    """A thread is no other process: here and now."""
    work()


class LinkedCloses(CloseStore):
    """A process's connections to the closes."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def _closes(self) -> SimulatedCloses:
        return self._link.database.closes

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[Closing | None, None]:
        session = ClosingSession(self._link.process)

        async def lock() -> bool:
            return self._closes.lock(session)

        try:
            yield _LinkedClosing(self._link, session) if await self._link.ask(lock) else None
        finally:
            session.broken = True

    async def closes(
        self, merchant_id: int | None, *, after: int = 0, limit: int
    ) -> Sequence[KeptClose]:
        return await self._link.ask(
            lambda: self._closes.closes(merchant_id, after=after, limit=limit)
        )

    async def latest(
        self, merchant_id: int | None, *, before: int | None = None, limit: int
    ) -> Sequence[KeptDay]:
        return await self._link.ask(
            lambda: self._closes.latest(merchant_id, before=before, limit=limit)
        )

    async def close_of(self, merchant_id: int | None, day: date) -> KeptClose | None:
        return await self._link.ask(lambda: self._closes.close_of(merchant_id, day))

    async def lines(self, kept: KeptClose) -> AsyncIterator[Sequence[DayLine]]:
        async for lines in self._closes.lines(kept):
            yield lines

    async def keys(self) -> Sequence[CloseKey]:
        return await self._link.ask(self._closes.keys)


class _LinkedClosing(Closing):
    """Over one session: what breaks it ends it, and with it the lock."""

    def __init__(self, link: Link, session: ClosingSession) -> None:
        self._link = link
        self._session = session
        self._closing = SimulatedClosing(link.database.closes)

    async def _ask(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._session.broken:
            raise StoreUnavailable("the session has ended")
        try:
            return await self._link.ask(work)
        except StoreUnavailable:
            self._session.broken = True
            raise

    async def _look(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A look that takes no time: cheap, and a step before which a fault may strike."""
        await asyncio.sleep(0)
        if self._session.broken or self._link.database.down:
            self._session.broken = True
            raise StoreUnavailable("the session has ended")
        return at_once(work())

    async def now(self) -> datetime:
        return await self._look(self._closing.now)

    async def open_days(self) -> Sequence[OpenDay]:
        return await self._look(self._closing.open_days)

    async def next_day(self, kept: KeptClose) -> OpenDay:
        return await self._look(lambda: self._closing.next_day(kept))

    async def settled_at(self) -> datetime | None:
        return await self._look(self._closing.settled_at)

    @property
    def waits_for(self) -> Sequence[str]:
        return self._closing.waits_for

    async def horizon(self, day: OpenDay) -> Horizon:
        return await self._ask(lambda: self._closing.horizon(day))

    async def name_persons(self, day: OpenDay, horizon: Horizon) -> None:
        await self._look(lambda: self._closing.name_persons(day, horizon))

    async def lines(self, day: OpenDay, horizon: Horizon) -> AsyncIterator[Sequence[DayLine]]:
        """In two pages, each a transaction of its own."""

        async def read() -> list[DayLine]:
            return [line async for page in self._closing.lines(day, horizon) for line in page]

        found = await self._ask(read)
        half = found[: len(found) // 2]
        if not half:
            yield found
            return
        yield half
        yield [line for line in await self._ask(read) if line.key > half[-1].key]

    async def tell(self, found: ClosedRound) -> None:
        await self._look(lambda: self._closing.tell(found))

    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
        return await self._look(lambda: self._closing.flows(day, horizon))

    async def merchants(self, day: date) -> Sequence[MerchantClose]:
        return await self._look(lambda: self._closing.merchants(day))

    async def keep(self, kept: KeptClose, public_key: bytes) -> None:
        await self._ask(lambda: self._closing.keep(kept, public_key))

    async def hash_at(self, owner: ChainOwner, number: int) -> str | None:
        return await self._look(lambda: self._closing.hash_at(owner, number))
