"""How long an answer asks us to wait (RFC 9110, section 10.2.3)."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

_MOST_DIGITS: Final = 12
"""More digits are read as 10**12 seconds, which is for ever: callers clamp it anyway."""


def parse_retry_after(value: str, *, answered: str | None) -> float | None:
    """The seconds to wait from now, at least 0; None for a value that is neither form.

    `value` is whole seconds or an HTTP-date. A date is taken relative to the answer's own Date
    header (`answered`) where that is readable, so that a provider's wrong clock does no harm;
    otherwise to ours.
    """
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _MOST_DIGITS else float(10**_MOST_DIGITS)
    until = _epoch_s(value)
    if until is None:
        return None
    now = None if answered is None else _epoch_s(answered)
    return max(0.0, until - (time.time() if now is None else now))


def _epoch_s(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        # "-0000" and a missing zone give a naive datetime; HTTP dates are always UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
