"""What is in the files given: closes, lines, keys, disclosures, each known by how it begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from cashback_core.closing.canonical import (
    MAX_INTEGER,
    NotCanonical,
    hash_of_any,
    read_day,
)
from cashback_core.closing.chain import Link, LinkFault
from cashback_core.closing.close import close_hash
from cashback_core.closing.close_reading import MAX_CLOSE_BYTES, read_close
from cashback_core.closing.day import DoesNotAddUp
from cashback_core.closing.keys import KEYS_FORMAT, read_keys
from cashback_core.closing.lines import LINES_FORMAT, SLUG, read_head
from cashback_core.closing.persons import DISCLOSURE_FORMAT, read_disclosure
from cashback_core.closing.reading import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from cashback_core.closing.keys import CloseKey
    from cashback_core.closing.lines import LinesHead
    from cashback_core.closing.persons import Disclosed

MAX_CLOSES: Final = 200_000
"""The most closes that are read at once; a chain has one for each day."""

_REST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFile:
    """A file that begins as a day's lines do; it is read when its close is known."""

    path: Path
    head: LinesHead


@dataclass(slots=True, kw_only=True)
class Given:
    """All that the files have. `keys` is None where no file of keys was given."""

    links: list[Link] = field(default_factory=list[Link])
    lines: list[LinesFile] = field(default_factory=list[LinesFile])
    keys: list[CloseKey] | None = None
    disclosed: list[Disclosed] = field(default_factory=list["Disclosed"])
    unreadable: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def read_files(paths: Iterable[Path]) -> Given:
    """Read the files, and all files of a folder, whatever their names."""
    given = Given()
    for path in _flat(paths):
        try:
            with path.open("rb") as file:
                _take(file, path, given)
        except NotCanonical as error:
            given.unreadable.append((str(path), str(error)))
        except OSError as error:
            given.unreadable.append((str(path), error.strerror or str(error)))
    return given


def _flat(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.is_file())
        else:
            yield path


def _take(file: BinaryIO, path: Path, given: Given) -> None:
    first = file.readline(MAX_CLOSE_BYTES + 1)
    if not first.strip():
        raise NotCanonical("it is empty")
    try:
        value = decoded(first, most=MAX_CLOSE_BYTES)
    except NotCanonical:  # one document over many lines, or none at all
        whole = first + file.read(MAX_CLOSE_BYTES + 1 - len(first))
        value = decoded(whole, most=MAX_CLOSE_BYTES)
    found = _members_of(value)
    form = found.get("format")
    if form == LINES_FORMAT:
        given.lines.append(LinesFile(path=path, head=read_head(first)))
        return
    if form == KEYS_FORMAT:
        keys = read_keys(value)
        _refuse_more(file)
        given.keys = _joined(given.keys or [], keys)
    elif form == DISCLOSURE_FORMAT:
        persons = read_disclosure(value)
        _refuse_more(file)
        given.disclosed.extend(persons)
    elif "close" in found:
        given.links.append(_link(value, str(path)))
        _take_closes(file, str(path), given)
    else:
        raise NotCanonical("it is neither closes nor lines, keys or a disclosure")


def _take_closes(file: BinaryIO, source: str, given: Given) -> None:
    """The closes behind the first one, each on a line of its own."""
    for number in count(2):
        data = file.readline(MAX_CLOSE_BYTES + 1)
        if not data:
            return
        if data.strip():
            try:
                given.links.append(_link(decoded(data, most=MAX_CLOSE_BYTES), source))
            except NotCanonical as error:
                raise NotCanonical(f"line {number}: {error}") from error
        if len(given.links) > MAX_CLOSES:
            raise NotCanonical(f"more than {MAX_CLOSES} closes are given")


def _members_of(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _refuse_more(file: BinaryIO) -> None:
    if file.read(_REST_BYTES).strip():
        raise NotCanonical("something stands behind its end")


def _joined(known: list[CloseKey], more: Iterable[CloseKey]) -> list[CloseKey]:
    """Keys of several files; one that two tell otherwise is neither's to be believed."""
    by_id = {key.id: key for key in known}
    for key in more:
        if by_id.setdefault(key.id, key) != key:
            raise NotCanonical(f"another file tells key {key.id} with other times")
    return list(by_id.values())


def _link(value: object, source: str) -> Link:
    """The close as a link; where it is none, as far as it says which it is.

    Raises NotCanonical where not even that can be told.
    """
    try:
        signed = read_close(value)
    except NotCanonical as error:
        return _broken(value, source, LinkFault.FORM, error)
    except DoesNotAddUp as error:
        return _broken(value, source, LinkFault.SUMS, error)
    close = signed.close
    return Link(
        owner=close.owner,
        number=close.number,
        day=close.span.day,
        sha256=close_hash(close),
        source=source,
        signed=signed,
    )


def _broken(value: object, source: str, fault: LinkFault, error: Exception) -> Link:
    body = _members_of(value).get("close")
    told = _members_of(body)
    owner, number = told.get("owner", 0), told.get("number")
    named = owner is None or (isinstance(owner, str) and SLUG.match(owner) is not None)
    if not named or type(number) is not int or not 1 <= number <= MAX_INTEGER:
        raise NotCanonical(str(error)) from error
    return Link(
        owner=cast("str | None", owner),
        number=number,
        day=_day(told.get("day")),
        sha256=hash_of_any(body),
        source=source,
        signed=None,
        fault=fault,
        cause=error,
    )


def _day(value: object) -> date | None:
    try:
        return read_day(value)
    except NotCanonical:
        return None
