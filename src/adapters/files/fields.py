"""A file's lines as fields: what each tells by name, whichever form the file has.

Of a table the cells, as its profile writes them; of JSON Lines the objects, those within them named
by a point (`customer.document`). What is wrong with a cell is told of its field.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from adapters.files.cells import CellError, NumberCell, PlainCell, few_decimals, read_cell
from adapters.files.lines import Fault, FileRow, text_lines
from adapters.files.profile import FieldKind
from adapters.files.records import CUT, table_of
from adapters.files.strict_json import NotJsonLineError, decode_line
from cashback_core.reconciliation.statement_values import Odd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from adapters.files.profile import Profile
    from adapters.files.records import Table
    from cashback_core.reconciliation.statement_values import Fields, Value

_SHOWN: Final = 3
_SHOWN_CHARS: Final = 64
_MAX_NUMBER_DIGITS: Final = 18


@dataclass(slots=True, kw_only=True)  # not frozen, which takes thrice as long to make
class FileFields:
    """A line's fields; `problems` say what of it cannot be read at all, each by its field."""

    line: int
    fields: Fields
    problems: tuple[str, ...] = ()


class _Reader:
    """Reads rows by a profile; what becomes of each column's cells is looked up once."""

    def __init__(self, profile: Profile, table: Table) -> None:
        self._profile = profile
        self._width = len(table.header)
        self._constants: Fields = dict(profile.constants)
        self._columns = [
            (name, at, _converter(profile, name)) for name, (at, _) in table.placed.items()
        ]

    def read(self, row: FileRow) -> FileFields:
        """The fields of a row."""
        cells = row.cells
        if len(cells) != self._width:
            why = f"row: it has {len(cells)} columns and not {self._width}"
            return FileFields(line=row.line, fields={}, problems=(why,))
        if not row.ended:
            return FileFields(line=row.line, fields={}, problems=(f"row: {CUT}",))
        told, problems = self._constants.copy(), list[str]()
        for name, at, convert in self._columns:
            cell = cells[at]
            try:
                if isinstance(cell, PlainCell):
                    told[name] = self._of_sheet(name, cell)
                elif text := cell.strip():
                    told[name] = text if convert is None else convert(text)
            except CellError as error:
                problems.append(f"{name}: expected {error}")
        return FileFields(line=row.line, fields=told, problems=tuple(problems))

    def _of_sheet(self, name: str, cell: PlainCell) -> Value:
        """A cell that was no text in its spreadsheet."""
        is_document = self._profile.kind.kind_of(name) is FieldKind.DOCUMENT
        if is_document and isinstance(cell, NumberCell):
            return _number(cell)
        return str(read_cell(self._profile, name, cell))


def _converter(profile: Profile, name: str) -> Callable[[str], Value] | None:
    """What reads a column's texts; None where they are told as they stand."""
    kind = profile.kind.kind_of(name)
    if kind is FieldKind.DOCUMENT:
        return _number if profile.numeric_documents else None
    as_stands = name not in profile.words
    if kind is FieldKind.NUMBER:
        told = (profile.decimal, profile.thousands, profile.currency, profile.negative)
        as_stands = told == (".", "", "", "before")
        if as_stands and profile.kind.most_decimals is not None:
            return partial(few_decimals, profile)
    elif kind is FieldKind.INSTANT:
        as_stands = profile.date_format is None
    return None if as_stands else partial(read_cell, profile, name)


def _number(text: str) -> Value:
    """A document that was written as a number, whose zeros may be lost."""
    if text.isascii() and text.isdigit() and len(text) <= _MAX_NUMBER_DIGITS:
        return int(text)
    return str(text)


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
        unread = _flatten(cast("dict[str, object]", document), profile, told)
        unread = [name for name in unread if name not in profile.ignore]
        problems = () if not profile.kind.whole else tuple(map(_nobodys, unread[:_SHOWN]))
        yield FileFields(line=line.line, fields=told, problems=problems)


def _nobodys(name: str) -> str:
    shown = json.dumps(name[:_SHOWN_CHARS], ensure_ascii=False)
    return f"row: nothing reads its field {shown}: ignore = [{shown}] in a profile says that"


def _flatten(document: dict[str, object], profile: Profile, told: Fields) -> list[str]:
    """The fields that somebody reads, of the object and of those directly in it; and the others."""
    unread: list[str] = []
    for name, value in document.items():
        if isinstance(value, dict) and name not in profile.kind.fields:
            inside = cast("dict[str, object]", value)
            for inner, deeper in inside.items():
                if profile.kind.has(called := f"{name}.{inner}"):
                    told[called] = Odd.TWICE if called in told else _scalar(deeper)
                else:
                    unread.append(called)
        elif profile.kind.has(name):
            told[name] = Odd.TWICE if name in told else _scalar(cast("object", value))
        else:
            unread.append(name)
    return unread


def _scalar(value: object) -> Value:
    """A text, a number, true, false or null; anything else is told as odd."""
    return value if isinstance(value, str | int | Decimal | None) else Odd.NESTED
