"""Files of others from the command line: an ERP's sales of a day, the provider's statements.

Nothing of them is taken in: they are kept, so that they can be held against our records. What a
file does not say of itself is declared by whoever brings it, and kept under their name.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from adapters.files.apart import FilesApart
from adapters.files.day_files import SALES_OF_A_DAY
from adapters.files.profile import FileKind, Profile, ProfileError
from adapters.files.profile_reading import read_written
from adapters.files.statement_files import STATEMENT
from adapters.postgres.connection.database import Database
from cashback_core.reconciliation.file_heads import told_end, told_start
from cashback_core.reconciliation.file_import import HowWritten
from cashback_core.reconciliation.files import MAX_NAME, FileTopic, FileToTake
from cashback_core.reconciliation.statement_values import kept_text
from cashback_core.values.days import read_day
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_wall_clock
from cashback_gateway.commands.file_bringing import ReadAs, file_digest, keeping_files
from cashback_gateway.commands.file_records import (
    LISTED,
    file_record,
)
from cashback_gateway.commands.operating import the_merchant
from cashback_gateway.commands.parameters import Json, Limit, Signer, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import PrintedList, show_listing

_UTC: Final = ZoneInfo("UTC")
_READER: Final = FilesApart(small_bytes=sys.maxsize)
"""Spreadsheets by a child, as over HTTP; whatever else, of any size, here."""


def _told(text: str) -> datetime:
    """A wall clock where no offset is told: whose it is, the profile says."""
    day = len(text) == len("2026-01-31")
    try:
        instant, wall = parse_wall_clock(f"{text}T00:00:00" if day else text, _UTC)
    except (NotAnInstant, NoSuchInstant):
        raise ValueError("neither a day nor an instant such as 2026-01-31T00:00:00Z") from None
    return wall or instant


def _day(text: str) -> date:
    day = read_day(text)
    if day is None:
        raise ValueError("a day is told as 2026-01-31, from 2000 to 2199")
    return day


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
    profile, how = _written(told, file, SALES_OF_A_DAY)
    async with keeping_files(here) as keeping:
        merchant_id = await the_merchant(keeping.operators, merchant)
        assert merchant_id is not None
        zone = await _zone_of(keeping.database, merchant_id, profile)
        to_take = FileToTake(
            topic=FileTopic.ERP_DAY,
            sha256=file_digest(file),
            name=kept_text(file.name, MAX_NAME),
            declared_by=by,
            profile={**profile.as_told(), "zone": str(zone)},
            merchant_id=merchant_id,
            day=day,
            told_lines=told.count,
            told_centavos=told.total,
        )
        return await keeping.bring(
            to_take, file, lambda opened: _READER.day(opened, how, zone).lines, told, as_json=json
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
    profile, how = _written(told, file, STATEMENT)
    zone = None if profile.zone is None else ZoneInfo(profile.zone)
    since, through = told_start(since, zone), told_end(through, zone)
    if since >= through:
        words = "--from is before --complete-through"
        if zone is None:
            words += ", wherever on earth they are meant: tell offsets, or a zone in the profile"
        raise WrongUseError(words)
    to_take = FileToTake(
        topic=FileTopic.STATEMENT,
        sha256=file_digest(file),
        name=kept_text(file.name, MAX_NAME),
        declared_by=by,
        profile=profile.as_told(),
        since=since,
        through=through,
        told_lines=told.count,
        told_centavos=told.total,
    )
    async with keeping_files(here) as keeping:
        return await keeping.bring(
            to_take, file, lambda opened: _READER.statement(opened, how).lines, told, as_json=json
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
    async with keeping_files(here) as keeping:
        merchant_id = await the_merchant(keeping.operators, merchant)
        page = await keeping.files.files(merchant_id, limit=max(limit, 1), after=None)
    listing = PrintedList(
        records=[file_record(file) for file in page.items[:limit]],
        columns=LISTED,
        total=None if page.next is not None else len(page.items),
    )
    show_listing(listing, as_json=json)


def _written(told: ReadAs, file: Path, kind: FileKind) -> tuple[Profile, HowWritten]:
    if file.exists() and not file.is_file():  # a pipe is read once, and this reads twice
        raise ActRefusedError(f"{file} is no regular file")
    try:
        return read_written(told.profile, file, kind)
    except ProfileError as error:
        raise WrongUseError(str(error)) from error


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
