"""Figures, balances and repricing over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.sales.exports import MerchantExportsError, while_asked
from cashback_core.figures.figures import TooManyRows
from cashback_core.testing.memory_figures import MemoryFigures
from cashback_core.values.availability import StoreUnavailable
from contract.builders import a_cpf
from fakes.api import SALE

if TYPE_CHECKING:
    from fakes.api import Api


async def submit_two(api: Api) -> None:
    for number, store in enumerate(("1", None)):
        sale = {
            **SALE,
            "sale_id": f"NF-{number}",
            "customer": {"document": str(a_cpf()), "name": "ANA SOUZA"},
            **({} if store is None else {"store": store}),
        }
        assert (await api.submit(sale)).status == 201


async def test_figures_by_store_as_json_and_as_csv(api: Api) -> None:
    await submit_two(api)
    answer = await api.get("/api/figures?by=store,day&from=2026-06-15", username="olga")
    assert answer.status == 200
    told = answer.json()
    assert (told["by"], told["zone"], told["closed_through"]) == (
        ["store", "day"],
        "America/Sao_Paulo",
        None,
    )
    assert [(*item["keys"].values(), item["measures"]["sales"]) for item in told["items"]] == [
        (None, "2026-06-15", 1),
        ("1", "2026-06-15", 1),
    ]
    one = told["items"][0]["measures"]
    assert one["accrued_cashback"] == one["paid_cashback"]
    assert (one["owed_more"], one["acceptance"]) == ("0.00", "1.000000")
    assert told["total"]["sales"] == told["calls"]["attempts"] == told["calls"]["applied"] == 2
    sheet = await api.call(
        "GET",
        "/api/figures?by=store,day&from=2026-06-15",
        headers={"Accept": "text/csv"},
        username="olga",
    )
    assert sheet.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(sheet.body.decode())))
    assert [(row["store"], row["day"], row["sales"]) for row in rows] == [
        ("", "2026-06-15", "1"),
        ("1", "2026-06-15", "1"),
    ]
    assert rows[0]["total"] == one["total"]


async def test_today_is_asked_for_by_default_and_filters_narrow(api: Api) -> None:
    await submit_two(api)
    whole = (await api.get("/api/figures?by=", username="olga")).json()
    assert (whole["first"], whole["last"]) == ("2026-06-15", "2026-06-15")
    assert whole["items"][0]["measures"]["sales"] == whole["total"]["sales"] == 2
    only = (await api.get("/api/figures?store=1&by=type", username="olga")).json()
    assert {item["measures"]["sales"] for item in only["items"]} == {1}
    nowhere = (await api.get("/api/figures?store=&by=", username="olga")).json()
    assert nowhere["total"]["sales"] == 1


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("from=2026-02-30", [("/from", "day_invalid")]),
        ("from=today&to=2026-1-1", [("/from", "day_invalid"), ("/to", "day_invalid")]),
        ("from=2026-06-15&to=2026-06-14", [("", "days_out_of_range")]),
        ("from=2024-06-15&to=2026-06-14", [("", "days_out_of_range")]),
        ("by=day,week", [("/by", "dimensions_invalid")]),
        ("by=day,day", [("/by", "dimensions_invalid")]),
        ("by=day,hour,type,store", [("/by", "dimensions_invalid")]),
        ("status=paid", [("/status", "status_unknown")]),
        ("document=52998224725", [("/document", "unknown_parameter")]),
    ],
)
async def test_wrong_questions_are_told_what_is_wrong(
    api: Api, query: str, faults: list[tuple[str, str]]
) -> None:
    answer = await api.get(f"/api/figures?{query}", username="olga")
    assert answer.status == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == faults


async def test_a_balance_is_as_of_an_instant_and_never_of_the_future(api: Api) -> None:
    await submit_two(api)
    api.clock.advance(1)
    now = (await api.get("/api/balances?at=2031-01-01", username="olga")).json()
    assert now["at"].startswith("2026-06-15")
    assert now["by_status"]["applied"]["cashbacks"] == 2
    assert (now["owed"], now["in_doubt"]) == ("0.00", "0.00")
    assert now["paid"] == now["by_status"]["applied"]["cashback"]
    before = (await api.get("/api/balances?at=2026-06-14", username="olga")).json()
    assert (before["paid"], before["by_status"]) == ("0.00", {})


async def test_what_it_would_have_cost(api: Api) -> None:
    await submit_two(api)
    asked = {"from": "2026-06-15", "to": "2026-06-15", "rates": {"A": 0, "B": 100}}
    answer = await api.call(
        "POST", "/api/figures/reprice", body=json.dumps(asked).encode(), username="olga"
    )
    assert answer.status == 200, answer.body
    told = answer.json()
    assert (told["sales"], told["changed"]) == (2, 2)
    rows = {item["type"]: item for item in told["items"]}
    assert rows["A"]["repriced"] == "0.00"
    assert rows["A"]["difference"].startswith("-")
    assert rows["B"]["difference"] == "0.00"
    for wrong, pointer, code in (
        ({**asked, "to": "2026-06-22"}, "/to", "days_out_of_range"),
        ({**asked, "from": "2026-02-30"}, "/from", "day_invalid"),
        ({**asked, "rates": {}}, "/rates", "whole_number"),
        ({**asked, "rates": {"A": 10_001}}, "/rates/A", "whole_number"),
        ({**asked, "rates": {"A": True}}, "/rates/A", "whole_number"),
        ({**asked, "rates": {"A B": 1}}, "/rates/A B", "type_format"),
        ({**asked, "rates": [1]}, "/rates", "wrong_type"),
        ({"rates": {"A": 1}}, "/from", "required"),
    ):
        refused = await api.call(
            "POST", "/api/figures/reprice", body=json.dumps(wrong).encode(), username="olga"
        )
        assert refused.status == 422
        told_faults = [(e["pointer"], e["code"]) for e in refused.json()["errors"]]
        assert (pointer, code) in told_faults


async def test_who_only_submits_reads_no_figures(api: Api) -> None:
    for path in ("/api/figures", "/api/balances"):
        assert (await api.get(path)).status == 403


async def test_too_many_rows_and_a_second_report_are_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def more(*_: object) -> None:
        raise TooManyRows

    monkeypatch.setattr(MemoryFigures, "figures", more)
    refused = await api.get("/api/figures", username="olga")
    assert [error["code"] for error in refused.json()["errors"]] == ["too_many_rows"]

    async def busy(*_: object) -> None:
        raise MerchantExportsError

    monkeypatch.setattr(MemoryFigures, "figures", busy)
    assert (await api.get("/api/figures", username="olga")).status == 429


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        *(
            (f"by={by}", "dimensions_invalid")
            for by in ("DAY", "day,day", "x" * 70, "%00", "%C3%A9")
        ),
        *((f"from={day}", "day_invalid") for day in ("0001-01-01", "9999-12-31", "1999-12-31")),
    ],
)
async def test_what_no_figures_are_of_is_told(api: Api, asked: str, code: str) -> None:
    answer = await api.get(f"/api/figures?{asked}", username="olga")
    assert answer.status in {400, 422}, answer.body
    assert [one["code"] for one in answer.json()["errors"]] == [code]


async def test_a_long_trial_ends_with_whoever_asked_or_in_time() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def takes_minutes() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def hangs_up() -> Any:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def hangs_up_late() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(StoreUnavailable):
        await while_asked(hangs_up, takes_minutes(), deadline_s=60)
    assert ended.is_set()
    begun.clear()
    with pytest.raises(StoreUnavailable):
        await while_asked(hangs_up_late, takes_minutes(), deadline_s=0.01)
