"""The settler: on a schedule, what the provider's statement proves of cashbacks in doubt."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.ports import StatementUnavailable
from cashback_core.settlement import Statement, StatementLine
from cashback_core.statements import LineKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from cashback_core.ports import SettlementStore, StatementReading, Statements

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
            async with self.statements.since(since) as reading:
                statement = await _collected(reading)
        except StatementUnavailable as error:
            _log.warning("no statement: %s", error)
            return 0
        settlement = await self.store.settle(statement, echoes_reference=self.echoes_reference)
        if settlement.distrust is not None:
            _log.warning("the statement proves no absence: %s", settlement.distrust)
        for status, count in Counter(s.to for s in settlement.settled).items():
            _log.info("settled %d cashbacks: %s", count, status)
        return len(settlement.settled)


async def _collected(reading: StatementReading) -> Statement:
    """The statement as the settlement judges it, whole; whatever bars absence is a bad line."""
    lines: list[StatementLine] = []
    bad_lines = 0
    async for batch in reading.lines():
        for line in batch:
            if line.kind is not LineKind.CREDIT:
                bad_lines += 1
                continue
            assert line.document is not None
            assert line.cashback_centavos is not None
            assert line.credited_at is not None
            lines.append(
                StatementLine(
                    document=line.document,
                    cashback_centavos=line.cashback_centavos,
                    credited_at=line.credited_at,
                    reference=line.reference,
                )
            )
    head = reading.head
    through = head.complete_through
    return Statement(
        since=head.asked_since if head.since is None else max(head.since, head.asked_since),
        complete_through=None if through is None else min(through, head.asked_at),
        lines=tuple(lines),
        declared_count=head.declared_count,
        declared_centavos=head.declared_centavos,
        bad_lines=bad_lines + len(head.defects),
    )
