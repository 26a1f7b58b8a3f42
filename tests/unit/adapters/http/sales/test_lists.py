from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.sales.searching import read_search
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.values.ids import new_id
from contract.builders import a_cpf
from fakes.api import SALE, Api
from fakes.scripted_provider import unanswered

if TYPE_CHECKING:
    from fakes.api import Answered


async def submit_many(api: Api, count: int) -> list[str]:
    """Sales of different customers, a day apart, oldest first; their ids."""
    ids: list[str] = []
    for day in range(count):
        sale = {
            **SALE,
            "sold_at": f"2026-01-{day + 1:02d} 12:00:00",
            "customer": {"document": str(a_cpf()), "name": "ANA"},
        }
        ids.append((await api.submit(sale)).json()["id"])
    return ids


def ids_of(answer: Answered) -> list[str]:
    assert answer.status == 200
    return [item["id"] for item in answer.json()["items"]]


def faults_of(answer: Answered) -> list[tuple[str, str]]:
    assert answer.status == 422
    assert answer.json()["code"] == "invalid_query"
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_a_record_is_read_with_its_attempts_and_events(api: Api) -> None:
    submitted = await api.submit()
    record = submitted.json()
    history = (await api.get(f"/api/cashbacks/{record['id']}/")).json()

    assert {name: history[name] for name in record} == record
    (attempt,) = history["attempts"]
    assert (attempt["attempt"], attempt["deliverer"], attempt["result"]) == (1, "api", "applied")
    assert attempt["provider"]["status_code"] == 201
    moves = [(event["from_status"], event["to_status"]) for event in history["events"]]
    assert moves == [(None, "pending"), ("pending", "sending"), ("sending", "applied")]


async def test_a_record_of_another_merchant_looks_like_one_that_never_was(api: Api) -> None:
    record = (await api.submit()).json()
    theirs = await api.get(f"/api/cashbacks/{record['id']}", username="other")
    nobodys = await api.get(f"/api/cashbacks/{uuid4()}", username="other")

    assert theirs.status == nobodys.status == 404
    assert theirs.body == nobodys.body
    assert theirs.headers == nobodys.headers


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "x" * 36,
        "%00",
        "{}",
        "../../etc",
        "urn:uuid:0",
        "117b358a14044081ab09aac59ef9e98e",
        "é",
    ],
)
async def test_what_is_no_id_is_not_found(api: Api, text: str) -> None:
    assert (await api.get(f"/api/cashbacks/{text}")).status == 404


async def test_pages_are_newest_first_and_hold_everything_once(api: Api) -> None:
    ids = await submit_many(api, 5)
    seen: list[list[str]] = []
    path: str | None = "/api/cashbacks?limit=2"
    while path is not None:
        answer = await api.get(path)
        seen.append(ids_of(answer))
        cursor = answer.json()["next_cursor"]
        path = None if cursor is None else f"/api/cashbacks/?limit=2&cursor={cursor}"

    assert seen == [ids[:2:-1], ids[2:0:-1], ids[:1]]


async def test_another_merchants_list_is_empty(api: Api) -> None:
    await api.submit()
    assert ids_of(await api.get("/api/cashbacks", username="other")) == []


async def test_each_filter_chooses(api: Api) -> None:
    ids = await submit_many(api, 3)
    api.provider.script.append(unanswered())
    doubtful = (await api.submit()).json()["id"]

    assert ids_of(await api.get("/api/cashbacks?status=in_doubt")) == [doubtful]
    assert ids_of(await api.get("/api/cashbacks?document=529.982.247-25")) == [doubtful]
    days = "sold_from=2026-01-03%2012:00:00&sold_to=2026-01-09"
    assert ids_of(await api.get(f"/api/cashbacks?{days}")) == [ids[2]]
    before = quote("2026-01-02T15:00:00Z")  # noon in the merchant's zone, and exclusive
    days = f"sold_from=2026-01-01&sold_to={before}"
    assert ids_of(await api.get(f"/api/cashbacks?{days}&status=applied")) == [ids[0]]


async def test_every_fault_of_a_query_is_told_at_once(api: Api) -> None:
    query = "status=gone&document=1&sold_from=today&limit=0&cursor=x&colour=1&limit=2&a/b=1"
    assert faults_of(await api.get(f"/api/cashbacks?{query}")) == [
        ("/colour", "unknown_parameter"),
        ("/limit", "repeated_parameter"),
        ("/a~1b", "unknown_parameter"),
        ("/document", "document_invalid"),
        ("/status", "status_unknown"),
        ("/sold_from", "bound_invalid"),
        ("/limit", "limit_invalid"),
        ("/cursor", "cursor_of_another_list"),
    ]


async def test_a_day_is_the_merchants_and_a_bare_plus_is_one(api: Api) -> None:
    first, second = await submit_many(api, 2)  # at noon of 1 and 2 January
    for query, found in (
        ("sold_from=2026-01-02&sold_to=2026-01-02", [second]),
        ("sold_from=2026-01-01&sold_to=2026-01-01", [first]),
        ("sold_from=2026-01-03&sold_to=2026-01-31", []),
        ("sold_from=2026-01-02T00:00:00+00:00&sold_to=2026-01-31", [second]),
        ("sold_from=2026-01-01&sold_to=2026-01-01T18:00:00+0300", []),
        ("sold_from=2026-01-01&sold_to=2026-01-01+18:00:00+00", [first]),
        ("sold_from=2026-01-01&sold_to=2026-01-01&name_differs=false", [first]),
        ("sold_from=2026-01-01&sold_to=2026-01-31&name_differs=true", []),
    ):
        assert ids_of(await api.get(f"/api/cashbacks?{query}")) == found, query
    faults = faults_of(await api.get("/api/cashbacks?name_differs=1&sold_from=2026-02-30"))
    assert faults == [("/sold_from", "bound_invalid"), ("/name_differs", "no_such_choice")]


@pytest.mark.parametrize(
    "limit", ["201", "-1", "1.0", "", "01", "\N{FULLWIDTH DIGIT ONE}", "9" * 5000]
)
async def test_a_limit_out_of_range_is_refused(api: Api, limit: str) -> None:
    answer = await api.get(f"/api/cashbacks?limit={quote(limit)}")
    assert faults_of(answer) == [("/limit", "limit_invalid")]


@pytest.mark.parametrize("query", ["status=%ff", "&".join(["a=1"] * 40)])
async def test_a_query_that_cannot_be_decoded_is_refused(api: Api, query: str) -> None:
    assert faults_of(await api.get(f"/api/cashbacks?{query}")) == [("", "malformed_query")]


async def test_a_refused_document_is_masked(api: Api) -> None:
    answer = await api.get("/api/cashbacks?document=52998224726")
    assert b"52998224726" not in answer.body


async def test_a_cursor_is_good_for_its_own_list_alone(api: Api) -> None:
    await submit_many(api, 3)
    days = "sold_from=2026-01-01&sold_to=2026-01-31&"
    first = await api.get(f"/api/cashbacks?{days}limit=1&status=applied")
    cursor = first.json()["next_cursor"]
    assert ids_of(await api.get(f"/api/cashbacks?{days}limit=2&status=applied&cursor={cursor}"))
    others = (
        "?",
        "?status=held&",
        f"?{days}status=applied&name_differs=false&",
        f"?{days}status=applied&sort=accepted_at&",
        f"?{days}status=applied&status=held&",
        "/open?status=held&",
    )
    for other in others:
        who = "olga" if "open" in other else "demo"
        answer = await api.get(f"/api/cashbacks{other}cursor={cursor}", username=who)
        assert faults_of(answer) == [("/cursor", "cursor_of_another_list")], other


@given(st.binary(max_size=200))
def test_no_query_makes_reading_it_fail_otherwise(query: bytes) -> None:
    try:
        read_search(query, ZoneInfo("America/Sao_Paulo"), now=datetime.now(UTC))
    except InvalidQueryError as error:
        assert error.violations  # noqa: PT017 (either end is right)


async def test_a_shops_system_reads_what_it_sent_itself_and_others_of_the_merchant_everything(
    api: Api,
) -> None:
    users = api.identities.users
    users["eva"] = replace(users["demo"], username="eva")
    sent = (await api.submit()).json()
    path = f"/api/cashbacks/{sent['id']}"
    assert (await api.get(path, username="demo")).status == 200
    assert len((await api.get("/api/cashbacks", username="demo")).json()["items"]) == 1
    hers = await api.get(path, username="eva")
    nobodys = await api.get(f"/api/cashbacks/{new_id()}", username="eva")
    assert (hers.status, hers.body) == (404, nobodys.body)
    assert (await api.get("/api/cashbacks", username="eva")).json()["items"] == []
    for username in ("anna", "olga", "adam"):
        assert (await api.get(path, username=username)).status == 200
        page = (await api.get("/api/cashbacks", username=username)).json()
        assert [item["id"] for item in page["items"]] == [sent["id"]]
