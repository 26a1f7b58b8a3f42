"""Days on three sides over HTTP: who runs one, what is told of it, and of whose."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from adapters.http.finance import reconciliations
from cashback_core.reconciliation.days_compared import NotCompared
from cashback_core.reconciliation.three_sided_merge import Arrival
from cashback_core.reconciliation.three_sides import DayRecord, ErpLine
from cashback_core.testing.memory_three_sides import DayFile

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cashback_core.reconciliation.days_compared import DayAsked, DaySides
    from fakes.api import Answered, Api

PATH = "/api/reconciliations"
BEGINS = datetime(2026, 11, 29, 3, tzinfo=UTC)
DAY = date(2026, 11, 29)


def a_file(api: Api, merchant_id: int = 1) -> DayFile:
    """A day of two sales, one of which the file tells with another cashback."""
    records = tuple(
        DayRecord(
            id=UUID(int=number),
            document="52998224725",
            sold_at=BEGINS + timedelta(hours=number),
            total_centavos=10_000,
            cashback_centavos=500,
        )
        for number in (1, 2)
    )
    lines = tuple(
        ErpLine(number=n, name=f"nf-{n}", record=one.id, total_centavos=10_000, cashback_centavos=c)
        for n, (one, c) in enumerate(zip(records, (500, 501), strict=True), 1)
    )
    file = DayFile(
        merchant_id=merchant_id,
        day=DAY,
        begins_at=BEGINS,
        ends_at=BEGINS + timedelta(days=1),
        arrival=Arrival(as_of=BEGINS + timedelta(days=1), max_age=timedelta(days=30)),
        lines=lines,
        records=records,
    )
    api.three_sides.files.append(file)
    return file


async def run(api: Api, body: object, username: str = "olga") -> Answered:
    return await api.call("POST", PATH, body=json.dumps(body).encode(), username=username)


async def test_a_day_is_reconciled_and_its_run_is_listed(api: Api) -> None:
    file = a_file(api)
    answer = await run(api, {"day": "2026-11-29"})
    assert answer.status == 200
    told = answer.json()
    assert told["file_id"] == str(file.id)
    assert (told["opened"], told["renewed"], told["closed"]) == (1, 0, 0)
    equal, differs = told["totals"]
    assert equal == {
        "erp": "equal",
        "provider": None,
        "lines": 1,
        "line_total": "100.00",
        "line_cashback": "5.00",
        "records": 1,
        "record_total": "100.00",
        "record_cashback": "5.00",
        "credits": 0,
        "credited": "0.00",
    }
    assert (differs["erp"], differs["line_cashback"]) == ("differs", "5.01")
    listed = (await api.get(f"{PATH}?day=2026-11-29", username="anna")).json()
    assert listed == {"items": [told], "next_cursor": None}
    assert (await api.get(f"{PATH}?day=2026-11-28", username="anna")).json()["items"] == []


async def test_pages_follow_each_other(api: Api) -> None:
    a_file(api)
    for _ in range(3):
        assert (await run(api, {"day": "2026-11-29"})).status == 200
    first = (await api.get(f"{PATH}?limit=2", username="olga")).json()
    rest = (await api.get(f"{PATH}?limit=2&cursor={first['next_cursor']}", username="olga")).json()
    assert [len(page["items"]) for page in (first, rest)] == [2, 1]
    assert rest["next_cursor"] is None


async def test_nobody_sees_or_runs_anothers(api: Api) -> None:
    a_file(api)
    assert (await run(api, {"day": "2026-11-29"})).status == 200
    assert (await run(api, {"day": "2026-11-29"}, username="otto")).status == 404
    assert (await api.get(PATH, username="otto")).json()["items"] == []


@pytest.mark.parametrize("username", ["anna", "petra"])
async def test_only_operators_and_admins_run_one(api: Api, username: str) -> None:
    a_file(api)
    assert (await run(api, {"day": "2026-11-29"}, username=username)).status == 403


@pytest.mark.parametrize("day", ["2026-02-30", "29/11/2026", "", None, 7])
async def test_what_is_no_day_is_refused(api: Api, day: object) -> None:
    answer = await run(api, {"day": day})
    assert answer.status == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/day"]


async def test_a_query_of_no_day_is_refused(api: Api) -> None:
    answer = await api.get(f"{PATH}?day=2026-02-30", username="olga")
    assert answer.status in {400, 422}


async def test_a_day_without_a_file_is_not_found(api: Api) -> None:
    assert (await run(api, {"day": "2026-11-29"})).status == 404


async def test_a_merchant_has_one_day_compared_at_a_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file(api)
    a_file(api, merchant_id=2)
    begun, go_on = asyncio.Event(), asyncio.Event()
    plainly = api.three_sides.compared

    @asynccontextmanager
    async def slowly(asked: DayAsked) -> AsyncGenerator[DaySides | NotCompared, None]:
        begun.set()
        await go_on.wait()
        async with plainly(asked) as sides:
            yield sides

    monkeypatch.setattr(api.three_sides, "compared", slowly)
    first = asyncio.create_task(run(api, {"day": "2026-11-29"}))
    await begun.wait()
    second = await run(api, {"day": "2026-11-29"})
    assert (second.status, second.headers["retry-after"]) == (429, "10")
    go_on.set()
    assert (await first).status == 200
    assert (await run(api, {"day": "2026-11-29"})).status == 200


async def test_a_day_that_takes_too_long_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file(api)
    ended = asyncio.Event()

    @asynccontextmanager
    async def never(_asked: DayAsked) -> AsyncGenerator[DaySides | NotCompared, None]:
        try:
            await asyncio.Event().wait()
            yield NotCompared.NO_FILE
        finally:
            ended.set()

    monkeypatch.setattr(reconciliations, "LONGEST_S", 0.01)
    monkeypatch.setattr(api.three_sides, "compared", never)
    assert (await run(api, {"day": "2026-11-29"})).status == 503
    assert ended.is_set(), "its snapshot is let go"
