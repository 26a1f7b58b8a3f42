"""Where a sale was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_PLACE_CHARS: Final = 32
PLACE: Final = re.compile(r"[!-~]{1,32}\Z", re.ASCII)
"""What may name a store, a till or a series of numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sale was made, as far as it was told: store, till, series of its numbers."""

    store: str | None = None
    till: str | None = None
    series: str | None = None

    def __post_init__(self) -> None:
        for told in (self.store, self.till, self.series):
            if told is not None and not is_place(told):
                raise ValueError(f"a place has 1 to {MAX_PLACE_CHARS} visible ASCII characters")


NOWHERE: Final = Place()
"""Of a sale that tells nothing of its place."""


def is_place(text: object) -> bool:
    """Whether this may name a store, a till or a series: 1 to 32 visible ASCII characters."""
    return isinstance(text, str) and PLACE.match(text) is not None
