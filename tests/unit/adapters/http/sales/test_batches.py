"""A batch over HTTP: each sale has the status and the very bytes of a request of its own."""

from __future__ import annotations

import asyncio
import copy
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.app import AppOptions
from adapters.http.sales.batch_body import MAX_BATCH_BYTES
from adapters.http.sales.batches import (
    MAX_AT_ONCE,
    MAX_OF_MERCHANT,
    MAX_OF_ONE,
    BatchesInHand,
)
from adapters.http.wire.body import read_body
from cashback_core.people.rate_limit import RateExceededError, RequestRate
from cashback_core.values.documents import cpf_check_digits
from fakes.api import SALE, Api

if TYPE_CHECKING:
    from fakes.api import Answered

PATH = "/api/cashbacks/batch"


def named(number: int, **changes: Any) -> dict[str, Any]:
    stem = f"{number + 1:09}"
    customer = {"document": stem + cpf_check_digits(stem), "name": "JOSE DA SILVA"}
    sale = {**copy.deepcopy(SALE), "sale_id": f"NF-{number}", "customer": customer}
    return {**sale, **changes}


async def send(api: Api, *sales: object, **headers: str) -> Answered:
    return await api.submit({"sales": sales}, PATH, **headers)


def results(answer: Answered) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


async def test_each_is_answered_as_by_itself_to_the_byte(api: Api) -> None:
    first = await send(api, named(1), named(2, total="1.00"), {**named(3), "x": 1}, named(4))
    told = results(first)
    assert [result["status"] for result in told] == [202, 422, 422, 202]
    assert [result.get("location") is not None for result in told] == [True, False, False, True]
    assert [r["body"].get("code", r["body"].get("status")) for r in told] == [
        "pending", "invalid_sale", "invalid_sale", "pending",
    ]  # fmt: skip
    assert told[1]["body"]["errors"][0]["pointer"] == "/total"
    for number, sale in enumerate((named(1), named(2, total="1.00"), {**named(3), "x": 1})):
        alone = await api.submit(sale, Prefer="respond-async")
        assert alone.status == told[number]["status"]
        assert alone.body in first.body
        assert alone.headers.get("location") == told[number].get("location")


async def test_what_needs_no_payment_is_final_and_what_is_sent_again_says_so(api: Api) -> None:
    cheap = named(1, total="0.01", products=[{"type": "A", "value": "0.01", "qty": 1}])
    (told,) = results(await send(api, cheap))
    assert (told["status"], told["body"]["status"]) == (201, "not_due")
    assert "replayed" not in told
    (again,) = results(await send(api, cheap))
    assert again == {**told, "replayed": True}


async def test_a_key_names_one_sale_and_the_header_none(api: Api) -> None:
    keyed = {**named(1), "idempotency_key": "k-1"}
    del keyed["sale_id"]
    other = {**named(2), "idempotency_key": "k-1"}
    bad = {**named(3), "idempotency_key": "a b"}
    told = results(await send(api, keyed, keyed, other, bad, Idempotency_Key="k-9"))
    assert [result["status"] for result in told] == [202, 202, 422, 400]
    assert told[1]["replayed"] is True
    codes = [result["body"]["code"] for result in told[2:]]
    assert codes == ["idempotency_key_reused", "idempotency_key_format"]
    alone = await api.submit(named(1, sale_id=None), Idempotency_Key="k-1")
    assert alone.headers["idempotent-replayed"] == "true"


async def test_with_a_wait_the_provider_is_called(api: Api) -> None:
    answer = await send(api, named(1), named(2), Prefer="wait=5")
    assert [result["status"] for result in results(answer)] == [201, 201]
    assert answer.headers["preference-applied"] == "wait=5"
    assert len(api.provider.payments) == 2
    plain = await send(api, named(3))
    assert "preference-applied" not in plain.headers
    asked = await send(api, named(4), Prefer="respond-async")
    assert asked.headers["preference-applied"] == "respond-async"
    assert len(api.provider.payments) == 2


async def test_problems_are_told_in_the_language_asked_for(api: Api) -> None:
    answer = await send(api, {}, Accept_Language="pt")
    (told,) = results(answer)
    assert told["body"]["title"] == "Venda inválida"
    assert answer.headers["content-language"] == "pt"


async def test_while_the_database_is_away_each_may_be_sent_again(api: Api) -> None:
    token = {"authorization": f"Bearer {api.token()}"}
    api.store.away = True
    body = json.dumps({"sales": [named(1), named(2)]}).encode()
    answer = await api.call("POST", PATH, body=body, headers=token)
    told = results(answer)
    assert [result["status"] for result in told] == [503, 503]
    assert [result["retry_after_s"] for result in told] == [1, 1]


async def test_a_bug_of_ours_is_told_of_the_one_sale_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = api.store.accept

    async def broken(submission: Any) -> Any:
        if submission.sale.sale_id == "NF-2":
            raise RuntimeError("a bug of ours")
        return await accept(submission)

    monkeypatch.setattr(api.store, "accept", broken)
    told = results(await send(api, named(1), named(2), named(3)))
    assert [result["status"] for result in told] == [202, 500, 202]
    assert told[1]["body"]["instance"].startswith("urn:uuid:")


async def test_each_sale_counts_as_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.http.sales.batches.PACED_S", 0.0)
    api = Api(options=AppOptions(wait_s=5.0, rate=RequestRate(per_s=2, burst=4)))
    told = results(await send(api, *[named(n) for n in range(9)]))
    statuses = [result["status"] for result in told]
    assert statuses == sorted(statuses)
    assert set(statuses) == {202, 429}
    taken = statuses.count(202)
    assert taken <= 4
    assert len(api.store.rows) == taken
    assert told[-1]["retry_after_s"] == 1
    assert told[-1]["body"]["code"] == "rate_exceeded"
    assert (await api.submit(named(99))).status == 429


async def test_a_caller_at_its_rate_is_waited_for() -> None:
    api = Api(options=AppOptions(wait_s=5.0, rate=RequestRate(per_s=40, burst=60)))

    async def pass_time() -> None:
        while True:
            api.clock.advance(0.1)
            await asyncio.sleep(0.01)

    passing = asyncio.create_task(pass_time())
    told = results(await send(api, *[named(n) for n in range(60)]))
    passing.cancel()
    assert {result["status"] for result in told} == {202}


async def test_a_body_has_its_own_limit_and_a_sale_that_of_a_request(api: Api) -> None:
    notes = {"metadata": {f"n{n}": "x" * 200 for n in range(5)}}
    many = [named(n, **notes) for n in range(300)]
    assert 256 * 1024 < len(json.dumps({"sales": many})) < MAX_BATCH_BYTES
    assert {result["status"] for result in results(await send(api, *many))} == {202}
    large = await send(api, "x" * MAX_BATCH_BYTES)
    assert (large.status, large.json()["code"]) == (413, "body_too_large")
    (told,) = results(await send(api, {**named(1), "cashier": "x" * 256 * 1024}))
    assert (told["status"], told["body"]["code"]) == (413, "body_too_large")


async def test_what_is_no_batch_is_refused_and_nothing_is_recorded(api: Api) -> None:
    for body, status, code in (
        (b'{"sales":[{}]', 400, "not_json"),
        (b'{"sales":[]}', 422, "invalid_request"),
        (json.dumps(named(1)).encode(), 422, "invalid_request"),
    ):
        answer = await api.call("POST", PATH, body=body)
        assert (answer.status, answer.json()["code"]) == (status, code)
    assert api.store.rows == {}


async def test_one_caller_has_only_so_many_batches_at_once(api: Api) -> None:
    api.provider.gate.clear()
    begun = [asyncio.create_task(send(api, named(n), Prefer="wait=30")) for n in range(MAX_OF_ONE)]
    await api.provider.asked.wait()
    refused = await send(api, named(9))
    assert (refused.status, refused.json()["code"]) == (429, "rate_exceeded")
    api.provider.gate.set()
    assert {results(answer)[0]["status"] for answer in await asyncio.gather(*begun)} == {201}
    assert results(await send(api, named(9)))[0]["status"] == 202


def test_a_process_has_only_so_many_batches_in_hand() -> None:
    in_hand = BatchesInHand()
    held = [in_hand.one_of(merchant) for merchant in range(MAX_AT_ONCE)]
    for one in held:
        one.__enter__()
    with pytest.raises(RateExceededError), in_hand.one_of(100):
        pass
    held[0].__exit__(None, None, None)
    with in_hand.one_of(100):
        pass


def test_no_merchant_has_all_the_places_of_a_process() -> None:
    in_hand = BatchesInHand()
    with ExitStack() as held:
        for _ in range(MAX_OF_MERCHANT):
            held.enter_context(in_hand.one_of(1))
        with pytest.raises(RateExceededError), in_hand.one_of(1):
            pass
        with in_hand.one_of(2):
            pass
    with in_hand.one_of(1):
        pass


def test_a_body_that_drips_holds_a_place_of_its_caller_alone() -> None:
    in_hand = BatchesInHand()
    with ExitStack() as dripping:
        for caller in range(2 * MAX_AT_ONCE):
            for _ in range(MAX_OF_ONE):
                dripping.enter_context(in_hand.coming_from(f"client:{caller}"))
        with pytest.raises(RateExceededError), in_hand.coming_from("client:0"):
            pass
        with in_hand.coming_from("client:more"), in_hand.one_of(1):
            pass


async def test_a_batch_takes_its_place_when_its_body_has_come(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    place = BatchesInHand.one_of

    async def reading(*given: Any, **more: Any) -> bytes:
        body = await read_body(*given, **more)
        order.append("body")
        return body

    def placing(self: BatchesInHand, merchant_id: int) -> Any:
        order.append("place")
        return place(self, merchant_id)

    monkeypatch.setattr("adapters.http.sales.batches.read_body", reading)
    monkeypatch.setattr(BatchesInHand, "one_of", placing)
    assert (await send(api, named(1))).status == 200
    assert order == ["body", "place"]
