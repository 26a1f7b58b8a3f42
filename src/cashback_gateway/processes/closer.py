"""Closing days by itself, as a worker does: a round, and what is logged of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from adapters.credentials.close_signer import load_close_signer
from adapters.postgres.closing.store import PostgresCloseStore
from cashback_core.closing.closing import EVERY_CHAIN, MAX_CLOSED, CloseDays, ClosedRound
from cashback_core.closing.store import FormerKey
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.processes.chain_notes import chain_notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.postgres.connection.database import Database
    from cashback_core.closing.kept import KeptClose
    from cashback_gateway.settings.table import Settings

_log = logging.getLogger(__name__)


def close_days(settings: Settings, database: Database, key_file: Path) -> CloseDays:
    """The use case. Raises BadSigningKeyError, and OSError where the key cannot be read."""
    return CloseDays(
        store=PostgresCloseStore(database),
        signer=load_close_signer(key_file),
        notes=chain_notes(settings),
        grace=timedelta(minutes=settings.closing.after_min),
        on_closed=_log_closed,
        clock=partial(datetime.now, UTC),
    )


class Closer:
    """A worker's chore; without a key it closes nothing."""

    def __init__(self, close: CloseDays | None, on_round: Callable[[ClosedRound], object]) -> None:
        self._close = None if close is None else replace(close, on_look=self._look)
        self._on_round = on_round
        self._last = ClosedRound()

    async def __call__(self) -> bool:
        """One round; whether there is more to close. Raises StoreUnavailable, FormerKey."""
        if self._close is None:
            return False
        try:
            found = await self._close()
        except OSError as error:
            _log.exception("the notes of closes cannot be used: no day is closed")
            self._tell_broken(error)
            raise StoreUnavailable("chains cannot be told from others") from error
        except FormerKey as error:
            self._tell_broken(error)
            raise
        if found.is_busy:
            return False
        self._log(found)
        self._tell(found)
        return len(found.closed) >= MAX_CLOSED

    def _log(self, found: ClosedRound) -> None:
        """What was told of a chain already is not told again."""
        last = self._last
        for name, why in found.strange.items():
            if last.strange.get(name) != why:
                _log.error("no day of %s is closed any more: %s", name, why)
        for name, why in found.failed.items():
            if last.failed.get(name) != why:
                _log.error("a day of %s cannot be closed, and is tried again: %s", name, why)
        if found.waits_for and found.behind:
            # At DEBUG nobody would see it who asks why days are open.
            _log.info("days wait for %s", ", ".join(found.waits_for))

    def _tell(self, found: ClosedRound) -> None:
        self._last = found
        self._on_round(found)

    def _tell_broken(self, error: Exception) -> None:
        """A round that closed nobody's days."""
        self._tell(replace(self._last, failed={EVERY_CHAIN: str(error)}))

    def _look(self, behind: int) -> None:
        """Whatever the round ends by, its days are told: else no alert would miss a round."""
        self._tell(replace(self._last, closed=(), behind=behind))


def closer(
    settings: Settings, database: Database, on_round: Callable[[ClosedRound], object]
) -> Closer:
    """The chore of a worker with these settings."""
    key_file = settings.closing.key_file
    if key_file is None:
        return Closer(None, on_round)
    return Closer(close_days(settings, database, key_file), on_round)


def _log_closed(kept: KeptClose) -> None:
    late = f", {kept.late} of them late" if kept.late else ""
    _log.info(
        "closed %s of %s: number %d, %d lines%s",
        kept.day,
        kept.owner.name,
        kept.number,
        kept.lines,
        late,
    )
