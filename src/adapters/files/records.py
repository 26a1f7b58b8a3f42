"""The records of a table, CSV or XLSX: its header found, what stands around it left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.files.lines import Fault, FileRow, rows, text_lines
from adapters.files.profile import ProfileError
from adapters.files.xlsx import sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from adapters.files.profile import Profile

CUT: Final = "the file ends in this line, without a line end: give it one if the file is whole"
AFTER_FOOTER: Final = "it comes after a footer, where no line is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The columns' names, the place of each field, and the rows below."""

    header: tuple[str, ...]
    placed: dict[str, tuple[int, str]]
    records: Iterator[FileRow | Fault]


def table_of(file: BinaryIO, profile: Profile) -> Table:
    """A table's; of what is no JSON Lines. Raises ProfileError and UnreadableFileError."""
    found = _found(file, profile)
    header = next(found, None)
    if header is None:
        raise ProfileError("the file is empty" if not profile.skip else "nothing follows `skip`")
    if isinstance(header, Fault):
        raise ProfileError(f"line {header.line}, the columns' names: {header.reason}")
    if not header.ended:
        raise ProfileError(f"line {header.line}, the columns' names: {CUT}")
    placed = profile.placed(header.cells)
    width = len(header.cells) if profile.form == "xlsx" else 0
    below = _filled(found, width) if width else found
    records = _without_footers(below, profile.footers) if profile.footers else below
    return Table(header=header.cells, placed=placed, records=records)


def _found(file: BinaryIO, profile: Profile) -> Iterator[FileRow | Fault]:
    if profile.form == "xlsx":
        found = sheet_rows(file, profile.sheet)
        return (row for row in found if row.line > profile.skip) if profile.skip else found
    lines = text_lines(file, profile.encoding)
    if profile.skip:
        lines = (line for line in lines if line.line > profile.skip)
    return rows(lines, profile.delimiter)


def _filled(found: Iterator[FileRow | Fault], width: int) -> Iterator[FileRow | Fault]:
    """A spreadsheet's row ends with its last cell that holds something: the rest are empty."""
    for row in found:
        if isinstance(row, FileRow) and len(row.cells) < width:
            cells = row.cells + ("",) * (width - len(row.cells))
            yield FileRow(line=row.line, last_line=row.last_line, cells=cells, ended=row.ended)
        else:
            yield row


def _without_footers(
    found: Iterator[FileRow | Fault], footers: tuple[str, ...]
) -> Iterator[FileRow | Fault]:
    """Rows until one that begins as a footer does; whatever follows and is none is told."""
    ended = False
    for row in found:
        if isinstance(row, FileRow):
            first = next((cell for cell in map(str.strip, row.cells) if cell), "")
            if first.startswith(footers):
                ended = True
                continue
            if ended:
                yield Fault(line=row.line, code="after_footer", reason=AFTER_FOOTER)
                continue
        yield row
