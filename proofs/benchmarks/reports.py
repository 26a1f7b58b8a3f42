"""What reports cost: `python -m benchmarks.reports`, 13 minutes; `--short` half a minute.

100 closed days of 100,000 sales as they are kept, and an open day of 100,000 real ones, on the
server that `make bench` uses. First each question by itself: every report must be there in under
HIGHEST_S. Then sales are taken at 64 connections, in turns without reports and with one in each
turn, over HTTP as an analyst asks: with one a minute at most HIGHEST_LOSS of the rate may go. The
figure is the median of the turns' ratios, each pair's order changed, so that a slow minute of the
machine hits both. A short run has a report in every few seconds, and is held to nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import psycopg

from adapters.postgres.connection.database import Database
from adapters.postgres.figures.store import PostgresFigures
from benchmarks.bench_system import bench_system
from benchmarks.http_side import HOST
from benchmarks.ledgers import rows
from benchmarks.phase import WrongResultError
from benchmarks.processes import cpu_s
from benchmarks.report_days import make_kept_days, make_open_day
from cashback_core.figures.figures import Dimension, FiguresQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from benchmarks.gateway_side import Gateway

HIGHEST_S: Final = 2.0
HIGHEST_LOSS: Final = 0.05
DAYS: Final = 100
SALES: Final = 100_000
CONNECTIONS: Final = 64
_TRIES: Final = 3
_QUESTIONS: Final[dict[str, tuple[tuple[Dimension, ...], dict[Dimension, str]]]] = {
    "the total": ((), {}),
    "by day": ((Dimension.DAY,), {}),
    "by day, type": ((Dimension.DAY, Dimension.TYPE), {}),
    "by month, store, type": ((Dimension.MONTH, Dimension.STORE, Dimension.TYPE), {}),
    "by hour, type, status": ((Dimension.HOUR, Dimension.TYPE, Dimension.STATUS), {}),
    "by hour, store": ((Dimension.HOUR, Dimension.STORE), {}),
    "a store by hour, type": ((Dimension.HOUR, Dimension.TYPE), {Dimension.STORE: "7"}),
    "by client, status": ((Dimension.CLIENT, Dimension.STATUS), {}),
}


def main() -> int:
    """Return 0 when the goals are met, or were none, and 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--short", action="store_true", help="hold to no goal of the rate")
    options = parser.parse_args()
    today = datetime.now(UTC).astimezone(ZoneInfo("America/Sao_Paulo")).date()
    with bench_system() as system:
        gateway = system.gateway
        dsn = gateway.database.dsn
        _fill(dsn, today)
        gateway.held = rows(dsn)
        slowest_s = asyncio.run(_ask_all(gateway, today))
        turn_s, pairs = (4.0, 2) if options.short else (60.0, 5)
        ratios = [*_turns(gateway, today, turn_s=turn_s, pairs=pairs)]
    loss = 1 - statistics.median(ratios)
    print(f"slowest report {slowest_s:.2f} s (at most {HIGHEST_S:g})")
    print(f"a report every {turn_s:g} s takes {loss:.1%} of the rate (of one a minute at most")
    print(f"{HIGHEST_LOSS:.0%}), by turns {', '.join(f'{1 - ratio:.1%}' for ratio in ratios)}")
    return int(slowest_s > HIGHEST_S or (not options.short and loss > HIGHEST_LOSS))


def _fill(dsn: str, today: date) -> None:
    since = today - timedelta(days=DAYS)
    with psycopg.connect(dsn, autocommit=True) as owner:
        cube = make_kept_days(owner, 1, since=since, through=today - timedelta(days=1))
        make_open_day(owner, 1, today, sales=SALES, until=datetime.now(UTC))
        owner.execute("vacuum (analyze)")
        owner.execute("checkpoint")
    print(f"{DAYS} closed days in {cube:,} rows, and an open one of {SALES:,} sales", flush=True)


async def _ask_all(gateway: Gateway, today: date) -> float:
    """Each question some times; the slowest of the medians."""
    slowest_s = 0.0
    async with Database(gateway.database.dsn) as database:
        figures = PostgresFigures(database)
        for name, (by, only) in _QUESTIONS.items():
            asked = FiguresQuestion(
                since=today - timedelta(days=DAYS), through=today, by=by, only=only
            )
            count = 0
            took_s: list[float] = []
            spent_s = cpu_s(gateway.database.server_pid)
            for _ in range(_TRIES):
                begun_s = time.perf_counter()
                found = await figures.figures(1, asked)
                took_s.append(time.perf_counter() - begun_s)
                count = len(found.rows)
            slowest_s = max(slowest_s, statistics.median(took_s))
            spent_s = (cpu_s(gateway.database.server_pid) - spent_s) / _TRIES
            told = ", ".join(f"{one:.2f}" for one in took_s)
            print(
                f"{name}: {count} rows, {told} s, of which {spent_s:.2f} s of processor",
                flush=True,
            )
        begun_s = time.perf_counter()
        await figures.balance(1, datetime.now(UTC))
        print(f"a balance: {time.perf_counter() - begun_s:.2f} s", flush=True)
    return slowest_s


def _turns(gateway: Gateway, today: date, *, turn_s: float, pairs: int) -> Iterator[float]:
    """The rate of each turn with a report, of that of its neighbour without."""
    analyst = replace(gateway, username="demo-analyst")
    query = f"/api/figures?from={today - timedelta(days=DAYS)}&to={today}&by=day,type"
    gateway.measure(connections=CONNECTIONS, seconds=2.0)
    for pair in range(pairs):
        rates: dict[bool, float] = {}
        took_s: list[float] = []
        for reports in (True, False) if pair % 2 else (False, True):
            token = analyst.token()
            asking = threading.Timer(turn_s / 3, _report, (gateway, query, token, took_s))
            if reports:
                asking.start()
            phase = gateway.measure(connections=CONNECTIONS, seconds=turn_s)
            rates[reports] = phase.rate
            if reports:
                asking.join()
        if not took_s:
            raise WrongResultError("the report was not answered")
        print(
            f"{pair + 1}/{pairs}: {rates[False]:.0f} sales a second, {rates[True]:.0f} with a"
            f" report, which took {took_s[0]:.2f} s",
            flush=True,
        )
        yield rates[True] / rates[False]


def _report(gateway: Gateway, query: str, token: str, took_s: list[float]) -> None:
    begun_s = time.perf_counter()
    connection = http.client.HTTPConnection(HOST, gateway.service.port, timeout=60)
    connection.request("GET", query, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status == 200:
        took_s.append(time.perf_counter() - begun_s)
    else:
        print(f"the report: {answer.status} {body[:200]!r}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
