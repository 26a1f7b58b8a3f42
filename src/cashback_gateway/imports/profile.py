"""How a file of sales is written: its encoding, its numbers and dates, and what each column is.

A profile is a small TOML file. Without one a CSV file has commas, UTF-8, decimal points, and
columns that are called what they are: `sale_id`, `customer.document`, `product.value`.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from cashback_gateway.imports.date_formats import misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Encoding = Literal["utf-8", "cp1252", "latin-1"]
ENCODINGS: Final[Mapping[str, Encoding]] = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",  # the mark is skipped wherever there is one
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
}


class FieldKind(StrEnum):
    """What a cell is read as."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"


_TEXT, _NUMBER, _INSTANT = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INSTANT
PRODUCT: Final = "product."
METADATA: Final = "metadata."
FIELDS: Final[Mapping[str, FieldKind]] = {
    "sale_id": _TEXT,
    "idempotency_key": _TEXT,
    "sold_at": _INSTANT,
    "total": _NUMBER,
    "discount": _NUMBER,
    "surcharge": _NUMBER,
    "store": _TEXT,
    "till": _TEXT,
    "series": _TEXT,
    "cashier": _TEXT,
    "customer.document": _TEXT,
    "customer.document_type": _TEXT,
    "customer.name": _TEXT,
    "product.type": _TEXT,
    "product.sku": _TEXT,
    "product.value": _NUMBER,
    "product.qty": _NUMBER,
    "product.amount": _NUMBER,
    "product.discount": _NUMBER,
    "product.surcharge": _NUMBER,
}
"""What a column can be, beside `metadata.` and a name; those of `product.` are of one line."""

MUST: Final = ("sold_at", "total", "product.value", "product.qty")
_KNOWN: Final = frozenset(
    {"format", "encoding", "delimiter", "decimal", "thousands", "date_format", "columns",
     "constants", "ignore"}
)  # fmt: skip
_OF_JSON: Final = frozenset({"format", "encoding"})
"""A sale of JSON Lines is as a request has it: nothing of columns is read."""
_METADATA_NAME: Final = re.compile(r"metadata\.[A-Za-z0-9_.-]{1,40}\Z", re.ASCII)
MAX_PROFILE_BYTES: Final = 64 * 1024


class ProfileError(Exception):
    """A profile that is none, or that does not fit its file; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a file is written. `columns` is each field's column, `constants` its value for all.

    `ignore` names the columns that are none of a sale's.
    """

    is_csv: bool = True
    encoding: Encoding = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    date_format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    ignore: tuple[str, ...] = ()

    def placed(self, header: Iterable[str]) -> dict[str, tuple[int, str]]:
        """For each field the place and the name of its column; raises ProfileError."""
        names = [name.strip() for name in header]
        told = self.columns or {name: name for name in names if is_field(name)}
        _refuse_both(told, self)
        placed: dict[str, tuple[int, str]] = {}
        for field_, name in told.items():
            if names.count(name) != 1:
                times = "no column" if name not in names else "more than one column"
                raise ProfileError(f"the file has {times} {name!r} (its columns: {_listed(names)})")
            placed[field_] = (names.index(name), name)
        missing = [one for one in MUST if one not in placed and one not in self.constants]
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


def is_field(name: str) -> bool:
    """Whether a sale has such a field."""
    return name in FIELDS or _METADATA_NAME.match(name) is not None


def is_text(name: str) -> bool:
    """Whether this field is told as it stands."""
    return FIELDS.get(name, FieldKind.TEXT) is FieldKind.TEXT


def read_profile(path: Path | None, file: Path) -> Profile:
    """The profile of a file; without a path that of its ending. Raises ProfileError."""
    by_ending = not file.name.lower().endswith((".jsonl", ".ndjson", ".json"))
    if path is None:
        return Profile(is_csv=by_ending)
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_PROFILE_BYTES + 1)
        if len(content) > MAX_PROFILE_BYTES:
            raise ProfileError(f"a profile has at most {MAX_PROFILE_BYTES} bytes")
        told = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{path} cannot be read: {error}") from error
    return profile_of(told, is_csv=by_ending)


def profile_of(told: Mapping[str, Any], *, is_csv: bool) -> Profile:
    """The profile that a table tells; raises ProfileError."""
    if unknown := sorted(told.keys() - _KNOWN):
        raise ProfileError(
            f"a profile has no {_listed(unknown)} (it has {_listed(sorted(_KNOWN))})"
        )
    format_ = _text(told, "format", "csv" if is_csv else "jsonl")
    if format_ not in {"csv", "jsonl"}:
        raise ProfileError("format is csv or jsonl")
    if format_ == "jsonl" and (useless := sorted(told.keys() - _OF_JSON)):
        raise ProfileError(f"JSON Lines have no {_listed(useless)}: each line is a whole sale")
    encoding = ENCODINGS.get(_text(told, "encoding", "utf-8").lower())
    if encoding is None:
        raise ProfileError(f"encoding is one of {_listed(ENCODINGS)}")
    profile = Profile(
        is_csv=format_ == "csv",
        encoding=encoding,
        delimiter=_text(told, "delimiter", ","),
        decimal=_text(told, "decimal", "."),
        thousands=_text(told, "thousands", ""),
        date_format=_text(told, "date_format", "") or None,
        columns=_fields(told, "columns"),
        constants=_fields(told, "constants"),
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
    if profile.date_format is not None and (why := misfit(profile.date_format)) is not None:
        raise ProfileError(f"date_format {profile.date_format!r}: {why}")
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


def _names(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(
        isinstance(one, str) for one in cast("list[object]", value)
    ):
        raise ProfileError(f'{name} is a list of texts: {name} = ["Obs"]')
    return tuple(one.strip() for one in cast("list[str]", value))


def _fields(told: Mapping[str, Any], name: str) -> dict[str, str]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise ProfileError(f"{name} is a table: [{name}]")
    found: dict[str, str] = {}
    for field_, value in _flat(cast("dict[str, Any]", table)):
        if not is_field(field_):
            raise ProfileError(f"[{name}]: a sale has no {field_!r} (it has {_listed(FIELDS)})")
        if not isinstance(value, str) or not value.strip():
            raise ProfileError(f"[{name}]: {field_} is a text in quotes, and not empty")
        found[field_] = value.strip()
    return found


def _flat(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """`customer.document` without quotes is a table in TOML: it means the same."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{before}{name}.")
        else:
            yield before + name, value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
