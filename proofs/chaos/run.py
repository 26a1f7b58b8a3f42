"""One chaos run: load and faults, then quiet, then the three ledgers."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import psycopg

from chaos.calls import call
from chaos.closed_days import read_closed_days, wrong_days
from chaos.invariants import Ledgers, shown, unpaid_or_paid_twice, violations
from chaos.ledgers import (
    OPEN,
    read_database,
    read_incidents,
    read_provider,
    read_readings,
    read_told,
)
from chaos.profile import BROKEN_ANSWERS, DEADLINE_S, LATE_S, instructions
from chaos.report import Outcome
from chaos.roles import Roles
from chaos.slow_backends import SlowBackends
from chaos.spelling import ZONES
from chaos.system import APIS, PASSWORD, System

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from chaos.account import Account
    from chaos.erp import Erp
    from chaos.roles import Options

_LOOK_S: Final = 0.1
_ASKED_AGAIN: Final = 200
_ZONE_S: Final = 3.0


def run(options: Options) -> Outcome:
    """Start everything, do it, stop everything. Raises ChaosError when the run itself failed."""
    with System(mutant=options.mutant, echoes=options.has_references) as system:
        try:
            return asyncio.run(_run(system, options))
        finally:
            if options.logs is not None:
                system.save_logs(options.logs)


async def _run(system: System, options: Options) -> Outcome:
    await asyncio.to_thread(_misbehave, system, options.seed)
    roles = Roles.of(system, options, await asyncio.to_thread(_token, system))
    book = roles.erp.book
    stop_selling, stop_watching = asyncio.Event(), asyncio.Event()
    slow = SlowBackends(system)
    async with asyncio.TaskGroup() as background:
        background.create_task(roles.injector.keep_alive(stop_watching))
        background.create_task(roles.person.run(stop_watching))
        background.create_task(_move_about(system, stop_watching))
        background.create_task(_strike(slow))
        selling = background.create_task(
            roles.erp.sell(tills=options.tills, think_s=options.think_s, stop=stop_selling)
        )
        await asyncio.gather(
            roles.injector.run(options.seconds), roles.account.run(options.seconds)
        )
        stop_selling.set()
        slow.stop.set()
        quiet_at = time.monotonic()
        await asyncio.to_thread(_behave, system)
        waits_s = tuple(book.waits_s)
        found = await _snapshot_violations(system, roles.account)
        await selling
        # A mutant that is caught already need not come to rest as well.
        patience_s = 0.0 if found and options.mutant is not None else options.patience_s
        left_open = await _converge(system, quiet_at + patience_s)
        converged_s = time.monotonic() - quiet_at
        if not left_open:
            # A late credit still on its way would be counted a moment too early.
            await asyncio.sleep(max(0.0, LATE_S + DEADLINE_S - converged_s))
            await _explained(system, rest_at := datetime.now(UTC), patience_s)
        else:
            rest_at = datetime.now(UTC)
        await _ask_again(roles.erp, roles.random)
        stop_watching.set()
    ledgers = await asyncio.to_thread(_ledgers, system, roles, rest_at)
    days = await asyncio.to_thread(read_closed_days, system, datetime.now(UTC))
    found += [f"answer: {outrage}" for outrage in book.outrages]
    if left_open:
        found.append(f"10: open {converged_s:.0f} s after the last fault: {left_open}")
    return Outcome.of(
        roles,
        waits_s=waits_s,
        converged_s=converged_s,
        ledgers=ledgers,
        days=replace(days, stood=slow.stood),
        violations=(*found, *violations(ledgers), *shown(wrong_days(days))),
    )


def _ledgers(system: System, roles: Roles, rest_at: datetime) -> Ledgers:
    return Ledgers(
        sales=roles.erp.book.sales,
        told=read_told(roles.erp.book),
        rows=read_database(system.dsn),
        credits=read_provider(system.url("sandbox")),
        incidents=read_incidents(system.dsn),
        readings=read_readings(system.dsn),
        lies=roles.account.lies,
        mistaken=roles.account.mistaken,
        echoes=roles.account.echoes,
        quiet_at=rest_at,
    )


async def _snapshot_violations(system: System, account: Account) -> list[str]:
    """Conservation of money in the middle of everything: the provider, the database, again."""

    def look() -> list[str]:
        before = read_provider(system.url("sandbox"))
        rows = read_database(system.dsn)
        after = read_provider(system.url("sandbox"))
        wrong = account.mistaken | account.refused
        found = unpaid_or_paid_twice(rows.values(), before, after, mistaken=wrong)
        return shown(f"during: {violation}" for violation in found)

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


async def _explained(system: System, since: datetime, patience_s: float) -> None:
    """Wait until a statement that was asked for since then leaves nothing to a later one."""
    until = time.monotonic() + patience_s

    def look() -> bool:
        readings = read_readings(system.dsn)
        return any(
            r.kind == "recent" and r.asked_at >= since and r.distrust is None for r in readings
        )

    while not await asyncio.to_thread(look):
        if time.monotonic() > until:
            return
        await asyncio.sleep(_LOOK_S)


async def _move_about(system: System, stop: asyncio.Event) -> None:
    """Correct the merchant's zone now and then: a sale by the wall clock stays one."""
    for zone in itertools.cycle(ZONES):
        if stop.is_set():
            return
        with suppress(psycopg.Error):  # the database is away
            await asyncio.to_thread(system.move_to, zone)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _ZONE_S)


async def _strike(slow: SlowBackends) -> None:
    """In a thread, which ends with the task, whatever ends that."""
    try:
        await asyncio.to_thread(slow.run)
    finally:
        slow.stop.set()


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
    call(url, instructions(seed))
    for document, behaviour in BROKEN_ANSWERS.items():
        call(url, {"document": document, "behaviour": behaviour})


def _behave(system: System) -> None:
    call(system.url("sandbox") + "/behaviours", method="DELETE")


def _token(system: System) -> str:
    body = {"username": "demo", "password": PASSWORD}
    return str(call(system.url(APIS[0]) + "/api/token", body)["access"])
