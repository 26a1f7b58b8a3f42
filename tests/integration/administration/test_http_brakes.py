"""Stops, ceilings, rates to be confirmed and what they paid, over HTTP on a real database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.people.roles import Role
from integration.administering import AdministeredApi, add_user, administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fakes.api import Answered

WRONG = "the rate has a digit too many"


@pytest.fixture
async def api(dsn: str) -> AsyncGenerator[AdministeredApi, None]:
    async with administered_api(dsn) as api:
        add_user(dsn, "petra", merchant_id=None, role="platform")
        users = api.identities.users
        users["petra"] = replace(
            users["adam"], username="petra", merchant_id=None, role=Role.PLATFORM
        )
        yield api


async def test_a_type_is_stopped_told_and_lifted(api: AdministeredApi) -> None:
    put_on = await api.ask("POST", "/api/stops", {"type": "A", "reason": WRONG})
    assert put_on.status == 201
    stop = put_on.json()
    assert (stop["type"], stop["merchant"], stop["stopped_by"]) == ("A", "demo", "adam")
    assert put_on.headers["location"] == f"/api/stops/{stop['id']}"
    again = await api.ask("POST", "/api/stops", {"type": "A", "reason": WRONG})
    assert (again.status, again.json()["code"]) == (409, "already_exists")
    assert (await api.ask("GET", "/api/stops?standing=true")).json()["items"] == [stop]
    lift = f"/api/stops/{stop['id']}/lift"
    assert (await api.ask("POST", lift, {"reason": "mine"}, by="otto")).status == 404
    lifted = await api.ask("POST", lift, {"reason": "right again"})
    assert (lifted.status, lifted.json()["lift_reason"]) == (200, "right again")
    twice = await api.ask("POST", lift, {"reason": "right again"})
    assert (twice.status, codes(twice)) == (409, {"": "stop_lifted"})
    assert (await api.ask("GET", "/api/stops?standing=true")).json()["items"] == []
    assert (await api.ask("GET", f"/api/stops/{stop['id']}")).json() == lifted.json()


async def test_a_stop_of_the_platforms_is_the_platforms_to_lift(api: AdministeredApi) -> None:
    put_on = await api.ask(
        "POST", "/api/stops", {"merchant": "demo", "reason": "fraud"}, by="petra"
    )
    assert put_on.status == 201
    stop = put_on.json()
    assert (stop["type"], stop["by_platform"]) == (None, True)
    lift = f"/api/stops/{stop['id']}/lift"
    refused = await api.ask("POST", lift, {"reason": "please"}, accept_language="pt")
    assert (refused.status, codes(refused)) == (409, {"": "platforms_stop"})
    assert "plataforma" in refused.json()["errors"][0]["detail"]
    assert (await api.ask("POST", lift, {"reason": "settled"}, by="petra")).status == 200


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"/reason": "required"}),
        ({"reason": " "}, {"/reason": "reason_format"}),
        ({"reason": "of 529.982.247-25"}, {"/reason": "reason_document"}),
        ({"reason": WRONG, "type": "Z"}, {"/type": "no_such_type"}),
        ({"reason": WRONG, "type": "a b"}, {"/type": "no_such_type"}),
        ({"reason": WRONG, "merchant": "other"}, {"/merchant": "unknown_field"}),
        ({"reason": 1, "type": 2}, {"/reason": "wrong_type", "/type": "wrong_type"}),
    ],
)
async def test_what_is_wrong_with_a_stop_is_told(
    api: AdministeredApi, body: Any, wrong: dict[str, str]
) -> None:
    answer = await api.ask("POST", "/api/stops", body)
    assert (answer.status, codes(answer)) == (422, wrong)
    assert (await api.ask("GET", "/api/stops")).json()["items"] == []


async def test_ceilings_are_the_merchants_own(api: AdministeredApi) -> None:
    merchant = (await api.ask("GET", "/api/merchants/demo")).json()
    assert (merchant["max_cashback_centavos"], merchant["max_day_centavos"]) == (None, None)
    patch = {"max_cashback_centavos": 5_000, "max_day_centavos": 100_000}
    changed = await api.ask("PATCH", "/api/merchants/demo", patch, if_match="*")
    assert changed.status == 200
    assert {name: changed.json()[name] for name in patch} == patch
    none = {"max_day_centavos": None}
    assert (await api.ask("PATCH", "/api/merchants/demo", none, if_match="*")).json()[
        "max_day_centavos"
    ] is None
    wrong = {"max_cashback_centavos": -1, "max_day_centavos": 1.5}
    refused = await api.ask("PATCH", "/api/merchants/demo", wrong, if_match="*")
    assert codes(refused) == dict.fromkeys(
        ("/max_cashback_centavos", "/max_day_centavos"), "whole_number"
    )


async def test_a_new_merchant_takes_sales_of_thirty_days(api: AdministeredApi) -> None:
    made = await api.ask("POST", "/api/merchants", {"slug": "new", "name": "New"}, by="petra")
    assert (made.status, made.json()["max_sale_age_days"]) == (201, 30)


async def test_an_unusual_rate_is_said_twice(api: AdministeredApi) -> None:
    high = {"type": "E", "rate_bp": 2_001}
    refused = await api.ask("POST", "/api/product-types", high, accept_language="pt")
    assert (refused.status, codes(refused)) == (422, {"/confirm_rate_bp": "rate_unconfirmed"})
    assert "confirm_rate_bp: 2001" in refused.json()["errors"][0]["expected"]
    other = await api.ask("POST", "/api/product-types", {**high, "confirm_rate_bp": 2_000})
    assert codes(other) == {"/confirm_rate_bp": "rate_unconfirmed"}
    made = await api.ask("POST", "/api/product-types", {**high, "confirm_rate_bp": 2_001})
    assert made.status == 201
    tenfold = {"rate_bp": 1_000, "starts_at": "2090-01-01T00:00:00Z"}  # B pays 100
    path = "/api/product-types/B/rates"
    refused = await api.ask("POST", path, tenfold)
    assert codes(refused) == {"/confirm_rate_bp": "rate_unconfirmed"}
    assert len((await api.ask("GET", path)).json()["items"]) == 1
    assert (await api.ask("POST", path, {**tenfold, "rate_bp": 999})).status == 201
    alone = await api.ask("POST", "/api/product-types", {"type": "F", "confirm_rate_bp": 1})
    assert codes(alone) == {"/confirm_rate_bp": "rate_needs_both"}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("type=A", {"": "search_unbounded"}),
        ("rate_version=1", {"/type": "type_and_rate_version"}),
        ("type=A&rate_version=0", {"/rate_version": "whole_number"}),
        ("type=&rate_version=1", {"/type": "type_format"}),
    ],
)
async def test_a_rate_is_named_by_type_and_version(
    api: AdministeredApi, query: str, wrong: dict[str, str]
) -> None:
    refused = await api.ask("GET", f"/api/cashbacks?{query}")
    assert codes(refused) == wrong


def codes(answer: Answered) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}
