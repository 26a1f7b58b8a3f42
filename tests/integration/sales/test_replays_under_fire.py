"""Retries of one sale while the process that answered it is killed and started again."""

from __future__ import annotations

import threading
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.values.documents import cpf_check_digits
from integration.running import Gateway, Reply, running_gateway, wait_until_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

PATIENCE_S = 30.0

# Hours of operation in seconds: what a killed attempt left in doubt is settled while we wait.
TIMES = {
    "CASHBACK_DEADLINE_S": "1",
    "CASHBACK_LEASE_S": "2",
    "CASHBACK_REAPER_S": "0.1",
    "CASHBACK_BACKOFF_BASE_S": "0.2",
    "CASHBACK_BACKOFF_MAX_S": "0.5",
    "CASHBACK_SETTLER_S": "0.2",
    "CASHBACK_FREEZE_S": "0.5",
    "CASHBACK_PROVIDER_DELAY_S": "2",
    "CASHBACK_CLOCK_SKEW_S": "0.1",
}


@pytest.fixture(scope="module")
def shop(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    dsn = postgres_server.create_database("under_fire", template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp("under_fire"), **TIMES) as shop:
        yield shop


def sale(number: int) -> dict[str, Any]:
    stem = f"{555_000_000 + number:09d}"
    return {
        "sale_id": f"under-fire-{number}",
        "sold_at": "2026-01-02T03:04:05-03:00",
        "customer": {"document": stem + cpf_check_digits(stem), "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [{"type": "A", "value": "100.00", "qty": 1}],
    }


def behave(shop: Gateway, sent: dict[str, Any], behaviour: str, **more: float) -> None:
    body = {"document": sent["customer"]["document"], "behaviour": behaviour, **more}
    reply = shop.request("POST", "/behaviours", body, authorised=False, to=shop.sandbox_url)
    assert reply.status == 200, reply.body


def kill_and_restart(shop: Gateway, *, wait: bool = True) -> None:
    process = shop.processes["api"]
    process.kill()
    process.wait()
    shop.start("api", "serve")
    if wait:
        wait_until_answers(shop, shop.base_url, "/health/ready")


def credited(shop: Gateway, sent: dict[str, Any]) -> list[str]:
    document = sent["customer"]["document"]
    return [credit["cashback"] for credit in shop.credits() if credit["document"] == document]


def replay_until(shop: Gateway, sent: dict[str, Any], wanted: Callable[[Reply], bool]) -> Reply:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        reply = shop.submit(sent)
        if wanted(reply):
            return reply
        assert time.monotonic() < deadline, reply.body
        time.sleep(0.05)


def test_a_final_answer_repeats_byte_for_byte_across_restarts_of_the_api(shop: Gateway) -> None:
    sent = sale(1)
    first = shop.submit(sent, Idempotency_Key="under-fire-1")
    assert first.status == 201
    for _ in range(2):
        kill_and_restart(shop)
        by_both, by_id = shop.submit(sent, Idempotency_Key="under-fire-1"), shop.submit(sent)
        assert (by_both.status, by_id.status) == (201, 201)
        assert by_both.body == by_id.body == first.body
        assert by_both.headers["location"] == first.headers["location"]
        assert by_both.headers["idempotent-replayed"] == "true"
    assert credited(shop, sent) == ["5.00"]


def test_the_202_of_a_record_becomes_201_for_the_replay_after_it_was_paid(shop: Gateway) -> None:
    sent = sale(2)
    behave(shop, sent, "too_early_425", times=2)
    first = shop.submit(sent)
    assert (first.status, first.json["status"]) == (202, "pending")
    kill_and_restart(shop)
    paid = replay_until(shop, sent, lambda reply: reply.status == 201)
    assert paid.json["id"] == first.json["id"]
    assert paid.json["status"] == "applied"
    assert paid.headers["idempotent-replayed"] == "true"
    kill_and_restart(shop)
    assert shop.submit(sent).body == paid.body
    assert credited(shop, sent) == ["5.00"]


@pytest.mark.parametrize(("number", "behaviour"), [(3, "hang"), (4, "hang_applied")])
def test_a_sale_whose_api_was_killed_while_it_waited_is_paid_once(
    shop: Gateway, number: int, behaviour: str
) -> None:
    sent = sale(number)
    behave(shop, sent, behaviour, times=1)
    before = calls(shop)
    # The provider has the request, and the process that sent it dies without having told anybody.
    waiting = threading.Thread(target=submit_in_vain, args=(shop, sent))
    waiting.start()
    wait_for_call(shop, before)
    kill_and_restart(shop)
    waiting.join(PATIENCE_S)
    # How far it is by now is a race between the restart, the lease and the settler.
    replayed = shop.submit(sent, Prefer="wait=0")
    assert replayed.status in {201, 202}
    assert replayed.json["status"] in {"sending", "in_doubt", "pending", "applied"}
    assert replayed.headers["idempotent-replayed"] == "true"
    paid = replay_until(shop, sent, lambda reply: reply.status == 201)
    assert paid.json["id"] == replayed.json["id"]
    assert credited(shop, sent) == ["5.00"]


def test_retries_across_restarts_are_one_cashback_whoever_answers(shop: Gateway) -> None:
    sent = sale(5)
    behave(shop, sent, "late_apply", times=1, late_s=0.4)
    before = calls(shop)
    answers: list[Reply] = []
    stop = threading.Event()

    def insist() -> None:
        while not stop.is_set():
            try:
                answers.append(shop.submit(sent, Idempotency_Key="under-fire-5"))
            except (OSError, HTTPException):
                continue  # the API is away: an ERP tries again

    insisting = [threading.Thread(target=insist) for _ in range(3)]
    for thread in insisting:
        thread.start()
    wait_for_call(shop, before)
    kill_and_restart(shop)
    paid = replay_until(shop, sent, lambda reply: reply.status == 201)
    stop.set()
    for thread in insisting:
        thread.join(PATIENCE_S)
    final = [answer for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 202, 503}
    assert {answer.json["id"] for answer in answers if answer.status < 300} == {paid.json["id"]}
    assert {answer.body for answer in final} <= {paid.body}
    assert credited(shop, sent) == ["5.00"]


def submit_in_vain(shop: Gateway, sent: dict[str, Any]) -> None:
    with pytest.raises((OSError, HTTPException)):
        shop.submit(sent)


def calls(shop: Gateway) -> int:
    """How many orders have reached the provider."""
    reply = shop.request("GET", "/ledger", authorised=False, to=shop.sandbox_url)
    return int(reply.json["calls"])


def wait_for_call(shop: Gateway, before: int) -> None:
    """Until the provider has been asked once more."""
    deadline = time.monotonic() + PATIENCE_S
    while calls(shop) == before:
        assert time.monotonic() < deadline, "nothing was sent"
        time.sleep(0.01)
