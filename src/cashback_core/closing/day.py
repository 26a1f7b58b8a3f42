"""A merchant's day as its lines make it: what was owed, what moved, by state, type and store.

    opening + accrued - paid - cancelled + adjusted = closing

in cashbacks and in centavos. Amounts may be below zero: after a clock that went back a day can hold
that a cashback was paid, and the next one that it was accepted. A cashback's centavos never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import HASH, MAX_INTEGER
from cashback_core.closing.lines import TYPE
from cashback_core.closing.movements import OWED
from cashback_core.sales.place import PLACE
from cashback_core.words.locales import ENGLISH, Language, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.delivery.states import Status


MAX_ROWS: Final = 10_000
"""Of so many stores, and so many types, a day tells what moved: whoever sells names them."""


class DoesNotAddUp(ValueError):  # noqa: N818 (named by what is wrong)
    """A day's figures contradict one another, or its lines their order.

    `code` says which, as the phrase `sums.<code>`; `of` names the row or the section, if it is one.
    """

    def __init__(self, code: str, of: str = "") -> None:
        super().__init__(code, of)
        self.code = code
        self.of = of

    def text(self, language: Language = ENGLISH) -> str:
        """What contradicts what, as a sentence without its full stop."""
        return phrase(language, f"sums.{self.code}").format(of=self.of)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Cashbacks (or lines of a statement), and their centavos."""

    count: int = 0
    centavos: int = 0

    def __post_init__(self) -> None:
        for figure in (self.count, self.centavos):
            if type(figure) is not int or abs(figure) > MAX_INTEGER:
                raise ValueError("an amount is of integers, up to 2^53 - 1")

    def __add__(self, other: Amount) -> Amount:
        return Amount(count=self.count + other.count, centavos=self.centavos + other.centavos)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(count=self.count - other.count, centavos=self.centavos - other.centavos)

    def __bool__(self) -> bool:
        return bool(self.count or self.centavos)


NOTHING: Final = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class Movements:
    """What moved what is owed, of each kind (`closing.movements`)."""

    accrued: Amount = NOTHING
    paid: Amount = NOTHING
    cancelled: Amount = NOTHING
    adjusted: Amount = NOTHING

    def __add__(self, other: Movements) -> Movements:
        return Movements(
            accrued=self.accrued + other.accrued,
            paid=self.paid + other.paid,
            cancelled=self.cancelled + other.cancelled,
            adjusted=self.adjusted + other.adjusted,
        )

    def after(self, opening: Amount) -> Amount:
        """What is owed after it."""
        return opening + self.accrued - self.paid - self.cancelled + self.adjusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Liability:
    """What a merchant owed at the day's begin and end, and what moved it."""

    opening: Amount
    moved: Movements
    closing: Amount

    def __post_init__(self) -> None:
        if self.moved.after(self.opening) != self.closing:
            raise DoesNotAddUp("liability")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDay:
    """Cashbacks of one state: at the day's begin, what came into it and went, at its end."""

    status: Status
    opening: Amount = NOTHING
    came: Amount = NOTHING
    went: Amount = NOTHING

    @property
    def closing(self) -> Amount:
        """At the day's end."""
        return self.opening + self.came - self.went


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDay:
    """What moved of one product type; counted are the cashbacks that have a part of it."""

    type: str
    moved: Movements

    def __post_init__(self) -> None:
        if TYPE.match(self.type) is None:
            raise ValueError("a type has 1 to 32 visible ASCII characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDay:
    """What moved of one store; None is whatever was sold without telling where."""

    store: str | None
    moved: Movements

    def __post_init__(self) -> None:
        if self.store is not None and PLACE.match(self.store) is None:
            raise ValueError("a store has 1 to 32 visible ASCII characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesMark:
    """By what a day's lines are known: how many, and the SHA-256 of the file's bytes."""

    count: int
    sha256: str

    def __post_init__(self) -> None:
        if not 0 <= self.count <= MAX_INTEGER or HASH.match(self.sha256) is None:
            raise ValueError("a day's lines are known by their count and SHA-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A merchant's day. Rows are sorted by what they are of, and those of nothing are left out.

    `stores` is None exactly where something moved of more than `MAX_ROWS` of them; so are `types`.
    `late` counts the lines whose instant lies before the day's begin: an earlier day was closed
    without them. Raises DoesNotAddUp for figures that contradict one another.
    """

    liability: Liability
    statuses: tuple[StatusDay, ...]
    types: tuple[TypeDay, ...] | None
    stores: tuple[StoreDay, ...] | None
    late: int
    lines: LinesMark

    def __post_init__(self) -> None:
        if not 0 <= self.late <= self.lines.count:
            raise DoesNotAddUp("late")
        _refuse_unsorted("statuses", [row.status.value for row in self.statuses])
        moved = self.liability.moved
        self._refuse_types(moved)
        self._refuse_stores(moved)
        owed = [row for row in self.statuses if row.status in OWED]
        if sum((row.opening for row in owed), NOTHING) != self.liability.opening:
            raise DoesNotAddUp("statuses_opening")
        if sum((row.closing for row in owed), NOTHING) != self.liability.closing:
            raise DoesNotAddUp("statuses_closing")
        if sum(row.came.count for row in self.statuses) != self.lines.count:
            raise DoesNotAddUp("statuses_lines")

    def _refuse_types(self, moved: Movements) -> None:
        if self.types is None:
            return
        if len(self.types) > MAX_ROWS:
            raise DoesNotAddUp("too_many", "types")
        _refuse_unsorted("types", [row.type for row in self.types])
        if _centavos(sum((row.moved for row in self.types), Movements())) != _centavos(moved):
            raise DoesNotAddUp("types")

    def _refuse_stores(self, moved: Movements) -> None:
        if self.stores is None:
            return
        if len(self.stores) > MAX_ROWS:
            raise DoesNotAddUp("too_many", "stores")
        _refuse_unsorted("stores", [row.store or "" for row in self.stores])
        if sum((row.moved for row in self.stores), Movements()) != moved:
            raise DoesNotAddUp("stores")

    @property
    def closing(self) -> Mapping[Status, Amount]:
        """What the next day opens with."""
        return {row.status: row.closing for row in self.statuses if row.closing}


def _centavos(moved: Movements) -> tuple[int, ...]:
    return tuple(
        amount.centavos for amount in (moved.accrued, moved.paid, moved.cancelled, moved.adjusted)
    )


def _refuse_unsorted(what: str, keys: list[str]) -> None:
    if any(above <= below for below, above in pairwise(keys)):
        raise DoesNotAddUp("unsorted", what)
