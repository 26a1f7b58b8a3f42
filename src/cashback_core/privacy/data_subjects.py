"""What a data subject may ask for, and how long data are kept (LGPD, art. 15 to 18)."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from cashback_core.delivery.record import History
from cashback_core.values.documents import BuyerDocument

MAX_REASON_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long personal data are kept that nothing needs any more, in days; None keeps them.

    `raw_days`: requests and the provider's answers as they came, once their cashback is final.
    `customer_days`: customers, from their last sale on; then they are erased.
    """

    raw_days: int | None = None
    customer_days: int | None = None

    def __post_init__(self) -> None:
        for days in (self.raw_days, self.customer_days):
            if days is not None and days < 1:
                raise ValueError("data are kept for a day at least")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectReport:
    """Everything that is held about a customer, newest sale first (LGPD, art. 18, I and II).

    `next` is the id to go on from, None at the end.
    """

    customer_id: UUID
    document: BuyerDocument | None
    name: str | None
    known_since_at: datetime
    erased_at: datetime | None
    sales: tuple[History, ...]
    next: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Who asked for it and why; `by` signs it in the audit trail."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Done, now or before."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOpen:
    """So many cashbacks of the customer are not final: nothing was changed."""

    count: int


class PrivacyStore(Protocol):
    """What a data subject may ask for. Every method raises StoreUnavailable.

    One method is one transaction.
    """

    @abstractmethod
    async def report(
        self, merchant_id: int, customer_id: UUID, *, by: str, limit: int, after: UUID | None
    ) -> SubjectReport | None:
        """What is held about a customer of a merchant; the asking itself is audited."""

    @abstractmethod
    async def erase(
        self, merchant_id: int, customer_id: UUID, erasure: Erasure
    ) -> Erased | StillOpen | None:
        """Make a customer nobody, for ever; None for an unknown one.

        While a cashback of theirs is open the provider may still have to be asked about them.
        """

    @abstractmethod
    async def retain(self, retention: Retention, *, limit: int) -> int:
        """Drop some `limit` of what is no longer to be kept; how many things were dropped.

        So goes, whatever the settings, what is noted of clocks that were ahead a day ago.
        """
