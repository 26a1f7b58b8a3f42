"""Which date formats a profile may tell: those by which an instant is told whole, and by figures.

`strptime` drops a zone's name, takes an hour of twelve for one of the morning, and a date without a
year for one of 1900: what it would not read, or would guess, is no format here.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

EXCEL: Final = "excel"
"""Not a format: days since the end of 1899, as a spreadsheet keeps an instant."""

_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)
_ONE_OF: Final = {
    "year": "Yy", "month": "m", "day": "d", "hour": "HI", "minute": "M", "second": "S",
    "fraction": "f", "half of the day": "p", "offset": "z",
}  # fmt: skip
_MEANING: Final = {letter: what for what, letters in _ONE_OF.items() for letter in letters}
_NEEDS: Final = {"minute": "hour", "second": "minute", "fraction": "second", "offset": "minute"}


def misfit(date_format: str) -> str | None:
    """Why this is no format of a date; None for one that is."""
    letters = [letter for letter in _DIRECTIVE.findall(date_format) if letter != "%"]
    if unknown := [letter for letter in letters if letter not in _MEANING]:
        known = " ".join(f"%{letter}" for letter in _MEANING)
        return f"there is no %{unknown[0]} (there are {known} and %%)"
    told = Counter(_MEANING[letter] for letter in letters)
    if twice := [what for what, count in told.items() if count > 1]:
        return f"it tells the {twice[0]} twice"
    if missing := [what for what in ("year", "month", "day") if what not in told]:
        return f"it tells no {missing[0]}"
    for what, needed in _NEEDS.items():
        if what in told and needed not in told:
            return f"it tells the {what} and no {needed}"
    if ("I" in letters) != ("p" in letters):
        return "%I and %p go together: an hour of twelve is in one half of the day"
    return None
