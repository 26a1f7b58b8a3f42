"""The feed of a running service: waited for, left, and ended by a stop."""

from __future__ import annotations

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from select import select
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import psycopg

from cashback_core.changes.waiting import MOST_OF_CALLER
from integration.journeys import fresh_cpf, sale, wait_for
from integration.people import sign_in_people
from integration.running import STOP_S, running_gateway

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from integration.running import Gateway, Reply

SOON_S: Final = 5.0
"""A busy machine's; on an idle one it is half a second."""


def changes(gateway: Gateway, query: str, headers: dict[str, str] | None = None) -> Reply:
    reply = gateway.request("GET", f"/api/changes?{query}", headers=headers)
    assert reply.status == 200, reply.body
    return reply


def on(reply: Reply) -> str:
    return "after=" + quote(reply.json["next_cursor"])


def statuses(items: list[dict[str, Any]], id_: str) -> list[str]:
    return [i["data"]["status"] for i in items if i["data"]["cashback_id"] == id_]


def test_whoever_reads_on_is_told_all_that_becomes_of_a_sale(gateway: Gateway) -> None:
    begun = on(changes(gateway, "after=now"))
    document = fresh_cpf()
    gateway.misbehave(document=document, behaviour="too_early_425", times=1)
    id_ = gateway.submit(sale(document)).json["id"]
    found: list[dict[str, Any]] = []
    until_s = time.monotonic() + 4 * SOON_S
    while statuses(found, id_)[-1:] != ["applied"]:
        assert time.monotonic() < until_s, statuses(found, id_)
        reply = changes(gateway, f"{begun}&wait=2&limit=2")
        found += reply.json["items"]
        begun = on(reply)
    assert len({item["id"] for item in found}) == len(found)
    assert [i["data"]["sequence"] for i in found if i["data"]["cashback_id"] == id_] == list(
        range(1, len(statuses(found, id_)) + 1)
    )


def test_whoever_waits_is_told_soon_and_others_of_another_merchant_are_not(
    gateway: Gateway,
) -> None:
    people = sign_in_people(gateway)
    mine, theirs = (people.headers(m, "analyst") for m in (1, 2))
    with ThreadPoolExecutor(2) as pool:
        here = on(changes(gateway, "after=now", mine))
        told_soon = pool.submit(changes, gateway, f"{here}&wait=30", mine)
        there = on(changes(gateway, "after=now", theirs))
        elsewhere = pool.submit(changes, gateway, f"{there}&wait=2", theirs)
        sold_s = time.monotonic()
        id_ = gateway.submit(sale(fresh_cpf())).json["id"]
        told = told_soon.result(30)
        assert time.monotonic() - sold_s < SOON_S
        assert statuses(told.json["items"], id_)[0] == "pending"
        assert elsewhere.result(30).json["items"] == []


def test_a_change_is_told_although_somebody_else_is_slow_and_after_him(
    gateway: Gateway,
) -> None:
    here = on(changes(gateway, "after=now"))
    with psycopg.connect(gateway.dsn) as slow:
        slow.execute("select pg_current_xact_id()")
        id_ = gateway.submit(sale(fresh_cpf())).json["id"]
        assert changes(gateway, f"{here}&wait=1").json["items"] == []
    wait_for(
        lambda: statuses(changes(gateway, f"{here}&wait=5").json["items"], id_) != [],
        "it is told once the slow one has ended",
    )


def test_who_hangs_up_leaves_room_for_others(gateway: Gateway) -> None:
    who = quiet(gateway)
    another = sign_in_people(gateway).headers(2, "operator")
    for _ in range(2):
        with waiting(gateway, who):
            assert one_more(gateway, who) == 429
            assert one_more(gateway, another) == 200
        wait_for(lambda: one_more(gateway, who) == 200, "there is room again")


def test_a_stop_answers_who_waits_and_waits_for_nobody(dsn: str, tmp_path: Path) -> None:
    with running_gateway(dsn, tmp_path) as gateway, waiting(gateway, quiet(gateway)) as sockets:
        began_s = time.monotonic()
        gateway.processes["api"].send_signal(signal.SIGTERM)
        for one in sockets:
            with HTTPResponse(one) as reply:
                reply.begin()
                assert reply.status == 200
                assert json.loads(reply.read())["items"] == []
        assert gateway.processes["api"].wait(STOP_S) == 0
        assert time.monotonic() - began_s < 2 * SOON_S, "not until the thirty seconds are over"


def quiet(gateway: Gateway) -> dict[str, str]:
    """Somebody of a merchant that sells nothing."""
    return sign_in_people(gateway).headers(2, "analyst")


@contextmanager
def waiting(gateway: Gateway, who: dict[str, str]) -> Generator[list[socket.socket]]:
    """As many connections as may wait for one caller, each of which does."""
    parts = urlsplit(gateway.base_url)
    address = (str(parts.hostname), int(parts.port or 0))
    head = (
        "GET /api/changes?after=now&wait=30 HTTP/1.1\r\nHost: till\r\n"
        f"Authorization: {who['Authorization']}\r\n\r\n"
    ).encode()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection(address, timeout=STOP_S))
            for _ in range(MOST_OF_CALLER + 1)
        ]
        for one in sockets:
            one.sendall(head)
        refused, _, _ = select(sockets, [], [], STOP_S)
        assert [one.recv(12) for one in refused] == [b"HTTP/1.1 429"]
        yield [one for one in sockets if one not in refused]


def one_more(gateway: Gateway, who: dict[str, str]) -> int:
    return gateway.request("GET", "/api/changes?after=now&wait=1", headers=who).status
