"""Identifiers; those made here are UUIDs of version 7 (RFC 9562): new rows lie side by side."""

from __future__ import annotations

import os
import re
import time
from typing import Final
from uuid import UUID

_UUID: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII
)


def new_id() -> UUID:
    """A UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def parse_uuid(text: str) -> UUID | None:
    """The UUID that a text writes in groups, in letters of either case; None for any other."""
    return UUID(text) if _UUID.match(text) is not None else None
