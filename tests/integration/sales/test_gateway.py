"""A sale's whole way through real processes: HTTP, core, database, provider, stored answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from integration.journeys import credits_of, fresh_cpf, read, sale, wait_for

if TYPE_CHECKING:
    from integration.running import Gateway


def test_a_sale_is_paid_once_and_answered_with_its_record(gateway: Gateway) -> None:
    sent = sale()
    reply = gateway.submit(sent)
    assert reply.status == 201
    assert reply.headers["location"] == f"/api/cashbacks/{reply.json['id']}"
    assert reply.json["status"] == "applied"
    assert reply.json["cashback"] == "1.40"
    assert [p["cashback"] for p in reply.json["products"]] == ["0.50", "0.90"]
    assert reply.json["provider"]["message"] == "Cashback criado com sucesso!"
    assert credits_of(gateway, sent["customer"]["document"]) == ["1.40"]
    record = read(gateway, reply)
    assert [e["to_status"] for e in record["events"]] == ["pending", "sending", "applied"]
    assert [a["result"] for a in record["attempts"]] == ["applied"]


def test_a_replay_of_a_final_answer_is_the_same_bytes(gateway: Gateway) -> None:
    sent = sale()
    first = gateway.submit(sent, Idempotency_Key="bytes-1")
    again = gateway.submit(sent, Idempotency_Key="bytes-1")
    assert (first.status, again.status) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.body == first.body


@pytest.mark.parametrize("named_by", ["key", "sale_id"])
def test_fifty_simultaneous_equal_requests_are_one_cashback_and_one_credit(
    gateway: Gateway, named_by: str
) -> None:
    document = fresh_cpf()
    headers = {"Idempotency_Key": f"fifty-{document[::-1]}"} if named_by == "key" else {}
    more = {} if named_by == "key" else {"sale_id": f"fifty-{document[::-1]}"}
    with ThreadPoolExecutor(50) as pool:
        sent = [pool.submit(gateway.submit, sale(document, **more), **headers) for _ in range(50)]
        replies = [future.result() for future in sent]
    assert {r.status for r in replies} == {201}
    assert len({r.body for r in replies}) == 1
    assert sum("idempotent-replayed" not in r.headers for r in replies) == 1
    assert credits_of(gateway, document) == ["1.40"]
    assert gateway.rows("select count(*) from sales where document = %s", document) == [(1,)]


def test_fifty_simultaneous_equal_sales_without_a_name_are_one_credit(gateway: Gateway) -> None:
    document = fresh_cpf()
    with ThreadPoolExecutor(50) as pool:
        sent = [pool.submit(gateway.submit, sale(document)) for _ in range(50)]
        replies = [future.result() for future in sent]
    assert sorted(r.status for r in replies) == [201] + [409] * 49
    [winner] = [r for r in replies if r.status == 201]
    assert {r.json["record"]["id"] for r in replies if r.status == 409} == {winner.json["id"]}
    assert credits_of(gateway, document) == ["1.40"]


def test_respond_async_answers_at_once_and_the_worker_pays(gateway: Gateway) -> None:
    sent = sale()
    reply = gateway.submit(sent, Prefer="respond-async")
    assert reply.status == 202
    assert reply.json["status"] == "pending"
    assert reply.headers["preference-applied"] == "respond-async"
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "the worker delivers")
    assert [a["deliverer"] for a in read(gateway, reply)["attempts"]] == ["worker"]
    assert credits_of(gateway, sent["customer"]["document"]) == ["1.40"]


def test_a_bounded_wait_ends_and_the_attempt_goes_on(gateway: Gateway) -> None:
    sent = sale()
    gateway.misbehave(
        document=sent["customer"]["document"], behaviour="late_apply", times=1, late_s=1.0
    )
    reply = gateway.submit(
        sent, Prefer="wait=0", Idempotency_Key=f"wait-{sent['customer']['document'][::-1]}"
    )
    assert reply.status == 202
    assert reply.json["status"] == "sending"
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "the attempt ends by itself")
    again = gateway.submit(sent, Idempotency_Key=f"wait-{sent['customer']['document'][::-1]}")
    assert again.status == 201
    assert credits_of(gateway, sent["customer"]["document"]) == ["1.40"]


def test_a_refused_sale_leaves_no_trace(gateway: Gateway) -> None:
    bad = sale(total="100.01", sale_id="free-again")
    reply = gateway.submit(bad, Idempotency_Key="free-again")
    assert reply.status == 422
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert gateway.rows("select from sale_names where name = 'free-again'") == []
    good = gateway.submit(sale(sale_id="free-again"), Idempotency_Key="free-again")
    assert good.status == 201


@pytest.mark.parametrize(
    ("behaviour", "status", "result", "paid"),
    [
        ("error_500_applied", "in_doubt", "unknown", ["1.40"]),
        ("error_500", "in_doubt", "unknown", []),
        ("reset_after_apply", "in_doubt", "unknown", ["1.40"]),
        ("refused_422", "rejected", "refused", []),
        ("short_201", "applied", "applied", ["1.40"]),
        ("garbage_201", "applied", "applied", ["1.40"]),
        ("another_document_201", "in_doubt", "unknown", ["1.40"]),
    ],
)
def test_what_the_provider_does_decides_and_is_told(
    gateway: Gateway, behaviour: str, status: str, result: str, paid: list[str]
) -> None:
    sent = sale()
    gateway.misbehave(document=sent["customer"]["document"], behaviour=behaviour)
    reply = gateway.submit(sent)
    assert reply.status == (201 if status == "applied" else 202)
    assert reply.json["status"] == status
    assert read(gateway, reply)["attempts"][0]["result"] == result
    assert credits_of(gateway, sent["customer"]["document"]) == paid


def test_a_busy_provider_is_asked_again_by_the_worker(gateway: Gateway) -> None:
    sent = sale()
    gateway.misbehave(document=sent["customer"]["document"], behaviour="too_early_425", times=1)
    reply = gateway.submit(sent)
    assert (reply.status, reply.json["status"]) == (202, "pending")
    wait_for(lambda: read(gateway, reply)["status"] == "applied", "the worker tries again")
    record = read(gateway, reply)
    assert [a["result"] for a in record["attempts"]] == ["refused_for_now", "applied"]
    assert credits_of(gateway, sent["customer"]["document"]) == ["1.40"]
