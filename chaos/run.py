"""One chaos run: load and faults, then quiet, then the three ledgers."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import psycopg

from chaos.erp import Erp
from chaos.faults import Injector
from chaos.invariants import Ledgers, shown, unpaid_or_paid_twice, violations
from chaos.ledgers import OPEN, read_database, read_provider, read_told
from chaos.profile import BROKEN_ANSWERS, DEADLINE_S, LATE_S, conduct
from chaos.report import Outcome
from chaos.system import APIS, PASSWORD, System

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos.profile import Profile

TILLS: Final = 12
THINK_S: Final = 0.15
_PATIENCE_S: Final = 60.0
"""How long the run itself goes on looking before it gives up on convergence."""

_LOOK_S: Final = 0.1
_ASKED_AGAIN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to run. `patience_s` bounds the wait for convergence."""

    profile: Profile
    seconds: float
    seed: int
    tills: int = TILLS
    think_s: float = THINK_S
    mutant: str | None = None
    patience_s: float = _PATIENCE_S
    logs: Path | None = None
    """Where the processes' logs are left."""


def run(options: Options) -> Outcome:
    """Start everything, do it, stop everything. Raises ChaosError when the run itself failed."""
    with System(mutant=options.mutant) as system:
        try:
            return asyncio.run(_run(system, options))
        finally:
            if options.logs is not None:
                system.save_logs(options.logs)


async def _run(system: System, options: Options) -> Outcome:
    random = Random(options.seed)
    await asyncio.to_thread(_misbehave, system, options.seed)
    token = await asyncio.to_thread(_token, system)
    injector = Injector(system, options.profile, random)
    erp = Erp(apis=[system.address(name) for name in APIS], token=token, random=random)
    stop_selling, stop_watching = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as background:
        background.create_task(injector.keep_alive(stop_watching))
        selling = background.create_task(
            erp.sell(tills=options.tills, think_s=options.think_s, stop=stop_selling)
        )
        await injector.run(options.seconds)
        stop_selling.set()
        quiet_at = time.monotonic()
        await asyncio.to_thread(_behave, system)
        waits_s = tuple(erp.book.waits_s)
        found = await _snapshot_violations(system)
        await selling
        # A mutant that is caught already need not come to rest as well.
        patience_s = 0.0 if found and options.mutant is not None else options.patience_s
        left_open = await _converge(system, quiet_at + patience_s)
        converged_s = time.monotonic() - quiet_at
        if not left_open:
            # A late credit still on its way would be counted a moment too early.
            await asyncio.sleep(max(0.0, LATE_S + DEADLINE_S - converged_s))
        await _ask_again(erp, random)
        stop_watching.set()
    rows = await asyncio.to_thread(read_database, system.dsn)
    ledgers = Ledgers(
        sales=erp.book.sales,
        told=read_told(erp.book),
        rows=rows,
        credits=await asyncio.to_thread(read_provider, system.url("sandbox")),
    )
    found += [f"answer: {outrage}" for outrage in erp.book.outrages]
    if left_open:
        found.append(f"10: open {converged_s:.0f} s after the last fault: {left_open}")
    return Outcome.of(
        injector=injector,
        book=erp.book,
        waits_s=waits_s,
        converged_s=converged_s,
        ledgers=ledgers,
        violations=(*found, *violations(ledgers)),
    )


async def _snapshot_violations(system: System) -> list[str]:
    """Conservation of money in the middle of everything: the provider, the database, again."""

    def look() -> list[str]:
        before = read_provider(system.url("sandbox"))
        rows = read_database(system.dsn)
        after = read_provider(system.url("sandbox"))
        return shown(f"during: {v}" for v in unpaid_or_paid_twice(rows.values(), before, after))

    return await asyncio.to_thread(look)


async def _converge(system: System, until: float) -> Mapping[str, int]:
    """Wait until nothing is open; what still is when the time is up."""

    def look() -> dict[str, int]:
        with psycopg.connect(system.dsn) as connection:
            rows = connection.execute(
                "select status, count(*) from cashbacks where status = any(%s) group by status",
                [sorted(OPEN)],
            ).fetchall()
        return dict(rows)

    while left := await asyncio.to_thread(look):
        if time.monotonic() > until:
            return left
        await asyncio.sleep(_LOOK_S)
    return {}


async def _ask_again(erp: Erp, random: Random) -> None:
    """Every sale without a final answer, to learn its end; some with one, to see it repeated."""
    book = erp.book
    last = {number: answers[-1].status for number, answers in book.answers.items()}
    final = [number for number, status in last.items() if status == 201]
    again = [number for number, status in last.items() if status not in {201, 422}]
    again += random.sample(final, min(_ASKED_AGAIN, len(final)))
    await erp.ask_again([book.sales[number] for number in again])


def _misbehave(system: System, seed: int) -> None:
    url = system.url("sandbox") + "/behaviours"
    _post(url, conduct(seed))
    for document, behaviour in BROKEN_ANSWERS.items():
        _post(url, {"document": document, "behaviour": behaviour})


def _behave(system: System) -> None:
    request = urllib.request.Request(system.url("sandbox") + "/behaviours", method="DELETE")  # noqa: S310
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own sandbox


def _token(system: System) -> str:
    body = {"username": "demo", "password": PASSWORD}
    return str(json.loads(_post(system.url(APIS[0]) + "/api/token", body))["access"])


def _post(url: str, body: object) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - an address of ours
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content
