from __future__ import annotations

import asyncio
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.delivery.states import Actor
from cashback_core.intake.equal_sales import MAX_LISTED
from fakes.api import SALE, Api
from fakes.scripted_provider import nothing_sent

if TYPE_CHECKING:
    from cashback_core.delivery.leases import Claim


def another(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SALE), **changes}


async def test_the_same_key_and_content_repeats_the_final_answer_byte_for_byte(api: Api) -> None:
    first = await api.submit(Idempotency_Key="k-1")
    second = await api.submit(Idempotency_Key="k-1")

    assert (first.status, second.status) == (201, 201)
    assert second.body == first.body
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["location"] == first.headers["location"]
    assert len(api.provider.payments) == 1


async def test_content_is_compared_normalised_and_never_as_bytes(api: Api) -> None:
    first = await api.submit(Idempotency_Key="k-1")
    spelt_otherwise = another(
        total=100,
        sold_at="2026-01-02T00:00:00-03:00",
        customer={"document": "529.982.247-25", "name": "JOSE DA SILVA"},
    )
    second = await api.submit(spelt_otherwise, Idempotency_Key="k-1")

    assert second.body == first.body


async def test_a_replay_tells_the_present_state(api: Api) -> None:
    api.provider.script.append(nothing_sent())
    first = await api.submit(Idempotency_Key="k-1")
    (claim,) = await _claim_due(api)
    await api.under_way.start(claim, claimed_at_s=api.clock.monotonic_s(), actor=Actor.WORKER)
    second = await api.submit(Idempotency_Key="k-1")

    assert (first.status, first.json()["status"]) == (202, "pending")
    assert (second.status, second.json()["status"]) == (201, "applied")


async def test_a_replay_that_meets_its_first_in_flight_waits_for_the_same_answer(api: Api) -> None:
    api.provider.gate.clear()
    first = asyncio.create_task(api.submit(Idempotency_Key="k-1"))
    await api.provider.asked.wait()
    second = asyncio.create_task(api.submit(Idempotency_Key="k-1"))
    await asyncio.sleep(0)
    api.provider.gate.set()

    answers = [await first, await second]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert len(api.provider.payments) == 1


async def test_the_same_key_with_other_content_is_a_422_that_shows_every_difference(
    api: Api,
) -> None:
    await api.submit(Idempotency_Key="k-1")
    line = {"type": "A", "value": "100.00", "qty": 1}
    answer = await api.submit(another(products=[line]), Idempotency_Key="k-1")

    assert answer.status == 422
    problem = answer.json()
    assert problem["code"] == "idempotency_key_reused"
    by_pointer = {error["pointer"]: error for error in problem["errors"]}
    assert by_pointer["/products/0/value"]["received"] == "100.00"
    assert by_pointer["/products/0/value"]["expected"] == "10.00"
    assert len(api.store.rows) == 1


async def test_the_same_sale_id_with_other_content_is_a_409_that_shows_every_difference(
    api: Api,
) -> None:
    await api.submit(another(sale_id="NF-1"))
    line = {"type": "C", "value": "100.00", "qty": 1}
    answer = await api.submit(another(sale_id="NF-1", products=[line]))

    assert answer.status == 409
    assert answer.json()["code"] == "sale_id_conflict"
    assert {error["pointer"] for error in answer.json()["errors"]} >= {"/products/0/type"}


async def test_known_content_without_any_name_is_a_409_with_the_whole_first_record(
    api: Api,
) -> None:
    first = await api.submit()
    second = await api.submit()

    assert second.status == 409
    assert second.json()["code"] == "sale_already_recorded"
    assert second.json()["record"] == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert len(api.provider.payments) == 1


async def test_a_fresh_key_does_not_pay_the_same_content_again(api: Api) -> None:
    first = await api.submit(Idempotency_Key="k1")
    second = await api.submit(Idempotency_Key="k2")

    assert (second.status, second.json()["code"]) == (409, "sale_already_recorded")
    assert second.json()["record"] == first.json()
    assert len(api.provider.payments) == 1


@pytest.mark.parametrize("spelling", ['"k-1"', '"k-1";x=1', ' "k-1" ; v=?1'])
async def test_a_key_in_quotes_is_the_same_key(api: Api, spelling: str) -> None:
    first = await api.submit(Idempotency_Key="k-1")
    second = await api.submit(Idempotency_Key=spelling)

    assert second.headers["idempotent-replayed"] == "true"
    assert second.body == first.body


async def test_a_sale_id_that_comes_later_is_a_name_and_changes_no_byte(api: Api) -> None:
    first = await api.submit(Idempotency_Key="k1")
    by_both = await api.submit(another(sale_id="NF-1"), Idempotency_Key="k1")
    by_sale_id = await api.submit(another(sale_id="NF-1"))
    by_key = await api.submit(Idempotency_Key="k1")

    assert {a.body for a in (by_both, by_sale_id, by_key)} == {first.body}
    assert len(api.provider.payments) == 1


async def test_a_sale_id_of_another_sale_is_told_under_a_known_key(api: Api) -> None:
    await api.submit(another(sale_id="NF-1"))
    await api.submit(another(sale_id="NF-2"), Idempotency_Key="k2")
    answer = await api.submit(another(sale_id="NF-1"), Idempotency_Key="k2")

    assert (answer.status, answer.json()["code"]) == (422, "idempotency_key_reused")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["received"], error["expected"]) == ("/sale_id", "NF-1", "NF-2")


@pytest.mark.parametrize("name", ["Jos\u00e9 da Silva", "JOSE DA SILVA ", "MARIA DE SOUZA"])
async def test_the_name_is_no_part_of_the_content(api: Api, name: str) -> None:
    first = await api.submit(Idempotency_Key="k1")
    respelt = another(customer={"document": "52998224725", "name": name})
    by_key = await api.submit(respelt, Idempotency_Key="k1")
    by_content = await api.submit(respelt)

    assert by_key.body == first.body
    assert by_content.json()["code"] == "sale_already_recorded"


async def test_the_order_of_lines_is_no_part_of_the_content(api: Api) -> None:
    await api.submit()
    answer = await api.submit(another(products=SALE["products"][::-1]))

    assert answer.json()["code"] == "sale_already_recorded"


async def test_operators_see_both_tries_of_equal_content(api: Api) -> None:
    first = await api.submit(another(sale_id="NF-1"))
    refused = await api.submit(Idempotency_Key="k2")
    second = await api.submit(another(sale_id="NF-2"))
    answer = await api.get("/api/cashbacks/equals?limit=1", username="olga")
    (latest,) = answer.json()["items"]
    cursor = answer.json()["next_cursor"]
    rest = await api.get(f"/api/cashbacks/equals?limit=1&cursor={cursor}", username="olga")
    (older,) = rest.json()["items"]

    assert refused.status == 409
    assert second.json()["same_content_as"] == first.json()["id"]
    assert (latest["outcome"], older["outcome"]) == ("accepted", "refused")
    assert latest["document"] == older["document"] == "***.982.247-**"
    assert latest["second"]["id"] == second.json()["id"]
    assert (older["second"]["id"], older["second"]["idempotency_key"]) == (None, "k2")
    assert latest["first"]["id"] == older["first"]["id"] == first.json()["id"]
    assert older["first"]["sale_id"] == "NF-1"
    assert rest.json()["next_cursor"] is None
    only = await api.get("/api/cashbacks/equals?outcome=refused", username="olga")
    assert only.json()["items"] == [older]
    wrong = await api.get("/api/cashbacks/equals?outcome=paid", username="olga")
    assert wrong.status == 422


async def test_a_sender_that_insists_fills_no_list(api: Api) -> None:
    for _ in range(MAX_LISTED + 5):
        await api.submit()
    answer = await api.get("/api/cashbacks/equals", username="olga")

    assert len(answer.json()["items"]) == MAX_LISTED


async def test_the_same_content_under_another_sale_id_is_another_sale(api: Api) -> None:
    first = await api.submit(another(sale_id="NF-1"))
    second = await api.submit(another(sale_id="NF-2"))

    assert (first.status, second.status) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert len(api.provider.credited) == 2


async def test_a_customer_of_another_name_is_refused_and_the_known_name_never_told(
    api: Api,
) -> None:
    await api.submit()
    customer = {"document": "52998224725", "name": "MARIA DE SOUZA"}
    answer = await api.submit(another(customer=customer, sale_id="NF-1"))

    assert answer.status == 422
    assert answer.json()["code"] == "customer_name_mismatch"
    assert answer.json()["errors"][0]["pointer"] == "/customer/name"
    assert b"JOSE" not in answer.body


async def test_the_merchant_is_the_tokens_and_names_do_not_meet_across_merchants(api: Api) -> None:
    first = await api.submit(Idempotency_Key="k-1")
    body = json.dumps(SALE).encode()
    second = await api.call(
        "POST", "/api/cashbacks", body=body, username="other", headers={"Idempotency-Key": "k-1"}
    )

    assert (first.status, second.status) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize("key", ["", " ", "a,b", "a b", "a\tb", "\xe9", "x" * 256])
async def test_a_header_that_is_no_key_is_a_400_before_anything_is_stored(
    api: Api, key: str
) -> None:
    answer = await api.submit(Idempotency_Key=key)

    assert answer.status == 400
    assert answer.json()["code"] == "idempotency_key_format"
    assert api.store.rows == {}


async def _claim_due(api: Api) -> tuple[Claim, ...]:
    api.clock.advance(3600)
    return await api.store.claim_due(limit=1, lease_s=30)
