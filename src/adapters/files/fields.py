"""A file's lines as fields: what each tells by name, whichever form the file has.

Of a table the cells, as its profile writes them; of JSON Lines the objects, those within them named
by a point (`customer.document`). What is wrong with a cell is told of its field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from adapters.files.cells import CellError, NumberCell, PlainCell, read_cell
from adapters.files.lines import Fault, FileRow, text_lines
from adapters.files.profile import FieldKind
from adapters.files.records import CUT, table_of
from adapters.files.strict_json import NotJsonLineError, decode_line
from cashback_core.reconciliation.statement_values import Odd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from adapters.files.profile import Profile
    from adapters.files.records import Table
    from cashback_core.reconciliation.statement_values import Fields, Value

_MAX_NUMBER_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFields:
    """A line's fields; `problems` say what of it cannot be read at all, each by its field."""

    line: int
    fields: Fields
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    """Reads rows by a profile; what is asked of each column is looked up once."""

    profile: Profile
    table: Table
    places: list[tuple[str, int, FieldKind]] = field(default_factory=list[Any])
    constants: Fields = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        kind_of = self.profile.kind.kind_of
        self.places = [(name, at, kind_of(name)) for name, (at, _) in self.table.placed.items()]
        self.constants = dict(self.profile.constants)

    def read(self, row: FileRow) -> FileFields:
        """The fields of a row."""
        cells = row.cells
        if len(cells) != len(self.table.header):
            why = f"it has {len(cells)} columns and not {len(self.table.header)}"
            return FileFields(line=row.line, fields={}, problems=(f"row: {why}",))
        if not row.ended:
            return FileFields(line=row.line, fields={}, problems=(f"row: {CUT}",))
        told, problems = self.constants.copy(), []
        for name, at, kind in self.places:
            cell = cells[at]
            text = cell if isinstance(cell, PlainCell) else cell.strip()
            if not text:
                continue
            try:
                told[name] = self._value(name, kind, text)
            except CellError as error:
                problems.append(f"{name}: expected {error}")
        return FileFields(line=row.line, fields=told, problems=tuple(problems))

    def _value(self, name: str, kind: FieldKind, text: str) -> Value:
        if kind is FieldKind.DOCUMENT:
            is_number = isinstance(text, NumberCell) or self.profile.numeric_documents
            if is_number and text.isascii() and text.isdigit() and len(text) <= _MAX_NUMBER_DIGITS:
                return int(text)
        return read_cell(self.profile, name, text)


def fields_of(file: BinaryIO, profile: Profile) -> Iterator[FileFields]:
    """Every line of a file, in order. Raises ProfileError and UnreadableFileError."""
    if profile.form == "jsonl":
        yield from _of_json_lines(file, profile)
        return
    table = table_of(file, profile)
    reader = _Reader(profile, table)
    for record in table.records:
        if isinstance(record, Fault):
            yield _unread(record)
        else:
            yield reader.read(record)


def _unread(fault: Fault) -> FileFields:
    return FileFields(line=fault.line, fields={}, problems=(f"row: {fault.reason}",))


def _of_json_lines(file: BinaryIO, profile: Profile) -> Iterator[FileFields]:
    for line in text_lines(file, profile.encoding):
        if isinstance(line, Fault):
            yield _unread(line)
            continue
        try:
            document = decode_line(line.text)
        except NotJsonLineError as error:
            yield FileFields(line=line.line, fields={}, problems=(f"row: no JSON: {error}",))
            continue
        if not isinstance(document, dict):
            yield FileFields(line=line.line, fields={}, problems=("row: not an object",))
            continue
        told: Fields = {}
        _flatten(cast("dict[str, object]", document), profile, told)
        yield FileFields(line=line.line, fields=told)


def _flatten(document: dict[str, object], profile: Profile, told: Fields) -> None:
    """The fields that somebody reads, of the object and of those directly in it."""
    for name, value in document.items():
        if isinstance(value, dict) and name not in profile.kind.fields:
            for inner, deeper in cast("dict[str, object]", value).items():
                if profile.kind.has(called := f"{name}.{inner}"):
                    told[called] = Odd.TWICE if called in told else _scalar(deeper)
        elif profile.kind.has(name):
            told[name] = Odd.TWICE if name in told else _scalar(value)


def _scalar(value: object) -> Value:
    return value if isinstance(value, str | int | Decimal | None) else Odd.NESTED
