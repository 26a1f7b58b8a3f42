"""Batches through real processes: each sale recorded once and paid once, however often it comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from integration.journeys import credits_of, fresh_cpf, sale_of_now, wait_for
from integration.people import sign_in_people

if TYPE_CHECKING:
    from integration.running import Gateway, Reply

PATH = "/api/cashbacks/batch"


def named(document: str | None = None, **changes: object) -> dict[str, Any]:
    document = document or fresh_cpf()
    return sale_of_now(document, **{"sale_id": f"batch-{document[::-1]}", **changes})


def send(gateway: Gateway, *sales: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = gateway.request("POST", PATH, {"sales": sales}, headers=named)
    assert reply.status == 200, reply.body
    return reply


def statuses(reply: Reply) -> list[int]:
    return [result["status"] for result in reply.json["results"]]


def test_a_batch_is_recorded_once_and_paid_by_a_worker_however_often_it_comes(
    gateway: Gateway,
) -> None:
    sales = [named() for _ in range(120)]
    sales[7] = named(total="1.00")
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(send, gateway, *sales) for _ in range(2)]
        first, second = (one.result() for one in both)
    told = {
        n: {r.json["results"][n]["body"].get("id") for r in (first, second)} for n in range(120)
    }
    assert told.pop(7) == {None}
    assert all(len(ids) == 1 for ids in told.values())
    replayed = [r.json["results"][n].get("replayed") for r in (first, second) for n in told]
    assert replayed.count(True) == 119
    documents = [s["customer"]["document"] for n, s in enumerate(sales) if n != 7]
    query = "select count(*) from sales where document = any(%s)"
    assert gateway.rows(query, documents) == [(119,)]
    wait_for(lambda: set(statuses(send(gateway, *sales))) == {201, 422}, "the worker pays them")
    assert {tuple(credits_of(gateway, document)) for document in documents} == {("1.40",)}


def test_with_a_wait_it_is_paid_before_it_is_answered_and_repeats_byte_for_byte(
    gateway: Gateway,
) -> None:
    sales = [named() for _ in range(5)]
    first = send(gateway, *sales, Prefer="wait=10")
    assert statuses(first) == [201] * 5
    alone = gateway.submit(sales[3])
    assert alone.status == 201
    assert alone.headers["idempotent-replayed"] == "true"
    assert alone.body in first.body
    assert alone.headers["location"] == first.json["results"][3]["location"]


def test_one_after_the_other_in_one_batch(gateway: Gateway) -> None:
    document = fresh_cpf()
    told = named(document, sale_id=None)
    keyed = {**told, "idempotency_key": f"k-{document[::-1]}"}
    dearer = {**keyed, "discount": "1.00", "total": "99.00"}
    stranger = {**told["customer"], "name": "MARIA DE SOUZA"}
    reply = send(gateway, keyed, keyed, dearer, told, {**dearer, "customer": stranger})
    first, again, *rest = statuses(reply)
    assert (first, rest) == (202, [422, 409, 422])
    status = reply.json["results"][1]["body"]["status"]
    assert again == (201 if status == "applied" else 202), "as the first one is by then"
    codes = [result["body"].get("code") for result in reply.json["results"]]
    assert codes[2:4] == ["idempotency_key_reused", "sale_already_recorded"]
    assert reply.json["results"][1]["replayed"] is True


def test_a_batch_is_its_own_merchants_and_groups(gateway: Gateway) -> None:
    people = sign_in_people(gateway)
    sale = named()
    assert statuses(send(gateway, sale)) == [202]
    theirs = gateway.request("POST", PATH, {"sales": [sale]}, headers=people.headers(2, "erp"))
    assert statuses(theirs) == [202]
    assert theirs.json["results"][0].get("replayed") is None
    other = gateway.request("POST", PATH, {"sales": [sale]}, headers=people.headers(1, "erp"))
    (told,) = other.json["results"]
    assert (told["status"], told["body"]["code"]) == (409, "sale_id_conflict")
    assert told["body"]["errors"] == []
    assert "location" not in told
    for role in ("analyst", "platform"):
        refused = gateway.request("POST", PATH, {"sales": [sale]}, headers=people.headers(1, role))
        assert (refused.status, refused.json["code"]) == (403, "forbidden")
