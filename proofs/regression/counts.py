"""Counting what a sale costs: round trips, syncs of the log, its records and bytes."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from adapters.postgres.schema.migration import migrate
from cashback_gateway.local.demo_data import load_merchant
from regression.steps import GROUP, Writes
from regression.turns import counted_turns
from regression.wal import by_place, logged, position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from adapters.postgres.embedded import EmbeddedPostgres
    from regression.turns import Turns
    from regression.wal import Logged

_WARM_UP: Final = 6
REPEATS: Final = 5
"""How often each step is done."""

_LONE: Final = 100
_GROUPED: Final = 1_000
"""The numbers that lone and grouped sales begin with; those of the warm up lie below."""

_QUIET: Final = (
    "autovacuum = off",
    "checkpoint_timeout = '1d'",
    "max_wal_size = '8GB'",
    "wal_writer_delay = '10s'",
    "bgwriter_lru_maxpages = 0",
)
"""Nothing is to work beside what is counted."""

_POLL_S: Final = 0.005
_END_S: Final = 10.0
_OTHERS: Final = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""
_SYNCS: Final = """
    select sum(fsyncs) - (
        select sum(fsyncs) from pg_stat_get_backend_io(pg_backend_pid()) where object = 'wal'
    )
    from pg_stat_io where object = 'wal' and backend_type = 'client backend'
"""
"""Of every session but our own, which syncs what it reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One commit, on the average of REPEATS; `log` holds records by table, index and kind."""

    round_trips: float
    fsyncs: float
    wal_records: float
    wal_bytes: float
    log: dict[str, float]


async def counted(
    server: EmbeddedPostgres, *, name: str = "regression", planted: LiteralString = ""
) -> dict[str, Step]:
    """Count each step on a database of its own, several times over; `planted` spoils it for a test.

    Raises NotAsMeasuredError.
    """
    dsn = server.create_database(name)
    migrate(dsn)
    merchant_id = load_merchant(dsn)
    with psycopg.connect(dsn, autocommit=True) as look:
        look.execute("create extension pg_walinspect")
        look.execute(planted)
        for setting in _QUIET:
            look.execute(f"alter system set {setting}".encode())
        look.execute("select pg_reload_conf()")
        with tempfile.TemporaryDirectory(prefix="turns-") as folder:
            async with counted_turns(dsn, Path(folder)) as turns:
                return await _steps(look, turns, merchant_id)


async def _steps(look: psycopg.Connection[Any], turns: Turns, merchant_id: int) -> dict[str, Step]:
    counting = _Counting(look, turns, merchant_id)
    lone = [[_LONE + r] for r in range(REPEATS)]
    groups = [[_GROUPED + GROUP * r + n for n in range(GROUP)] for r in range(REPEATS)]
    return {
        "a sale": await counting.step(lambda writes, n: writes.accept(n), lone),
        "its result": await counting.step(lambda writes, n: writes.conclude(n), lone),
        "a repeat": await counting.step(lambda writes, n: writes.repeat(n[0]), lone),
        "32 sales": await counting.step(lambda writes, n: writes.accept(n), groups),
        "32 results": await counting.step(lambda writes, n: writes.conclude(n), groups),
    }


class _Counting:
    """Does steps and counts them; each with a warm up of its own, on sessions of its own."""

    def __init__(self, look: psycopg.Connection[Any], turns: Turns, merchant_id: int) -> None:
        self._look = look
        self._turns = turns
        self._merchant_id = merchant_id
        self._warm = 0

    async def step(
        self,
        act: Callable[[Writes, Sequence[int]], Awaitable[None]],
        numbers: Sequence[Sequence[int]],
    ) -> Step:
        before = await self._syncs()
        async with self._warm_writes():
            pass
        between = await self._syncs()
        turns: list[int] = []
        records: list[Logged] = []
        async with self._warm_writes() as writes:
            for group in numbers:
                self._turns.taken()
                since = position(self._look)
                await act(writes, group)
                turns.append(self._turns.taken())
                records += logged(self._look, since)
        # A session tells the server's counters what it synced when it ends, so two are compared.
        fsyncs = (await self._syncs() - between) - (between - before)
        return _total(turns, records, fsyncs / REPEATS)

    @asynccontextmanager
    async def _warm_writes(self) -> AsyncGenerator[Writes, None]:
        writes = Writes(self._turns.dsn, self._merchant_id)
        await writes.open()
        try:
            for _ in range(_WARM_UP):
                self._warm += 1
                await writes.accept([self._warm])
                await writes.conclude([self._warm])
            yield writes
        finally:
            await writes.close()

    async def _syncs(self) -> int:
        """What ended sessions synced: counters are told of it at a session's end."""
        async with asyncio.timeout(_END_S):
            while self._look.execute(_OTHERS).fetchone() != (0,):  # noqa: ASYNC110 (no event tells)
                await asyncio.sleep(_POLL_S)
        self._look.execute("select pg_stat_force_next_flush()")
        row = self._look.execute(_SYNCS).fetchone()
        assert row is not None
        return int(row[0])


def _total(turns: Sequence[int], records: Sequence[Logged], fsyncs: float) -> Step:
    log = by_place(records)
    return Step(
        round_trips=statistics.median(turns),
        fsyncs=fsyncs,
        wal_records=sum(count for count, _ in log.values()) / REPEATS,
        wal_bytes=sum(length for _, length in log.values()) / REPEATS,
        log={name: count / REPEATS for name, (count, _) in log.items()},
    )
