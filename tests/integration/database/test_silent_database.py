"""A database that takes whatever is sent and answers nothing: everybody is told so in time."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from integration.journeys import credits_of, fresh_cpf, read, sale, wait_for
from integration.running import running_gateway
from integration.stalling_proxy import stalling_proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.running import Gateway, Reply
    from integration.stalling_proxy import StallingProxy

TOLD_S: Final = 5.0
WELL_S: Final = 30.0
STOPPED_S: Final = 20.0


def timed(ask: Callable[[], Reply]) -> tuple[float, Reply]:
    began_s = time.monotonic()
    reply = ask()
    return time.monotonic() - began_s, reply


def test_a_silent_database_is_told_in_time_and_left_for_new_connections(
    dsn: str, tmp_path: Path
) -> None:
    with (
        stalling_proxy(dsn) as proxy,
        running_gateway(
            dsn, tmp_path, DATABASE_URL=proxy.dsn, CASHBACK_DEADLINE_S="3", CASHBACK_WAIT_S="10"
        ) as gateway,
    ):
        assert gateway.submit(sale()).status == 201
        pending = gateway.submit(sale(), Prefer="respond-async")
        wait_for(lambda: read(gateway, pending)["status"] == "applied", "the worker delivers")
        old_connections_fall_silent(gateway, proxy)
        nothing_answers(gateway, proxy)
        a_stop_is_heard(gateway)


def old_connections_fall_silent(gateway: Gateway, proxy: StallingProxy) -> None:
    # One whose sale is committed, and whose payment takes until nothing is answered any more.
    committed = sale(fresh_cpf())
    document = committed["customer"]["document"]
    gateway.misbehave(document=document, behaviour="late_apply", times=1, late_s=1.0)
    with ThreadPoolExecutor(12) as pool:
        paid = pool.submit(gateway.submit, committed)
        wait_for(
            lambda: gateway.rows("select from sales where document = %s", document) != [],
            "the sale is committed",
        )
        proxy.fall_silent()
        silent_at_s = time.monotonic()
        asked = [pool.submit(timed, lambda: gateway.submit(sale())) for _ in range(8)]
        asked.append(pool.submit(timed, lambda: ready(gateway)))
        for took_s, reply in (future.result() for future in asked):
            assert took_s < TOLD_S
            assert reply.status in {200, 201, 202, 503}
            assert reply.status != 503 or reply.headers["retry-after"]
        assert paid.result().status in {201, 202}
    wait_for(lambda: gateway.submit(sale()).status == 201, "sales are taken again")
    later = gateway.submit(sale(), Prefer="respond-async")
    wait_for(lambda: read(gateway, later)["status"] == "applied", "the worker goes on")
    assert ready(gateway).status == 200
    assert time.monotonic() - silent_at_s < WELL_S
    wait_for(lambda: credits_of(gateway, document) == ["1.40"], "it is paid, once")


def nothing_answers(gateway: Gateway, proxy: StallingProxy) -> None:
    proxy.fall_silent(new_too=True)
    asks: tuple[Callable[[], Reply], ...] = (
        lambda: gateway.submit(sale()),
        lambda: ready(gateway),
        lambda: gateway.request("GET", "/api/cashbacks"),
    )
    with ThreadPoolExecutor(len(asks)) as pool:
        # First over the connections of before, and then, all at once, over none.
        for took_s, reply in (timed(asks[0]), *pool.map(timed, asks)):
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
            assert took_s < TOLD_S
    assert gateway.request("GET", "/health/live", authorised=False).status == 200


def a_stop_is_heard(gateway: Gateway) -> None:
    asked_s = time.monotonic()
    for name in ("api", "worker"):
        gateway.processes[name].send_signal(signal.SIGTERM)
    for name in ("api", "worker"):
        assert gateway.processes[name].wait(STOPPED_S) == 0
    assert time.monotonic() - asked_s < STOPPED_S


def ready(gateway: Gateway) -> Reply:
    return gateway.request("GET", "/health/ready", authorised=False)
