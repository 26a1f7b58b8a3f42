"""What is read of recorded cashbacks."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.delivery.record import (
    NEWEST,
    History,
    Record,
    RecordFilter,
    RecordOrder,
    RecordPage,
    RecordTotal,
)
from cashback_core.delivery.summaries import CustomerSummary
from cashback_core.delivery.waits import Waiting
from cashback_core.values.pages import Position


class Records(Protocol):
    """Recorded cashbacks, as they are read. One method is one transaction.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Record | None:
        """One record of a merchant; with `group` only if it came under that one."""

    @abstractmethod
    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> History | None:
        """One record of a merchant with its attempts and events, under the same condition."""

    @abstractmethod
    async def page(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        limit: int,
        after: Position | None,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordPage:
        """Records of a merchant, in an order, after a position.

        As many as `pages.fitting` says of their lines: fewer than `limit` may be followed by more.
        What is cheap to ask for is said by `search.is_bounded`, at `now`: when the search began,
        the same for all of its pages and its total; None is this very instant.
        """

    @abstractmethod
    async def total(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordTotal | None:
        """What all pages in that order come to; None for more than `search.MOST_COUNTED`."""

    @abstractmethod
    async def summary(
        self, merchant_id: int, customer_id: UUID, starts: tuple[datetime, ...]
    ) -> CustomerSummary | None:
        """What a customer's sales come to, by the months that begin there, the oldest first.

        None for one who is nobody, or not known to the merchant.
        """

    @abstractmethod
    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        """Why those of a merchant's cashbacks that wait do; the others are not in it."""
