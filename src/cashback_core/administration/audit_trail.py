"""The audit trail: who changed what, and when."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cashback_core.administration.resources import Caller, Missing, Page, Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailLine:
    """One change: the changed fields as they were and as they are, secrets only as "changed"."""

    number: int
    at: datetime
    merchant: str | None
    actor: str
    action: str
    resource: str
    key: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which lines are wanted; None wants all. `to_at` is the first instant no more wanted.

    Without `merchant` the platform is told of its own users and of the merchants themselves.
    """

    merchant: str | None = None
    actor: str | None = None
    resource: str | None = None
    key: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


class TrailStore(Protocol):
    """The trail, of which a merchant's people see their own. Raises StoreUnavailable."""

    @abstractmethod
    async def page(
        self, caller: Caller, wanted: Slice, which: TrailFilter
    ) -> Page[TrailLine] | Missing:
        """Lines in the order of their numbers (`at`); Missing when there is no such merchant."""
