"""What is plainly meant is taken, over real HTTP; and lists are read by a client that pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from integration.journeys import fresh_cpf, sale
from integration.people import People, sign_in_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.running import Gateway

NOON = "2026-01-02T15:30:00Z"


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.fixture(scope="module")
def noon_document(gateway: Gateway) -> str:
    """The customer of one sale at NOON."""
    document = fresh_cpf()
    assert gateway.submit(sale(document, sold_at=NOON)).status == 201
    return document


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 201),
        ("application/json;", 201),
        ("application/json ; ", 201),
        ("application/json; charset=utf8", 201),
        ("application/json;charset=UTF8", 201),
        ('application/json; charset="UTF-8"', 201),
        ('application/json; charset = "utf8";', 201),
        ("Application/JSON; Charset=Utf-8; q=1", 201),
        ("application/json; odata=verbose", 201),
        ('application/json; odata.metadata=minimal; IEEE754Compatible="true"', 201),
        ("application/json; streaming", 201),
        ("application/json; charset", 201),
        ("application/json; charset=latin1", 415),
        ('application/json; x=";charset=utf8"; charset=utf-16', 415),
        ("application/json charset=utf-8", 415),
        ("application/json, application/json", 415),
        ("application/vnd.api+json", 415),
        ("application/jsons", 415),
        ("text/json", 415),
    ],
)
def test_json_is_known_by_its_name_whatever_its_parameters(
    gateway: Gateway, media_type: str, status: int
) -> None:
    assert gateway.submit(sale(), Content_Type=media_type).status == status


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T12:30:00-03:00",
        "2026-01-02T12:30:00.000-0300",
        "2026-01-02 12:30:00-03",
        "2026-01-02t15:30:00z",
        "2026-01-02T15:30:00,0Z",
        "2026-01-02T15:30:00+0000",
        "2026-01-02T15:30Z",
        "2026-01-02 12:30",
        "2026-01-02t12:30-03",
        "2026-01-02T12:30:00",
    ],
)
def test_an_instant_is_read_in_every_form_that_means_one(gateway: Gateway, text: str) -> None:
    reply = gateway.submit(sale(sold_at=text))
    assert (reply.status, reply.json["sold_at"]) == (201, "2026-01-02T15:30:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02",
        "2026-01-02T12",
        "20260102T123000Z",
        "2026-01-02T12:30.5",
        "2026-01-02T12:30:00 +0000",
        "2026-01-02T12:30:00 00:00",
        "2026-01-02T12:30:00+0",
        "2026-01-02T12:30:00+000",
        "2026-01-02T12:30:00UTC",
        "2026-01-02T12:30:00Z[America/Sao_Paulo]",
        "2026-W01-5T12:30:00Z",
        " 2026-01-02 12:30:00",
        "02/01/2026 12:30:00",
    ],
)
def test_and_in_no_other(gateway: Gateway, text: str) -> None:
    reply = gateway.submit(sale(sold_at=text))
    assert reply.status == 422
    assert [error["code"] for error in reply.json["errors"]] == ["sold_at_format"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sold_from=2026-01-02T15:30:00+00:00", True),
        ("sold_from=2026-01-02T15:30:00%2B00:00", True),
        ("sold_from=2026-01-02T15:30+0000&sold_to=2026-01-02t15:31z", True),
        ("sold_from=2026-01-02+15:30:00+00", True),
        ("sold_from=2026-01-02T15:30:01+00:00", False),
        ("sold_to=2026-01-02T15:30:00+00:00", False),
        ("sold_from=2026-01-02T12:30:00", True),
        ("sold_from=2026-01-02T12:31", False),
        ("sold_from=2026-01-02&sold_to=2026-01-02", True),
        ("sold_from=2026-01-03", False),
        ("sold_to=2026-01-01", False),
    ],
)
def test_a_query_tells_days_and_instants_as_people_do(
    gateway: Gateway, noon_document: str, query: str, *, found: bool
) -> None:
    reply = gateway.request("GET", f"/api/cashbacks?document={noon_document}&{query}")
    assert reply.status == 200, reply.body
    assert bool(reply.json["items"]) is found


def test_the_merchants_day_has_both_its_ends(gateway: Gateway) -> None:
    document = fresh_cpf()
    ends = ("2026-01-02T00:00:00", "2026-01-02T23:59:59.999999")
    for at in (*ends, "2026-01-01T23:59:59.999999", "2026-01-03T00:00:00"):
        assert gateway.submit(sale(document, sold_at=at)).status == 201
    path = f"/api/cashbacks?document={document}&sold_from=2026-01-02&sold_to=2026-01-02"
    sold = [item["sold_at"] for item in gateway.request("GET", path).json["items"]]
    assert sorted(sold) == ["2026-01-02T03:00:00Z", "2026-01-03T02:59:59.999999Z"]


def test_a_day_of_the_audit_is_the_merchants_too(gateway: Gateway, people: People) -> None:
    """Three hours of each day are another one in Greenwich."""
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute(
            "insert into audit"
            " (at, merchant_id, actor, login, action, resource, key, before, after)"
            " values ('2026-01-02T01:00Z', 1, 'a', 'a', 'insert', 'users', 'late', '{}', '{}')"
        )

    def found(role: str, query: str) -> bool:
        path = f"/api/audit?merchant=demo&key=late&{query}"
        reply = gateway.request("GET", path, headers=people.headers(1, role))
        assert reply.status == 200, reply.body
        return bool(reply.json["items"])

    assert found("admin", "from=2026-01-01&to=2026-01-01")
    assert not found("admin", "from=2026-01-02")
    assert found("platform", "from=2026-01-02&to=2026-01-02")
    assert not found("platform", "to=2026-01-01")


def test_an_unescaped_plus_in_a_sku_is_one(gateway: Gateway, people: People) -> None:
    admin = people.headers(1, "admin")
    product = {"sku": "CAFE+LEITE", "name": "Café com leite", "type": "A"}
    assert gateway.request("POST", "/api/products", product, headers=admin).status == 201
    for sku in ("CAFE+LEITE", "CAFE%2BLEITE"):
        page = gateway.request("GET", f"/api/products?sku={sku}", headers=admin).json
        assert [item["sku"] for item in page["items"]] == ["CAFE+LEITE"]


def test_a_client_that_pages_until_null_has_everything_though_pages_are_short(
    gateway: Gateway,
) -> None:
    document = fresh_cpf()
    line = {"type": "A", "value": "1.00", "qty": 1}
    sent = [(600, "600.00"), (1, "1.00"), (990, "990.00"), (2, "2.00"), (500, "500.00")]
    for count, total in sent:
        large = sale(document, products=[line] * count, total=total)
        assert gateway.submit(large).status == 201
    pages = list(pages_of(gateway, f"/api/cashbacks?limit=200&document={document}"))
    assert [[len(item["products"]) for item in page] for page in pages] == [
        [500, 2],
        [990, 1],
        [600],
    ]


def pages_of(gateway: Gateway, path: str) -> Iterator[list[dict[str, Any]]]:
    """Each page's items, as a client reads them that only looks at `next_cursor`."""
    cursor = ""
    while True:
        reply = gateway.request("GET", path + cursor)
        assert reply.status == 200, reply.body
        yield reply.json["items"]
        if reply.json["next_cursor"] is None:
            return
        cursor = f"&cursor={reply.json['next_cursor']}"
