"""Whether anything is sent, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.delivery.leases import Pause
from cashback_core.operators.operator_store import SenderState, SenderSwitch
from cashback_core.testing.memory_operators import reach_store
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from datetime import timedelta

    from cashback_core.testing.memory_store import MemoryStore


class MemorySenderSwitch(SenderSwitch):
    """The switch of a MemoryStore; `releases` keeps who released it, and why."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._state = SenderState()
        self.releases: list[tuple[str, str]] = []

    async def state(self) -> SenderState:
        await reach_store(self._store)
        return self._state

    async def pause(self, *, by: str, reason: str) -> bool:
        await reach_store(self._store)
        if self._store.sender_paused:
            return False
        self._store.sender_paused = True
        self._state = SenderState(paused_at=self._store._now(), reason=reason, actor=by)
        return True

    async def release(self, *, by: str, reason: str) -> bool:
        await reach_store(self._store)
        paused_at = self._state.paused_at
        if paused_at is None:
            return False
        lasted: timedelta = self._store._now() - paused_at
        await self._store.note_pause(Pause(id=new_id(), lasted_s=lasted.total_seconds()))
        self._store.sender_paused, self._state = False, SenderState()
        self._store.sender_released_at = self._store._now()
        self.releases.append((by, reason))
        return True
