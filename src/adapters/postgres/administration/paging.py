"""Pages of sorted lists, by key and never by offset: made of literals alone, never of input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.administering import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that rows are sorted by, and its type; it is never null."""

    sql: LiteralString
    type: LiteralString


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How one list is read: `select` up to its where, with all filters as parameters.

    `key` is unique among the rows that the filters leave.
    """

    select: LiteralString
    columns: Mapping[str, Column]
    key: Column

    def query(self, wanted: Slice) -> LiteralString:
        """The statement of a page: it reads one row more than the limit, to tell if any follow."""
        column, key = self.columns[wanted.sort], self.key
        sign: LiteralString = "<" if wanted.descending else ">"
        way: LiteralString = "desc" if wanted.descending else "asc"
        behind: LiteralString = (
            ""
            if wanted.after is None
            else f" and ({column.sql}, {key.sql})"
            f" {sign} (%(after_value)s::{column.type}, %(after_key)s::{key.type})"
        )
        return f"{self.select}{behind} order by {column.sql} {way}, {key.sql} {way} limit %(limit)s"


def values_of(wanted: Slice) -> dict[str, Any]:
    """The parameters that a page adds to those of its filters."""
    value, key = wanted.after or (None, None)
    return {"after_value": value, "after_key": key, "limit": wanted.limit + 1}
