"""What is told of grouped commits to whoever measures them; nothing here changes what is done."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.traces import TraceContext

_log = logging.getLogger(__name__)


class Failure(StrEnum):
    """Why a transaction came to nothing."""

    CONFLICT = "conflict"
    """With others, over locks: it is tried again."""
    ROW = "row"
    """The database refused one of its rows: it is halved."""
    AWAY = "away"
    """The database does not answer."""
    BUG = "bug"
    """An error of ours: it is halved."""


class CommitObserver(Protocol):
    """Told of each transaction of the group writer, in the loop that writes: it must be quick."""

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,
        seconds: float,
        members: Sequence[TraceContext | None],
    ) -> None:
        """A group is durable; `members` are the spans that its writes belong to."""
        ...

    def failed(self, reason: Failure) -> None:
        """A transaction came to nothing; its group is tried again, halved, or told."""
        ...


@dataclass(frozen=True, slots=True)
class Commits:
    """Tells an observer, if there is one; what it raises is logged and harms no write."""

    observer: CommitObserver | None

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,
        seconds: float,
        members: Sequence[TraceContext | None],
    ) -> None:
        """A group is durable."""
        if self.observer is None:
            return
        try:
            self.observer.committed(
                sales=sales, results=results, began_ns=began_ns, seconds=seconds, members=members
            )
        except Exception:  # noqa: BLE001 (a write must not be done again for it)
            _log.exception("an observer failed")

    def failed(self, reason: Failure) -> None:
        """A transaction came to nothing."""
        if self.observer is None:
            return
        try:
            self.observer.failed(reason)
        except Exception:  # noqa: BLE001 (the same)
            _log.exception("an observer failed")
