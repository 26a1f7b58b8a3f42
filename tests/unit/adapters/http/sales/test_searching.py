"""Searches over HTTP: totals, orders, exports, and what bounds them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from litestar.exceptions import LitestarException

from adapters.http.sales.exports import (
    ExportSlots,
    Form,
    MerchantExportsError,
    TooManyExportsError,
    read_form,
)
from adapters.http.sales.searching import read_search
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.delivery.search import MAX_RANGE, is_bounded
from cashback_core.testing.memory_search import id_of
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.pages import Position
from contract.builders import a_cpf
from fakes.api import SALE

if TYPE_CHECKING:
    from fakes.api import Answered, Api

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
JANUARY = "sold_from=2026-01-01&sold_to=2026-01-31"


async def submit_three(api: Api) -> list[str]:
    ids: list[str] = []
    for number, name in enumerate(("ANA SOUZA", '=HYPERLINK("x")', "JOSÉ DA SILVA")):
        sale = {
            **SALE,
            "sale_id": f"NF-{number}",
            "store": str(number),
            "customer": {"document": str(a_cpf()), "name": name},
        }
        ids.append((await api.submit(sale)).json()["id"])
    return ids


async def export(
    api: Api, query: str, accept: str, username: str = "demo", method: str = "GET"
) -> Answered:
    path = f"/api/cashbacks?{query}"
    return await api.call(method, path, headers={"Accept": accept}, username=username)


async def test_a_total_comes_with_a_page_if_it_is_asked_for(api: Api) -> None:
    await submit_three(api)
    page = (await api.get(f"/api/cashbacks?{JANUARY}&total=true&limit=1")).json()
    assert page["total"] == {"count": 3, "cashback": "4.20", "sales": "300.00"}
    more = f"{JANUARY}&limit=1&cursor={page['next_cursor']}"
    assert "total" not in (await api.get(f"/api/cashbacks?{more}")).json()
    assert (await api.get(f"/api/cashbacks?{JANUARY}&total=1")).status == 422
    nobodys = (await api.get(f"/api/cashbacks?{JANUARY}&total=true", username="other")).json()
    assert nobodys["total"] == {"count": 0, "cashback": "0.00", "sales": "0.00"}


@pytest.mark.parametrize(
    "query",
    [
        "status=applied",
        "store=1",
        "name=ana",
        "type=A&rate_version=1",
        "total=true",
        "sort=-sold_at",
        "sold_from=2026-01-01&sold_to=2026-12-31",
        "sold_to=2026-01-01",
        "name_differs=true",
        "min_total=1.00",
        "status=held&status=applied",
    ],
)
async def test_what_nothing_bounds_is_refused_with_a_hint(api: Api, query: str) -> None:
    answer = await api.get(f"/api/cashbacks?{query}")
    assert answer.status == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("", "search_unbounded")
    assert "92 days" in error["expected"]


async def test_what_is_not_suspected_cannot_be_asked_for(api: Api) -> None:
    """It would have to be looked for among all that there is; it once was no filter at all."""
    answer = await api.get(f"/api/cashbacks?{JANUARY}&suspected=false")
    assert answer.status == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/suspected", "no_such_choice")


async def test_every_new_filter_chooses(api: Api) -> None:
    ids = await submit_three(api)
    for query, found in (
        ("sale_id=NF-1", [1]),
        ("access_key=" + "4" * 44, []),
        (f"{JANUARY}&name=jos%C3%A9+sil", [2]),
        (f"{JANUARY}&name=an", [0]),
        (f"{JANUARY}&status=applied&status=held&store=1", [1]),
        (f"{JANUARY}&min_total=100.01", []),
        (f"{JANUARY}&max_total=100&min_cashback=1.40&max_cashback=1.4&store=0", [0]),
        (f"{JANUARY}&type=B&sort=accepted_at", [0, 1, 2]),
        (f"{JANUARY}&sort=-applied_at", [2, 1, 0]),
        (f"{JANUARY}&sort=changed_at&limit=9", [0, 1, 2]),
        ("suspected=true", []),
        ("incident=01a206ad-d214-74e1-b424-16bd3a459632", []),
    ):
        page = (await api.get(f"/api/cashbacks?{query}")).json()
        assert [item["id"] for item in page["items"]] == [ids[n] for n in found], query
    wrong = "access_key=1&min_total=-1&max_cashback=x&incident=1&sort=total&rate_version=1"
    errors = (await api.get(f"/api/cashbacks?{wrong}")).json()["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/access_key", "access_key_invalid"),
        ("/max_cashback", "amount_invalid"),
        ("/min_total", "amount_invalid"),
        ("/incident", "uuid_invalid"),
        ("/type", "type_and_rate_version"),
        ("/sort", "no_such_choice"),
    ]


async def test_csv_has_all_that_is_found_and_no_formula(api: Api) -> None:
    ids = await submit_three(api)
    answer = await export(api, f"{JANUARY}&limit=1&sort=accepted_at", "text/csv")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["vary"] == "Accept"
    assert "content-length" not in answer.headers
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["id"] for row in rows] == ids
    assert rows[1]["name"] == '\'=HYPERLINK("x")'
    assert rows[0]["document"].isdigit()


async def test_json_lines_are_the_items_of_the_list(api: Api) -> None:
    await submit_three(api)
    items = (await api.get(f"/api/cashbacks?{JANUARY}")).json()["items"]
    for accept in ("application/jsonl", "application/x-ndjson, application/json;q=0.5"):
        answer = await export(api, JANUARY, accept)
        assert [json.loads(line) for line in answer.body.splitlines()] == items
    head = await export(api, JANUARY, "application/jsonl", method="HEAD")
    assert (head.status, head.body) == (200, b"")


async def test_an_export_begins_behind_a_cursor(api: Api) -> None:
    ids = await submit_three(api)
    page = (await api.get(f"/api/cashbacks?{JANUARY}&limit=1")).json()
    answer = await export(api, f"{JANUARY}&cursor={page['next_cursor']}", "application/jsonl")
    assert [json.loads(line)["id"] for line in answer.body.splitlines()] == ids[1::-1]


async def test_an_analyst_takes_nobodys_document_or_name_away(api: Api) -> None:
    await submit_three(api)
    for username, sees in (("anna", False), ("olga", True), ("adam", True), ("demo", True)):
        for accept in ("text/csv", "application/jsonl"):
            answer = await export(api, JANUARY, accept, username)
            assert answer.status == 200
            assert (b"ANA SOUZA" in answer.body) is sees, (username, accept)
            assert (b"***." in answer.body) is not sees
            assert "JOSÉ" not in answer.body.decode() or sees


async def test_a_masked_file_has_no_cashier_and_no_value_of_metadata(api: Api) -> None:
    told = {"cashier": "CARLA DIAS", "metadata": {"phone": "+5511999"}}
    await api.submit({**SALE, **told, "sale_id": "NF-8"})
    for username, sees in (("anna", False), ("olga", True)):
        (text,) = (await export(api, JANUARY, "application/jsonl", username)).body.splitlines()
        line = json.loads(text)
        assert line["cashier"] == ("CARLA DIAS" if sees else "C*** D***")
        assert line["metadata"] == {"phone": "+5511999" if sees else "***"}


async def test_an_export_of_another_group_or_merchant_is_empty(api: Api) -> None:
    await submit_three(api)
    assert (await export(api, JANUARY, "application/jsonl", "other")).body == b""


async def test_an_export_is_refused_unbounded_and_while_the_database_is_away(api: Api) -> None:
    assert (await export(api, "", "text/csv")).status == 422
    api.store.away = True
    for accept in ("text/csv", "application/json"):
        answer = await export(api, JANUARY, accept)
        assert (answer.status, answer.json()["code"]) == (503, "unavailable")


async def test_what_bounds_a_search_is_judged_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A range that is just short enough is not too long a page later."""
    await submit_three(api)
    monkeypatch.setattr("adapters.http.sales.search_routes.PAGE", 1)
    page, total = api.store.page, api.store.total
    judged: list[object] = []

    async def paging(*args: object, **kwargs: object) -> object:
        judged.append(kwargs["now"])
        return await page(*args, **kwargs)  # type: ignore[arg-type]

    async def totalling(*args: object, **kwargs: object) -> object:
        judged.append(kwargs["now"])
        return await total(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(api.store, "page", paging)
    monkeypatch.setattr(api.store, "total", totalling)
    answer = await export(api, JANUARY, "text/csv")
    assert answer.status == 200
    assert (len(judged), len(set(judged))) == (3, 1)
    judged.clear()
    await api.get(f"/api/cashbacks?{JANUARY}&total=true")
    assert (len(judged), len(set(judged))) == (2, 1)


def test_a_cursor_is_good_for_a_range_that_grew_meanwhile() -> None:
    began = datetime(2026, 11, 30, 8, tzinfo=UTC)
    start = began - MAX_RANGE
    query = f"sold_from={start:%Y-%m-%dT%H:%M:%SZ}&sort=sold_at"
    search = read_search(query.encode(), SAO_PAULO, now=began)
    assert search.now == began
    with pytest.raises(InvalidQueryError):
        read_search(query.encode(), SAO_PAULO, now=began + timedelta(seconds=1))
    cursor = search.part.cursor(Position(at=began, id=id_of("1")))
    behind = f"{query}&cursor={cursor}".encode()
    for later in (timedelta(seconds=1), timedelta(hours=23)):
        more = read_search(behind, SAO_PAULO, now=began + later)
        assert is_bounded(more.wanted, more.order, now=more.now)
    with pytest.raises(InvalidQueryError):
        read_search(behind, SAO_PAULO, now=began + timedelta(days=2))


async def test_what_breaks_in_the_middle_has_no_end(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit_three(api)
    monkeypatch.setattr("adapters.http.sales.search_routes.PAGE", 1)
    page, calls = api.store.page, 0

    async def breaking(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StoreUnavailable("away")
        return await page(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(api.store, "page", breaking)
    with pytest.raises(LitestarException, match="after response started"):
        await export(api, JANUARY, "application/jsonl")


async def test_so_many_exports_are_written_at_a_time_and_one_of_a_merchant() -> None:
    slots = ExportSlots(most=2)
    async with slots.one(1):
        with pytest.raises(MerchantExportsError):
            async with slots.one(1):
                pass
        async with slots.one(2):
            with pytest.raises(TooManyExportsError):
                async with slots.one(3):
                    pass
        async with slots.one(3):
            pass
    async with slots.one(1):
        pass
    assert slots.taken == set()
    assert ExportSlots().most >= 3


async def test_who_writes_a_file_already_comes_back_and_others_are_not_kept(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit_three(api)
    monkeypatch.setattr("adapters.http.sales.search_routes.PAGE", 1)
    page, within = api.store.page, asyncio.Event()
    goes_on = asyncio.Event()

    async def slow(merchant_id: int, *args: object, **kwargs: object) -> object:
        if merchant_id == 1:
            within.set()
            await goes_on.wait()
        return await page(merchant_id, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(api.store, "page", slow)
    first = asyncio.create_task(export(api, JANUARY, "text/csv"))
    await within.wait()
    again = await export(api, JANUARY, "application/jsonl", "anna")
    assert (again.status, again.json()["code"]) == (429, "too_many_requests")
    assert int(again.headers["retry-after"]) > 0
    assert (await export(api, JANUARY, "text/csv", "other")).status == 200
    assert (await export(api, JANUARY, "text/csv", method="HEAD")).status == 200
    goes_on.set()
    assert (await first).status == 200
    assert (await export(api, JANUARY, "text/csv")).status == 200


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("*/*", Form.JSON),
        ("text/html, text/csv;q=0.9, */*;q=0.1", Form.CSV),
        ("text/csv;q=0, application/jsonl;q=0.1", Form.JSON_LINES),
        ("TEXT/CSV", Form.CSV),
        ("text/csv;q=x", Form.JSON),
        ("text/csv;q=inf", Form.JSON),
        ("text/csv;q=nan, application/json;q=0.1", Form.JSON),
        ("text/csv;q=-1", Form.JSON),
        ("application/json, text/csv", Form.JSON),
        ("image/png", Form.JSON),
        (",;,", Form.JSON),
    ],
)
def test_the_form_is_what_is_liked_best(accept: str | None, form: Form) -> None:
    assert read_form({} if accept is None else {b"accept": accept.encode()}) is form


async def test_a_customers_summary_is_for_readers_of_their_own_merchant(api: Api) -> None:
    await api.submit()
    path = f"/api/customers/{id_of('52998224725')}/summary"
    summary = (await api.get(f"{path}?months=2", username="anna")).json()
    earned = {"sales": 1, "total": "100.00", "earned": "1.40", "paid": "1.40"}
    assert {name: summary[name] for name in earned} == earned
    assert (summary["waiting"], summary["ended_unpaid"]) == ("0.00", "0.00")
    assert len(summary["months"]) == 2
    assert len((await api.get(path, username="olga")).json()["months"]) == 12
    assert (await api.get(path)).status == 403  # a shop's system
    for wrong in ("months=0", "months=37", "limit=1"):
        assert (await api.get(f"{path}?{wrong}", username="anna")).status == 422
    unknown = path.replace(str(id_of("52998224725")), str(id_of("1")))
    assert (await api.get(unknown, username="anna")).status == 404
