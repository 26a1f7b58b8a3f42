"""The file that a report is written to: under its name once it ends, and over nobody else's.

It is written beside its place and renamed at the end, also where a run breaks off. An earlier
report that tells something is kept under a number; what is no report is not touched.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cashback_gateway.imports.report import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

_HEADER = ",".join(COLUMNS) + "\n"


class BadReportError(Exception):
    """No report can be written there; the message says why."""


@contextmanager
def report_file(path: Path, *, source: Path) -> Generator[TextIO]:
    """The report of the file `source`. Raises BadReportError before anything is written."""
    try:
        _refuse_others(path, source)
        number, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise BadReportError(f"the report {path} cannot be written: {error.strerror}") from error
    # mkstemp makes it the owner's alone: it is about people's purchases.
    with os.fdopen(number, "w", encoding="utf-8") as file:
        try:
            yield file
        finally:
            file.flush()
            _keep(path)
            Path(name).replace(path)


def _refuse_others(path: Path, source: Path) -> None:
    if not path.exists():
        return
    if path.samefile(source):
        raise BadReportError(f"the report {path} would be the file itself")
    if not path.is_file() or not _is_report(path):
        raise BadReportError(f"{path} is there and is no report: it is not written over")


def _is_report(path: Path) -> bool:
    """An empty file is one, too: somebody made it for this."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) in {b"", _HEADER.encode()}


def _keep(path: Path) -> None:
    """Give an earlier report that tells anything the first number that is free."""
    if not path.exists() or path.stat().st_size <= len(_HEADER):
        return
    for number in itertools.count(1):
        kept = path.with_name(f"{path.stem}.{number}{path.suffix}")
        if not kept.exists():
            path.rename(kept)
            return
