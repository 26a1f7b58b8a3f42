"""Sales that are refused because their till's clock is too far ahead, counted by client.

Such a sale is recorded nowhere, and whoever looks after the till would learn of it from nobody.
Each process counts what it refuses, in memory, and stores what it has counted now and then: no
refusal waits for that, or fails with it.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from cashback_core.values.availability import StoreUnavailable

EVERY_S: Final = 60.0
"""At most so often a process stores what it has counted; the first of a minute at once."""

MAX_CLIENTS: Final = 1_000
"""Most clients that one process counts between two storings; of more nothing is counted."""

NO_CLIENT: Final = "none"
"""The client of sales that nobody is said to have sent."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedClock:
    """How many `sales` of a client were refused from `first_at` to `last_at`.

    The furthest of them was made `ahead_s` after it came.
    """

    merchant_id: int
    client: str
    ahead_s: float
    sales: int
    first_at: datetime
    last_at: datetime


class RefusedClockStore(Protocol):
    """Where the counts of all processes come together."""

    @abstractmethod
    async def note_refused_clocks(self, refused: Collection[RefusedClock]) -> None:
        """Add to what is noted of these clients. Raises StoreUnavailable.

        Counts whose commit was not told are noted again, and so count twice.
        """


class RefusedClocks:
    """What one process has counted since it was last stored."""

    __slots__ = ("_any", "_counted")

    def __init__(self) -> None:
        self._counted: dict[tuple[int, str], RefusedClock] = {}
        self._any = asyncio.Event()

    def note(self, merchant_id: int, client: str | None, *, ahead_s: float, at: datetime) -> None:
        """Count a sale that was refused `at` this instant."""
        self._add(
            RefusedClock(
                merchant_id=merchant_id,
                client=client or NO_CLIENT,
                ahead_s=ahead_s,
                sales=1,
                first_at=at,
                last_at=at,
            )
        )

    async def keep_storing(self, store: RefusedClockStore, *, every_s: float = EVERY_S) -> None:
        """Store whatever is counted, until cancelled."""
        while True:
            await self._any.wait()
            await self.store_in(store)
            await asyncio.sleep(every_s)

    async def store_in(self, store: RefusedClockStore) -> None:
        """Store what is counted; what cannot be stays counted."""
        taken, self._counted = self._counted, {}
        self._any.clear()
        if not taken:
            return
        try:
            await store.note_refused_clocks(tuple(taken.values()))
        except Exception as error:  # noqa: BLE001 (nothing that serves may end by what only tells)
            away = isinstance(error, StoreUnavailable)
            _log.warning("refused clocks are not noted: %s", error, exc_info=not away)
            for refused in taken.values():
                self._add(refused)

    def _add(self, refused: RefusedClock) -> None:
        key = refused.merchant_id, refused.client
        known = self._counted.get(key)
        if known is None and len(self._counted) >= MAX_CLIENTS:
            return
        self._counted[key] = refused if known is None else _sum(known, refused)
        self._any.set()


def _sum(one: RefusedClock, other: RefusedClock) -> RefusedClock:
    return replace(
        one,
        ahead_s=max(one.ahead_s, other.ahead_s),
        sales=one.sales + other.sales,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
    )
