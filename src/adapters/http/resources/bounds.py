"""Reading the bounds of a span of time out of a query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cashback_core.values.instants import parse_bound

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_LOST_PLUS: Final = re.compile(r"(:[0-9]{2}(?:[.,][0-9]+)?) ([0-9]{2}(?::?[0-9]{2})?)\Z", re.ASCII)


def query_bound(text: str, zone: ZoneInfo, *, end: bool) -> datetime:
    """The bound that a query parameter tells, an instant or a whole day in `zone`.

    A bare + comes as a blank (that is how forms are encoded); a blank between a time and an offset
    can be nothing else. Raises NotAnInstant or NoSuchInstant.
    """
    return parse_bound(_LOST_PLUS.sub(r"\1+\2", text), zone, end=end)
