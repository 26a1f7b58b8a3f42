"""Product types, products and customers over HTTP, as an administrator, an operator and an ERP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from integration.administering import administered_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.api import Answered
    from integration.administering import AdministeredApi

TYPES, PRODUCTS, CUSTOMERS = "/api/product-types", "/api/products", "/api/customers"
NOWHERE = "00000000-0000-7000-8000-000000000000"
CAFE = {"sku": "CAFE", "name": "Café 500 g", "type": "A"}
ANA = {"document": "52998224725", "name": "ANA"}


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[AdministeredApi]:
    async with administered_api(dsn) as api:
        yield api


def faults(answer: Answered) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


def told(answer: Answered) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status, answer.json()["code"], error["code"]


def ahead(**more: float) -> str:
    return (datetime.now(UTC) + timedelta(**more)).isoformat()


async def test_a_type_and_its_rates(api: AdministeredApi) -> None:
    new = {"type": "E", "name": "Eletrônicos", "rate_bp": 300}
    made = await api.ask("POST", TYPES, new)
    assert (made.status, made.headers["etag"]) == (201, '"1"')
    where = made.headers["location"]
    assert where == f"{TYPES}/E"
    assert made.json()["rates"] == [
        {"version": 1, "rate_bp": 300, "starts_at": "2000-01-01T00:00:00Z", "excluded": False}
    ]
    assert told(await api.ask("POST", TYPES, new)) == (409, "already_exists", "taken")
    soon = await api.ask("POST", f"{where}/rates", {"rate_bp": 1, "starts_at": ahead(minutes=9)})
    assert told(soon) == (422, "invalid_request", "starts_at_without_notice")
    later = await api.ask("POST", f"{where}/rates", {"rate_bp": 1, "starts_at": ahead(hours=1)})
    assert (later.status, later.headers["etag"]) == (201, '"2"')
    rates = await api.ask("GET", f"{where}/rates", by="demo")
    assert [rate["rate_bp"] for rate in rates.json()["items"]] == [300, 1]
    assert (await api.ask("DELETE", f"{where}/rates/2")).status == 428
    assert (await api.ask("DELETE", f"{where}/rates/2", if_match='"1"')).status == 412
    begun = await api.ask("DELETE", f"{where}/rates/1", if_match="*")
    assert told(begun) == (409, "in_use", "change_not_latest")
    back = await api.ask("DELETE", f"{where}/rates/2", if_match='"2"')
    assert (back.status, len(back.json()["rates"])) == (200, 1)
    assert told(await api.ask("DELETE", f"{where}/rates/1", if_match="*"))[2] == "change_begun"
    for version in ("2", "0", "x", "99999999999"):
        gone = await api.ask("DELETE", f"{where}/rates/{version}", if_match="*")
        assert gone.status == 404


async def test_a_types_name_is_replaced_and_patched(api: AdministeredApi) -> None:
    where = f"{TYPES}/A"
    named = await api.ask("PUT", where, {"name": "Alimentos"}, if_match='"1"')
    assert (named.json()["name"], named.headers["etag"]) == ("Alimentos", '"2"')
    assert (await api.ask("PUT", where, {"name": "B"}, if_match='"1"')).status == 412
    bare = await api.ask("PATCH", where, {"name": None}, if_match='"2"')
    assert bare.json()["name"] is None
    assert (await api.ask("PATCH", where, {"type": "B"}, if_match="*")).status == 422
    assert (await api.call("GET", where, headers={"if-none-match": '"3"'})).status == 304


async def test_a_product_and_its_types(api: AdministeredApi) -> None:
    made = await api.ask("POST", PRODUCTS, CAFE)
    where = made.headers["location"]
    assert (made.status, made.json()["types"][0]["type"], made.json()["used"]) == (201, "A", False)
    assert told(await api.ask("POST", PRODUCTS, CAFE)) == (409, "already_exists", "taken")
    lost = await api.ask("POST", PRODUCTS, {**CAFE, "sku": "X", "type": "Z"})
    assert told(lost) == (422, "invalid_request", "no_such_type")
    change = {"type": "B", "starts_at": ahead(minutes=11)}
    changed = await api.ask("POST", f"{where}/types", change)
    assert (changed.status, [t["type"] for t in changed.json()["types"]]) == (201, ["A", "B"])
    assert told(await api.ask("POST", f"{where}/types", change))[2] == "starts_at_not_after_latest"
    in_use = await api.ask("DELETE", f"{TYPES}/B", if_match="*")
    assert told(in_use) == (409, "in_use", "type_used_by_products")
    back = await api.ask("DELETE", f"{where}/types/2", if_match='"2"')
    assert (back.status, len(back.json()["types"])) == (200, 1)
    named = await api.ask("PATCH", where, {"name": "Café moído"}, if_match='"3"')
    assert (named.json()["name"], named.json()["version"]) == ("Café moído", 4)
    assert (await api.ask("PUT", where, {}, if_match="*")).status == 422
    assert (await api.ask("DELETE", where, if_match='"4"')).status == 204
    assert (await api.ask("GET", where)).status == 404


async def test_a_type_is_excluded_for_a_while(api: AdministeredApi) -> None:
    made = await api.ask("POST", TYPES, {"type": "TOBACCO", "excluded": True})
    first = {"version": 1, "rate_bp": 0, "starts_at": "2000-01-01T00:00:00Z", "excluded": True}
    assert (made.status, made.json()["rates"]) == (201, [first])
    rates = f"{TYPES}/A/rates"
    for body in (
        {"excluded": True, "starts_at": ahead(days=1)},
        {"rate_bp": 500, "starts_at": ahead(days=2)},
        {"excluded": True, "rate_bp": 0, "starts_at": ahead(days=3)},
    ):
        assert (await api.ask("POST", rates, body)).status == 201
    told = (await api.ask("GET", rates)).json()["items"]
    assert [(rate["rate_bp"], rate["excluded"]) for rate in told] == [
        (500, False), (0, True), (500, False), (0, True),
    ]  # fmt: skip
    line = (await api.ask("GET", "/api/audit?resource=rates")).json()["items"][0]
    assert line["after"]["excluded"] is True


async def test_what_is_wrong_with_a_body_is_told_at_once(api: AdministeredApi) -> None:
    for document in (
        {"type": "a b", "name": "", "rate_bp": 10_001, "starts_at": "soon"},
        {"type": "", "name": " ", "rate_bp": -1, "starts_at": "2026-02-30 00:00:00"},
    ):
        wrong = await api.ask("POST", TYPES, document)
        assert faults(wrong) == {
            "/type": "type_format",
            "/name": "plain_text",
            "/rate_bp": "whole_number",
            "/starts_at": "instant_invalid",
        }
    alone = await api.ask("POST", TYPES, {"type": "E", "starts_at": ahead(days=1)})
    assert faults(alone) == {"/starts_at": "rate_needs_both"}
    both = await api.ask("POST", TYPES, {"type": "E", "rate_bp": 1, "excluded": True})
    assert faults(both) == {"/rate_bp": "excluded_has_rate"}
    neither = await api.ask("POST", f"{TYPES}/A/rates", {"starts_at": ahead(days=1)})
    assert faults(neither) == {"/rate_bp": "required"}
    early = {"type": "E", "rate_bp": 1, "starts_at": "1999-12-31 00:00:00Z"}
    assert (await api.ask("POST", TYPES, early)).status == 422
    nothing = await api.ask("POST", PRODUCTS, {"sku": "a b", "type": "\0", "more": 1})
    assert faults(nothing) == {
        "/name": "required",
        "/more": "unknown_field",
        "/sku": "sku_invalid",
        "/type": "no_such_type",
    }
    mistyped = await api.ask("POST", CUSTOMERS, {**ANA, "document": "52998224726"})
    assert faults(mistyped) == {"/document": "document_invalid"}
    assert b"52998224726" not in mistyped.body
    worse: list[Any] = [{"name": "ANA"}, {**ANA, "document": ""}, {**ANA, "document": 7}, []]
    for bad in worse:
        assert (await api.ask("POST", CUSTOMERS, bad)).status == 422
    for name, code in (
        ("JOS\u00c3\u2030", "name_encoding"),
        ("JOS\ufffd", "name_not_printable"),
        (" . ", "name_without_letter"),
        ("", "name_length"),
    ):
        no_name = await api.ask("POST", CUSTOMERS, {**ANA, "name": name})
        assert faults(no_name) == {"/name": code}
    assert (await api.ask("GET", CUSTOMERS)).json()["items"] == []


async def test_a_customers_name_is_corrected_by_an_operator(api: AdministeredApi) -> None:
    made = await api.ask("POST", CUSTOMERS, ANA, by="olga")
    where = made.headers["location"]
    assert ANA["document"] not in where
    found = await api.ask("GET", f"{CUSTOMERS}?document=529.982.247-25", by="anna")
    assert [item["id"] for item in found.json()["items"]] == [where.rpartition("/")[2]]
    named = await api.ask("PATCH", where, {"name": "ANA LIMA"}, by="olga", if_match='"1"')
    assert (named.json()["name"], named.headers["etag"]) == ("ANA LIMA", '"2"')
    assert told(await api.ask("POST", CUSTOMERS, ANA, by="olga"))[1] == "already_exists"
    assert (await api.ask("DELETE", where, by="olga", if_match='"2"')).status == 204
    assert (await api.ask("GET", f"{CUSTOMERS}?document=1")).status == 422


async def test_lists_have_pages_in_either_order(api: AdministeredApi) -> None:
    for number in range(5):
        name = f"Produto {9 - number}"
        await api.ask("POST", PRODUCTS, {"sku": f"S{number}", "name": name, "type": "A"})
    for query, expected in (
        ("", ["S0", "S1", "S2", "S3", "S4"]),
        ("sort=-sku&", ["S4", "S3", "S2", "S1", "S0"]),
        ("sort=name&q=PRODUTO&", ["S4", "S3", "S2", "S1", "S0"]),
        ("sort=-name&", ["S0", "S1", "S2", "S3", "S4"]),
        ("sku=S3&", ["S3"]),
        ("q=produto%205&", ["S4"]),
    ):
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await api.ask("GET", f"{PRODUCTS}?{query}limit=2{cursor}", by="demo")).json()
            seen += [item["sku"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == expected, query
    assert (await api.ask("GET", f"{PRODUCTS}?type=A")).status == 422


async def test_another_merchants_resources_are_not_there(api: AdministeredApi) -> None:
    """Same answers, byte for byte, as for what nobody has."""
    await api.ask("POST", TYPES, {"type": "E", "rate_bp": 1})
    product = (await api.ask("POST", PRODUCTS, CAFE)).headers["location"]
    customer = (await api.ask("POST", CUSTOMERS, ANA)).headers["location"]
    pairs = [
        (f"{TYPES}/E", f"{TYPES}/Nobody"),
        (product, f"{PRODUCTS}/{NOWHERE}"),
        (customer, f"{CUSTOMERS}/{NOWHERE}"),
    ]
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {"name": "X"}),
        ("PATCH", "", {"name": "X"}),
        ("DELETE", "", None),
        ("GET", "/rates", None),
        ("POST", "/rates", {"rate_bp": 1, "starts_at": ahead(days=1)}),
        ("DELETE", "/rates/1", None),
        ("POST", "/types", {"type": "A", "starts_at": ahead(days=1)}),
        ("DELETE", "/types/1", None),
    ]
    for theirs, nobodys in pairs:
        for method, rest, body in requests:
            if ("/rates" in rest) > (theirs == f"{TYPES}/E") or ("/types" in rest) > (
                theirs == product
            ):
                continue
            one = await api.ask(method, theirs + rest, body, by="otto", if_match="*")
            other = await api.ask(method, nobodys + rest, body, by="otto", if_match="*")
            assert (one.status, one.body) == (404, other.body), (method, theirs + rest)
    for path in (f"{PRODUCTS}?sku=CAFE", f"{CUSTOMERS}?document={ANA['document']}"):
        assert (await api.ask("GET", path, by="otto")).json()["items"] == []
    assert (await api.ask("POST", PRODUCTS, CAFE, by="otto")).status == 201
    assert (await api.ask("POST", CUSTOMERS, ANA, by="otto")).status == 201


async def test_of_two_who_saw_the_same_version_one_wins(api: AdministeredApi) -> None:
    product = (await api.ask("POST", PRODUCTS, CAFE)).headers["location"]
    answers = await asyncio.gather(
        *(api.ask("PATCH", product, {"name": name}, if_match='"1"') for name in ("B", "C"))
    )
    assert sorted(answer.status for answer in answers) == [200, 412]
    rates = [{"rate_bp": n, "starts_at": ahead(hours=n)} for n in (1, 2)]
    both = await asyncio.gather(*(api.ask("POST", f"{TYPES}/A/rates", rate) for rate in rates))
    made = (await api.ask("GET", f"{TYPES}/A/rates")).json()["items"]
    starts = [rate["starts_at"] for rate in made]
    assert starts == sorted(starts)
    assert sum(answer.status == 201 for answer in both) == len(made) - 1
