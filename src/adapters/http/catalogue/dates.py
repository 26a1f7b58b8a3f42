"""When what is announced starts."""

from __future__ import annotations

from typing import Final

from adapters.http.wire.fields import Instant

STARTS_AT: Final = Instant(
    about="YYYY-MM-DD HH:MM[:SS] or ISO 8601; without an offset, the merchant's own time. Left out:"
    " since always, for a first one."
)
