"""Bringing a file in from the command line: read once, told of every few seconds, reported."""

from __future__ import annotations

import csv
import hashlib
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.files.lines import UnreadableFileError
from adapters.postgres.connection.database import Database
from adapters.postgres.files.store import OF_THE_COMMAND_LINE, PostgresFileStore
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.reconciliation.file_import import (
    FileUnreadableError,
    ImportFile,
    ProfileMisfitError,
)
from cashback_core.reconciliation.file_store import FileElsewhereError
from cashback_core.reconciliation.files import FileState, FileToTake, KeptFile
from cashback_gateway.commands.file_records import (
    problem_rows,
    say_brought,
    show_lines,
)
from cashback_gateway.commands.readers import read_by, read_path, whole
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.imports.report import COLUMNS as REPORT_COLUMNS
from cashback_gateway.imports.report_file import BadReportError, report_file
from cashback_gateway.imports.run import digest_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from typing import BinaryIO

    from cashback_core.reconciliation.files import FileLine
    from cashback_gateway.commands.place import Workplace
    from cashback_gateway.settings.table import Settings

_PAGE: Final = 1_000
_BLOCK: Final = 1 << 20
_TOLD_EVERY_S: Final = 5.0


def _sum(text: str) -> int:
    sign, plain = (-1, text[1:]) if text.startswith("-") else (1, text)
    units, _, decimals = plain.partition(".")
    if not units.isdigit() or len(units) > 13 or (decimals and not decimals.isdigit()):
        raise ValueError("no amount such as 1234.50")
    if not plain.isascii() or len(decimals) > 2:
        raise ValueError("no amount such as 1234.50")
    return sign * int(units + decimals.ljust(2, "0"))


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """How a file is read, what it should add up to, and where faults are told."""

    profile: Annotated[
        Path | None, read_by(read_path, "how the file is written, in TOML (docs/operators.md)")
    ] = None
    count: Annotated[
        int | None, read_by(whole, "how many lines it should have; refused where it has not")
    ] = None
    total: Annotated[
        int | None,
        read_by(
            _sum,
            "what its amounts should add up to, with centavos: 70211.15; reversals subtracted",
            name="--sum",
        ),
    ] = None
    report: Annotated[
        Path | None, read_by(read_path, "where unreadable lines are told; default: nowhere")
    ] = None
    dry_run: Annotated[bool, Parameter(help="show how it is understood, keep nothing")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKeeping:
    """Where the command line keeps files."""

    settings: Settings
    database: Database
    operators: PostgresOperatorStore
    files: PostgresFileStore

    async def bring(
        self,
        to_take: FileToTake,
        path: Path,
        lines: Callable[[BinaryIO], Iterator[FileLine]],
        told: ReadAs,
        *,
        as_json: bool,
    ) -> int:
        """Bring a file in, or show how it is understood; the exit code."""
        try:
            with path.open("rb") as opened:
                if told.dry_run:
                    return show_lines(lines(opened), to_take, as_json=as_json)
                progress = _Progress(opened.tell, os.fstat(opened.fileno()).st_size)
                bring = ImportFile(
                    store=self.files,
                    max_lines=self.settings.files.lines,
                    max_days=self.settings.files.window_days,
                    on_part=progress,
                )
                read = unchanged(lines(opened), opened, to_take.sha256)
                brought = await bring(to_take, read)
            if told.report is not None:
                await self._report(brought.file, told.report, source=path)
        except BadReportError as error:
            raise WrongUseError(str(error)) from error
        except FileElsewhereError as error:
            words = "the same file is being brought by somebody else: run it again, it goes on"
            raise ActRefusedError(words) from error
        except (ProfileMisfitError, UnreadableFileError) as error:
            raise ActRefusedError(f"{path}: {error}") from error
        say_brought(brought, as_json=as_json)
        return 0 if brought.file.state is FileState.COMPLETE else 1

    async def _report(self, file: KeptFile, path: Path, *, source: Path) -> None:
        """Every line that cannot be read, by its number, field and reason."""
        with report_file(path, source=source) as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(REPORT_COLUMNS)
            after = 0
            while problems := await self.files.problems(
                file.merchant_id, file.id, limit=_PAGE, after=after
            ):
                for problem in problems:
                    writer.writerows(problem_rows(problem))
                after = problems[-1].line


@asynccontextmanager
async def keeping_files(here: Workplace) -> AsyncGenerator[FileKeeping, None]:
    """With the place's database open."""
    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            yield FileKeeping(
                settings=settings,
                database=database,
                operators=PostgresOperatorStore(
                    database, precedes=settings.reconciliation.precedes
                ),
                files=PostgresFileStore(
                    database,
                    skew=timedelta(seconds=settings.margin.clock_skew_s),
                    purposes=OF_THE_COMMAND_LINE,
                ),
            )


def unchanged(lines: Iterator[FileLine], opened: BinaryIO, sha256: bytes) -> Iterator[FileLine]:
    """Its lines; refused in the end where they are not of the file that it is kept as."""
    yield from lines
    digest, place = hashlib.sha256(), 0
    while block := os.pread(opened.fileno(), _BLOCK, place):
        digest.update(block)
        place += len(block)
    if digest.digest() != sha256:
        raise FileUnreadableError("it was replaced, or written, while it was read")


def file_digest(file: Path) -> bytes:
    """What a file's bytes are known by; raises ActRefusedError."""
    try:
        return bytes.fromhex(digest_of(file))
    except OSError as error:
        raise ActRefusedError(f"{file} cannot be read: {error.strerror}") from error


@dataclass(slots=True)
class _Progress:
    """Tells on standard error, every few seconds, how far it came."""

    tell: Callable[[], int]
    size: int
    _told_s: float = 0.0

    def __call__(self, file: KeptFile) -> None:
        """Tell it, if that is due."""
        now_s = time.monotonic()
        if now_s - self._told_s < _TOLD_EVERY_S:
            return
        self._told_s = now_s
        share = 100 * self.tell() // max(1, self.size)
        print(
            f"line {file.read_through} ({share} %): {file.tally.lines} kept,"
            f" {file.tally.unreadable} unreadable",
            file=sys.stderr,
            flush=True,
        )
