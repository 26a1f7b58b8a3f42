"""Standard input, output and error of a process, whatever it was started with."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    from _typeshed import ReadableBuffer

_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class ReaderGoneError(Exception):
    """Whoever reads standard output has what they wanted, as `head` does."""


class OutputFailedError(Exception):
    """Standard output takes nothing; what a command was to do may be done."""


class _Stdout(io.FileIO):
    """Says of a failed write that it was one to standard output: a database's pipe breaks, too."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        except OSError as error:
            raise OutputFailedError(f"standard output fails: {error.strerror}") from error


@contextmanager
def standard_streams() -> Generator[None]:
    """Streams that are all there, the output one whose failures are told from any other's.

    What is written is flushed at the end. Raises ReaderGoneError, OutputFailedError; afterwards
    nothing more is written, nor when the process ends.
    """
    _open_closed_ones()
    before = sys.stdout
    if isinstance(before, io.TextIOWrapper) and before is sys.__stdout__:
        before.flush()
        raw = _Stdout(before.fileno(), "w", closefd=False)
        sys.stdout = io.TextIOWrapper(
            raw if before.write_through else io.BufferedWriter(raw),
            encoding=before.encoding,
            errors=before.errors,
            line_buffering=before.line_buffering,
            write_through=before.write_through,
        )
    try:
        yield
        sys.stdout.flush()
    finally:
        try:
            sys.stdout.flush()
        except (ReaderGoneError, OutputFailedError):  # it hides no other error, which counts more
            os.dup2(os.open(os.devnull, os.O_WRONLY), before.fileno())
        sys.stdout = before


def _open_closed_ones() -> None:
    """Python has None for a stream that is closed, and the next file opened gets its number.

    That could be the database's connection, and a child or a log would write into it.
    """
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))
