"""Every move of every cashback of a merchant, to be read on from where one was."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, Self
from uuid import UUID

from cashback_core.delivery.states import Actor, Status

MAX_CHANGES: Final = 1_000
"""Most changes of one page."""

MAX_PLACES: Final = 1_000
"""Most places that are looked at together for whether something follows them."""

_POSITION: Final = re.compile(
    r"([0-9]{1,18})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9]{1,9})\Z", re.ASCII
)

OWN_WORDS: Final = frozenset({Actor.API, Actor.WORKER, Actor.REAPER, Actor.LATE_ANSWER})
"""Whose reasons are told in the feed: those of people, and of statements, may name somebody."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FeedPosition:
    """Where a change stands in its merchant's feed: they follow one another in this order.

    `position` grows with what is committed, in steps of any size; changes of one `position` come in
    the order of their cashbacks' ids, and those of a cashback in that of their `sequence`.
    """

    position: int
    cashback_id: UUID
    sequence: int

    def __str__(self) -> str:
        """As a person copies it from one command to the next; `parse` reads it."""
        return f"{self.position}.{self.cashback_id}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The position that a text tells. Raises ValueError."""
        told = _POSITION.match(text)
        if told is None:
            raise ValueError("no position in a feed")
        return cls(position=int(told[1]), cashback_id=UUID(told[2]), sequence=int(told[3]))


START: Final = FeedPosition(position=0, cashback_id=UUID(int=0), sequence=0)
"""Before the first change of every merchant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cashback's move from one status to another; nothing in it tells who bought.

    `sequence` counts the moves of the cashback from 1, so it and `id` together name the change for
    good. `from_status` is None for its first. `attempt` is the number of its latest attempt then.
    `reason` is None where a person, or a statement, gave it.
    """

    merchant_id: int
    id: UUID
    sequence: int
    position: int
    at: datetime
    actor: Actor
    from_status: Status | None
    status: Status
    attempt: int
    reason: str | None
    sale_id: str | None
    cashback_centavos: int

    @property
    def feed_position(self) -> FeedPosition:
        """Where it stands; reading after it goes on with the next."""
        return FeedPosition(position=self.position, cashback_id=self.id, sequence=self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Changes in their order, and the position to go on from, also where there are none.

    `more`: too many of others' were passed over for one page, and the next is worth reading at
    once.
    """

    changes: tuple[Change, ...]
    next: FeedPosition
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """How far somebody has read a merchant's feed."""

    merchant_id: int
    position: FeedPosition


class ChangeFeed(Protocol):
    """The feed of changes, as it is read.

    Whoever reads on from the `next` of each page is told every change once, and the changes of one
    cashback in their order: what is read is never followed by something that belongs before it.
    A change is told once its transaction, and every one that began to write before, has ended:
    mostly at once, and late while somebody else's transaction lasts.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def read(
        self,
        merchant_id: int,
        after: FeedPosition | None,
        *,
        limit: int,
        group: str | None = None,
    ) -> ChangePage:
        """The next changes after a position, from the beginning without one; at most `limit`.

        With `group` only those of sales that came under it: then a page may be empty, and not the
        last, because others' changes were passed over (`more`). Where it goes on from is its own
        last change, or a number of a transaction: nothing that tells of others' sales.
        """

    @abstractmethod
    async def end(self, merchant_id: int) -> FeedPosition:
        """Where the feed ends now: read after it, only what is told from now on comes."""

    @abstractmethod
    async def grown(self, places: Collection[FeedPlace]) -> frozenset[FeedPlace]:
        """Which of at most MAX_PLACES places are followed by a change now, of whatever group."""
