"""A provider's statement as a file: its lines, judged as those that come over HTTP are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from adapters.files.fields import FileFields, fields_of
from adapters.files.lines import UnreadableFileError
from adapters.files.profile import FieldKind, FileKind
from cashback_core.reconciliation.file_import import FileUnreadableError
from cashback_core.reconciliation.statement_rows import read_line
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.values.instants import (
    NoSuchInstant,
    NotAnInstant,
    format_instant,
    parse_wall_clock,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from adapters.files.profile import Profile
    from cashback_core.reconciliation.statement_values import Fields, Value

STATEMENT: Final = FileKind(
    what="a line of a statement",
    fields={
        "document": FieldKind.DOCUMENT,
        "cashback": FieldKind.NUMBER,
        "reversed": FieldKind.NUMBER,
        "at": FieldKind.INSTANT,
        "reference": FieldKind.TEXT,
        "type": FieldKind.TEXT,
        "kind": FieldKind.TEXT,
    },
    must=(("document",), ("cashback", "reversed"), ("at",)),
    most_decimals=2,
    whole=True,
)
"""`reversed` is a column of its own for what was taken back, where reversals have one."""

_MIDNIGHT: Final = "T00:00:00"


def statement_lines(file: BinaryIO, profile: Profile) -> Iterator[StatementLine]:
    """Every line of a statement, by its number in the file.

    Raises ProfileError before the first; FileUnreadableError where nothing more can be read.
    """
    zone = None if profile.zone is None else ZoneInfo(profile.zone)
    found = fields_of(file, profile)
    while True:
        try:
            one = next(found, None)
        except UnreadableFileError as error:
            raise FileUnreadableError(str(error)) from error
        if one is None:
            return
        yield _line(one, zone)


def _line(one: FileFields, zone: ZoneInfo | None) -> StatementLine:
    problems = list(one.problems)
    if not one.fields and problems:
        return _unreadable(one.line, "; ".join(problems))
    told = one.fields
    if "reversed" in told:
        _take_reversed(told, problems)
    at = told.get("at")
    if isinstance(at, str):
        told["at"] = _dated(at, zone, problems)
    line = read_line(one.line, told)
    if not problems:
        return line
    # What its cells did not say is missing there, too: told once, by what was expected.
    named = {problem.split(":", 1)[0] for problem in problems}
    others = [] if line.problem is None else line.problem.split("; ")
    problems += [other for other in others if other.split(":", 1)[0] not in named]
    return replace(line, kind=LineKind.UNREADABLE, problem="; ".join(problems), doubtful=None)


def _take_reversed(told: Fields, problems: list[str]) -> None:
    """An amount of the other column: a reversal. A nought in one of the two is no amount."""
    taken = told.pop("reversed")
    amounts = [value for value in (told.get("cashback"), taken) if not _is_nought(value)]
    if len(amounts) > 1:
        problems.append("reversed: both credited and taken back")
    elif amounts and amounts[0] is taken:
        told["cashback"] = _taken_back(taken)


def _taken_back(value: Value) -> Value:
    """The amount with a minus, which says so whatever `type` says; as it was, where it has one."""
    if isinstance(value, str):
        return value if value.startswith("-") else f"-{value}"
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return -abs(value)
    return -abs(value) if isinstance(value, int) else value


def _is_nought(value: object) -> bool:
    return value is None or (isinstance(value, str | int | Decimal) and not str(value).strip("0.-"))


def _dated(at: str, zone: ZoneInfo | None, problems: list[str]) -> str | None:
    """With its zone's offset; a date alone, or a midnight without offset, is the date alone."""
    if at.endswith(_MIDNIGHT):
        return at.removesuffix(_MIDNIGHT)
    if zone is None or len(at) <= len("2026-01-02"):
        return at
    try:
        instant, _ = parse_wall_clock(at, zone)
    except NoSuchInstant:
        problems.append("at: no such instant in its zone")
        return None
    except NotAnInstant:
        return at
    return format_instant(instant)


def _unreadable(number: int, problem: str) -> StatementLine:
    return StatementLine(
        number=number,
        kind=LineKind.UNREADABLE,
        document=None,
        cashback_centavos=None,
        credited_at=None,
        problem=problem,
    )
