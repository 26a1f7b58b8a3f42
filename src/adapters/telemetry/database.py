"""What the database says, asked when Prometheus asks, but not each time and not for long."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Final

from adapters.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from adapters.telemetry.registry import Reading
    from cashback_core.operators.backlog import Backlog, Probed, Reconciled

LIMIT_S: Final = 4.0
"""Longest that a scrape waits; Prometheus itself gives up after ten seconds."""

KEPT_S: Final = 5.0
KEPT_TIMES: Final = 20
"""A slow reading is kept for as many times as long as it took: it costs a twentieth at most."""

_log = logging.getLogger(__name__)


class DatabaseReadings:
    """Calls `probe` in the loop that serves; scrapes come from other threads."""

    def __init__(
        self,
        probe: Callable[[], Awaitable[Probed]],
        loop: asyncio.AbstractEventLoop,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probe = probe
        self._loop = loop
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._until_s = float("-inf")
        self._kept: Probed | None = None
        self._took_s = 0.0

    def __call__(self) -> Iterator[Reading]:
        """The latest readings; without an answer of the database only that there was none."""
        with self._lock:  # two scrapes at once ask once
            if self._clock_s() >= self._until_s:
                self._read()
            kept, took_s = self._kept, self._took_s
        yield metrics.DATABASE_UP, {(): float(kept is not None)}
        yield metrics.PROBE_SECONDS, {(): took_s}
        if kept is None:
            return
        yield metrics.CLOCK_AHEAD, {(): kept.clock_ahead_s}
        yield metrics.CLOCK_ERROR, {(): kept.clock_error_s}
        if kept.backlog is not None:
            yield from _backlog(kept.backlog)

    def _read(self) -> None:
        began_s = self._clock_s()
        asked = asyncio.run_coroutine_threadsafe(self._ask(), self._loop)
        try:
            # A moment more than the probe has: its own limit fails where the loop stands still.
            self._kept = asked.result(LIMIT_S + 1)
        except (FutureTimeoutError, TimeoutError):
            asked.cancel()
            self._kept = None
        now_s = self._clock_s()
        self._took_s = now_s - began_s
        times = KEPT_TIMES if self._kept is not None else 0
        self._until_s = now_s + max(KEPT_S, times * self._took_s)

    async def _ask(self) -> Probed | None:
        try:
            async with asyncio.timeout(LIMIT_S):
                return await self._probe()
        except Exception as error:  # noqa: BLE001 (whatever it is, there is no reading)
            _log.warning("the database was not read for the metrics: %s", type(error).__name__)
            return None


def _reconciled(reconciled: Reconciled) -> Iterator[Reading]:
    standing = reconciled.standing.items()
    yield metrics.STATEMENT_INCIDENTS, {(c.value,): float(found.count) for c, found in standing}
    yield (
        metrics.STATEMENT_INCIDENT_CENTAVOS,
        {(c.value,): float(found.centavos) for c, found in standing},
    )
    yield metrics.STATEMENT_TRUSTED_AGE, {(): reconciled.trusted_age_s}
    yield metrics.STATEMENT_DISTRUSTED, {(): float(reconciled.distrusted)}
    yield metrics.PROVIDER_LEDGER_AGE, {(): reconciled.ledger_age_s}
    yield metrics.DOUBTS_OVERDUE, {(): float(reconciled.doubts_overdue)}


def _backlog(backlog: Backlog) -> Iterator[Reading]:
    counts = backlog.counts.items()
    yield metrics.OPEN, {(status.value,): float(found.count) for status, found in counts}
    yield (
        metrics.OPEN_CENTAVOS,
        {(status.value,): float(found.centavos) for status, found in counts},
    )
    yield metrics.OLDEST, {(status.value,): found.oldest_s for status, found in counts}
    yield metrics.OVERDUE, {(): backlog.overdue_s}
    yield metrics.LEASE_EXPIRED, {(): backlog.lease_expired_s}
    yield metrics.WEBHOOKS_OLDEST, {(): backlog.webhooks.oldest_s}
    yield metrics.WEBHOOKS_WAITING, {(): float(backlog.webhooks.waiting)}
    yield metrics.WEBHOOKS_DISABLED, {(): float(backlog.webhooks.disabled)}
    yield metrics.INCIDENTS, {(): float(backlog.incidents)}
    yield from _reconciled(backlog.reconciled)
    cases = backlog.cases.items()
    yield metrics.CASES, {(state.value,): float(found.count) for state, found in cases}
    yield metrics.CASES_OLDEST, {(state.value,): found.oldest_s for state, found in cases}
    yield metrics.RISKS, {(): float(backlog.risk_accepted)}
    yield metrics.NAME_DIFFERENCES, {(): float(backlog.name_differences)}
    clocks = reversed(backlog.clocks_ahead)  # of one client the furthest counts, which comes first
    yield metrics.CLIENT_CLOCKS, {(one.client,): one.ahead_s for one in clocks}
    yield metrics.PAUSED, {(): float(backlog.paused)}
    yield metrics.DATABASE_BYTES, {(): float(backlog.database_bytes)}
    yield metrics.SESSIONS, {(): float(backlog.sessions)}
    yield metrics.SESSIONS_MAX, {(): float(backlog.most_sessions)}
