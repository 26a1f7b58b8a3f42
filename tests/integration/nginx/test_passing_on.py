"""What nginx does with requests when APIs die, hang, refuse or move."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.local.ports import free_port
from integration.nginx.name_server import NameServer, name_server
from integration.nginx.running_proxy import Proxy, running_proxy
from integration.nginx.stand_in_api import BUSY, GONE, StandInApi, stand_in_api

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.nginx

TRIES = 40
"""Enough that each of two addresses is the first one asked, but for 2 in 10^12."""
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Pair:
    """nginx in front of two APIs on 127.0.0.2 and 127.0.0.3."""

    proxy: Proxy
    names: NameServer
    first: StandInApi
    second: StandInApi

    def send(self, method: str, path: str = "/api/cashbacks") -> int:
        content = b"{}" if method in CHANGING else None
        return self.proxy.request(method, path, content).status

    def received(self, method: str) -> int:
        return sum(r.method == method for r in (*self.first.received, *self.second.received))


@pytest.fixture
def pair() -> Iterator[Pair]:
    port = free_port("127.0.0.2")
    with ExitStack() as stack:
        names = stack.enter_context(name_server("127.0.0.2", "127.0.0.3"))
        first = stack.enter_context(stand_in_api("127.0.0.2", port))
        second = stack.enter_context(stand_in_api("127.0.0.3", port))
        proxy = running_proxy(api=f"api.test:{port}", resolver=names.address)
        yield Pair(stack.enter_context(proxy), names, first, second)


def test_requests_are_shared_between_the_apis(pair: Pair) -> None:
    assert {pair.send("GET") for _ in range(TRIES)} == {200}
    assert pair.first.received
    assert pair.second.received
    assert pair.received("GET") == TRIES


@pytest.mark.parametrize("method", CHANGING)
def test_a_change_whose_api_dies_over_it_is_never_sent_again(pair: Pair, method: str) -> None:
    pair.first.answer = GONE
    statuses = Counter(pair.send(method) for _ in range(TRIES))
    assert set(statuses) == {200, 502}
    assert pair.received(method) == TRIES
    assert statuses[502] == len(pair.first.received)


@pytest.mark.parametrize("method", READING)
def test_a_read_whose_api_dies_over_it_is_answered_by_the_other(pair: Pair, method: str) -> None:
    pair.first.answer = GONE
    assert {pair.send(method) for _ in range(TRIES)} == {200}
    assert pair.first.received


@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
def test_nothing_fails_for_an_address_where_nobody_listens(pair: Pair, method: str) -> None:
    pair.names.addresses = ("127.0.0.2", "127.0.0.4")
    wait_until_resolved()
    assert {pair.send(method) for _ in range(TRIES)} == {200}


def test_an_address_that_swallows_packets_costs_a_second_and_no_sale(pair: Pair) -> None:
    pair.names.addresses = ("192.0.2.1", "127.0.0.2")  # nobody's (RFC 5737)
    wait_until_resolved()
    began_s = time.monotonic()
    assert [pair.send("POST") for _ in range(4)] == [200] * 4
    assert time.monotonic() - began_s < 8
    assert pair.received("POST") == 4


def test_requests_follow_containers_that_move(pair: Pair) -> None:
    pair.names.addresses = ("127.0.0.2",)
    wait_until_resolved()
    pair.first.received.clear()
    pair.second.received.clear()
    assert {pair.send("POST") for _ in range(TRIES)} == {200}
    assert pair.second.received == []

    pair.names.addresses = ("127.0.0.3",)
    wait_until_resolved()
    pair.first.received.clear()
    assert {pair.send("POST") for _ in range(TRIES)} == {200}
    assert pair.first.received == []


def test_while_there_is_no_api_at_all_the_answer_is_a_problem_and_then_all_is_well(
    pair: Pair,
) -> None:
    pair.names.addresses = ()
    wait_until_resolved()
    reply = pair.proxy.request("GET", "/api/cashbacks")
    assert (reply.status, reply.json["code"]) == (502, "bad_gateway")
    pair.names.addresses = ("127.0.0.2",)
    wait_until_resolved()
    assert pair.send("GET") == 200


def test_a_busy_api_s_reads_go_to_the_other_but_its_readiness_is_its_own(pair: Pair) -> None:
    pair.first.answer = BUSY
    assert {pair.send("GET") for _ in range(TRIES)} == {200}
    assert {pair.send("POST") for _ in range(TRIES)} == {200, 503}
    assert {pair.send("GET", "/health/ready") for _ in range(TRIES)} == {200, 503}


def test_when_both_are_busy_their_own_answer_is_passed_on(pair: Pair) -> None:
    pair.first.answer = pair.second.answer = BUSY
    assert pair.proxy.request("GET", "/api/cashbacks").body == b"busy"


def wait_until_resolved() -> None:
    """Until what nginx knew of the name has run out: `valid=1s`, counted in whole seconds."""
    time.sleep(2.1)
