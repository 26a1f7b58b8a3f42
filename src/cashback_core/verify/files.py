"""What is in the files given: closes, lines, keys, disclosures, each known by how it begins."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
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
from cashback_core.closing.keys import KEYS_FORMAT, read_keys, refuse_overlap
from cashback_core.closing.lines import LINES_FORMAT, SLUG, read_head
from cashback_core.closing.persons import DISCLOSURE_FORMAT, read_disclosure
from cashback_core.closing.reading import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

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
    """All that the files have.

    `keys` are those that are trusted, None where no file of keys was given or two of them
    contradict one another; `other_keys` are those left out, for others were stated.
    """

    links: list[Link] = field(default_factory=list[Link])
    lines: list[LinesFile] = field(default_factory=list[LinesFile])
    keys: tuple[CloseKey, ...] | None = None
    keys_files: dict[str, tuple[CloseKey, ...]] = field(
        default_factory=dict[str, "tuple[CloseKey, ...]"]
    )
    other_keys: set[str] = field(default_factory=set[str])
    keys_contradict: bool = False
    disclosed: list[Disclosed] = field(default_factory=list["Disclosed"])
    unreadable: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def read_files(paths: Iterable[Path], *, stated: frozenset[str] = frozenset()) -> Given:
    """Read the files, and all files of a folder, whatever their names.

    `stated` are the ids of the only keys that are trusted; where none is, those given are.
    """
    given = Given()
    seen = set[tuple[int, int]]()
    for path in _flat(paths, given):
        try:
            with _opened(path) as file:
                if _is_new(file, seen):
                    _take(file, path, given)
        except NotCanonical as error:
            given.unreadable.append((str(path), str(error)))
        except OSError as error:
            given.unreadable.append((str(path), error.strerror or str(error)))
    _settle_keys(given, stated)
    return given


def _opened(path: Path) -> BinaryIO:
    """What is no file might be waited for without end."""
    if path.exists() and not path.is_file():
        raise NotCanonical("it is no ordinary file")
    return path.open("rb")


def _is_new(file: BinaryIO, seen: set[tuple[int, int]]) -> bool:
    """Whether it is read for the first time: a folder and its files may both be named."""
    found = os.fstat(file.fileno())
    key = found.st_dev, found.st_ino
    is_new = key not in seen
    seen.add(key)
    return is_new


def _flat(paths: Iterable[Path], given: Given) -> Iterator[Path]:
    """The files and those of folders, sorted; what of a folder cannot be listed is told."""

    def told(error: OSError) -> None:
        given.unreadable.append((str(error.filename), error.strerror or str(error)))

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path, onerror=told):
            folders.sort()
            links = [name for name in folders if Path(folder, name).is_symlink()]
            given.unreadable.extend(
                (str(Path(folder, name)), "links to folders are not followed") for name in links
            )
            yield from (Path(folder, name) for name in sorted(names))


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
        given.keys_files[str(path)] = keys
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


def _settle_keys(given: Given, stated: frozenset[str]) -> None:
    """Trust the keys stated, or else what all files of keys tell alike.

    Where two contradict one another none is believed, whichever came first: a file of a forger's
    own key, put beside the true one, would be as good.
    """
    by_id: dict[str, CloseKey] = {}
    sources = list(given.keys_files)
    for source, keys in given.keys_files.items():
        trusted = [key for key in keys if not stated or key.id in stated]
        given.other_keys |= {key.id for key in keys if key not in trusted}
        same = all(by_id.setdefault(key.id, key) == key for key in trusted)
        try:
            refuse_overlap(by_id.values())
        except NotCanonical:
            same = False
        if not same or not (stated or set(keys) == set(given.keys_files[sources[0]])):
            detail = f"it tells other keys than {sources[0]}, and neither is believed"
            given.unreadable.append((source, detail))
            given.keys_contradict = True
    if given.keys_files and not given.keys_contradict:
        given.keys = tuple(by_id.values())


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
