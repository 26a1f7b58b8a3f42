"""A workbook as openpyxl reads it, but for what it does quietly with cells that it cannot show.

What is asked of it is not among its promises: it is of one version (requirements/), and the tests
of spreadsheets tell when another one does otherwise.
"""

# ruff: noqa: SLF001 (see above)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from adapters.files.lines import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.files.zip_bounds import BoundedZip

_FORMULA: Final = f"{{{SHEET_MAIN_NS}}}f"


class _Reader(ExcelReader):  # type: ignore[misc]  # it is untyped
    """Reads a book out of a ZIP that is open."""

    def __init__(self, packed: BoundedZip) -> None:
        self.archive = self._packed = packed
        self.valid_files = packed.namelist()
        self.read_only = self.data_only = True
        self.keep_vba = self.keep_links = self.rich_text = False
        self.shared_strings: list[str] = []

    def read_strings(self) -> None:
        with self._packed.reading_texts():
            super().read_strings()

    def read_worksheets(self) -> None:
        targets = set[str]()
        reader: Any = self
        sheets: list[tuple[Any, Any]] = [*reader.parser.find_sheets()]
        for sheet, relation in sheets:
            target: str = relation.target
            if target not in self.valid_files:
                continue
            if target in targets:
                raise UnreadableFileError("two of its sheets are the same part")
            targets.add(target)
            if "chartsheet" in relation.Type:
                reader.read_chartsheet(sheet, relation)
                continue
            found: Any = _Sheet(reader.wb, sheet.name, target, self.shared_strings)
            found.sheet_state = sheet.state
            reader.wb._sheets.append(found)


class _Sheet(ReadOnlyWorksheet):  # type: ignore[misc]  # it is untyped
    """A sheet of which nobody asks how large it is: that would read it whole, and keep it."""

    def _get_size(self) -> None:
        """Nothing."""


class _Parser(WorkSheetParser):  # type: ignore[misc]  # it is untyped
    """Rows as they come, with the numbers they have; what is around them is left alone."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        for _, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                row = self.parse_row(element)
                element.clear()
                self.row_dimensions.clear()  # of every row that is high or styled
                yield row

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)  # pyright: ignore[reportUnknownMemberType]
        if cell["value"] is None and element.find(_FORMULA) is not None:
            # One that was reckoned to an empty text says so; others were never reckoned at all.
            reckoned = element.get("t") == "str" and element.find(VALUE_TAG) is not None
            if not reckoned:
                raise UnreadableFileError(
                    f"row {cell['row']} has a formula without its result:"
                    " open it in a spreadsheet program and save it there"
                )
        return cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workbook whose sheets are read row by row."""

    book: Any

    @property
    def is_since_1904(self) -> bool:
        """Whether it counts days from 1904 on, as those of the Macintosh did."""
        return bool(self.book.epoch == CALENDAR_MAC_1904)

    def sheet(self, name: str | None) -> Any:
        """The sheet of that name, or the only one with cells. Raises UnreadableFileError."""
        sheets = {one.title: one for one in self.book.worksheets}
        if not sheets:
            raise UnreadableFileError("it has no sheet of cells")
        if name is not None:
            if name not in sheets:
                raise UnreadableFileError(
                    f"it has no sheet {name!r} (its sheets: {_listed(sheets)})"
                )
            return sheets[name]
        filled = {title: one for title, one in sheets.items() if self._is_filled(one)}
        if len(filled) > 1:
            why = f"it has lines in several sheets ({_listed(filled)}): name one in its profile"
            raise UnreadableFileError(why)
        found = next(iter((filled or sheets).values()))
        if found.sheet_state != "visible":
            why = f"its sheet {found.title!r} is hidden: name it in its profile if it is meant"
            raise UnreadableFileError(why)
        return found

    def rows_of(self, sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Its rows, each with its number and its cells, as they stand there."""
        with sheet._get_source() as source:
            parser = _Parser(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=self.book.epoch,
                date_formats=self.book._date_formats,
                timedelta_formats=self.book._timedelta_formats,
            )
            yield from parser.parse()

    def _is_filled(self, sheet: Any) -> bool:
        return any(cell["value"] is not None for _, row in self.rows_of(sheet) for cell in row)


def open_book(packed: BoundedZip) -> Book:
    """The workbook in a ZIP. Raises what is wrong with its XML, in many ways."""
    reader = _Reader(packed)
    reader.read()
    return Book(book=reader.wb)


def _listed(sheets: dict[str, Any]) -> str:
    return ", ".join(title[:40] for title in list(sheets)[:10])
