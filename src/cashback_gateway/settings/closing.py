"""The settings of closing days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting

if TYPE_CHECKING:
    from pathlib import Path


@concern
class ClosingSettings:
    """Closing days: the key of the signatures, and when."""

    key_file: Path | None = setting("CASHBACK_CLOSE_KEY_FILE", kinds.READABLE_FILE, default=None)
    """The Ed25519 private key (PEM) that closes are signed with, another one than tokens';
    absent: a worker closes no day; `run` makes one for local use.
    """
    after_min: int = setting(
        "CASHBACK_CLOSE_AFTER_MIN", kinds.whole(10, 1_440, of=" of minutes"), default=10
    )
    """How long a day is over before a worker closes it, at least."""
