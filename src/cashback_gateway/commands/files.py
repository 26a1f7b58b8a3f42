"""Files of others from the command line: an ERP's sales of a day, the provider's statements.

Nothing of them is taken in: they are kept, so that they can be held against our records. What a
file does not say of itself is declared by whoever brings it, and kept under their name.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from adapters.files.day_files import SALES_OF_A_DAY, told_sales
from adapters.files.lines import UnreadableFileError
from adapters.files.profile import FileKind, Profile, ProfileError, read_profile
from adapters.files.statement_files import STATEMENT, statement_lines
from adapters.postgres.connection.database import Database
from adapters.postgres.files.store import OF_THE_COMMAND_LINE, PostgresFileStore
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.reconciliation.file_heads import told_end, told_start
from cashback_core.reconciliation.file_import import FileUnreadableError, ImportFile
from cashback_core.reconciliation.files import (
    MAX_NAME,
    FileElsewhereError,
    FileState,
    FileTopic,
    FileToTake,
    KeptFile,
)
from cashback_core.reconciliation.statement_values import kept_text
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_wall_clock
from cashback_gateway.commands.file_records import (
    LISTED,
    file_record,
    problem_rows,
    say_brought,
    show_lines,
)
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.parameters import Json, Limit, Signer, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path, whole
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import PrintedList, show_listing
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
_UTC: Final = ZoneInfo("UTC")


def _told(text: str) -> datetime:
    """A wall clock where no offset is told: whose it is, the profile says."""
    day = len(text) == len("2026-01-31")
    try:
        instant, wall = parse_wall_clock(f"{text}T00:00:00" if day else text, _UTC)
    except (NotAnInstant, NoSuchInstant):
        raise ValueError("neither a day nor an instant such as 2026-01-31T00:00:00Z") from None
    return wall or instant


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("no day such as 2026-01-31") from None


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


async def import_day(
    file: Annotated[Path, read_by(read_path, "CSV, XLSX (.xlsx), or JSON Lines (.jsonl)")],
    /,
    *,
    merchant: Slug,
    day: Annotated[date, read_by(_day, "whose sales they are: 2026-01-31, the merchant's own day")],
    by: Signer,
    told: ReadAs | None = None,
    json: Json = False,
    here: Here,
) -> int:
    """Keep an ERP's sales of a day; exit code 1 where it was refused."""
    told = told or ReadAs()
    profile = _profile(told, file, SALES_OF_A_DAY)
    async with _keeping(here) as keeping:
        merchant_id = await the_merchant(keeping.operators, merchant)
        assert merchant_id is not None
        zone = await _zone_of(keeping.database, merchant_id, profile)
        to_take = FileToTake(
            topic=FileTopic.ERP_DAY,
            sha256=_digest(file),
            name=kept_text(file.name, MAX_NAME),
            declared_by=by,
            profile={**profile.as_told(), "zone": str(zone)},
            merchant_id=merchant_id,
            day=day,
            told_lines=told.count,
            told_centavos=told.total,
        )
        return await keeping.bring(
            to_take, file, lambda opened: told_sales(opened, profile, zone), told, as_json=json
        )


async def import_statement(
    file: Annotated[Path, read_by(read_path, "CSV, XLSX (.xlsx), or JSON Lines (.jsonl)")],
    /,
    *,
    since: Annotated[datetime, read_by(_told, "from when on it tells every credit", name="--from")],
    through: Annotated[
        datetime,
        read_by(_told, "up to then nothing will be added, as you say", name="--complete-through"),
    ],
    by: Signer,
    told: ReadAs | None = None,
    json: Json = False,
    here: Here,
) -> int:
    """Keep a statement of the provider; exit code 1 where it was refused."""
    told = told or ReadAs()
    profile = _profile(told, file, STATEMENT)
    zone = None if profile.zone is None else ZoneInfo(profile.zone)
    since, through = told_start(since, zone), told_end(through, zone)
    if since >= through:
        words = "--from is before --complete-through"
        if zone is None:
            words += ", wherever on earth they are meant: tell offsets, or a zone in the profile"
        raise WrongUseError(words)
    to_take = FileToTake(
        topic=FileTopic.STATEMENT,
        sha256=_digest(file),
        name=kept_text(file.name, MAX_NAME),
        declared_by=by,
        profile=profile.as_told(),
        since=since,
        through=through,
        told_lines=told.count,
        told_centavos=told.total,
    )
    async with _keeping(here) as keeping:
        return await keeping.bring(
            to_take, file, lambda opened: statement_lines(opened, profile), told, as_json=json
        )


async def list_files(
    *,
    merchant: Annotated[
        Slug | None, Parameter(help="its days' sales; default: the provider's statements")
    ] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List files, the latest first."""
    async with _keeping(here) as keeping:
        merchant_id = await the_merchant(keeping.operators, merchant)
        page = await keeping.files.files(merchant_id, limit=max(limit, 1), after=None)
    listing = PrintedList(
        records=[file_record(file) for file in page.items[:limit]],
        columns=LISTED,
        total=None if page.next is not None else len(page.items),
    )
    show_listing(listing, as_json=json)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keeping:
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
                    store=self.files, max_lines=self.settings.files.lines, on_part=progress
                )
                read = _unchanged(lines(opened), opened, to_take.sha256)
                brought = await bring(to_take, read)
            if told.report is not None:
                await self._report(brought.file, told.report, source=path)
        except BadReportError as error:
            raise WrongUseError(str(error)) from error
        except FileElsewhereError as error:
            words = "the same file is being brought by somebody else: run it again, it goes on"
            raise ActRefusedError(words) from error
        except (ProfileError, UnreadableFileError) as error:
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
async def _keeping(here: Workplace) -> AsyncGenerator[_Keeping, None]:
    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            yield _Keeping(
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


def _profile(told: ReadAs, file: Path, kind: FileKind) -> Profile:
    if file.exists() and not file.is_file():  # a pipe is read once, and this reads twice
        raise ActRefusedError(f"{file} is no regular file")
    try:
        return read_profile(told.profile, file, kind)
    except ProfileError as error:
        raise WrongUseError(str(error)) from error


def _unchanged(lines: Iterator[FileLine], opened: BinaryIO, sha256: bytes) -> Iterator[FileLine]:
    """Its lines; refused in the end where they are not of the file that it is kept as."""
    yield from lines
    digest, place = hashlib.sha256(), 0
    while block := os.pread(opened.fileno(), _BLOCK, place):
        digest.update(block)
        place += len(block)
    if digest.digest() != sha256:
        raise FileUnreadableError("it was replaced, or written, while it was read")


def _digest(file: Path) -> bytes:
    try:
        return bytes.fromhex(digest_of(file))
    except OSError as error:
        raise ActRefusedError(f"{file} cannot be read: {error.strerror}") from error


async def _zone_of(database: Database, merchant_id: int, profile: Profile) -> ZoneInfo:
    """What instants without an offset are of: the profile's, or the merchant's own."""
    if profile.zone is not None:
        return ZoneInfo(profile.zone)
    from adapters.postgres.connection.database import OVERSEEING

    async with database.pool(OVERSEEING).connection() as connection:
        found = await connection.execute(
            "select zone from merchants where merchant_id = %s", [merchant_id]
        )
        row = await found.fetchone()
    assert row is not None
    return ZoneInfo(row[0])


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
