"""Reading the instant of a sale: a merchant's wall clock or an explicit offset, to UTC."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z", re.ASCII)
_FORM: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]{1,30}))?)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z",
    re.ASCII,
)
_USUAL: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z?\Z", re.ASCII
)
"""As most tills write it, which the standard library reads as we do, six times as fast."""

_SECOND: Final = timedelta(seconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WALL: Final = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall clock)


class NoSuchInstant(ValueError):  # noqa: N818 (named by what is wrong)
    """Well formed, but no such date, time, offset or local time exists."""

    def __str__(self) -> str:
        return "no such date, time, offset or local time exists"


class NotAnInstant(ValueError):  # noqa: N818 (named by what is wrong)
    """Not the form YYYY-MM-DD HH:MM[:SS[.fraction]][offset]."""

    def __str__(self) -> str:
        return "an instant is written YYYY-MM-DD HH:MM[:SS[.fraction]][offset]"


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An aware UTC instant out of `YYYY-MM-DD HH:MM` or the same with a T, as ISO 8601 has it.

    Then may come seconds, with a fraction behind a point or comma that is kept to the microsecond,
    and an offset: Z, ±HH:MM, ±HHMM or ±HH. Without one the text is a wall clock in `zone`: of an
    ambiguous time (clocks set back) the earlier instant is meant, and a time that the clocks
    skipped does not exist. Raises NotAnInstant or NoSuchInstant.
    """
    instant, _ = parse_wall_clock(text, zone)
    return instant


def parse_wall_clock(
    text: str, zone: ZoneInfo, *, skipped: bool = False
) -> tuple[datetime, datetime | None]:
    """The instant as `parse_instant` reads it, and the naive wall clock of a text without offset.

    With `skipped` a time that the clocks skipped is read by the offset before. Raises NotAnInstant
    or NoSuchInstant.
    """
    if _USUAL.match(text) is not None:
        try:
            told = datetime.fromisoformat(text)
            return _from_told(told, zone, skipped=skipped)
        except (ValueError, OverflowError) as error:
            raise NoSuchInstant from error
    found = _FORM.match(text)
    if found is None:
        raise NotAnInstant
    year, month, day, hour, minute = map(int, found.group(1, 2, 3, 4, 5))
    second = int(found.group(6) or 0)
    fraction, offset = found.group(7), found.group(8)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        wall = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 (zone follows)
        if offset is None:
            return _from_told(wall, zone, skipped=skipped)
        return wall.replace(tzinfo=_offset(offset)).astimezone(UTC), None
    except (ValueError, OverflowError) as error:
        raise NoSuchInstant from error


def parse_bound(text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    """The bound of a half-open span of time: an instant, or a day in `zone` for all of it.

    A day is `YYYY-MM-DD`. As the first bound it is the day's first instant, as the `end` the first
    one after it, so that a span from a day to the same day is that day, however long the clocks
    make it. Raises NotAnInstant or NoSuchInstant.
    """
    found = _DATE.match(text)
    if found is None:
        return parse_instant(text, zone)
    try:
        day = date(*map(int, found.groups()))
        return _start_of_day(day + timedelta(days=1) if end else day, zone)
    except (ValueError, OverflowError) as error:
        raise NoSuchInstant from error


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one: 2026-01-02T03:00:00Z."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat()[:-6]}Z"  # less its +00:00


def refuse_naive(instant: object, what: str) -> None:
    """Raise ValueError for anything but an instant with an offset: nobody knows when that is."""
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise ValueError(f"{what} is an aware instant, with an offset")


def _from_told(
    told: datetime, zone: ZoneInfo, *, skipped: bool
) -> tuple[datetime, datetime | None]:
    """An instant, and the wall clock in `zone` if that is what was told.

    Reckoned as differences: `replace`, which says the same, takes five times as long.
    """
    if told.tzinfo is not None:
        return told, None
    offset = zone.utcoffset(told)  # the earlier one's: `fold` is 0
    assert offset is not None
    instant = _EPOCH + (told - _EPOCH_WALL - offset)
    if not skipped and instant.astimezone(zone).utcoffset() != offset:
        raise NoSuchInstant  # the clocks jumped over it
    return instant, told


def _start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant whose date in `zone` is `day`, or later where clocks skip it whole."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a wall clock)
    late = midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)
    early = midnight.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # Of a midnight that comes twice the first counts. One that the clocks skip is read by the
    # offset before (late) or after (early) the jump, which lies between: found by halves.
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < midnight:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _offset(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if minutes > 59:
        raise NoSuchInstant
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)
