"""A file that says of each of many cashbacks what became of it: CSV or JSON Lines.

Its columns are called what a line tells (`resolutions.FIELDS`); nothing is guessed. What is wrong
with one line is told of that line alone; what is wrong with the file as a whole refuses it.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Final, NoReturn

from cashback_core.operators.resolution_lines import (
    FIELDS,
    LineFault,
    ResolutionLine,
    ResolutionList,
    UnreadResolution,
    read_resolution,
)
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
MAX_FILE_LINES: Final = 100_000
_DELIMITERS: Final = (";", "\t", ",")
"""No column's name has one in it: whichever is in the header is the file's."""

Read = ResolutionLine | UnreadResolution


def read_resolutions(file: Path) -> ResolutionList:
    """The list that a file holds, under the file's name. Raises ActRefusedError."""
    text = _text(file)
    lines = tuple(_json_lines(text) if file.suffix == ".jsonl" else _csv_lines(text, file))
    if not lines:
        raise ActRefusedError(f"{file} has no line that says anything")
    if len(lines) > MAX_FILE_LINES:
        raise ActRefusedError(f"{file} has more than {MAX_FILE_LINES} lines: divide it")
    try:
        return ResolutionList(file=file.name, lines=lines)
    except ValueError as error:
        raise ActRefusedError(
            f"{file.name!r} is kept with every move, so {error}: call the file otherwise"
        ) from error


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise ActRefusedError(f"{file} has more than {MAX_FILE_BYTES >> 20} MiB: divide it")
        return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ActRefusedError(f"{file} cannot be read: {error}") from error


def _csv_lines(text: str, file: Path) -> Iterator[Read]:
    header = text.partition("\n")[0]
    delimiter = next((one for one in _DELIMITERS if one in header), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [cell.strip() for cell in next(reader, list[str]())]
        _check_columns(columns, file)
        last: list[Read] = []
        for cells in reader:
            yield from last
            last = [_csv_line(reader.line_num, columns, cells)] if any(cells) else []
        if last and not text.endswith("\n"):
            # Half a number is another sale's.
            last = [UnreadResolution(line=last[0].line, fault=LineFault.CUT)]
        yield from last
    except csv.Error as error:
        raise ActRefusedError(f"{file}, line {reader.line_num}: {error}") from error


def _check_columns(columns: list[str], file: Path) -> None:
    unknown = [name for name in columns if name not in FIELDS]
    if unknown:
        _refuse_columns(file, f"a column {unknown[0]!r}")
    if len(set(columns)) < len(columns):
        _refuse_columns(file, "a column twice")
    if not {"status", "evidence"} <= set(columns) or not {"id", "sale_id"} & set(columns):
        _refuse_columns(file, "not what it must tell")


def _refuse_columns(file: Path, what: str) -> NoReturn:
    raise ActRefusedError(
        f"{file} has {what}: its columns are id or sale_id (and store), status, evidence"
    )


def _csv_line(line: int, columns: list[str], cells: list[str]) -> Read:
    if len(cells) != len(columns):
        return UnreadResolution(line=line, fault=LineFault.FIELDS)
    return read_resolution(line, dict(zip(columns, map(str.strip, cells), strict=True)))


def _json_lines(text: str) -> Iterator[Read]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            told = _json_object(line)
            yield (
                UnreadResolution(line=number, fault=LineFault.FIELDS)
                if told is None
                else read_resolution(number, told)
            )


class _Pairs(list[tuple[str, object]]):
    """The fields of one object, as often as each is told."""


def _json_object(line: str) -> dict[str, object] | None:
    """The object; None for anything else, also for one that tells a field twice."""
    try:
        pairs: object = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    told = dict(pairs)
    return told if len(told) == len(pairs) else None
