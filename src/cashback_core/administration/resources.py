"""Resources that people administer: how they are asked for, and what a change can come to.

Each resource has a version, a whole number from one that every change raises. Whoever changes it
says which versions they mean, and loses when it has moved on: two who looked at the same version
never both win.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

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
