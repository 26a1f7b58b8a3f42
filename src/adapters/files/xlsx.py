"""The rows of a spreadsheet (XLSX), one by one: what it holds is bounded before it is unpacked.

An XLSX file is a ZIP of XML: a few kilobytes may unpack to gigabytes. What each part would unpack
to stands in its directory and is looked at first; the reader unpacks no more than is told there. A
row is held whole while it is read, so each sheet is gone through once before, and a row, or a text
in it, that is longer than any is refused.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast
from xml.etree.ElementTree import ParseError

from adapters.files.cells import NumberCell, PlainCell
from adapters.files.lines import Fault, FileRow, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
"""Of all its parts together."""

MAX_SHARED_BYTES: Final = 64 * 1024**2
"""Of its table of texts, and of whatever else is no sheet: these are held whole."""

MAX_ROW_BYTES: Final = 4 * 1024**2
"""From the end of one row to that of the next, as XML."""

MAX_PARTS: Final = 1_000
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 500
MAX_CELL_CHARS: Final = 32_767
"""As many as a spreadsheet's cell may have."""

_PIECE: Final = 1024**2
_KEPT: Final = 64
"""Bytes that are looked at again with the next piece: an end may be cut in two."""

_ROW_END: Final = re.compile(rb"</(?:[\w.-]+:)?row\s*>|<(?:[\w.-]+:)?row(?:\s[^<>]*)?/>")
_NEVER: Final = re.compile(rb"<!\[CDATA\[|<!DOCTYPE")
_SURE_DIGITS: Final = 15
"""Of a number a spreadsheet keeps so many, and shows no more."""


def sheet_rows(file: BinaryIO, sheet: str | None) -> Iterator[FileRow | Fault]:
    """Every row that is not empty, by its number; the first sheet's where none is named.

    Raises UnreadableFileError.
    """
    # Only here: it is slow to import, and most processes never read a spreadsheet.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _refuse_too_big(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which nobody asks for
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                yield from _rows(_chosen(book, sheet))
            finally:
                book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError,
        AttributeError, EOFError, OSError, IndexError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        # Whatever is wrong with its XML comes as any of these.
        raise UnreadableFileError(f"it is no spreadsheet: {type(error).__name__}") from error


def _refuse_too_big(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
    if len(parts) > MAX_PARTS:
        raise UnreadableFileError(f"a spreadsheet has at most {MAX_PARTS} parts")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFileError(f"it would unpack to more than {MAX_UNPACKED_BYTES} bytes")
    for part in parts:
        is_sheet = "worksheets/" in part.filename.lower()
        if not is_sheet and part.file_size > MAX_SHARED_BYTES:
            raise UnreadableFileError(f"a part that is held whole has at most {MAX_SHARED_BYTES}")
        if is_sheet:
            _refuse_long_rows(file, part)
    file.seek(0)


def _refuse_long_rows(file: BinaryIO, part: zipfile.ZipInfo) -> None:
    """Look for the ends of rows; without them the reader would hold whatever there is."""
    kept, since = b"", 0
    with zipfile.ZipFile(file) as packed, packed.open(part) as sheet:
        while piece := sheet.read(_PIECE):
            here = kept + piece
            if _NEVER.search(here) is not None:
                raise UnreadableFileError("a sheet with CDATA or a DOCTYPE is not read")
            start = len(kept)
            for end in _ROW_END.finditer(here):
                if since + end.end() - start > MAX_ROW_BYTES:
                    break
                since, start = 0, end.end()
            since += len(here) - start
            if since > MAX_ROW_BYTES:
                raise UnreadableFileError(f"a row has at most {MAX_ROW_BYTES} bytes of XML")
            kept = here[-_KEPT:]


def _chosen(book: Any, sheet: str | None) -> Any:
    sheets = {one.title: one for one in book.worksheets}
    if not sheets:
        raise UnreadableFileError("it has no sheet of cells")
    if sheet is None:
        return next(iter(sheets.values()))
    if sheet not in sheets:
        raise UnreadableFileError(f"it has no sheet {sheet!r} (its sheets: {', '.join(sheets)})")
    return sheets[sheet]


def _rows(sheet: Any) -> Iterator[FileRow | Fault]:
    sheet.reset_dimensions()  # what it says of its size may be anything
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MAX_ROWS:  # rows left out are made up: one may say that it is the last of all
            raise UnreadableFileError(f"a sheet has at most {MAX_ROWS} rows")
        values = cast("Sequence[object]", row)
        while values and values[-1] is None:
            values = values[:-1]
        if not values:
            continue
        if len(values) > MAX_COLUMNS:
            reason = f"a row has at most {MAX_COLUMNS} cells"
            yield Fault(line=number, code="too_many_cells", reason=reason)
            continue
        cells = tuple(map(_cell, values))
        if any(len(cell) > MAX_CELL_CHARS for cell in cells):
            reason = f"a cell has at most {MAX_CELL_CHARS} characters"
            yield Fault(line=number, code="cell_too_long", reason=reason)
        elif any(cells):
            yield FileRow(line=number, last_line=number, cells=cells)


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
