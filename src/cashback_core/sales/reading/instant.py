"""Reading when a sale happened: by the merchant's wall clock, or with an offset."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from datetime import datetime, timedelta
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

_UNITS: Final = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
)
"""Their names are the same in every language of ours."""


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
    return instant.astimezone(rules.zone).isoformat()


def _span(ahead: timedelta) -> str:
    """How far, in the largest unit of which there are at least two."""
    for unit, name in _UNITS:
        if ahead >= 2 * unit:
            return f"{ahead // unit} {name}"
    return f"{ahead.total_seconds():.0f} s"
