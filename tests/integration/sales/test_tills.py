"""Every sale that a till prints, against the running service, with its merchant's rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from cashback_core.values.access_keys import access_key_check_digit
from cashback_core.values.instants import format_instant
from integration.sales.tills import Shop, open_shop, printed, till_cases, told

if TYPE_CHECKING:
    from integration.running import Gateway, Reply

_shops: dict[tuple[str, str], Shop] = {}


def shop_of(gateway: Gateway, rules: dict[str, Any]) -> Shop:
    """One for all cases of the same rules."""
    key = (gateway.dsn, json.dumps(rules))
    if key not in _shops:
        _shops[key] = open_shop(gateway, **rules)
    return _shops[key]


def explained(reply: Reply) -> list[list[str]]:
    return [[step["pointer"], step["code"], step["text"]] for step in reply.json["explanation"]]


@pytest.fixture
def shop(gateway: Gateway) -> Shop:
    return shop_of(gateway, {})


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in till_cases()])
def test_a_sale_is_answered_as_its_merchant_lays_down(
    gateway: Gateway, case: dict[str, Any]
) -> None:
    shop = shop_of(gateway, case["rules"])
    sale = printed(case["do"])
    quote = shop.request("POST", "/api/cashbacks/quote", sale)
    reply = shop.sell(sale)

    assert reply.status == case["status"], reply.body
    assert told(reply.json) == case["answer"]
    if reply.status != 201:
        assert told(quote.json) == case["answer"]
        return
    assert quote.json["products"] == reply.json["products"]
    assert quote.json["not_due_because"] == reply.json["not_due_because"]
    read = shop.request("GET", reply.headers["location"])
    steps = explained(read)
    if steps[0][1] == "counts_at_acceptance":  # which tells an instant of this one
        assert [code for _, code, _ in explained(quote)] == [code for _, code, _ in steps]
        del steps[0]
    else:
        assert explained(quote) == steps
    assert steps == case["explained"]
    again = shop.request("GET", reply.headers["location"], headers={"Accept-Language": "pt"})
    assert again.headers["content-language"] == "pt"
    pointers = [(step["pointer"], step["code"]) for step in again.json["explanation"]]
    assert pointers == [(s["pointer"], s["code"]) for s in read.json["explanation"]]
    assert shop.sell({**sale, "sale_id": None}).status == 409
    assert (repeat := shop.request("GET", reply.headers["location"])).body == read.body, repeat


def test_a_till_that_is_too_far_ahead_is_told_from_when_its_sale_will_be_taken(
    shop: Shop,
) -> None:
    sold_at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    reply = shop.sell({**printed({}), "sold_at": format_instant(sold_at)})
    (error,) = reply.json["errors"]
    from_then = (sold_at - timedelta(minutes=5)).astimezone(ZoneInfo("America/Sao_Paulo"))
    assert error["expected"].endswith(f"from {from_then.isoformat()} on"), "as its tills' clocks"
    assert error["detail"].startswith(("The sale lies 1 h in", "The sale lies 59 min"))


def test_a_sale_that_lacks_its_place_is_the_one_that_has_it(shop: Shop) -> None:
    sale = {**printed({}), "sale_id": f"P-{shop.slug}"}
    first = shop.sell({**sale, "store": "12", "till": "3"})
    assert first.status == 201, first.body
    for repeat in ({}, {"store": "12"}, {"till": "3", "series": "9"}):
        again = shop.sell({**sale, **repeat})
        assert (again.status, again.body) == (201, first.body), repeat
        assert again.headers["idempotent-replayed"] == "true"
    other = shop.sell({**sale, "store": "13"})
    assert (other.status, other.json["code"]) == (409, "sale_id_conflict")
    assert [error["pointer"] for error in other.json["errors"]] == ["/store"]


def test_each_store_numbers_its_sales_where_the_merchant_was_made_so(gateway: Gateway) -> None:
    shop = shop_of(gateway, {"numbers": "store"})
    bare = shop.sell({**printed({}), "sale_id": "1"})
    assert [error["code"] for error in bare.json["errors"]] == ["store_required"]
    first, second = (shop.sell({**printed({}), "sale_id": "1", "store": s}) for s in ("1", "2"))
    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] != second.json["id"]


def listed(shop: Shop, query: str) -> list[str | None]:
    reply = shop.request("GET", f"/api/cashbacks?{query}")
    assert reply.status == 200, reply.body
    return [record["sale_id"] for record in reply.json["items"]]


def test_fiscal_documents_and_stores_can_be_asked_for(gateway: Gateway) -> None:
    shop = open_shop(gateway)
    stem = "3526081122233300018165012000000042112345678"
    key = stem + access_key_check_digit(stem)
    known = shop.sell({**printed({}), "sale_id": key, "store": "12"})
    assert known.status == 201
    assert known.json["invoice"] == {
        "cnpj": "11222333000181", "month": "2026-08", "series": 12, "number": 42
    }  # fmt: skip
    opaque = shop.sell({**printed({}), "sale_id": key[:-1] + "0"})  # of no right digit
    assert (opaque.status, opaque.json["invoice"]) == (201, None)
    recent = f"accepted_from={datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    issuer = f"{recent}&invoice_cnpj=11.222.333/0001-81"
    found = ("", "&invoice_month=2026-08", "&invoice_series=12", "&invoice_number=42")
    assert [listed(shop, f"{issuer}{more}") for more in found] == [[key]] * 4
    assert listed(shop, f"{recent}&store=12") == [key]
    missing = ("&invoice_month=2026-09", "&invoice_series=0", "&invoice_number=43")
    assert [listed(shop, f"{issuer}{more}") for more in missing] == [[]] * 3
    assert listed(shop, f"{recent}&store=1") == []


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("invoice_number=42", {"/invoice_number": "invoice_needs_cnpj"}),
        ("invoice_month=2026-08", {"/invoice_month": "invoice_needs_cnpj"}),
        ("invoice_cnpj=11222333000182", {"/invoice_cnpj": "cnpj_invalid"}),
        ("invoice_cnpj=11222333000181&invoice_month=2026-13", {"/invoice_month": "month_invalid"}),
        ("invoice_cnpj=11222333000181&invoice_series=1000", {"/invoice_series": "whole_number"}),
        ("invoice_cnpj=11222333000181&invoice_number=0", {"/invoice_number": "whole_number"}),
        ("store=a%20b", {"/store": "store_invalid"}),
        ("document=foreign:x", {"/document": "document_invalid"}),
        ("document=foreign:52998224725", {"/document": "document_invalid"}),
    ],
)
def test_a_query_of_none_is_refused(shop: Shop, query: str, faults: dict[str, str]) -> None:
    reply = shop.request("GET", f"/api/cashbacks?{query}")
    assert reply.status == 422
    assert {error["pointer"]: error["code"] for error in reply.json["errors"]} == faults


def test_buyers_of_every_kind_are_found_by_their_document(gateway: Gateway) -> None:
    rules = {"company_buyers": "pay", "foreign_buyers": "record"}
    shop = open_shop(gateway, **rules)
    company = {"document": "11.222.333/0001-81", "name": "EMPRESA LTDA"}
    foreign = {"document": "20123456786", "document_type": "foreign", "name": "JOHN SMITH"}
    for number, customer in enumerate((company, foreign)):
        sale = {**printed({"customer": customer}), "sale_id": f"B-{number}"}
        assert shop.sell(sale).status == 201
    assert listed(shop, "document=11222333000181") == ["B-0"]
    assert listed(shop, "document=foreign:20123456786") == ["B-1"]
    known = shop.request("GET", "/api/customers?document=11222333000181")
    (only,) = known.json["items"]
    assert (only["name"], only["document_type"]) == ("EMPRESA LTDA", "cnpj")


def test_no_cpf_becomes_known_as_a_foreigner(shop: Shop) -> None:
    foreign = {"document": "529.982.247-25", "document_type": "foreign", "name": "JOHN SMITH"}
    reply = shop.sell(printed({"customer": foreign}))
    assert reply.status == 422
    assert [error["code"] for error in reply.json["errors"]] == ["document_not_foreign"]
    new = {"document": "foreign:52998224725", "name": "JOHN SMITH"}
    reply = shop.request("POST", "/api/customers", new)
    assert reply.status == 422
    assert [error["code"] for error in reply.json["errors"]] == ["document_invalid"]
