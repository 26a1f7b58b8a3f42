"""A file that a process of its own reads is told as one that is read here."""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from adapters.files import apart
from adapters.files.apart import FilesApart
from adapters.files.reader import ProfiledFiles
from cashback_core.reconciliation.file_import import (
    FileUnreadableError,
    HowWritten,
    ProfileMisfitError,
)

if TYPE_CHECKING:
    from typing import BinaryIO

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = b"sale_id,total,sold_at\n" + b"".join(
    b"NF-%d,%d.25,2026-01-02 10:00:00\n" % (n, n) for n in range(1, 1_203)
)
STATEMENT = b"document,cashback,at\n52998224725,1.40,2026-01-02T12:00:00Z\nx,1O,\n"


def opened(content: bytes) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (its reader closes it)
    file.write(content)
    return file


def test_its_lines_and_faults_are_the_same() -> None:
    csv = HowWritten(form="csv", profile=b'delimiter = ","')
    there, here = FilesApart(small_bytes=0), ProfiledFiles()
    with opened(DAY) as file:
        read = there.day(file, csv, ZONE)
        told = here.day(io.BytesIO(DAY), csv, ZONE)
        assert read.profile == told.profile
        assert [*read.lines] == [*told.lines]
    with opened(STATEMENT) as file:
        lines = [*there.statement(file, csv).lines]
        assert lines == [*here.statement(io.BytesIO(STATEMENT), csv).lines]
        assert len(lines) == 2


@pytest.mark.parametrize(
    ("content", "form", "failure"),
    [
        (b"PK" + b"\0" * 99, "xlsx", FileUnreadableError),
        (b"a,b\n1,2\n", "csv", ProfileMisfitError),
    ],
)
def test_what_cannot_be_read_is_told_in_its_words(
    content: bytes, form: str, failure: type[Exception]
) -> None:
    how = HowWritten(form=form)  # type: ignore[arg-type]
    with pytest.raises(failure) as here:
        [*ProfiledFiles().statement(io.BytesIO(content), how).lines]
    with opened(content) as file, pytest.raises(failure) as there:
        [*FilesApart(small_bytes=0).statement(file, how).lines]
    assert str(there.value) == str(here.value)


def test_a_reader_that_dies_is_no_end_of_the_file() -> None:
    cut = io.BytesIO(b"\x80")
    with pytest.raises(FileUnreadableError, match="command line"):
        [*apart._parts(cut)]


def test_a_small_file_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_told", pytest.fail)
    with opened(STATEMENT) as file:
        assert len([*FilesApart().statement(file, HowWritten(form="csv")).lines]) == 2
