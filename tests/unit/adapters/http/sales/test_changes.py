from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.sales.changes import read_changes
from adapters.http.sales.shapes import ChangePage
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.changes.changes import START, Change, FeedPosition
from cashback_core.changes.telling import TYPES, change_id, change_shape
from cashback_core.delivery.states import Actor, Status
from cashback_core.testing.memory_identities import CLIENT_ID
from contract.builders import a_cpf
from fakes.api import SALE, Api

if TYPE_CHECKING:
    from fakes.api import Answered

POSITIONS = st.builds(
    FeedPosition,
    position=st.integers(0, 10**18 - 1),
    cashback_id=st.uuids(),
    sequence=st.integers(0, 999_999_999),
)


async def sell(api: Api) -> str:
    sale = {**SALE, "customer": {"document": str(a_cpf()), "name": "ANA"}}
    return str((await api.submit(sale)).json()["id"])


def told(answer: Answered) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.body
    return [(item["data"]["cashback_id"], item["type"]) for item in answer.json()["items"]]


def after(answer: Answered) -> str:
    return "after=" + quote(answer.json()["next_cursor"])


async def waits(api: Api, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while api.changes_waiting.count != count:
            await asyncio.sleep(0)


async def test_what_became_of_a_sale_is_told_in_order(api: Api) -> None:
    id_ = await sell(api)
    answer = await api.get("/api/changes")
    assert told(answer) == [
        (id_, "cashback.pending"),
        (id_, "cashback.sending"),
        (id_, "cashback.applied"),
    ]
    last = answer.json()["items"][-1]
    assert last["id"] == f"{id_}.3"
    assert last["data"]["cashback"] == "1.40"
    assert last["data"]["reason"] == "the provider answered 201"
    assert set(TYPES) >= {item["type"] for item in answer.json()["items"]}


async def test_the_cursor_goes_on_from_where_it_was_also_after_nothing(api: Api) -> None:
    first = await sell(api)
    page = await api.get("/api/changes?limit=2")
    rest = await api.get(f"/api/changes?limit=2&{after(page)}")
    assert told(page) + told(rest) == [
        (first, f"cashback.{status}") for status in ("pending", "sending", "applied")
    ]
    nothing = await api.get(f"/api/changes?{after(rest)}")
    assert told(nothing) == []
    assert nothing.json()["next_cursor"] == rest.json()["next_cursor"]
    second = await sell(api)
    assert {id_ for id_, _ in told(await api.get(f"/api/changes?{after(nothing)}"))} == {second}


async def test_from_now_only_what_comes_is_told(api: Api) -> None:
    await sell(api)
    now = await api.get("/api/changes?after=now")
    assert told(now) == []
    second = await sell(api)
    assert {id_ for id_, _ in told(await api.get(f"/api/changes?{after(now)}"))} == {second}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("after=x", ("/after", "cursor_of_another_list")),
        ("after=", ("/after", "cursor_of_another_list")),
        ("wait=31", ("/wait", "whole_number")),
        ("wait=-1", ("/wait", "whole_number")),
        ("wait=0.5", ("/wait", "whole_number")),
        ("limit=201", ("/limit", "limit_invalid")),
        ("cursor=x", ("/cursor", "unknown_parameter")),
        ("sort=at", ("/sort", "unknown_parameter")),
        ("after=now&after=now", ("/after", "repeated_parameter")),
    ],
)
async def test_a_wrong_query_is_told(api: Api, query: str, fault: tuple[str, str]) -> None:
    answer = await api.get(f"/api/changes?{query}")
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [fault]


async def test_a_cursor_is_its_merchants_alone_and_no_other_lists(api: Api) -> None:
    await sell(api)
    cursor = after(await api.get("/api/changes"))
    elsewhere = await api.get(f"/api/changes?{cursor}", username="other")
    assert elsewhere.status == 422
    lists = await api.get(f"/api/cashbacks?{cursor.replace('after', 'cursor')}")
    assert lists.status == 422


@given(POSITIONS)
def test_a_cursor_tells_the_position_that_it_was_made_of(position: FeedPosition) -> None:
    cursor = read_changes(b"", 1).cursor(position)
    assert read_changes(f"after={quote(cursor)}".encode(), 1).after == position
    with pytest.raises(InvalidQueryError):
        read_changes(f"after={quote(cursor)}".encode(), 2)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (-1, f"{START.cashback_id}.0"),
        (1, f"{START.cashback_id}"),
        (1, f"{START.cashback_id}.x"),
        (1, f"{START.cashback_id}.1234567890"),
        (1, f"{str(START.cashback_id).replace('-', '')}.1"),
        (1, f"{START.cashback_id}.1\n"),
    ],
)
def test_a_forged_cursor_is_none(value: int, key: str) -> None:
    forged = read_changes(b"", 1).query.cursor_after(value, key)
    with pytest.raises(InvalidQueryError):
        read_changes(f"after={quote(forged)}".encode(), 1)


async def test_who_waits_is_told_when_something_happens(api: Api) -> None:
    now = await api.get("/api/changes?after=now")
    waiting = asyncio.create_task(api.get(f"/api/changes?wait=30&{after(now)}"))
    await waits(api)
    id_ = await sell(api)
    async with asyncio.timeout(5):
        assert {told_of for told_of, _ in told(await waiting)} == {id_}


async def test_where_there_is_something_nobody_waits(api: Api) -> None:
    await sell(api)
    began_s = time.monotonic()
    assert len(told(await api.get("/api/changes?wait=30"))) == 3
    assert time.monotonic() - began_s < 5


async def test_who_hangs_up_waits_no_longer(api: Api) -> None:
    headers = [(b"host", b"x"), (b"authorization", f"Bearer {api.token()}".encode())]
    path = "/api/changes?wait=30&after=now"
    await api.exchange("GET", path, parts=[b"", None], headers=headers)
    assert api.changes_waiting.count == 0


async def test_when_the_process_stops_who_waits_is_answered(api: Api) -> None:
    waiting = asyncio.create_task(api.get("/api/changes?wait=30&after=now"))
    await waits(api)
    api.changes_waiting.close()
    answer = await waiting
    assert told(answer) == []
    assert answer.json()["next_cursor"]


async def test_too_many_who_wait_are_told_when_to_come_back_and_others_may_wait(api: Api) -> None:
    path = "/api/changes?wait=30&after=now"
    waiting = [asyncio.create_task(api.get(path, username="anna")) for _ in range(4)]
    await waits(api, 4)
    answer = await api.get(path, username="anna")
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    waiting.append(asyncio.create_task(api.get(path, username=CLIENT_ID)))
    await waits(api, 5)
    assert (await api.get("/api/changes?after=now")).status == 200, "who does not wait is answered"
    api.changes_waiting.close()
    await asyncio.gather(*waiting)


async def test_a_database_that_is_away_is_told_to_who_waits(api: Api) -> None:
    waiting = asyncio.create_task(api.get("/api/changes?wait=30&after=now"))
    await waits(api)
    api.store.away = True
    assert (await waiting).status == 503


async def test_a_shops_system_is_told_of_its_own_group_alone(api: Api) -> None:
    id_ = await sell(api)
    assert {told_of for told_of, _ in told(await api.get("/api/changes", username="anna"))} == {id_}
    assert told(await api.get("/api/changes", username=CLIENT_ID)) == []


def test_a_change_is_told_as_the_document_says_it_is() -> None:
    change = Change(
        merchant_id=1,
        id=START.cashback_id,
        sequence=4,
        position=9,
        at=datetime(2026, 1, 2, 3, tzinfo=UTC),
        actor=Actor.OPERATOR,
        from_status=None,
        status=Status.PENDING,
        attempt=0,
        reason=None,
        sale_id=None,
        cashback_centavos=5,
    )
    shape = change_shape(change)
    assert shape["id"] == change_id(change) == f"{START.cashback_id}.4"
    page = {"items": [shape], "next_cursor": ""}
    typed = msgspec.convert(page, ChangePage)
    assert msgspec.to_builtins(typed) == page, "nothing more and nothing less"
