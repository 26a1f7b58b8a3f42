"""The settler: on a schedule, what the provider's statement proves of cashbacks in doubt."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.ports import StatementUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from cashback_core.ports import SettlementStore, Statements

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Fetches a statement when something is in doubt, and stores what it proves."""

    store: SettlementStore
    statements: Statements
    echoes_reference: bool
    window: timedelta
    now: Callable[[], datetime]

    async def __call__(self) -> int:
        """How many cashbacks were settled. Raises StoreUnavailable."""
        since = await self.store.doubtful_since()
        if since is None:
            return 0
        earliest = self.now() - self.window
        if since < earliest:  # a customer's first such cashback may be years old
            _log.warning("groups first tried before %s are left to an operator", earliest)
            since = earliest
        try:
            statement = await self.statements.since(since)
        except StatementUnavailable as error:
            _log.warning("no statement: %s", error)
            return 0
        settlement = await self.store.settle(statement, echoes_reference=self.echoes_reference)
        if settlement.distrust is not None:
            _log.warning("the statement proves no absence: %s", settlement.distrust)
        for status, count in Counter(s.to for s in settlement.settled).items():
            _log.info("settled %d cashbacks: %s", count, status)
        return len(settlement.settled)
