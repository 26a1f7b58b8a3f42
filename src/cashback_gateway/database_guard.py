"""Is this still the database that knows what was sent? After a restore it may not be.

A database that was restored, or failed over to a copy that lagged, has forgotten attempts that
paid. Sending on from there would pay twice. So the highest position that was seen is kept in a file
outside the database, and a database that is behind it pauses the sender until an operator releases
it.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from adapters.postgres.sender import DatabaseIdentity

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.sender import PostgresSender

_log = logging.getLogger(__name__)

ACTOR = "database guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseGuard:
    """Compares the database with what was last seen of it. Without a file it does nothing."""

    sender: PostgresSender
    file: Path | None

    async def check(self) -> bool:
        """Whether the database is the one known; if not, the sender is paused now.

        Raises StoreUnavailable, and OSError or ValueError for a file that cannot be used: then
        nothing is known, and whoever asked must not send.
        """
        if self.file is None:
            return True
        known = _read(self.file)
        present = await self.sender.identity()
        reason = None if known is None else why_strange(known, present)
        if reason is not None and await self.sender.pause(by=ACTOR, reason=reason):
            _log.error("the sender is paused: %s", reason)
        _write(self.file, present)
        return reason is None


def why_strange(known: DatabaseIdentity, present: DatabaseIdentity) -> str | None:
    """Why a database may have forgotten what it knew; None if it has not."""
    if present.system_identifier != known.system_identifier:
        return "another database cluster answers"
    if present.timeline != known.timeline:
        return f"the database is on timeline {present.timeline}, it was on {known.timeline}"
    if present.flushed_lsn < known.flushed_lsn:
        behind = known.flushed_lsn - present.flushed_lsn
        return f"the database's log is {behind} bytes behind what was seen of it"
    return None


def _read(file: Path) -> DatabaseIdentity | None:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    return DatabaseIdentity(**json.loads(text))


def _write(file: Path, present: DatabaseIdentity) -> None:
    """Replace the file whole: half a file would stop everything at the next start."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(asdict(present), stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
