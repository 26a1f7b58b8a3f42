"""Is this still the database that knows what was sent? After a restore it may not be.

A database that was restored, or failed over to a copy that lagged, has forgotten attempts that
paid. Sending on from there would pay twice. So the highest position that was seen is kept in a file
outside the database, and a database that is behind it pauses the sender until an operator releases
it.

The position in the file is seconds old, and what was sent since is not in it. So a new timeline
pauses the sender, too, but for a process that lived through the change and knows by itself how far
the log was after each commit that it sent for: where the new server had followed as far as that,
and as far as the file says, it has forgotten nothing.

What was forgotten was also told in the feed of changes, and its readers have gone on from there. So
the feed's positions are raised; where the cluster or the timeline is another, without a file, too.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from adapters.postgres.delivery.sender import DatabaseIdentity
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.postgres.delivery.feed_renewal import FeedRenewal
    from adapters.postgres.delivery.sender import PostgresSender

_log = logging.getLogger(__name__)

ACTOR = "database guard"


@dataclass(slots=True, kw_only=True)
class DatabaseGuard:
    """Compares the database with what was last seen of it; without a file, the feed's place alone.

    `position` tells how far the log was, in bytes, after what this process committed; None when it
    does not know.
    """

    sender: PostgresSender
    file: Path | None
    feed: FeedRenewal | None = None
    position: Callable[[], int | None] = lambda: None
    _seen: DatabaseIdentity | None = None

    async def check(self) -> bool:
        """Whether the database is the one known; if not, the sender is paused now.

        Raises StoreUnavailable, also for a file that cannot be used: then nothing is known, and
        whoever asked must not send.
        """
        if self.feed is not None:
            await self.feed.check()
        if self.file is None:
            return True
        try:
            # Before it is asked: that may take turns.
            known, own, position = _read(self.file), self._seen, self.position()
            present = await self.sender.identity()
            if self._seen is own:
                # What was committed meanwhile was on the server known before, too: nobody of this
                # process was let onto another one yet. What is committed there is not held
                # against what that one had followed.
                position = self.position()
            reason = _why_strange(known, own, present, position=position)
            if reason is not None:
                _log.error("the sender is paused: %s", reason)
                await self.sender.alarm(by=ACTOR, reason=reason)
                if self.feed is not None:
                    await self.feed.renew()
            # Only now: a finding that was not stored must be found again.
            _note(self.file, present, instead_of=known)
            self._seen = present
        except (OSError, ValueError, TypeError) as error:
            _log.exception("the file %s cannot be used", self.file)
            raise StoreUnavailable("the database cannot be told from another one") from error
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


def has_followed(
    known: DatabaseIdentity, present: DatabaseIdentity, *, position: int | None
) -> bool:
    """Whether the server became the next of the known one with all that was seen and committed.

    `position` is how far the log was after the last of our commits on the known one; None: unknown.
    """
    return (
        present.system_identifier == known.system_identifier
        and present.timeline == known.timeline + 1
        and present.replayed_lsn is not None
        and position is not None
        and present.replayed_lsn >= max(known.flushed_lsn, position)
    )


def _why_strange(
    known: DatabaseIdentity | None,
    own: DatabaseIdentity | None,
    present: DatabaseIdentity,
    *,
    position: int | None,
) -> str | None:
    """Held against the file, and against what this process saw: another may have noted since.

    Only whoever saw the timeline before can know what it sent there.
    """
    for seen in (known, own):
        if seen is None:
            continue
        reason = why_strange(seen, present)
        there = None if own is None else position
        if reason is not None and not has_followed(seen, present, position=there):
            return reason
    return None


def _read(file: Path) -> DatabaseIdentity | None:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    return DatabaseIdentity(**json.loads(text))


def _note(file: Path, present: DatabaseIdentity, *, instead_of: DatabaseIdentity | None) -> None:
    """Keep the highest position seen, whoever else notes at this moment.

    The file is replaced whole, since half a file would stop everything. What is strange replaces
    what it is strange to, which has been told of.
    """
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(file)
        if known is not None and known != instead_of and why_strange(known, present) is not None:
            return  # somebody saw more of it a moment ago, or told of it already
        fresh = file.with_name(f"{file.name}.new")  # nobody else's: the lock is ours
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(asdict(present), stream)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
