"""How a file is written: its form, its numbers, dates and signs, and what each column is.

A profile is a small TOML file. Without one a file is read by its ending; CSV has commas, UTF-8,
decimal points, and columns that are called what they are: `sale_id`, `customer.document`.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.files.date_formats import EXCEL, misfit

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Encoding = Literal["utf-8", "cp1252", "latin-1", "utf-16"]
ENCODINGS: Final[Mapping[str, Encoding]] = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",  # the mark is skipped wherever there is one
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
    "utf-16": "utf-16",
}

Form = Literal["csv", "jsonl", "xlsx"]
FORMS: Final = ("csv", "jsonl", "xlsx")
Negative = Literal["before", "after", "parentheses"]
NEGATIVES: Final = ("before", "after", "parentheses")


class FieldKind(StrEnum):
    """What a cell is read as."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    DOCUMENT = "document"
    """A text; as a number it may have lost its zeros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What the lines of a file tell of: `what` for a person, and the fields that there are.

    One field of each of `must` has a column. `others` is what further fields are called. Of a kind
    that is read `whole` no field of a JSON line is passed over: it may say that an amount was taken
    back. A table's columns never are.
    """

    what: str
    fields: Mapping[str, FieldKind]
    must: tuple[tuple[str, ...], ...]
    others: re.Pattern[str] | None = None
    whole: bool = False

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self.fields or (
            self.others is not None and self.others.match(name) is not None
        )

    def kind_of(self, name: str) -> FieldKind:
        """What its cells are read as."""
        return self.fields.get(name, FieldKind.TEXT)


_OF_TABLES: Final = frozenset(
    {"decimal", "thousands", "currency", "negative", "date_format", "zone", "columns", "constants",
     "ignore", "words", "skip", "footers", "numeric_documents"}
)  # fmt: skip
_OF_FORM: Final = {
    "csv": _OF_TABLES | {"format", "encoding", "delimiter"},
    "jsonl": frozenset({"format", "encoding", "ignore"}),  # a line is as a request has it
    "xlsx": _OF_TABLES | {"format", "sheet"},
}
_KNOWN: Final = _OF_TABLES | {"format", "encoding", "delimiter", "sheet"}
_ENDINGS: Final[Mapping[str, Form]] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
_CALLED: Final = {"csv": "CSV files", "jsonl": "JSON Lines", "xlsx": "XLSX files"}
MAX_PROFILE_BYTES: Final = 64 * 1024
MAX_SKIPPED: Final = 1_000
"""Rows above the columns' names."""


class ProfileError(Exception):
    """A profile that is none, or that does not fit its file; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a file is written. `columns` is each field's column, `constants` its value for all.

    `ignore` names the columns that are nobody's; `words` says what a cell's word means, by field.
    `skip` rows stand above the columns' names; a row that begins with one of `footers` is none,
    and no line comes after it. `zone` is of instants without an offset.
    """

    kind: FileKind
    form: Form = "csv"
    encoding: Encoding = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    negative: Negative = "before"
    date_format: str | None = None
    zone: str | None = None
    numeric_documents: bool = False
    skip: int = 0
    footers: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    ignore: tuple[str, ...] = ()

    def placed(self, header: Iterable[str]) -> dict[str, tuple[int, str]]:
        """For each field the place and the name of its column; raises ProfileError."""
        names = [name.strip() for name in header]
        told = self.columns or {name: name for name in names if self.kind.has(name)}
        _refuse_both(told, self)
        placed: dict[str, tuple[int, str]] = {}
        for field_, name in told.items():
            if names.count(name) != 1:
                times = "no column" if name not in names else "more than one column"
                raise ProfileError(f"the file has {times} {name!r} (its columns: {_listed(names)})")
            placed[field_] = (names.index(name), name)
        missing = [
            " or ".join(one)
            for one in self.kind.must
            if not any(name in placed or name in self.constants for name in one)
        ]
        if missing:
            raise ProfileError(
                f"no column is told for {_listed(missing)} (the file's columns: {_listed(names)})"
            )
        if unread := [name for name in names if name not in {*told.values(), *self.ignore}]:
            raise ProfileError(
                "nothing reads some of its columns: tell in the profile what they are, or that"
                f" they are not to be read: ignore = {json.dumps(unread, ensure_ascii=False)}"
            )
        return placed

    def as_told(self) -> dict[str, Any]:
        """All of it that is not as it is without being told, for a program."""
        plain = Profile(kind=self.kind, form=self.form)
        told: dict[str, Any] = {"format": self.form}
        for name in sorted(_OF_FORM[self.form] - {"format"}):
            value = getattr(self, name)
            if value != getattr(plain, name):
                told[name] = value
        return told


def form_of(name: str) -> Form:
    """The form of a file by its name's ending: CSV where that tells no other."""
    lower = name.lower()
    for ending, form in _ENDINGS.items():
        if lower.endswith(ending):
            return form
    return "csv"


def read_profile(path: Path | None, file: Path, kind: FileKind) -> Profile:
    """The profile of a file; without a path that of its ending. Raises ProfileError."""
    form = form_of(file.name)
    if path is None:
        return Profile(kind=kind, form=form)
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_PROFILE_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error}") from error
    try:
        return profile_in(content, kind, form=form)
    except ProfileError as error:
        raise ProfileError(f"{path}: {error}") from error


def profile_in(content: bytes, kind: FileKind, *, form: Form) -> Profile:
    """The profile that a TOML text tells; raises ProfileError."""
    if len(content) > MAX_PROFILE_BYTES:
        raise ProfileError(f"a profile has at most {MAX_PROFILE_BYTES} bytes")
    try:
        told = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError(f"it cannot be read: {error}") from error
    return profile_of(told, kind, form=form)


def profile_of(told: Mapping[str, Any], kind: FileKind, *, form: Form) -> Profile:
    """The profile that a table tells; raises ProfileError."""
    if unknown := sorted(told.keys() - _KNOWN):
        raise ProfileError(
            f"a profile has no {_listed(unknown)} (it has {_listed(sorted(_KNOWN))})"
        )
    form = cast("Form", _one_of(told, "format", FORMS, form))
    useful = _OF_FORM[form]
    if form == "jsonl" and not kind.whole:
        useful = useful - {"ignore"}
    if useless := sorted(told.keys() - useful):
        whole = ": each line is whole by itself" if form == "jsonl" else ""
        raise ProfileError(f"{_CALLED[form]} have no {_listed(useless)}{whole}")
    encoding = ENCODINGS.get(_text(told, "encoding", "utf-8").lower())
    if encoding is None:
        raise ProfileError(f"encoding is one of {_listed(ENCODINGS)}")
    profile = Profile(
        kind=kind,
        form=form,
        encoding=encoding,
        delimiter=_text(told, "delimiter", ","),
        sheet=_text(told, "sheet", "") or None,
        decimal=_text(told, "decimal", "."),
        thousands=_text(told, "thousands", ""),
        currency=_text(told, "currency", ""),
        negative=cast("Negative", _one_of(told, "negative", NEGATIVES, "before")),
        date_format=_text(told, "date_format", "") or None,
        zone=_text(told, "zone", "") or None,
        numeric_documents=_truth(told, "numeric_documents"),
        skip=_count(told, "skip"),
        footers=_names(told, "footers"),
        columns=_fields(told, "columns", kind),
        constants=_fields(told, "constants", kind),
        words=_words(told, kind),
        ignore=_names(told, "ignore"),
    )
    _refuse_misfits(profile)
    return profile


def _refuse_misfits(profile: Profile) -> None:
    if len(profile.delimiter) != 1 or profile.delimiter in '"\r\n\0':
        raise ProfileError("delimiter is one character, such as ; or a tab")
    if profile.decimal not in {".", ","}:
        raise ProfileError("decimal is . or ,")
    if profile.thousands not in {"", ".", ",", " ", "'"} or profile.thousands == profile.decimal:
        raise ProfileError("thousands is . , ' or a blank, not what decimal is, or left out")
    if len(profile.currency) > 8 or any(c in "0123456789.,-+()" for c in profile.currency):
        raise ProfileError("currency is what stands before an amount, such as R$")
    if profile.date_format not in {None, EXCEL}:
        assert profile.date_format is not None
        if (why := misfit(profile.date_format)) is not None:
            raise ProfileError(f"date_format {profile.date_format!r}: {why}")
    try:
        if profile.zone is not None:
            ZoneInfo(profile.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ProfileError(f"zone: there is no {profile.zone!r}") from error
    if "" in profile.footers:
        raise ProfileError("footers: an empty text would be any row's beginning")
    _refuse_both(profile.columns, profile)


def _refuse_both(columns: Mapping[str, str], profile: Profile) -> None:
    """Refuse what is told twice: a constant would fill the empty cells of its column."""
    if twice := sorted(columns.keys() & profile.constants.keys()):
        raise ProfileError(f"{_listed(twice)} is told both as a column and as a constant")
    if twice := sorted({*columns.values()} & {*profile.ignore}):
        raise ProfileError(f"{_listed(twice)} is told both as a column and to be ignored")


def _text(told: Mapping[str, Any], name: str, default: str) -> str:
    value = told.get(name, default)
    if not isinstance(value, str):
        raise ProfileError(f"{name} is a text in quotes")
    return value


def _one_of(told: Mapping[str, Any], name: str, those: tuple[str, ...], default: str) -> str:
    value = _text(told, name, default)
    if value not in those:
        raise ProfileError(f"{name} is {', '.join(those[:-1])} or {those[-1]}")
    return value


def _truth(told: Mapping[str, Any], name: str) -> bool:
    value = told.get(name, False)
    if not isinstance(value, bool):
        raise ProfileError(f"{name} is true or false")
    return value


def _count(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SKIPPED:
        raise ProfileError(f"{name} is a number of rows, at most {MAX_SKIPPED}")
    return value


def _names(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(
        isinstance(one, str) for one in cast("list[object]", value)
    ):
        raise ProfileError(f'{name} is a list of texts: {name} = ["Obs"]')
    return tuple(one.strip() for one in cast("list[str]", value))


def _fields(told: Mapping[str, Any], name: str, kind: FileKind) -> dict[str, str]:
    found: dict[str, str] = {}
    for field_, value in _flat(_table(told, name)):
        _refuse_unknown(name, field_, kind)
        if not isinstance(value, str) or not value.strip():
            raise ProfileError(f"[{name}]: {field_} is a text in quotes, and not empty")
        found[field_] = value.strip()
    return found


def _words(told: Mapping[str, Any], kind: FileKind) -> dict[str, Mapping[str, str]]:
    """`[words.type]` with `D = "debit"`: what stands in a cell, and what it means."""
    found: dict[str, Mapping[str, str]] = {}
    for field_, table in _table(told, "words").items():
        _refuse_unknown("words", field_, kind)
        if not isinstance(table, dict) or not all(
            isinstance(word, str) for word in cast("dict[str, object]", table).values()
        ):
            raise ProfileError(f'[words.{field_}] has words: D = "debit"')
        means = cast("dict[str, str]", table)
        found[field_] = {word.strip().casefold(): meant for word, meant in means.items()}
    return found


def _table(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise ProfileError(f"{name} is a table: [{name}]")
    return cast("dict[str, Any]", table)


def _refuse_unknown(table: str, field_: str, kind: FileKind) -> None:
    if not kind.has(field_):
        raise ProfileError(
            f"[{table}]: {kind.what} has no {field_!r} (it has {_listed(kind.fields)})"
        )


def _flat(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """`customer.document` without quotes is a table in TOML: it means the same."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{before}{name}.")
        else:
            yield before + name, value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
