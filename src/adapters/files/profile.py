"""How a file is written: its form, its numbers, dates and signs, and what each column is.

A profile is a small TOML file. Without one a file is read by its ending; CSV has commas, UTF-8,
decimal points, and columns that are called what they are: `sale_id`, `customer.document`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping

Encoding = Literal["utf-8", "cp1252", "latin-1", "utf-16"]
Form = Literal["csv", "jsonl", "xlsx"]
Negative = Literal["before", "after", "parentheses"]


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
    back. A table's columns never are. Where numbers are amounts alone, one with more than
    `most_decimals` is none: 1.400 is a thousand and four hundred, told by another sign.
    """

    what: str
    fields: Mapping[str, FieldKind]
    must: tuple[tuple[str, ...], ...]
    others: re.Pattern[str] | None = None
    whole: bool = False
    most_decimals: int | None = None

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self.fields or (
            self.others is not None and self.others.match(name) is not None
        )

    def kind_of(self, name: str) -> FieldKind:
        """What its cells are read as."""
        return self.fields.get(name, FieldKind.TEXT)


OF_TABLES: Final = frozenset(
    {"decimal", "thousands", "currency", "negative", "date_format", "zone", "columns", "constants",
     "ignore", "words", "skip", "footers", "numeric_documents"}
)  # fmt: skip
OF_FORM: Final = {
    "csv": OF_TABLES | {"format", "encoding", "delimiter"},
    "jsonl": frozenset({"format", "encoding", "ignore"}),  # a line is as a request has it
    "xlsx": OF_TABLES | {"format", "sheet"},
}
"""What a profile of each form may tell."""


_DELIMITERS: Final = (";", "\t", "|", ",")
"""What may part the columns of a file that seems to have one alone."""


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
        refuse_both(told, self)
        placed: dict[str, tuple[int, str]] = {}
        for field_, name in told.items():
            if names.count(name) != 1:
                times = "no column" if name not in names else "more than one column"
                raise ProfileError(f"the file has {times} {name!r} (its columns: {listed(names)})")
            placed[field_] = (names.index(name), name)
        missing = [
            " or ".join(one)
            for one in self.kind.must
            if not any(name in placed or name in self.constants for name in one)
        ]
        if missing:
            why = f"no column is told for {listed(missing)} (the file's columns: {listed(names)})"
            if len(names) == 1 and (other := [c for c in _DELIMITERS if c in names[0]]):
                why += f"; is its delimiter {json.dumps(other[0])}? A profile tells it"
            raise ProfileError(why)
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
        for name in sorted(OF_FORM[self.form] - {"format"}):
            value = getattr(self, name)
            if value != getattr(plain, name):
                told[name] = value
        return told


def refuse_both(columns: Mapping[str, str], profile: Profile) -> None:
    """Refuse what is told twice: a constant would fill the empty cells of its column."""
    if twice := sorted(columns.keys() & profile.constants.keys()):
        raise ProfileError(f"{listed(twice)} is told both as a column and as a constant")
    if twice := sorted({*columns.values()} & {*profile.ignore}):
        raise ProfileError(f"{listed(twice)} is told both as a column and to be ignored")


def listed(names: Iterable[str]) -> str:
    """Names as a person reads them."""
    return ", ".join(names) or "none"
