"""The rows of a spreadsheet (XLSX), one by one: none is lost, and nothing is held without a bound.

An XLSX file is a ZIP of XML: a few kilobytes may unpack to gigabytes, and to many more as objects.
Whatever is read of it goes through `BoundedZip`, which looks at a part before it is parsed. What a
spreadsheet holds and its rows do not show (a formula that was never reckoned, a second sheet, a row
that is told twice) is refused: a line that is left out would be one that was never paid.
"""

from __future__ import annotations

import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from adapters.files.cells import NumberCell, NumberSince1904, PlainCell
from adapters.files.lines import Fault, FileRow, UnreadableFileError
from adapters.files.zip_bounds import MAX_ROWS, BoundedZip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

MAX_COLUMNS: Final = 500
MAX_CELL_CHARS: Final = 32_767
"""As many as a spreadsheet's cell may have."""

_SURE_DIGITS: Final = 15
"""Of a number a spreadsheet keeps so many, and shows no more."""


def sheet_rows(file: BinaryIO, sheet: str | None) -> Iterator[FileRow | Fault]:
    """Every row that is not empty, by its number; where no sheet is named, of the only one.

    Raises UnreadableFileError.
    """
    # Only here: it is slow to import, and most processes never read a spreadsheet.
    from openpyxl.utils.exceptions import InvalidFileException

    from adapters.files.sheets import open_book

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which nobody asks for
            with BoundedZip(file) as packed:
                book = open_book(packed)
                yield from _rows(book, book.sheet(sheet))
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError,
        AttributeError, EOFError, OSError, IndexError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        # Whatever is wrong with its XML comes as any of these.
        raise UnreadableFileError(f"it is no spreadsheet: {type(error).__name__}") from error


def _rows(book: Any, sheet: Any) -> Iterator[FileRow | Fault]:
    before = 0
    for number, row in book.rows_of(sheet):
        if not before < number <= MAX_ROWS:
            why = f"row {number} comes after row {before}" if number <= before else "it has no end"
            raise UnreadableFileError(f"its rows are not in order: {why}")
        before = number
        told = _told(number, row, since_1904=book.is_since_1904)
        if told is not None:
            yield told


def _told(number: int, row: Sequence[Any], *, since_1904: bool) -> FileRow | Fault | None:
    """A row's cells by their columns, the empty ones behind the last left out; None without any."""
    values = {cell["column"]: cell["value"] for cell in row}
    if len(values) != len(row) or any(cell["row"] != number for cell in row):
        reason = "two of its cells are of one column, or one is of another row"
        return Fault(line=number, code="cell_misplaced", reason=reason)
    width = max((column for column, value in values.items() if value is not None), default=0)
    if width > MAX_COLUMNS:
        reason = f"a row has at most {MAX_COLUMNS} cells"
        return Fault(line=number, code="too_many_cells", reason=reason)
    cells = tuple(_cell(values.get(column)) for column in range(1, width + 1))
    if any(len(cell) > MAX_CELL_CHARS for cell in cells):
        reason = f"a cell has at most {MAX_CELL_CHARS} characters"
        return Fault(line=number, code="cell_too_long", reason=reason)
    if not any(cells):
        return None
    if since_1904:
        cells = tuple(
            NumberSince1904(cell) if isinstance(cell, NumberCell) else cell for cell in cells
        )
    return FileRow(line=number, last_line=number, cells=cells)


def _cell(value: object) -> str:  # noqa: PLR0911 (one for each kind of cell)
    """As a sale spells it; an error of the spreadsheet (#N/A) is the text that it shows."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return PlainCell("true" if value else "false")
        case int():
            return NumberCell(value)
        case float() | Decimal():
            return NumberCell(_plainly(float(value)))
        case datetime():
            return PlainCell(_rounded(value).isoformat())
        case date():
            return PlainCell(value.isoformat())
        case time() | timedelta():
            return PlainCell(str(value))
        case _:
            return str(value)


def _plainly(value: float) -> str:
    """A number as a spreadsheet shows it, without an exponent; 0.1 + 0.2 is 0.3."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 (not a number)
        return str(value)
    told = format(Decimal(format(value, f".{_SURE_DIGITS}g")), "f")
    return (told.rstrip("0").rstrip(".") if "." in told else told) if told != "-0" else "0"


def _rounded(value: datetime) -> datetime:
    """To the second: what is told as a part of a day is a millisecond off."""
    near = value + timedelta(milliseconds=500)
    return near.replace(microsecond=0)
