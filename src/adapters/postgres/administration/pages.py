"""Pages of sorted lists, by key and never by offset: made of literals alone, never of input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.values.pages import MAX_PARTS, fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.administration.resources import Slice

_COUNTS: Final = 3
"""How many columns a page of what has parts has more: its parts, its number, those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that rows are sorted by, and its type; it is never null."""

    sql: LiteralString
    type: LiteralString

    @property
    def name(self) -> LiteralString:
        """Its name without its table's."""
        return self.sql.rpartition(".")[2]


def page_query(
    select: LiteralString,
    wanted: Slice,
    *,
    column: Column,
    key: Column,
    parts: LiteralString | None = None,
) -> LiteralString:
    """The statement of a page: it reads one row more than the page, to tell if any follow.

    `select` goes up to its where, `key` is unique among the rows that its filters leave. Where a
    row may hold much, `parts` counts that, in the words of the select's columns, which have those
    that it is sorted by.
    """
    sign: LiteralString = "<" if wanted.descending else ">"
    way: LiteralString = "desc" if wanted.descending else "asc"
    behind: LiteralString = (
        ""
        if wanted.after is None
        else f" and ({column.sql}, {key.sql})"
        f" {sign} (%(after_value)s::{column.type}, %(after_key)s::{key.type})"
    )
    page: LiteralString = (
        f"{select}{behind} order by {column.sql} {way}, {key.sql} {way} limit %(limit)s"
    )
    if parts is None:
        return page
    order: LiteralString = f"{column.name} {way}, {key.name} {way}"
    return (
        "select * from ("  # noqa: S608 (made of literals)
        f" select page.*, {parts} as parts, row_number() over (order by {order}) as nth,"
        f" sum({parts}) over (order by {order}) - {parts} as parts_before"
        f" from ({page}) as page"
        # Whatever the first one has, the second tells that the list goes on.
        f") as page where parts_before <= %(most)s or nth <= 2 order by {order}"
    )


def page_values(wanted: Slice) -> dict[str, Any]:
    """The parameters that a page adds to those of its filters."""
    value, key = wanted.after or (None, None)
    return {
        "after_value": value,
        "after_key": key,
        "limit": wanted.limit + 1,
        "most": MAX_PARTS,
    }


def on_the_page(
    rows: Sequence[tuple[Any, ...]], wanted: Slice, *, counted: bool
) -> Sequence[tuple[Any, ...]]:
    """The rows of the page out of what its statement reads; `counted` where it has parts."""
    if not counted:
        return rows[: wanted.limit]
    count = fitting((row[-_COUNTS] for row in rows), limit=wanted.limit)
    return [row[:-_COUNTS] for row in rows[:count]]
