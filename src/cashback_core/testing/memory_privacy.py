"""A data subject's rights in memory: customers that a test puts there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cashback_core.privacy.data_subjects import (
    Erased,
    Erasure,
    PrivacyStore,
    StillOpen,
    SubjectReport,
)
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.privacy.data_subjects import Retention

SINCE: Final = datetime(2026, 1, 2, 3, 0, 0, tzinfo=UTC)


class MemoryPrivacy(PrivacyStore):
    """`customers` by merchant and id: the report of each, and how many cashbacks are open."""

    def __init__(self) -> None:
        self.away = False
        self.customers: dict[tuple[int, UUID], tuple[SubjectReport, int]] = {}
        self.asked: list[tuple[str, str]] = []

    async def report(
        self, merchant_id: int, customer_id: UUID, *, by: str, limit: int, after: UUID | None
    ) -> SubjectReport | None:
        self._answer()
        found = self.customers.get((merchant_id, customer_id))
        self.asked.append((by, f"report {limit} {after}"))
        return None if found is None else found[0]

    async def erase(
        self, merchant_id: int, customer_id: UUID, erasure: Erasure
    ) -> Erased | StillOpen | None:
        self._answer()
        found = self.customers.get((merchant_id, customer_id))
        self.asked.append((erasure.by, f"erase: {erasure.reason}"))
        if found is None:
            return None
        return StillOpen(count=found[1]) if found[1] else Erased(at=SINCE)

    async def retain(self, retention: Retention, *, limit: int) -> int:  # noqa: ARG002
        self._answer()
        return 0

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("away")
