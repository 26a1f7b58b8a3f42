"""The lines of a file, one by one: whatever is wrong with one is told of that one.

Nothing is kept but the record that is being read, and that is bounded: a file may have any size.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from typing_extensions import Buffer

    from adapters.files.profile import Encoding

MAX_LINE_BYTES: Final = 256 * 1024
MAX_RECORD_LINES: Final = 20
"""Most lines that a text in quotes goes over."""

_MARK: Final = b"\xef\xbb\xbf"
_CHUNK: Final = 64 * 1024


class UnreadableFileError(Exception):
    """Nothing of the file can be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong at a line of the file, counted from 1; `column` is its name, if it is one's.

    `ended` as a line has it.
    """

    line: int
    code: str
    reason: str
    column: str | None = None
    received: str | None = None
    ended: bool = True


@dataclass(slots=True, kw_only=True)  # not frozen, which takes thrice as long to make
class TextLine:
    """A line without its end; not `ended` is a last one that had none, of a file cut short."""

    line: int
    text: str
    ended: bool = True


@dataclass(slots=True, kw_only=True)  # as a line
class FileRow:
    """The cells of a record; with line breaks in quotes it goes on to `last_line`."""

    line: int
    last_line: int
    cells: tuple[str, ...]
    ended: bool = True


def text_lines(file: BinaryIO, encoding: Encoding) -> Iterator[TextLine | Fault]:
    """Every line that is not blank. Raises UnreadableFileError for UTF-16 that is not told."""
    number = 0
    if encoding == "utf-16":
        file, encoding = cast("BinaryIO", io.BufferedReader(_FromUtf16(file))), "utf-8"
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise UnreadableFileError(
                    'the file is UTF-16: save it as UTF-8, or say encoding = "utf-16"'
                )
            raw = raw.removeprefix(_MARK)
        ended = raw.endswith(b"\n")
        if len(raw) > MAX_LINE_BYTES and not ended:
            while (more := file.readline(_CHUNK)) and not more.endswith(b"\n"):
                pass
            reason = f"a line has at most {MAX_LINE_BYTES} bytes"
            yield Fault(line=number, code="line_too_long", reason=reason)
            continue
        if b"\0" in raw:
            reason = "there is a NUL in it"
            yield Fault(line=number, code="nul", reason=reason, ended=ended)
            continue
        try:
            text = raw.decode(encoding).rstrip("\r\n")
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1} of the line is not {encoding}"
            yield Fault(line=number, code="encoding", reason=reason, ended=ended)
            continue
        if text.strip():
            yield TextLine(line=number, text=text, ended=ended)


def rows(lines: Iterator[TextLine | Fault], delimiter: str) -> Iterator[FileRow | Fault]:
    """The records of a CSV file (RFC 4180), the header first.

    A quote too many takes no other line with it: a text goes over lines only where its record then
    has as many cells as the header.
    """
    waiting: deque[TextLine | Fault] = deque()
    width: int | None = None

    def after() -> TextLine | Fault | None:
        return waiting.popleft() if waiting else next(lines, None)

    while (first := after()) is not None:
        if isinstance(first, Fault):
            yield first
            continue
        taken = [first]
        while _is_open(taken) and len(taken) < MAX_RECORD_LINES:
            more = after()
            if not isinstance(more, TextLine):
                if more is not None:
                    waiting.appendleft(more)
                break
            taken.append(more)
        row = _row(taken, delimiter)
        if len(taken) > 1 and (isinstance(row, Fault) or len(row.cells) != (width or 0)):
            waiting.extendleft(reversed(taken[1:]))  # each may be a record of its own
            row = Fault(line=first.line, code="quotes", reason="a text in quotes does not end")
        if width is None and isinstance(row, FileRow):
            width = len(row.cells)
        yield row


class _FromUtf16(io.RawIOBase):
    """The same text in UTF-8, piece by piece: lines, and what is wrong with one, are of bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Raises UnreadableFileError for what is no UTF-16."""
        room = memoryview(buffer)
        while not self._left:
            raw = self._file.read(_CHUNK)
            try:
                self._left = self._decoder.decode(raw, final=not raw).encode("utf-8")
            except UnicodeError as error:
                raise UnreadableFileError("the file is no UTF-16") from error
            if not raw:
                break
        size = min(len(self._left), len(room))
        room[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _is_open(taken: list[TextLine]) -> bool:
    """Whether a text in quotes goes on; a quote within one is doubled."""
    return sum(line.text.count('"') for line in taken) % 2 == 1


def _row(taken: list[TextLine], delimiter: str) -> FileRow | Fault:
    if len(taken) == 1 and '"' not in (only := taken[0]).text:
        cells = only.text.split(delimiter)  # as csv.reader does, three times as fast
        return FileRow(line=only.line, last_line=only.line, cells=tuple(cells), ended=only.ended)
    text = "\n".join(line.text for line in taken)
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except csv.Error as error:
        reason = str(error)
        return Fault(line=taken[0].line, code="quotes", reason=reason, ended=taken[-1].ended)
    return FileRow(
        line=taken[0].line,
        last_line=taken[-1].line,
        cells=tuple(cells),
        ended=taken[-1].ended,
    )
