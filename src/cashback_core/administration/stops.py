"""Stops: what makes a merchant's cashbacks, or a product type's, wait for a person."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.administration.brakes import StopFilter
from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop of one product type of a merchant, or of all of it (`type` None).

    While it stands sales are recorded and nothing of it is sent. `by_platform`: lifted by the
    platform alone. `version` is 1 while it stands and 2 once it is lifted.
    """

    id: UUID
    merchant: str
    type: str | None
    by_platform: bool
    stopped_at: datetime
    stopped_by: str
    reason: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_reason: str | None = None

    @property
    def version(self) -> int:
        """How often it was changed, from 1."""
        return 1 if self.lifted_at is None else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStop:
    """A stop to be put on by a person, in their words; without `merchant` of the caller's own."""

    by: str
    reason: str
    merchant: str | None = None
    type: str | None = None


class StopStore(Protocol):
    """Stops: a merchant's administrators have their own merchant's, the platform's all.

    One method is one transaction, and its change is in the audit trail. Every method raises
    StoreUnavailable.
    """

    @abstractmethod
    async def create(self, caller: Caller, new: NewStop) -> Done[Stop] | Refusal:
        """Stop at once: no attempt begins after this has returned, or after its commit.

        What is under way ends. Taken when such a stop of the caller's stands already; Invalid for
        an unknown merchant or type.
        """

    @abstractmethod
    async def lift(
        self,
        caller: Caller,
        id: UUID,  # noqa: A002 (the domain's word)
        *,
        by: str,
        reason: str,
    ) -> Done[Stop] | Refusal:
        """Let what waits go on, within seconds; InUse once lifted, or if only the platform may."""

    @abstractmethod
    async def page(self, caller: Caller, wanted: Slice, which: StopFilter) -> Page[Stop]:
        """Some of them, sorted by `stopped_at`; the key is the id."""

    @abstractmethod
    async def find(self, caller: Caller, id: UUID) -> Stop | None:  # noqa: A002
        """The one of that id, unless there is none for the caller."""
