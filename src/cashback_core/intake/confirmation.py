"""Confirming a sale that was recorded to be confirmed later: once, and only then is it sent."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from cashback_core.delivery.brakes import CONFIRMED_REASONS, HELD, WaitsFor
from cashback_core.delivery.record import Record
from cashback_core.delivery.record_store import Records
from cashback_core.delivery.states import Actor, Move, Status
from cashback_core.delivery.waits import Why
from cashback_core.values.availability import StoreUnavailable

LOOK_AGAIN_S: Final = 0.05
"""How soon it is looked whether a worker has sent it; twice as long after each look."""

MAX_LOOK_AGAIN_S: Final = 0.8

VOID_GRACE: Final = timedelta(days=1)
"""How long after its time is over it may still be confirmed, and is not void.

An outage, ours or its ERP's, must not end what was paid for in time and could not be told.
"""

MAY_BE_CREDITED: Final = "confirmed while the provider's statement may tell its credit"
"""Why it is held: a database that went back may have forgotten that it was confirmed and sent."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """It was unconfirmed, and now it is sent, or a brake holds it; the record as it is then."""

    record: Record


@dataclass(frozen=True, slots=True)
class NothingToConfirm:
    """It was confirmed before, or never had to be; the present record."""

    record: Record


@dataclass(frozen=True, slots=True)
class ConfirmationExpired:
    """It is void: nothing is paid for it any more."""


Confirmation = Confirmed | NothingToConfirm | ConfirmationExpired


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRequest:
    """Which cashback is confirmed, and how long its ERP will wait for the provider's answer.

    With `reads_only` it is known only if it came under that group. `wait_s` 0, or `respond_async`,
    waits for nothing.
    """

    merchant_id: int
    id: UUID
    reads_only: str | None
    wait_s: float
    respond_async: bool = False


class ConfirmingStore(Records, Protocol):
    """What confirming asks of the store. One method is one transaction.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def confirm(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Confirmation | None:
        """Do what `confirming` says to an unconfirmed cashback, and tell; None: there is none.

        With `group` there is none that came under another. What stands against it is read under
        the lock of brakes, as when a sale is accepted, and it counts in this moment's day. Of
        several that confirm, cancel or void it at once the first to have its row wins: the row
        tells that it is too late, never the clock.
        """


def confirming(waits: WaitsFor | None, now: datetime, *, suspected: bool = False) -> Move:
    """The move of an unconfirmed cashback that is confirmed, by what it waits for then.

    `suspected`: a database that went back may have forgotten that it was confirmed, sent and
    credited. An open incident of a statement is about it, or a person said that a line is its
    credit; or an open incident's line could be (`may_be_credit_of`) and the sender is paused or was
    released after its acceptance, as after every restore. Without that nothing was forgotten, and
    one odd line of somebody's must not hold every confirmation.
    """
    if suspected:
        return Move(to=Status.HELD, actor=Actor.API, reason=MAY_BE_CREDITED)
    reason = "confirmed" if waits is None else CONFIRMED_REASONS[waits]
    if waits in HELD:
        return Move(to=Status.HELD, actor=Actor.API, reason=reason)
    return Move(to=Status.PENDING, actor=Actor.API, reason=reason, due_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSale:
    """Lets a recorded sale earn, and waits for a worker to deliver what it earned."""

    store: ConfirmingStore

    async def __call__(self, request: ConfirmationRequest) -> Confirmation | None:
        """None where there is no such cashback for who asks. Raises StoreUnavailable."""
        told = await self.store.confirm(request.merchant_id, request.id, group=request.reads_only)
        match told:
            case Confirmed(record):
                return Confirmed(await self._settled(record, request))
            case NothingToConfirm(record):
                return NothingToConfirm(await self._settled(record, request))
            case _:
                return told

    async def _settled(self, record: Record, request: ConfirmationRequest) -> Record:
        """The record once its delivery has ended, or as it is when the wait is over.

        It is committed whatever becomes of the looking.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + (0.0 if request.respond_async else request.wait_s)
        again_s = LOOK_AGAIN_S
        try:
            while (left_s := until - loop.time()) > 0 and await self._is_under_way(record):
                await asyncio.sleep(min(again_s, left_s))
                again_s = min(2 * again_s, MAX_LOOK_AGAIN_S)
                record = await self.store.find(record.merchant_id, record.id) or record
        except StoreUnavailable:
            pass
        return record.as_told(request.reads_only)

    async def _is_under_way(self, record: Record) -> bool:
        """Whether it is being sent, or about to be.

        One that was pending and waits for nothing any more was taken up meanwhile.
        """
        if record.status is not Status.PENDING:
            return record.status is Status.SENDING
        waits = await self.store.waits(record.merchant_id, (record.id,))
        return record.id not in waits or waits[record.id].why == Why.DUE
