"""How far the statements reach that were taken into the provider's ledger, to their first gap."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from cashback_core.reconciliation.windows import Window

NEWEST: Final = 500
"""It is told of so many statements, those asked for last: some three weeks of hourly ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReach:
    """From `since` to `through` everything is told; nothing is from there to `resumes_at`.

    `resumes_at` is None where there is no gap. `last` is the end of all that is told, whatever gaps
    lie before it.
    """

    since: datetime
    through: datetime
    resumes_at: datetime | None
    last: datetime

    @classmethod
    def of(cls, windows: Iterable[Window]) -> Self | None:
        """Of complete statements together, of which two that touch leave no gap; None of none."""
        spans = sorted((window.since, window.through) for window in windows)
        if not spans:
            return None
        since, through = spans[0]
        resumes_at = None
        for begins, ends in spans:
            if begins > through:
                resumes_at = begins
                break
            through = max(through, ends)
        last = max(ends for _, ends in spans)
        return cls(since=since, through=through, resumes_at=resumes_at, last=last)
