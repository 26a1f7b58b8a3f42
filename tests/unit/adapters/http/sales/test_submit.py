from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.delivery.states import Status
from fakes.api import SALE, Api
from fakes.scripted_provider import answered, nothing_sent, unanswered

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Evidence


def another(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SALE), **changes}


def only_row(api: Api) -> Status:
    (row,) = api.store.rows.values()
    return row.status


@pytest.mark.parametrize(
    "path", ["/api/cashbacks", "/api/cashbacks/", "/api/cashback", "/api/cashback/"]
)
async def test_a_sale_that_the_provider_pays_is_answered_201_at_every_spelling_of_the_address(
    api: Api, path: str
) -> None:
    answer = await api.submit(path=path)

    assert answer.status == 201
    record = answer.json()
    assert answer.headers["location"] == f"/api/cashbacks/{record['id']}"
    assert "idempotent-replayed" not in answer.headers
    assert "preference-applied" not in answer.headers
    assert record["status"] == "applied"
    assert record["cashback"] == "1.40"
    assert [line["cashback"] for line in record["products"]] == ["0.50", "0.90"]
    assert record["provider"]["id"] == "NaN"
    assert record["applied_at"] is not None
    assert [payment.cashback_centavos for payment in api.provider.credited] == [140]


async def test_a_record_is_told_whole(api: Api) -> None:
    record = (await api.submit(another(sale_id="NF-1", total="90.00", discount="10.00"))).json()

    assert record == {
        "id": record["id"],
        "status": "applied",
        "sale_id": "NF-1",
        "invoice": None,
        "sold_at": "2026-01-02T03:00:00Z",
        "customer": {
            "document": "52998224725",
            "document_type": "cpf",
            "name": "JOSE DA SILVA",
        },
        **dict.fromkeys(("store", "till", "series", "cashier")),
        "metadata": {},
        "total": "90.00",
        "discount": "10.00",
        "surcharge": "0.00",
        "difference": "0.00",
        "payments": [],
        "products": [
            {
                "type": "A",
                "sku": None,
                "value": "10.00",
                "qty": "1",
                "difference": "0.00",
                "discount": "0.00",
                "surcharge": "0.00",
                "excluded": False,
                "amount": "10.00",
                "rate_bp": 500,
                "rate_version": 1,
                "exact": "0.45",
                "cashback": "0.45",
            },
            {
                "type": "B",
                "sku": None,
                "value": "10.00",
                "qty": "9",
                "difference": "0.00",
                "discount": "0.00",
                "surcharge": "0.00",
                "excluded": False,
                "amount": "90.00",
                "rate_bp": 100,
                "rate_version": 1,
                "exact": "0.81",
                "cashback": "0.81",
            },
        ],
        "cashback": "1.26",
        "not_due_because": None,
        "rounding": "half_even",
        "provider": {
            "status_code": 201,
            "id": "NaN",
            "message": "Cashback criado com sucesso!",
            "created_at": "2021-07-26T22:50:55.740Z",
        },
        "accepted_at": record["accepted_at"],
        "applied_at": record["applied_at"],
        "same_content_as": None,
        "name_differs": False,
        "submitted_by": "user:demo",
        "group": "user:demo",
    }


async def test_a_cashback_that_rounds_to_zero_is_final_at_once_and_nothing_is_sent(
    api: Api,
) -> None:
    line = {"type": "A", "value": "0.01", "qty": 1}
    answer = await api.submit(another(total="0.01", products=[line]))

    assert answer.status == 201
    assert answer.json()["status"] == "not_due"
    assert answer.json()["provider"] is None
    assert api.provider.payments == []


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        (nothing_sent(), "pending"),
        (answered(429), "pending"),
        (unanswered(), "in_doubt"),
        (answered(500), "in_doubt"),
        (answered(422), "rejected"),
    ],
)
async def test_a_sale_that_is_recorded_but_not_paid_is_answered_202_with_its_status(
    api: Api, evidence: Evidence, status: str
) -> None:
    api.provider.script.append(evidence)

    answer = await api.submit()

    assert answer.status == 202
    assert answer.json()["status"] == status
    assert answer.headers["location"] == f"/api/cashbacks/{answer.json()['id']}"


async def test_every_fault_of_a_sale_is_told_at_once_and_nothing_is_stored(api: Api) -> None:
    wrong = another(total="1,00", customer={"document": "11111111111", "name": ""}, colour="green")
    answer = await api.submit(wrong)

    assert answer.status == 422
    assert answer.json()["code"] == "invalid_sale"
    codes = {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert codes == {
        ("/total", "money_format"),
        ("/customer/document", "document_repeated"),
        ("/customer/name", "name_length"),
        ("/colour", "unknown_field"),
    }
    assert api.store.rows == {}


async def test_respond_async_is_answered_202_at_once_and_left_to_a_worker(api: Api) -> None:
    answer = await api.submit(Prefer="respond-async")

    assert answer.status == 202
    assert answer.json()["status"] == "pending"
    assert answer.headers["preference-applied"] == "respond-async"
    assert api.provider.payments == []


async def test_a_bounded_wait_ends_in_202_and_the_delivery_goes_on(api: Api) -> None:
    api.provider.gate.clear()
    async with asyncio.timeout(2):  # less than the application's own wait
        answer = await api.submit(Prefer="wait=0", Idempotency_Key="k-1")

    assert answer.status == 202
    assert answer.json()["status"] == "sending"
    assert answer.headers["preference-applied"] == "wait=0"

    await api.provider.asked.wait()
    api.provider.gate.set()
    assert await api.under_way.drain(timeout_s=5) == 0
    assert only_row(api) is Status.APPLIED


async def test_a_client_that_hangs_up_cancels_nothing(api: Api) -> None:
    api.provider.gate.clear()
    request = asyncio.create_task(api.submit())
    await api.provider.asked.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    api.provider.gate.set()

    assert await api.under_way.drain(timeout_s=5) == 0
    assert only_row(api) is Status.APPLIED


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(api: Api) -> None:
    api.store.away = True
    answer = await api.submit()

    assert answer.status == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["retry-after"] == "1"


async def test_a_sale_whose_commit_was_not_acknowledged_is_a_503_and_never_sent(api: Api) -> None:
    api.store.lose_next_commit = True
    first = await api.submit(Idempotency_Key="k-1")
    await api.under_way.drain(timeout_s=5)
    second = await api.submit(Idempotency_Key="k-1")

    assert first.status == 503
    assert (second.status, second.json()["status"]) == (202, "pending")
    assert api.provider.payments == []


async def test_a_quote_computes_and_stores_nothing(api: Api) -> None:
    answer = await api.submit(path="/api/cashbacks/quote/")

    assert answer.status == 200
    assert answer.json()["cashback"] == "1.40"
    assert answer.json()["products"][1]["exact"] == "0.90"
    assert api.store.rows == {}
    assert api.provider.payments == []


async def test_a_merchant_that_is_gone_takes_its_tokens_along(api: Api) -> None:
    api.identities.users["demo"] = replace(api.identities.users["demo"], merchant_id=99)
    answer = await api.submit()

    assert answer.status == 401
    assert answer.json()["code"] == "invalid_token"
