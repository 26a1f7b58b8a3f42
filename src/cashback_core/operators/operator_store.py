"""What an operator asks of the database: lists, names, acts; whether anything is sent."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.delivery.states import Status
from cashback_core.delivery.waits import Waiting
from cashback_core.intake.equal_sales import EqualPage
from cashback_core.operators.acts import Act, ActKind, Decision
from cashback_core.operators.open_cashbacks import ManyDecision, OpenFilter, OpenPage, Tally
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.access_keys import is_access_key
from cashback_core.values.pages import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class CashbackName:
    """How a list names a cashback: by its id, or by its sale's own number.

    Where a merchant's numbers count in each store, a number goes with its `store`; where not, a
    store that is told is the sale's (`is_of_store`).
    """

    id: UUID | None = None
    sale_id: str | None = None
    store: str | None = None

    def __post_init__(self) -> None:
        if (self.id is None) == (self.sale_id is None):
            raise ValueError("a cashback is named by its id, or by its sale's number")


def is_of_store(name: CashbackName, store: str | None, *, numbers: NumberScope) -> bool:
    """Whether a sale of that number, sold in that store, is the one that a name means.

    Where numbers count in each store the number has been found by its store already; an access key
    is one document's, however its store is spelt.
    """
    if name.store is None or numbers is NumberScope.STORE or is_access_key(name.sale_id or ""):
        return True
    return name.store == store


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A cashback as it stands, and what `operate` says of an act on it; `merchant` is the slug.

    `version` counts its moves.
    """

    merchant: str
    status: Status
    version: int
    cashback_centavos: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class MovedSince:
    """It was looked at before it last moved; `status` is where it is now."""

    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """Whether the sender is paused: since when, why, and by whom; all None while it is not."""

    paused_at: datetime | None = None
    reason: str | None = None
    actor: str | None = None


class OperatorStore(Protocol):
    """What an operator asks of the database. One method is one transaction.

    `merchant_id` None means every merchant: for whoever has the machine, never for a request.
    Every method raises StoreUnavailable when the database is away or a row is busy for too long.
    """

    @abstractmethod
    async def open_page(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> OpenPage:
        """Up to `limit` cashbacks, oldest accepted first, after a position."""

    @abstractmethod
    async def waits(self, merchant_id: int | None, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        """Why those of these cashbacks that wait do; the others are not in it."""

    @abstractmethod
    async def equals_page(
        self,
        merchant_id: int | None,
        outcome: EqualOutcome | None,
        *,
        limit: int,
        after: Position | None,
    ) -> EqualPage:
        """Up to `limit` pairs of equal content, latest first, after a position."""

    @abstractmethod
    async def act(self, merchant_id: int | None, id: UUID, act: Act) -> Decision | None:  # noqa: A002
        """Do to one cashback what `operate` grants and tell what it said; None: there is none."""

    @abstractmethod
    async def act_as_seen(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: Act,
        *,
        version: int,
    ) -> Decision | MovedSince | None:
        """Do what `act` does, unless the cashback has moved since it was seen as that version."""

    @abstractmethod
    async def named(
        self, merchant_id: int | None, names: Collection[CashbackName]
    ) -> Mapping[CashbackName, tuple[UUID, ...]]:
        """The cashbacks that each name means: of a number one of each merchant that has it."""

    @abstractmethod
    async def foresee(
        self, merchant_id: int | None, acts: Mapping[UUID, Act]
    ) -> Mapping[UUID, Foreseen]:
        """What `act` would say of each by now; nothing is done. What there is not is left out."""

    @abstractmethod
    async def tally(
        self, merchant_id: int | None, wanted: OpenFilter, kind: ActKind = ActKind.RESEND
    ) -> Tally:
        """How many cashbacks a filter means now, and how many are at risk by such an act."""

    @abstractmethod
    async def act_on_all(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        act: Act,
        *,
        token: str,
    ) -> ManyDecision:
        """Do to all that a filter means, or to none of them when `may_act_on_all` refuses.

        `token` is that of the tally of just this act: it is done to just what was tallied.

        Raises ValueError for a filter with a status that is not in MANY of the act.
        """


class SenderSwitch(Protocol):
    """Whether anything is sent, for every merchant. Every method raises StoreUnavailable."""

    @abstractmethod
    async def state(self) -> SenderState:
        """Whether anything is sent now."""

    @abstractmethod
    async def pause(self, *, by: str, reason: str) -> bool:
        """Send nothing from now on; False when it was paused already, which then stays as it is.

        What is under way ends; nothing that waits is claimed.
        """

    @abstractmethod
    async def release(self, *, by: str, reason: str) -> bool:
        """Send again, and remember who said so and why; False when it was not paused."""
