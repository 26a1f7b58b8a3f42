"""Pages of sorted lists, by key and never by offset: made of literals alone, never of input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from cashback_core.administration.resources import Page
from cashback_core.values.pages import MAX_PARTS, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cashback_core.administration.resources import Slice


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that rows are sorted by, and its type; it is never null."""

    sql: LiteralString
    type: LiteralString

    @property
    def name(self) -> LiteralString:
        """Its name without its table's."""
        return self.sql.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How one list is read: `select` up to its where, with all filters as parameters.

    `key` is unique among the rows that the filters leave. Where a row may hold much, `parts` counts
    that, in the words of the select's columns, which have those that it is sorted by.
    """

    select: LiteralString
    columns: Mapping[str, Column]
    key: Column
    parts: LiteralString | None = None

    def query(self, wanted: Slice) -> LiteralString:
        """The statement of a page: it reads one row more than the page, to tell if any follow.

        With `parts` two columns more: its number, and how many parts the rows before it have.
        """
        column, key = self.columns[wanted.sort], self.key
        sign: LiteralString = "<" if wanted.descending else ">"
        way: LiteralString = "desc" if wanted.descending else "asc"
        behind: LiteralString = (
            ""
            if wanted.after is None
            else f" and ({column.sql}, {key.sql})"
            f" {sign} (%(after_value)s::{column.type}, %(after_key)s::{key.type})"
        )
        page: LiteralString = (
            f"{self.select}{behind} order by {column.sql} {way}, {key.sql} {way} limit %(limit)s"
        )
        if self.parts is None:
            return page
        order: LiteralString = f"{column.name} {way}, {key.name} {way}"
        return (
            "select * from ("  # noqa: S608 (made of literals)
            f" select page.*, row_number() over (order by {order}) as nth,"
            f" sum({self.parts}) over (order by {order}) - {self.parts} as parts_before"
            f" from ({page}) as page"
            # Whatever the first one has, the second tells that the list goes on.
            f") as page where parts_before <= %(most)s or nth <= 2 order by {order}"
        )


def values_of(wanted: Slice) -> dict[str, Any]:
    """The parameters that a page adds to those of its filters."""
    value, key = wanted.after or (None, None)
    return {
        "after_value": value,
        "after_key": key,
        "limit": wanted.limit + 1,
        "most": MAX_PARTS,
    }


def listed(rows: Sequence[T], wanted: Slice, *, parts: Callable[[T], int]) -> Page[T]:
    """The page of what such a statement reads."""
    count = fitting(map(parts, rows), limit=wanted.limit)
    return Page(items=tuple(rows[:count]), more=len(rows) > count)
