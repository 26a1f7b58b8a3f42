"""A spreadsheet's parts as they may be read: each is looked at, in pieces, before it is parsed.

A few kilobytes of ZIP unpack to gigabytes of XML, and a megabyte of `<xf/>` becomes a hundred of
objects and most of a minute: so bytes alone bound nothing, and tags are counted too. Sheets and the
table of texts are read as a stream, an item at a time; whatever else is asked for is held whole,
and small in every spreadsheet that holds lines.
"""

from __future__ import annotations

import re
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from adapters.files.lines import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
"""Of all its parts together."""

MAX_TEXTS_BYTES: Final = 64 * 1024**2
MAX_TEXTS: Final = 1_000_000
TEXT_TAGS: Final = 4
TEXT_ATTRIBUTES: Final = 2
MAX_TEXTS_MORE: Final = 400_000
"""Of its table of texts, which is held: so many tags and attributes a text, and so many more."""

MAX_WHOLE_BYTES: Final = 1024**2
MAX_WHOLE_TAGS: Final = 20_000
"""Of each other part that is held whole, and of all of them: styles, names, who wrote it."""

MAX_ROW_BYTES: Final = 4 * 1024**2
MAX_ROW_TAGS: Final = 50_000
MAX_ROW_ATTRIBUTES: Final = 100_000
"""From the end of one row, or text, to that of the next, as XML."""

MAX_ROWS: Final = 1_048_576
"""As many as a spreadsheet program lets a sheet have; here of all sheets together, empty ones, too.

Of each the parser keeps something: 350 million of `<row/>` are 2 GiB of XML, and 3 MB of ZIP.
"""

MAX_TAGS_AROUND: Final = 150_000
MAX_ATTRIBUTES_AROUND: Final = 500_000
MAX_BYTES_AROUND: Final = 32 * 1024**2
"""Of a sheet, before and behind its rows: merged cells, links (65,530 at most) and such."""

MAX_PARTS: Final = 1_000
_MAX_DIRECTORY_BYTES: Final = 1024**2

_PIECE: Final = 1024**2
_NEVER: Final = re.compile(
    rb"<!\[CDATA\[|<!DOCTYPE|\0"
    rb"|\sxmlns(?=[\s=:])(?!"
    rb"\s{0,60}(?:[^\s=:]|\Z)"
    rb"|[^\"'<>]{0,60}(?:\Z|\"[^\"]{0,199}(?:\Z|\")|'[^']{0,199}(?:\Z|')))"
)
"""A nought is in any UTF-16: what is looked for here would not be found in it.

Each name of a namespace is kept with the whole of it: 3,000 of 200 kB were 2 GiB. So one is short,
and told plainly, or a word in a text, or cut by the end of what is looked at.
"""

_OVERLAP: Final = 300
"""Longer than any plain one: what one piece cuts the next tells."""

_ATTRIBUTE: Final = re.compile(rb"=\s*[\"']")
_NAME: Final = rb"(?:[\w.-]+:)?"
_ROW: Final = re.compile(rb"<" + _NAME + rb"row[\s/>]")
_ROW_END: Final = re.compile(rb"</" + _NAME + rb"row\s*>|<" + _NAME + rb"row(?:\s[^<>]*)?/>")
_ROW_TOLD: Final = 2
"""How often a row calls itself one: where it begins, and where it ends."""
_ROWS_END: Final = re.compile(
    rb"</" + _NAME + rb"sheetData\s*>|<" + _NAME + rb"sheetData(?:\s[^<>]*)?/>"
)
_TEXT_END: Final = re.compile(rb"</" + _NAME + rb"si\s*>|<" + _NAME + rb"si(?:\s[^<>]*)?/>")


class BoundedZip(zipfile.ZipFile):
    """A ZIP that is read. Raises UnreadableFileError as soon as anything is larger than it may be.

    zipfile unpacks no more of a part than its directory tells.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        ends: Any = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001
        # Before it is read: of 300,000 parts it takes hundreds of megabytes.
        if ends is not None and ends[_OF_DIRECTORY] > _MAX_DIRECTORY_BYTES:
            raise UnreadableFileError("the directory of its parts is too long")
        super().__init__(file)
        self._whole_tags = self._rows = 0
        self._of_texts = False
        self._looked_at: set[tuple[str, bool]] = set()
        parts = self.infolist()
        if len(parts) > MAX_PARTS:
            raise UnreadableFileError(f"a spreadsheet has at most {MAX_PARTS} parts")
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise UnreadableFileError(f"it would unpack to more than {MAX_UNPACKED_BYTES} bytes")

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """A part that is held whole."""
        part = self.getinfo(name) if isinstance(name, str) else name
        if part.file_size > MAX_WHOLE_BYTES:
            why = f"{_shown(part)}: a part that is held whole has at most {MAX_WHOLE_BYTES} bytes"
            raise UnreadableFileError(why)
        with super().open(part, pwd=pwd) as opened:
            content = opened.read()
        _refuse_never(content)
        self._whole_tags += content.count(b"<") + _attributes(content, 0, len(content)) // 4
        if self._whole_tags > MAX_WHOLE_TAGS:
            why = f"{_shown(part)}: what is held whole has at most {MAX_WHOLE_TAGS} tags"
            raise UnreadableFileError(why)
        return content

    def open(self, name: Any, mode: Any = "r", pwd: Any = None, **_: Any) -> IO[bytes]:  # noqa: ARG002
        """A sheet, or the table of texts: it is gone through once before."""
        part = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        looked = (part.filename, self._of_texts)
        if looked not in self._looked_at:
            with super().open(part, "r", pwd) as opened:
                if self._of_texts:
                    _look_at_texts(opened, part)
                else:
                    self._rows = _look_at_sheet(opened, part, before=self._rows)
            self._looked_at.add(looked)
        return super().open(part, "r", pwd)

    @contextmanager
    def reading_texts(self) -> Generator[None, None, None]:
        """What is opened meanwhile is the table of texts."""
        self._of_texts = True
        try:
            yield
        finally:
            self._of_texts = False


_OF_DIRECTORY: Final = 5
"""Where the directory's size is among what its end tells."""


def _look_at_texts(opened: IO[bytes], part: zipfile.ZipInfo) -> None:
    if part.file_size > MAX_TEXTS_BYTES:
        raise UnreadableFileError(f"its table of texts has at most {MAX_TEXTS_BYTES} bytes")
    texts = tags = attributes = 0
    for here, start, end in _Items(opened, _TEXT_END):
        _refuse_large(here, start, end)
        texts, tags = texts + 1, tags + here.count(b"<", start, end)
        attributes += _attributes(here, start, end)
        if texts > MAX_TEXTS:
            raise UnreadableFileError(f"its table of texts has at most {MAX_TEXTS}")
        if (
            tags > TEXT_TAGS * texts + MAX_TEXTS_MORE
            or attributes > TEXT_ATTRIBUTES * texts + MAX_TEXTS_MORE
        ):
            raise UnreadableFileError("its table of texts has too many tags that are no texts")


def _look_at_sheet(opened: IO[bytes], part: zipfile.ZipInfo, *, before: int) -> int:
    """How many rows all sheets have that were looked at, with those `before`."""
    around = attributes = size = 0
    rows = before
    items = _Items(opened, _ROW_END, last=_ROWS_END)
    for here, start, end in items:
        ends = end
        if not items.is_behind:
            _refuse_large(here, start, end)
            row = _ROW.search(here, start, end)
            ends = end if row is None else row.start()
            rows += 1
        around += here.count(b"<", start, ends)
        attributes += _attributes(here, start, ends)
        size += ends - start
        if (
            around > MAX_TAGS_AROUND
            or attributes > MAX_ATTRIBUTES_AROUND
            or size > MAX_BYTES_AROUND
        ):
            why = f"{_shown(part)}: around its rows a sheet has at most {MAX_TAGS_AROUND} tags"
            raise UnreadableFileError(f"{why} and {MAX_BYTES_AROUND} bytes of XML")
        if items.is_behind or here.count(b"row", start, end) > _ROW_TOLD:
            # Of one that ends otherwise, as <row a=">"/> does, any number may lie before an end.
            rows += max(0, len(_ROW.findall(here, start, end)) - (not items.is_behind))
        if rows > MAX_ROWS:
            raise UnreadableFileError(f"its sheets have at most {MAX_ROWS} rows, empty ones too")
    return rows


class _Items:
    """From one end to the next, each as some bytes and where in them it lies; the rest at last.

    Behind the `last` end there are no items, but pieces as they come: `is_behind` tells so.
    """

    def __init__(
        self, opened: IO[bytes], ends: re.Pattern[bytes], *, last: re.Pattern[bytes] | None = None
    ) -> None:
        self.is_behind = False
        self._opened, self._ends, self._last = opened, ends, last

    def __iter__(self) -> Iterator[tuple[bytes, int, int]]:
        kept = b""
        while piece := self._opened.read(_PIECE):
            here = kept + piece
            _refuse_never(here)
            start = 0
            for end in self._ends.finditer(here):
                yield here, start, end.end()
                start = end.end()
            kept = here[start:]
            if self._last is not None and self._last.search(kept) is not None:
                self.is_behind = True
                yield from self._behind(kept)
                return
            if len(kept) > MAX_ROW_BYTES:
                break
        yield kept, 0, len(kept)

    def _behind(self, kept: bytes) -> Iterator[tuple[bytes, int, int]]:
        yield kept, 0, len(kept)
        while piece := self._opened.read(_PIECE):
            overlap = kept[-_OVERLAP:]
            kept = overlap + piece
            _refuse_never(kept)
            yield kept, len(overlap), len(kept)


def _attributes(here: bytes, start: int, end: int) -> int:
    """An equals sign in a text is none: the address of a QR code has seven."""
    signs = here.count(b"=", start, end)
    if signs == here.count(b'="', start, end):
        return signs
    return len(_ATTRIBUTE.findall(here, start, end))


def _refuse_large(here: bytes, start: int, end: int) -> None:
    """Without ends the reader would hold whatever there is."""
    if end - start > MAX_ROW_BYTES:
        raise UnreadableFileError(f"a row has at most {MAX_ROW_BYTES} bytes of XML")
    if end - start <= MAX_ROW_TAGS:
        return  # as nearly all: it has fewer of anything
    if here.count(b"<", start, end) > MAX_ROW_TAGS:
        raise UnreadableFileError(f"a row has at most {MAX_ROW_TAGS} tags of XML")
    if _attributes(here, start, end) > MAX_ROW_ATTRIBUTES:
        raise UnreadableFileError(f"a row has at most {MAX_ROW_ATTRIBUTES} attributes of XML")


def _refuse_never(content: bytes) -> None:
    if _NEVER.search(content) is not None:
        why = "a part with CDATA, a DOCTYPE or a long namespace, or in UTF-16, is not read"
        raise UnreadableFileError(why)


def _shown(part: zipfile.ZipInfo) -> str:
    return ascii(part.filename[:60])
