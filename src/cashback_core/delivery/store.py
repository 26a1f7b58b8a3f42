"""What delivering asks of the store."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from cashback_core.delivery.leases import AttemptResult, Claim, Pause
from cashback_core.delivery.record import Standing
from cashback_core.values.documents import BuyerDocument


class DeliveryStore(Protocol):
    """What a deliverer and a worker ask of the store. One method is one transaction.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def conclude(self, result: AttemptResult) -> Standing:
        """Record how an attempt ended, move its cashback by `delivery.conclude`, tell its standing.

        May be called again with the same result: the second call changes nothing. Raises
        LookupError when no such attempt of this deliverer and claim is recorded.
        """

    @abstractmethod
    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument] = ()
    ) -> tuple[Claim, ...]:
        """Lease the next attempt of up to `limit` pending cashbacks that are due, oldest first.

        Those of the documents in `excluding` are passed over, and those that a stop holds back;
        while the sender is paused there are none. Raises ClaimsUnacknowledged when the leases may
        be stored or not: they must not be used.
        """

    @abstractmethod
    async def next_due_s(self) -> float | None:
        """Seconds until the earliest pending cashback is due, 0 if one is, None without any.

        What a claim found held back by a stop counts for none, until it is resumed.
        """

    @abstractmethod
    async def resume(self, *, limit: int) -> bool:
        """Let what stops held back, and hold back no more, be due now: about `limit` of them.

        True when there may be more to do at once. What stops still hold back is looked at in
        strides, each call going on where the one before it stopped.
        """

    @abstractmethod
    async def note_pause(self, pause: Pause) -> None:
        """Remember, or prolong, a time in which this process sent nothing on purpose.

        It does not count towards giving up.
        """

    @abstractmethod
    async def void_expired(self, *, limit: int) -> int:
        """End up to `limit` cashbacks that nobody confirmed in their time; how many were ended.

        Those first whose time ran out first. While the sender is paused none is: a database that
        went back may have forgotten what was confirmed.
        """

    @abstractmethod
    async def reap(self, *, limit: int) -> int:
        """Move cashbacks whose lease has run out to in_doubt; how many were moved."""
