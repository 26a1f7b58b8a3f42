"""Resources of one sort in memory, with the idioms of PostgreSQL's shelf."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypedDict, TypeVar

from cashback_core.administration.resources import Conflict, Done, Missing, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.administration.resources import Caller, Slice, Versions


class Shelved(Protocol):
    """A resource."""

    @property
    def version(self) -> int: ...


R = TypeVar("R", bound=Shelved)


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(slots=True)
class MemoryShelf(Generic[R]):
    """By key: the merchant whose it is (None: the platform's), and the resource.

    `orders` tell what a row is sorted by, `tie` what tells equal ones apart, both as texts;
    `on_change` is called after each change, for whoever follows it.
    """

    orders: dict[str, Callable[[R], str]]
    tie: Callable[[R], str]
    now: Callable[[], datetime] = utc_now
    on_change: Callable[[], object] = lambda: None
    rows: dict[object, tuple[int | None, R]] = field(
        default_factory=dict["object", "tuple[int | None, R]"]
    )

    def seen(self, caller: Caller) -> list[R]:
        return [row for owner, row in self.rows.values() if caller.merchant_id in {None, owner}]

    def find(self, caller: Caller, key: object) -> R | None:
        owner, row = self.rows.get(key, (None, None))
        return row if caller.merchant_id in {None, owner} else None

    def page(self, caller: Caller, wanted: Slice, keep: Callable[[R], bool]) -> Page[R]:
        order = self.orders[wanted.sort]

        def place(row: R) -> tuple[str, str]:
            return order(row), self.tie(row)

        after = wanted.after
        rows = sorted(
            (
                row
                for row in self.seen(caller)
                if keep(row)
                and (
                    after is None
                    or (place(row) < after if wanted.descending else place(row) > after)
                )
            ),
            key=place,
            reverse=wanted.descending,
        )
        return Page(items=tuple(rows[: wanted.limit]), more=len(rows) > wanted.limit)

    def changing(self, caller: Caller, key: object, versions: Versions) -> R | Missing | Conflict:
        """The resource that may be changed now, or why it may not."""
        present = self.find(caller, key)
        if present is None:
            return Missing()
        if versions is not None and present.version not in versions:
            return Conflict()
        return present

    def make(self, owner: int | None, key: object, row: R) -> Done[R]:
        self.rows[key] = (owner, row)
        self.on_change()
        return Done(row)

    def change(self, key: object, row: R) -> Done[R]:
        return self.make(self.rows[key][0], key, row)

    def drop(self, key: object) -> None:
        del self.rows[key]
        self.on_change()

    def first(self) -> FirstVersion:
        """What every new resource begins with."""
        at = self.now()
        return {"version": 1, "created_at": at, "updated_at": at}

    def next(self, present: R) -> NextVersion:
        """What every change of it goes on with."""
        return {"version": present.version + 1, "updated_at": self.now()}


class FirstVersion(TypedDict):
    """Of a new one."""

    version: int
    created_at: datetime
    updated_at: datetime


class NextVersion(TypedDict):
    """Of a changed one."""

    version: int
    updated_at: datetime
