"""The store as the processes of a system have it between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.connection import DatabaseRole
from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivery import Actor, DeliveryPolicy
from cashback_core.ports import CashbackStore

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from cashback_core.ports import (
        Acceptance,
        AttemptResult,
        Claim,
        Page,
        Pause,
        Position,
        RecordFilter,
        Submission,
        Terms,
    )
    from cashback_core.record import History, Record, Standing


class ApiAndWorker(CashbackStore):
    """An API process and a worker, each in its own role: each asked for what it is there for."""

    def __init__(self, dsn: str, policy: DeliveryPolicy | None = None) -> None:
        policy = policy or DeliveryPolicy()
        self.api = PostgresCashbackStore(dsn, policy, role=DatabaseRole.SERVING)
        self.worker = PostgresCashbackStore(dsn, policy, role=DatabaseRole.WORKER)

    async def open(self) -> None:
        await self.api.open()
        await self.worker.open()

    async def close(self) -> None:
        await self.worker.close()
        await self.api.close()

    async def terms(self, merchant_id: int) -> Terms | None:
        return await self.api.terms(merchant_id)

    async def accept(self, submission: Submission) -> Acceptance:
        return await self.api.accept(submission)

    async def conclude(self, result: AttemptResult) -> Standing:
        store = self.worker if result.deliverer is Actor.WORKER else self.api
        return await store.conclude(result)

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[str] = ()
    ) -> tuple[Claim, ...]:
        return await self.worker.claim_due(limit=limit, lease_s=lease_s, excluding=excluding)

    async def next_due_s(self) -> float | None:
        return await self.worker.next_due_s()

    async def note_pause(self, pause: Pause) -> None:
        await self.worker.note_pause(pause)

    async def reap(self, *, limit: int) -> int:
        return await self.worker.reap(limit=limit)

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> Record | None:
        return await self.api.find(merchant_id, id, submitted_by=submitted_by)

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> History | None:
        return await self.api.history(merchant_id, id, submitted_by=submitted_by)

    async def page(
        self, merchant_id: int, wanted: RecordFilter, *, limit: int, after: Position | None
    ) -> Page:
        return await self.api.page(merchant_id, wanted, limit=limit, after=after)
