"""Which cashbacks an act on many means: options of a filter, names, files of names."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from cashback_core.operators.open_cashbacks import MAX_AT_ONCE
from cashback_gateway.commands.parameters import FROM, TO, Document, Merchant, read_name
from cashback_gateway.commands.readers import read_by, read_path, read_text, whole_from
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError

_NAMES: Final = "this one's: an id or a sale's own number; may be repeated"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which cashbacks are meant: all that fit everything that is given."""

    document: Document | None = None
    sold_from: Annotated[datetime | None, FROM] = None
    sold_to: Annotated[datetime | None, TO] = None
    accepted_from: Annotated[datetime | None, FROM] = None
    accepted_to: Annotated[datetime | None, TO] = None
    why: Annotated[
        str | None, read_by(read_text, "whose latest event's reason has this text in it")
    ] = None
    answered: Annotated[
        int | None, whole_from(100, 599, "whose latest attempt the provider answered with this")
    ] = None
    id: Annotated[list[str] | None, Parameter(help=_NAMES)] = None
    ids_from: Annotated[
        Path | None,
        read_by(
            read_path,
            "those of a file, one a line; - is standard input",
            allow_leading_hyphen=True,
        ),
    ] = None
    above_ceiling: Annotated[
        bool,
        Parameter(help="what a ceiling holds, too; without it that is released one by one"),
    ] = False
    merchant: Merchant | None = None


def names_of(which: Which) -> list[str] | None:
    """Those that are named, None where none is. Raises WrongUseError, ActRefusedError."""
    if which.id is None and which.ids_from is None:
        return None
    try:
        names = [*map(read_name, which.id or ())]
    except ValueError as error:
        raise WrongUseError(f"one --id is {error}") from error
    if which.ids_from is not None:
        names += _names_in(which.ids_from)
    if len(names) > MAX_AT_ONCE:
        raise ActRefusedError(f"{len(names)} are named, but at most {MAX_AT_ONCE} at once")
    return [*dict.fromkeys(names)]


def _names_in(file: Path) -> list[str]:
    """One name a line. Two in a line would be as likely one with a blank in it: none is guessed."""
    piped = str(file) == "-"
    place = "standard input" if piped else str(file)
    try:
        text = sys.stdin.read() if piped else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ActRefusedError(f"{place} cannot be read: {error}") from error
    names: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            names.append(read_name(line.strip()))
        except ValueError as error:
            raise ActRefusedError(f"{place}, line {number}: {error}") from error
    return names
