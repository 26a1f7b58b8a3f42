"""Files that are read by a process of their own: what they do ends with it, and sales come first.

What a spreadsheet does to whoever parses it is bounded by no rule that anybody has thought of: 9 kB
made 2 GiB of names, and reading an honest one keeps the interpreter busy for half a minute. So each
spreadsheet, and over HTTP whatever else is not small, is read by a child that is nice to everybody,
may take so much memory and time and no more, is the first to end where a container is full, knows
no secret, and tells its lines as JSON through a pipe. It ends with whoever asked; where it ends by
itself, the file cannot be read.

    python -m adapters.files.apart DAY|STATEMENT FORM PROFILE ZONE < FILE
"""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from adapters.files.reader import ProfiledFiles
from cashback_core.reconciliation.file_import import (
    FileReader,
    FileUnreadableError,
    HowWritten,
    ProfileMisfitError,
    ReadFile,
)
from cashback_core.reconciliation.files import FileLine
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.told_sales import ToldSale

if TYPE_CHECKING:
    from typing import BinaryIO

    from cashback_core.reconciliation.file_import import FileForm

SMALL_BYTES: Final = 128 * 1024
"""Of CSV and JSON Lines, which are read here up to then: a child takes half a second to start."""

_MIB: Final = 1024 * 1024
MEMORY_BYTES: Final = 400 * _MIB
CPU_S: Final = 120
WALL_S: Final = 240.0
_NICE: Final = 10
_PART: Final = 500
_MAX_PART_BYTES: Final = 64 * _MIB
_DAY: Final = "DAY"
_STATEMENT: Final = "STATEMENT"
_LEAST_BYTES: Final = 96 * _MIB
"""A child that has read nothing yet takes some 50."""

_LIMITS: Final = (
    "it cannot be read within the limits of memory and time that there are here: bring it in"
    " parts, or as CSV on the command line"
)
_FAILED: Final = {"unreadable": FileUnreadableError, "misfit": ProfileMisfitError}
_OF_SALES: Final = tuple(field.name for field in fields(ToldSale))
_OF_STATEMENTS: Final = tuple(field.name for field in fields(StatementLine))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What a child may take: memory that it addresses, processor time, and time."""

    memory_bytes: int = MEMORY_BYTES
    cpu_s: int = CPU_S
    wall_s: float = WALL_S


class FilesApart(FileReader):
    """As `ProfiledFiles` reads them, but for who does the work."""

    def __init__(
        self, *, small_bytes: int = SMALL_BYTES, limits: ChildLimits | None = None
    ) -> None:
        self._here = ProfiledFiles()
        self._small_bytes = small_bytes
        self._limits = limits or ChildLimits()

    def day(self, file: BinaryIO, how: HowWritten, zone: ZoneInfo) -> ReadFile:
        return self._read(self._here.day(file, how, zone), file, (_DAY, how, str(zone)))

    def statement(self, file: BinaryIO, how: HowWritten) -> ReadFile:
        return self._read(self._here.statement(file, how), file, (_STATEMENT, how, "UTC"))

    def _read(self, here: ReadFile, file: BinaryIO, asked: tuple[str, HowWritten, str]) -> ReadFile:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size <= self._small_bytes and here.profile.get("format") != "xlsx":
            return here
        lines = _ToldLines(file, asked, self._limits)
        return ReadFile(profile=here.profile, lines=lines, stop=lines.stop)


class _ToldLines(Iterator[FileLine]):
    """The lines that a child tells; it is started when the first is asked for."""

    def __init__(
        self, file: BinaryIO, asked: tuple[str, HowWritten, str], limits: ChildLimits
    ) -> None:
        self._lines = self._told(file, *asked, limits)
        self._child: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def __next__(self) -> FileLine:
        return next(self._lines)

    def stop(self) -> None:
        """Nobody asks any more; by any thread, also while another waits for a line."""
        self._is_stopped = True
        if self._child is not None:
            self._child.kill()

    def _told(
        self, file: BinaryIO, topic: str, how: HowWritten, zone: str, limits: ChildLimits
    ) -> Iterator[FileLine]:
        file.flush()
        # Not as hex: a word of a command has at most 128 KiB, and a profile may have 64.
        profile = base64.b64encode(how.profile or b"").decode()
        bounds = (str(limits.memory_bytes), str(limits.cpu_s))
        words = [sys.executable, "-m", "adapters.files.apart", topic, how.form, profile, zone]
        # Of our environment it learns where our code is: it knows no secret.
        environ = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with subprocess.Popen(  # noqa: S603 (our own)
            [*words, *bounds],
            stdin=file.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ,
        ) as child:  # fmt: skip
            assert child.stdout is not None
            self._child = child
            end = threading.Timer(limits.wall_s, child.kill)
            end.daemon = True
            end.start()
            try:
                if self._is_stopped:  # no end of a file, whoever goes on reading
                    raise FileUnreadableError(_LIMITS)
                yield from _parts(child.stdout)
            finally:
                end.cancel()
                child.kill()


def _parts(pipe: IO[bytes]) -> Iterator[FileLine]:
    while True:
        part = pipe.readline(_MAX_PART_BYTES)
        if not part.endswith(b"\n"):
            raise FileUnreadableError(_LIMITS)
        what, told = json.loads(part)
        failure = _FAILED.get(what)
        if failure is not None:
            raise failure(str(told))
        if not told:
            return
        yield from map(_sale if what == _DAY else _statement_line, told)


def _sale(row: list[Any]) -> ToldSale:
    told = dict(zip(_OF_SALES, row, strict=True))
    if told["sold_at"] is not None:
        told["sold_at"] = datetime.fromisoformat(told["sold_at"])
    return ToldSale(**told)


def _statement_line(row: list[Any]) -> StatementLine:
    told: dict[str, Any] = dict(zip(_OF_STATEMENTS, row, strict=True))
    if told["credited_at"] is not None:
        told["credited_at"] = datetime.fromisoformat(told["credited_at"])
    told["kind"] = LineKind(told["kind"])
    return StatementLine(**told)


def _plain(line: FileLine) -> list[Any]:
    names = _OF_SALES if isinstance(line, ToldSale) else _OF_STATEMENTS
    values = (getattr(line, name) for name in names)
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def _main(*words: str) -> None:
    import resource  # only here: not every system has it that has the rest

    topic, form, profile, zone, memory_bytes, cpu_s = words
    os.nice(_NICE)
    _end_first()
    # openpyxl takes numpy where there is some, of which each processor costs memory.
    sys.modules["numpy"] = cast("Any", None)
    most = memory_within(int(memory_bytes))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
    how = HowWritten(form=cast("FileForm", form), profile=base64.b64decode(profile) or None)
    files = ProfiledFiles()
    with open(sys.stdin.fileno(), "rb", closefd=False) as file:
        file.seek(0)  # the place is its parent's, too
        read = files.day(file, how, ZoneInfo(zone)) if topic == _DAY else files.statement(file, how)
        try:
            while part := [*map(_plain, islice(read.lines, _PART))]:
                _tell(topic, part)
            _tell(topic, [])
        except FileUnreadableError as error:
            _tell("unreadable", str(error))
        except ProfileMisfitError as error:
            _tell("misfit", str(error))


def _end_first() -> None:
    """Where memory ends, Linux ends this process, and not the one that takes sales."""
    with suppress(OSError):  # no other system has it
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def memory_within(most: int, root: Path = Path("/")) -> int:
    """So many bytes, or half of what the container has, where that is less."""
    had = [_bytes_in(file) // 2 for file in _limit_files(root)]
    return min(most, max(_LEAST_BYTES, min((half for half in had if half > 0), default=most)))


def _limit_files(root: Path) -> Iterator[Path]:
    """Those of cgroups of both versions; a container sees its own as if it were the root."""
    groups = root / "sys/fs/cgroup"
    yield groups / "memory/memory.limit_in_bytes"
    yield groups / "memory.max"
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/"):
                inner = groups / line.removeprefix("0::/")
                yield from (one / "memory.max" for one in (inner, *inner.parents))


def _bytes_in(file: Path) -> int:
    with suppress(OSError, ValueError):  # "max" is no number
        return int(file.read_text(encoding="ascii"))
    return 0


def _tell(what: str, told: object) -> None:
    sys.stdout.write(json.dumps([what, told]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
