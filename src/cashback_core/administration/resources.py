"""Resources that people administer: how they are asked for, and what a change can come to.

Each resource has a version, a whole number from one that every change raises. Whoever changes it
says which versions they mean, and loses when it has moved on: two who looked at the same version
never both win.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
Known = TypeVar("Known")
"""A resource as it is told."""
Made = TypeVar("Made")
"""What is told of a new one: itself, or more, as with a secret that is told once."""
Key_contra = TypeVar("Key_contra", contravariant=True)
New_contra = TypeVar("New_contra", contravariant=True)
State_contra = TypeVar("State_contra", contravariant=True)
"""What of it can be changed, all of it."""
Filter_contra = TypeVar("Filter_contra", contravariant=True)

Versions = frozenset[int] | None
"""The versions that may be changed; None for whichever it has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and for which merchant's resources; None is the platform, which sees all.

    `actor` and `request_id` go into the audit trail with each change.
    """

    actor: str
    merchant_id: int | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a sorted list: at most `limit` behind the row of `after`, its value and its key.

    `sort` names an order of the resource, `after` has both as `write_cursor` took them.
    """

    sort: str
    descending: bool
    limit: int
    after: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page; `more` when rows follow it."""

    items: tuple[T, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The resource is stored so."""

    resource: T


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such resource for this caller."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """It has another version than those that were meant: somebody else changed it first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Another resource has this name; `name` is the field."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """What others stand on stays; `reason` is a fault's code that says who does."""

    reason: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    """What only the database could tell: the field `name` has a value that does not go here.

    `fault` is a fault's code that says why; `values` go into its text.
    """

    name: str
    fault: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])


Refusal = Missing | Conflict | Taken | InUse | Invalid


class ResourceStore(Protocol[Known, Key_contra, Filter_contra, New_contra, State_contra, Made]):
    """What every kept sort of resource is asked for; each says what is particular about its own.

    One method is one transaction, and its change is in the audit trail. A resource of another
    merchant than the caller's is Missing. Every method raises StoreUnavailable.
    """

    @abstractmethod
    async def page(self, caller: Caller, wanted: Slice, which: Filter_contra, /) -> Page[Known]:
        """Those that the filter leaves, in the order and from the place that are wanted."""

    @abstractmethod
    async def find(self, caller: Caller, key: Key_contra, /) -> Known | None:
        """The one of that key, unless there is none for the caller."""

    @abstractmethod
    async def create(self, caller: Caller, new: New_contra, /) -> Done[Made] | Refusal:
        """A new one, in version 1; Taken when another one has its name."""

    @abstractmethod
    async def replace(
        self, caller: Caller, key: Key_contra, state: State_contra, versions: Versions, /
    ) -> Done[Known] | Refusal:
        """Another state, in the next version; Conflict if it has none of those versions."""

    @abstractmethod
    async def delete(
        self, caller: Caller, key: Key_contra, versions: Versions, /
    ) -> Refusal | None:
        """Gone; InUse while others stand on it, Conflict if it has none of those versions."""
