"""A file that a process of its own reads is told as one that is read here."""

from __future__ import annotations

import io
import os
import signal
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from adapters.files import apart
from adapters.files.apart import ChildLimits, FilesApart
from adapters.files.profile_reading import MAX_PROFILE_BYTES
from adapters.files.reader import ProfiledFiles
from cashback_core.reconciliation.file_import import (
    FileUnreadableError,
    HowWritten,
    ProfileMisfitError,
)
from cashback_gateway.commands import files

if TYPE_CHECKING:
    from typing import BinaryIO

MIB = 1024 * 1024
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
        deque(ProfiledFiles().statement(io.BytesIO(content), how).lines, maxlen=0)
    with opened(content) as file, pytest.raises(failure) as there:
        deque(FilesApart(small_bytes=0).statement(file, how).lines, maxlen=0)
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    "limits",
    [ChildLimits(memory_bytes=1_000_000), ChildLimits(cpu_s=0), ChildLimits(wall_s=0.0)],
    ids=["memory", "processor", "time"],
)
def test_what_takes_more_than_it_may_is_no_file(limits: ChildLimits) -> None:
    reader = FilesApart(small_bytes=0, limits=limits)
    with opened(DAY * 100) as file, pytest.raises(FileUnreadableError, match="within the limits"):
        deque(reader.day(file, HowWritten(form="csv"), ZONE).lines, maxlen=0)


def test_a_child_that_the_system_ends_is_a_file_that_cannot_be_read() -> None:
    with opened(DAY * 2_000) as file:
        lines: Any = FilesApart().day(file, HowWritten(form="csv"), ZONE).lines
        next(lines)
        score = Path(f"/proc/{lines._child.pid}/oom_score_adj")
        assert not score.exists() or score.read_text(encoding="ascii") == "1000\n", "it ends first"
        os.kill(lines._child.pid, signal.SIGKILL)
        with pytest.raises(FileUnreadableError, match="within the limits"):
            deque(lines, maxlen=0)


def test_a_profile_may_be_as_long_as_one_may_be() -> None:
    head = b'delimiter = ","\n#'
    how = HowWritten(form="csv", profile=head + b" " * (MAX_PROFILE_BYTES - len(head)))
    with opened(DAY) as file:
        assert len([*FilesApart(small_bytes=0).day(file, how, ZONE).lines]) == 1_202


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({}, 400),
        ({"sys/fs/cgroup/memory.max": "max\n"}, 400),
        ({"sys/fs/cgroup/memory.max": f"{256 * MIB}\n"}, 128),
        ({"sys/fs/cgroup/memory.max": f"{2_048 * MIB}\n"}, 400),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{256 * MIB}\n"}, 128),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2**63 - 4_096}\n"}, 400),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": f"{512 * MIB}"}, 256),
        ({"sys/fs/cgroup/memory.max": f"{64 * MIB}\n"}, 96),
    ],
)
def test_it_takes_half_of_a_container_at_most(
    tmp_path: Path, limits: dict[str, str], most: int
) -> None:
    for name, told in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(told, encoding="ascii")
    assert apart.memory_within(400 * MIB, tmp_path) == most * MIB


def test_a_part_that_is_cut_is_no_end_of_the_file() -> None:
    for told in (b"", b'["DAY", [', b'["DAY", []]'):
        with pytest.raises(FileUnreadableError, match="within the limits"):
            deque(apart._parts(io.BytesIO(told)), maxlen=0)
    assert [*apart._parts(io.BytesIO(b'["DAY", []]\n'))] == []


def test_it_ends_with_whoever_asks() -> None:
    with opened(DAY * 2_000) as file:
        read = FilesApart().day(file, HowWritten(form="csv"), ZONE)
        next(read.lines)
        lines: Any = read.lines
        child = lines._child
        assert child.poll() is None
        read.stop()
        assert child.wait(10) == -9
        with pytest.raises(FileUnreadableError):
            deque(read.lines, maxlen=0)
        late = FilesApart().day(file, HowWritten(form="csv"), ZONE)
        late.stop()
        with pytest.raises(FileUnreadableError):
            next(late.lines)


def test_spreadsheets_and_large_files_alone_are_read_apart() -> None:
    reader, csv, xlsx = FilesApart(), HowWritten(form="csv"), HowWritten(form="xlsx")
    with opened(STATEMENT) as small, opened(STATEMENT * 3_000) as large:
        assert not hasattr(reader.statement(small, csv).lines, "stop")
        assert hasattr(reader.statement(large, csv).lines, "stop")
        assert hasattr(reader.statement(small, xlsx).lines, "stop")
        form = HowWritten(form="csv", profile=b'format = "xlsx"')
        assert hasattr(reader.statement(small, form).lines, "stop"), "whatever it is sent as"
        commands = files._READER
        assert hasattr(commands.statement(small, form).lines, "stop"), "as the command line does"
        assert not hasattr(commands.statement(large, csv).lines, "stop"), "of any size"
