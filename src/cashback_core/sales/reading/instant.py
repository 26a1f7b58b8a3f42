"""Reading when a sale happened: by the merchant's wall clock, or with an offset."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cashback_core.sales.reading.json_object import FieldReader, Fields
from cashback_core.sales.reading.judged_by import JudgedBy
from cashback_core.sales.rules import SaleRules
from cashback_core.values.instants import (
    NoSuchInstant,
    NotAnInstant,
    parse_wall_clock,
)
from cashback_core.values.violations import show

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
"""In seconds; their names are the same in every language of ours."""

_JUST_NOW: Final = timedelta(minutes=10)
"""How old a sale may be that is sent as soon as it is made."""


class FutureCause(StrEnum):
    """Why a sale may lie in the future."""

    CLOCK_AHEAD = "clock_ahead"
    TOLD_IN_UTC = "told_in_utc"
    """Told without an offset, and made just now if it is read as UTC."""


def read_sold_at(
    reader: FieldReader, fields: Fields, by: JudgedBy
) -> tuple[datetime | None, datetime | None]:
    """The instant, and the wall clock that it was told by, if it was.

    Of a repeat a time that the zone skips is read by the offset before.
    """
    rules, now = by.rules, by.now
    text = reader.read_text(fields, "sold_at", "")
    if text is None:
        return None, None
    try:
        instant, wall = parse_wall_clock(text, rules.zone, skipped=by.is_repeat)
    except NotAnInstant:
        reader.tell("/sold_at", "sold_at_format", show(text))
        return None, None
    except NoSuchInstant:
        reader.tell("/sold_at", "sold_at_nonexistent", show(text), {"zone": rules.zone.key})
        return None, None
    if now is None:
        return instant, wall
    latest, earliest = now + rules.max_ahead, now - rules.max_age
    if instant > latest:
        limits = {
            "ahead": _span(instant - now),
            "cause": _cause(wall, now, rules),
            "latest": _local(latest, rules),
            "from": _local(instant - rules.max_ahead, rules),
        }
        reader.tell("/sold_at", "sold_at_future", show(text), limits)
    elif instant < earliest:
        limit = {"earliest": _local(earliest, rules)}
        reader.tell("/sold_at", "sold_at_too_old", show(text), limit)
    return instant, wall


def _local(instant: datetime, rules: SaleRules) -> str:
    """By the merchant's wall clock, which its tills go by, with its offset."""
    try:
        return instant.astimezone(rules.zone).isoformat()
    except OverflowError:  # the last day of all, east of UTC
        return instant.isoformat()


def _cause(wall: datetime | None, now: datetime, rules: SaleRules) -> FutureCause:
    if wall is None:
        return FutureCause.CLOCK_AHEAD
    since = now - wall.replace(tzinfo=UTC)
    in_utc = -rules.max_ahead <= since <= _JUST_NOW
    return FutureCause.TOLD_IN_UTC if in_utc else FutureCause.CLOCK_AHEAD


def _span(ahead: timedelta) -> str:
    """How far, in two units: "5 min 1 s", "2 h 59 min".

    Rounded up to a second: what is beyond a limit is never told as the limit itself.
    """
    seconds = -(-ahead // timedelta(seconds=1))
    for (unit, name), (part, name_of_part) in pairwise(_UNITS):
        if seconds >= unit:
            parts = seconds % unit // part
            return f"{seconds // unit} {name}" + (f" {parts} {name_of_part}" if parts else "")
    return f"{seconds} s"
