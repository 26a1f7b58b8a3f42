"""The feed of changes in memory: of the cashbacks in a MemoryStore, each move a commit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cashback_core.changes.changes import (
    OWN_WORDS,
    START,
    Change,
    ChangeFeed,
    ChangePage,
    FeedPlace,
    FeedPosition,
)
from cashback_core.sales.same_sale import may_read
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from cashback_core.testing.memory_store import MemoryStore


class MemoryChanges(ChangeFeed):
    """Reads what the store was told, in the order in which it was."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(
        self,
        merchant_id: int,
        after: FeedPosition | None,
        *,
        limit: int,
        group: str | None = None,
    ) -> ChangePage:
        await self._reach()
        begun = after or START
        found = [
            change
            for change in self._of(merchant_id)
            if change.feed_position > begun
            and may_read(group, self._store.rows[merchant_id, change.id].record.group)
        ][:limit]
        if group is not None and len(found) < limit:
            return ChangePage(changes=tuple(found), next=max(begun, self._end()))
        return ChangePage(changes=tuple(found), next=found[-1].feed_position if found else begun)

    async def end(self, merchant_id: int) -> FeedPosition:  # noqa: ARG002 (one clock for all)
        await self._reach()
        return self._end()

    async def grown(self, places: Collection[FeedPlace]) -> frozenset[FeedPlace]:
        await self._reach()
        return frozenset(
            place
            for place in places
            if any(c.feed_position > place.position for c in self._of(place.merchant_id))
        )

    def _end(self) -> FeedPosition:
        return FeedPosition(
            position=len(self._store.told) + 1, cashback_id=START.cashback_id, sequence=0
        )

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self._store.away:
            raise StoreUnavailable("away")

    def _of(self, merchant_id: int) -> list[Change]:
        return [
            self._change(merchant_id, id_, sequence, position)
            for position, (owner, id_, sequence) in enumerate(self._store.told, start=1)
            if owner == merchant_id
        ]

    def _change(self, merchant_id: int, id_: UUID, sequence: int, position: int) -> Change:
        row = self._store.rows[merchant_id, id_]
        event = row.events[sequence - 1]
        return Change(
            merchant_id=merchant_id,
            id=id_,
            sequence=sequence,
            position=position,
            at=event.at,
            actor=event.actor,
            from_status=event.from_status,
            status=event.to_status,
            attempt=event.attempt,
            reason=event.reason if event.actor in OWN_WORDS else None,
            sale_id=row.record.sale.sale_id,
            cashback_centavos=row.record.cashback.cashback_centavos,
        )
