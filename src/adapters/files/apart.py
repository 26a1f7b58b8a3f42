"""Files that are handed in over HTTP, read by a process of their own: sales come first.

Reading a spreadsheet of 190,000 rows keeps the interpreter busy for half a minute, and a sale
beside it waited for up to 4 s. So whatever is not small is read by a child that is nice to
everybody, may take so much memory and time and no more, and tells its lines through a pipe.

    python -m adapters.files.apart DAY|STATEMENT FORM PROFILE ZONE < FILE
"""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from itertools import islice
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from cashback_core.reconciliation.file_import import FileForm
    from cashback_core.reconciliation.files import FileLine

SMALL_BYTES: Final = 128 * 1024
"""Read in a thread: a child takes half a second to start."""

MEMORY_BYTES: Final = 1024**3
CPU_S: Final = 120
_NICE: Final = 10
_PART: Final = 500
_DAY: Final = "DAY"
_STATEMENT: Final = "STATEMENT"
_FAILED: Final = {FileUnreadableError: "unreadable", ProfileMisfitError: "misfit"}


class FilesApart(FileReader):
    """As `ProfiledFiles` reads them, but for who does the work."""

    def __init__(self, *, small_bytes: int = SMALL_BYTES) -> None:
        self._here = ProfiledFiles()
        self._small_bytes = small_bytes

    def day(self, file: BinaryIO, how: HowWritten, zone: ZoneInfo) -> ReadFile:
        return self._read(self._here.day(file, how, zone), file, (_DAY, how, str(zone)))

    def statement(self, file: BinaryIO, how: HowWritten) -> ReadFile:
        return self._read(self._here.statement(file, how), file, (_STATEMENT, how, "UTC"))

    def _read(self, here: ReadFile, file: BinaryIO, asked: tuple[str, HowWritten, str]) -> ReadFile:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size <= self._small_bytes:
            return here
        return ReadFile(profile=here.profile, lines=_told(file, *asked))


def _told(file: BinaryIO, topic: str, how: HowWritten, zone: str) -> Iterator[FileLine]:
    file.flush()
    profile = "" if how.profile is None else how.profile.hex()
    words = [sys.executable, "-m", __name__, topic, how.form, profile, zone]
    with subprocess.Popen(words, stdin=file.fileno(), stdout=subprocess.PIPE) as child:  # noqa: S603 (our own)
        assert child.stdout is not None
        try:
            yield from _parts(child.stdout)
        finally:
            child.kill()


def _parts(pipe: IO[bytes]) -> Iterator[FileLine]:
    while True:
        try:
            what, told = pickle.load(pipe)  # noqa: S301 (of our own child)
        except (EOFError, pickle.UnpicklingError):
            why = "reading it takes too much memory or time here: bring it on the command line"
            raise FileUnreadableError(why) from None
        for failure, name in _FAILED.items():
            if what == name:
                raise failure(told)
        if not told:
            return
        yield from told


def _main(topic: str, form: str, profile: str, zone: str) -> None:
    import resource  # only here: not every system has it that has the rest

    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    how = HowWritten(form=cast("FileForm", form), profile=bytes.fromhex(profile) or None)
    files, pipe = ProfiledFiles(), sys.stdout.buffer
    with open(sys.stdin.fileno(), "rb", closefd=False) as file:
        file.seek(0)  # the place is its parent's, too
        read = files.day(file, how, ZoneInfo(zone)) if topic == _DAY else files.statement(file, how)
        told: Any = None
        try:
            while told != []:
                told = list(islice(read.lines, _PART))
                pickle.dump(("lines", told), pipe, pickle.HIGHEST_PROTOCOL)
        except (FileUnreadableError, ProfileMisfitError) as error:
            pickle.dump((_FAILED[type(error)], str(error)), pipe)
        pipe.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
