"""A profile out of its TOML: what it may tell, and what is refused of it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.files.date_formats import EXCEL, misfit
from adapters.files.profile import (
    OF_FORM,
    OF_TABLES,
    Encoding,
    FileKind,
    Form,
    Negative,
    Profile,
    ProfileError,
    listed,
    refuse_both,
)
from cashback_core.reconciliation.file_import import HowWritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ENCODINGS: Final[Mapping[str, Encoding]] = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",  # the mark is skipped wherever there is one
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
    "utf-16": "utf-16",
}

FORMS: Final = ("csv", "jsonl", "xlsx")
NEGATIVES: Final = ("before", "after", "parentheses")

_KNOWN: Final = OF_TABLES | {"format", "encoding", "delimiter", "sheet"}
_ENDINGS: Final[Mapping[str, Form]] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
_CALLED: Final = {"csv": "CSV files", "jsonl": "JSON Lines", "xlsx": "XLSX files"}
MAX_PROFILE_BYTES: Final = 64 * 1024
MAX_SKIPPED: Final = 1_000
"""Rows above the columns' names."""


def form_of(name: str) -> Form:
    """The form of a file by its name's ending: CSV where that tells no other."""
    lower = name.lower()
    for ending, form in _ENDINGS.items():
        if lower.endswith(ending):
            return form
    return "csv"


def read_profile(path: Path | None, file: Path, kind: FileKind) -> Profile:
    """The profile of a file; without a path that of its ending. Raises ProfileError."""
    return read_written(path, file, kind)[0]


def read_written(path: Path | None, file: Path, kind: FileKind) -> tuple[Profile, HowWritten]:
    """`read_profile`, and what it was read of."""
    form = form_of(file.name)
    if path is None:
        return Profile(kind=kind, form=form), HowWritten(form=form)
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_PROFILE_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error}") from error
    try:
        profile = profile_in(content, kind, form=form)
    except ProfileError as error:
        raise ProfileError(f"{path}: {error}") from error
    return profile, HowWritten(form=form, profile=content)


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
        raise ProfileError(f"a profile has no {listed(unknown)} (it has {listed(sorted(_KNOWN))})")
    form = cast("Form", _one_of(told, "format", FORMS, form))
    useful = OF_FORM[form]
    if form == "jsonl" and not kind.whole:
        useful = useful - {"ignore"}
    if useless := sorted(told.keys() - useful):
        whole = ": each line is whole by itself" if form == "jsonl" else ""
        raise ProfileError(f"{_CALLED[form]} have no {listed(useless)}{whole}")
    encoding = ENCODINGS.get(_text(told, "encoding", "utf-8").lower())
    if encoding is None:
        raise ProfileError(f"encoding is one of {listed(ENCODINGS)}")
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
    refuse_both(profile.columns, profile)


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
            f"[{table}]: {kind.what} has no {field_!r} (it has {listed(kind.fields)})"
        )


def _flat(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """`customer.document` without quotes is a table in TOML: it means the same."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{before}{name}.")
        else:
            yield before + name, value
