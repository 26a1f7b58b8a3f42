"""Files that are handed in, read by the profile that comes with them."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from adapters.files.day_files import SALES_OF_A_DAY, told_sales
from adapters.files.profile import Profile, ProfileError
from adapters.files.profile_reading import profile_in
from adapters.files.statement_files import STATEMENT, statement_lines
from cashback_core.reconciliation.file_import import (
    FileReader,
    HowWritten,
    ProfileMisfitError,
    ReadFile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from adapters.files.profile import FileKind
    from cashback_core.reconciliation.files import FileLine


class ProfiledFiles(FileReader):
    """Reads CSV, JSON Lines and XLSX."""

    def day(self, file: BinaryIO, how: HowWritten, zone: ZoneInfo) -> ReadFile:
        profile = _profile(how, SALES_OF_A_DAY)
        zone = zone if profile.zone is None else ZoneInfo(profile.zone)
        told = {**profile.as_told(), "zone": str(zone)}
        return ReadFile(profile=told, lines=_lines(told_sales(file, profile, zone)))

    def statement(self, file: BinaryIO, how: HowWritten) -> ReadFile:
        profile = _profile(how, STATEMENT)
        return ReadFile(profile=profile.as_told(), lines=_lines(statement_lines(file, profile)))


def _profile(how: HowWritten, kind: FileKind) -> Profile:
    if how.profile is None:
        return Profile(kind=kind, form=how.form)
    try:
        return profile_in(how.profile, kind, form=how.form)
    except ProfileError as error:
        raise ProfileMisfitError(str(error)) from error


def _lines(lines: Iterator[FileLine]) -> Iterator[FileLine]:
    try:
        yield from lines
    except ProfileError as error:
        raise ProfileMisfitError(str(error)) from error
