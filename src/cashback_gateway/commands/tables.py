"""Records for people and for programs: a table with headings, or one JSON document.

A record is a mapping of plain values by name. In a table instants end at the second, and what
could move the cursor of a terminal is shown, not obeyed.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Record = Mapping[str, object]

_ANY_WIDTH: Final = 1_000_000
"""No line is broken for a file or another program."""

_FOLDED: Final = 20
"""No long text is folded to less."""

_GAP: Final = 2
"""Between columns."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One of a table: `name` is the record's, `heading` stands above it."""

    name: str
    heading: str = ""
    right: bool = False
    folds: bool = False
    """Long texts are broken where a terminal ends."""

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.heading or self.name.upper().replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedList:
    """The first records of `total`, None for more than are counted, and words about them all."""

    records: Sequence[Record]
    columns: Sequence[TableColumn]
    total: int | None
    words: Sequence[str] = ()
    facts: Mapping[str, object] | None = None
    """What JSON has beside the records: of the words, what a program wants to know."""

    @property
    def more(self) -> bool:
        """Whether not all are here."""
        return self.total is None or self.total > len(self.records)


def listing_of(
    records: Sequence[Record], columns: Sequence[TableColumn], *, limit: int, more: bool
) -> PrintedList:
    """The first of the records that were read; `more` says that not all were."""
    total = None if more else len(records)
    return PrintedList(records=records[:limit], columns=columns, total=total)


def show_listing(listing: PrintedList, *, as_json: bool) -> None:
    """Print records and the words about them."""
    shown = len(listing.records)
    if as_json:
        whole = {"items": [*listing.records], "more": listing.more, "total": listing.total}
        show_json({**whole, **(listing.facts or {})})
        return
    if shown:
        show_table(listing.columns, listing.records)
    elif listing.total == 0 and not listing.words:
        print("none")
    if listing.more:
        of = "there are more" if listing.total is None else f"of {listing.total}"
        comma = "," if listing.total is None else ""
        print(f"{shown}{comma} {of}: --limit N shows up to N")
    for line in listing.words:
        print(line)


def show_record(record: Record) -> None:
    """Print one record, a value per line."""
    width = max(map(len, record))
    for name, value in record.items():
        print(f"{name.replace('_', ' '):{width}}  {cell(value)}")


def show_json(document: object) -> None:
    """Print one JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def show_table(columns: Iterable[TableColumn], records: Iterable[Record]) -> None:
    """Print a table: as wide as the terminal, or as its contents if that is no terminal, or narrow.

    Nothing that is copied, such as an id, is cut: a narrow terminal breaks the lines itself.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = tuple(columns)
    rows = [[cell(record[column.name]) for column in columns] for record in records]
    table = Table(box=None, pad_edge=False, header_style="bold")
    needed = -_GAP
    for column, *cells in zip(columns, *rows, strict=True):
        longest = max(map(cell_len, (column.title, *cells)))
        narrowest = min(longest, _FOLDED) if column.folds else longest
        needed += narrowest + _GAP
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.folds,
            overflow="fold",
            min_width=narrowest,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    if sys.stdout.isatty() and needed <= (console := Console()).width:
        console.print(table)
        return
    lines = io.StringIO()
    Console(file=lines, width=_ANY_WIDTH, color_system=None).print(table)
    for line in lines.getvalue().splitlines():
        print(line.rstrip())


def cell(value: object) -> str:
    """A value as a table has it."""
    match value:
        case None | () | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}"
        case datetime():
            return f"{format_instant(value)[:19]}Z"
        case tuple() | list():
            return ", ".join(map(cell, cast("Sequence[object]", value)))
        case _:
            return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return format_instant(value)
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")
