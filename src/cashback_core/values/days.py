"""Days as they are written: `2026-01-31`, of the years in which there are sales."""

from __future__ import annotations

from datetime import date
from typing import Final

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""Beyond these a day is a slip of the pen, and its bounds may be no instants any more."""


def read_day(text: str) -> date | None:
    """The day that is written so; None where there is none, or none of these years."""
    if len(text) != len("2026-01-31"):  # a week's date, or one without hyphens
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY and day.isoformat() == text else None
