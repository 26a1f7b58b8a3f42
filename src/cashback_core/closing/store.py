"""What closing asks of the store, and of what is noted of the chains outside it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime

    from cashback_core.closing.close import MerchantClose
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.kept import ChainOwner, Flow, Horizon, KeptClose, KeptDay, OpenDay
    from cashback_core.closing.keys import CloseKey
    from cashback_core.closing.lines import DayLine


class NotSettled(Exception):  # noqa: N818 (named by what is wrong)
    """An event of a day lies at a position that is not below the horizon yet: try again.

    `waits_for` is who holds the horizon, as an operator finds them, as far as it is known.
    """

    def __init__(self, day: str, waits_for: Sequence[str] = ()) -> None:
        super().__init__(day)
        self.waits_for = tuple(waits_for)


class NotVerified(Exception):  # noqa: N818 (named by what is wrong)
    """A close that whoever verifies would refuse: it is not kept."""


class AlreadyClosed(Exception):  # noqa: N818 (named by what is wrong)
    """Somebody has closed that day in the meantime; nothing was changed."""


class FormerKey(Exception):  # noqa: N818 (named by what is wrong)
    """A key that another one has followed signs nothing any more; nothing was changed."""


class Closing(Protocol):
    """What whoever closes asks of the store, alone. All raise StoreUnavailable."""

    @abstractmethod
    async def now(self) -> datetime:
        """The store's clock, by which events have their instants."""

    @abstractmethod
    async def open_days(self) -> Sequence[OpenDay]:
        """Of every merchant's chain, and last of the account's, the day that is closed next."""

    @abstractmethod
    async def next_day(self, kept: KeptClose) -> OpenDay:
        """What follows that close."""

    @abstractmethod
    async def settled_at(self) -> datetime | None:
        """An instant; nothing that began before it is under way any more. None: not yet.

        Waits a moment. Goes on from one call to the next, so that newer transactions keep nobody.
        """

    @property
    @abstractmethod
    def waits_for(self) -> Sequence[str]:
        """Who is under way and kept `settled_at` waiting, as an operator finds them."""

    @abstractmethod
    async def horizon(self, day: OpenDay) -> Horizon:
        """Where the day is cut; raises NotSettled."""

    @abstractmethod
    async def name_persons(self, day: OpenDay, horizon: Horizon) -> None:
        """Give everybody who is in the day's lines what stands for them there, once for all."""

    @abstractmethod
    def lines(self, day: OpenDay, horizon: Horizon) -> AsyncIterator[Sequence[DayLine]]:
        """The day's events in their order, some at a time."""

    @abstractmethod
    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
        """What moved in the provider's ledger that day, of the day's owner; by class."""

    @abstractmethod
    async def merchants(self, day: date) -> Sequence[MerchantClose]:
        """The merchants' closes of a day, sorted by slug."""

    @abstractmethod
    async def keep(self, kept: KeptClose, public_key: bytes) -> None:
        """Store a close, the key that it is verified by, and the figures of its day.

        Raises AlreadyClosed, FormerKey for a key after which another one has signed, and
        NotVerified where it is closed less than ten minutes after its day, before its key signs,
        or by a new key that signs before the former one has signed for the last time.
        """

    @abstractmethod
    async def hash_at(self, owner: ChainOwner, number: int) -> str | None:
        """The hash of a close of a chain; None where there is none of that number."""

    @abstractmethod
    async def tell(self, found: ClosedRound) -> None:
        """Keep what came of the last round, for whoever looks after it."""


class CloseStore(Protocol):
    """Where closes are kept. All raise StoreUnavailable."""

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[Closing | None]:
        """Be the only one who closes; None when somebody else does."""

    @abstractmethod
    async def closes(
        self, merchant_id: int | None, *, after: int = 0, limit: int
    ) -> Sequence[KeptClose]:
        """A chain's closes in their order, from number `after` + 1 on; None is the account's."""

    @abstractmethod
    async def latest(
        self, merchant_id: int | None, *, before: int | None = None, limit: int
    ) -> Sequence[KeptDay]:
        """The same without their documents, the latest first, of numbers below `before`."""

    @abstractmethod
    async def close_of(self, merchant_id: int | None, day: date) -> KeptClose | None:
        """The close of a day."""

    @abstractmethod
    def lines(self, kept: KeptClose) -> AsyncIterator[Sequence[DayLine]]:
        """A closed day's lines, made of its events once more, some at a time."""

    @abstractmethod
    async def keys(self) -> Sequence[CloseKey]:
        """Every key that closes were ever signed with, each from its first close on, in order."""


class ChainNotes(Protocol):
    """What is known of each chain outside the database."""

    @abstractmethod
    def known(self) -> Mapping[str, tuple[int, str]]:
        """By the owner's name the number and the hash of the last close. Raises OSError."""

    @abstractmethod
    def note(self, heads: Mapping[str, tuple[int, str]]) -> None:
        """Keep these as the last ones. Raises OSError."""
