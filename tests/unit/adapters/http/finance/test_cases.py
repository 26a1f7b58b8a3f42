"""Cases over HTTP: who sees which, who has them, and what is told of what is done."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.finance.cases import read_case_list, read_difference_list
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.operators.case_store import DayDifference
from cashback_core.operators.cases import Case, CaseKind
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.ids import new_id
from contract.builders import a_cpf
from fakes.api import SALE, Api
from fakes.scripted_provider import answered

if TYPE_CHECKING:
    from fakes.api import Answered

AT = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
CASES, DIFFERENCES = "/api/cases", "/api/differences"


def told(api: Api, merchant_id: int | None = None, **changes: Any) -> str:
    """An incident that stands; its id."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "cls": FindingClass.UNKNOWN_HERE,
        "merchant": {None: None, 1: "demo", 2: "other"}[merchant_id],
        "cashback_id": None,
        "document": "52998224725",
        "centavos": 777,
        "line": 7,
        "line_key": new_id().hex,
        "credited_at": AT,
        "reference": "NF 1",
        "why": "no cashback explains it",
        "opened_at": AT,
        "statement_at": AT,
    }
    incident = StatementIncident(**(fields | changes))
    api.incidents.keep(incident, merchant_id=merchant_id)
    return str(incident.id)


def differing(api: Api, merchant: str = "demo", **changes: Any) -> str:
    """A difference that stands; its id."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "kind": CaseKind.DIFFERENCE,
        "cls": "differs",
        "merchant": merchant,
        "cashback_id": None,
        "centavos": 5,
        "why": "rounding",
        "opened_at": AT + timedelta(hours=1),
    }
    one = Case(**(fields | changes))
    api.cases.keep(
        DayDifference(
            case=one,
            day=date(2026, 6, 14),
            file_id=UUID(int=7),
            line=12,
            whys=("rounding",),
            erp_centavos=505,
            our_centavos=None,
            closed_why=None,
        )
    )
    return str(one.id)


async def say(api: Api, path: str, body: object, username: str = "olga", **more: str) -> Answered:
    return await api.call(
        "POST", path, body=json.dumps(body).encode(), username=username, headers=more
    )


async def about_mine(api: Api) -> str:
    """An incident about a cashback of merchant 1."""
    api.provider.script.append(answered(422))
    sale = {**SALE, "customer": {"document": str(a_cpf()), "name": "ANA"}}
    cashback = UUID(str((await api.submit(sale)).json()["id"]))
    return told(api, 1, cashback_id=cashback, cls=FindingClass.CREDITED_UNPAID)


def codes(answer: Answered) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in answer.json()["errors"]]


async def test_everybody_sees_what_is_theirs_to_look_after(api: Api) -> None:
    mine, differs = await about_mine(api), differing(api)
    theirs, nobodys = told(api, 2), told(api)
    for username, seen in (
        ("olga", {mine, differs}),
        ("anna", {mine, differs}),
        ("otto", {theirs}),
        ("petra", {mine, theirs, nobodys}),
    ):
        page = (await api.get(CASES, username=username)).json()
        assert {item["id"] for item in page["items"]} == seen, username
        assert sum(load["count"] for load in page["loads"]) == len(seen)
    assert (await api.get(CASES, username="demo")).status == 403
    assert (await api.get(DIFFERENCES, username="petra")).status == 403
    for id_, others in (
        (mine, ("otto",)),
        (nobodys, ("olga", "otto")),
        (differs, ("otto", "petra")),
    ):
        for username in others:
            path = f"{CASES}/{id_}"
            assert (await api.get(path, username=username)).status == 404
            for act, body in (
                ("assign", {"assigned_to": username}),
                ("note", {"note": "x"}),
                ("resolve", {"reason": "x"}),
            ):
                answer = await say(api, f"{path}/{act}", body, username)
                assert answer.status == 404, (path, act)
                refused = await say(api, f"{path}/{act}", body, "anna")
                assert refused.status == 403  # an analyst only looks


async def test_a_case_is_assigned_noted_and_resolved_under_the_callers_name(api: Api) -> None:
    for id_ in (await about_mine(api), differing(api)):
        path = f"{CASES}/{id_}"
        note = {"assigned_to": "adam", "note": "the provider is asked"}
        assigned = await say(api, f"{path}/assign", note)
        assert assigned.status == 200, assigned.body
        assert assigned.json()["case"]["state"] == "assigned"
        taken = await say(api, f"{path}/assign", {"assigned_to": "olga"})
        assert (taken.status, taken.json()["code"]) == (409, "case_assigned")
        assert "adam" in taken.json()["errors"][0]["detail"]
        assert (await say(api, f"{path}/assign", {"nobody": True, "take_over": True})).status == 200
        assert (await say(api, f"{path}/note", {"note": "asked on 3 June"})).status == 200
        done = await say(api, f"{path}/resolve", {"reason": "they take it back"})
        assert done.json()["case"]["state"] == "resolved"
        history = (await api.get(path, username="anna")).json()
        assert history == done.json()
        told = [(e["what"], e["by"], e["reason"]) for e in history["events"]]
        assert [one for one in told if one[0] != "opened"] == [
            ("assigned", "olga", "the provider is asked"),
            ("given_back", "olga", None),
            ("noted", "olga", "asked on 3 June"),
            ("resolved", "olga", "they take it back"),
        ]
        again = await say(api, f"{path}/resolve", {"reason": "x"}, accept_language="pt")
        assert (again.status, again.json()["code"]) == (409, "case_resolved")
    listed = (await api.get(CASES, username="olga")).json()
    assert (listed["items"], listed["loads"]) == ([], [])
    resolved = (await api.get(f"{CASES}?state=resolved", username="olga")).json()
    assert len(resolved["items"]) == 2


async def test_cases_are_filtered_and_told_by_who_has_them(api: Api) -> None:
    mine, differs = await about_mine(api), differing(api)
    await say(api, f"{CASES}/{mine}/assign", {"assigned_to": "adam"})
    for query, seen in (
        ("assigned_to=adam", {mine}),
        ("state=open", {differs}),
        ("kind=difference", {differs}),
        ("class=credited_unpaid", {mine}),
        ("min_amount=0.06", {mine}),
        ("opened_to=2026-06-14", set[str]()),
        ("opened_to=2026-06-15T15:30:00Z", {mine}),
    ):
        page = (await api.get(f"{CASES}?{query}", username="olga")).json()
        assert {item["id"] for item in page["items"]} == seen, query
    loads = (await api.get(CASES, username="olga")).json()["loads"]
    assert [(one["assigned_to"], one["count"], one["amount"]) for one in loads] == [
        (None, 1, "0.05"),
        ("adam", 1, "7.77"),
    ]
    first = (await api.get(f"{CASES}?limit=1", username="olga")).json()
    second = await api.get(f"{CASES}?limit=1&cursor={first['next_cursor']}", username="olga")
    assert [one["id"] for one in first["items"] + second.json()["items"]] == [mine, differs]


async def test_a_difference_tells_both_sides(api: Api) -> None:
    id_ = differing(api)
    (one,) = (await api.get(f"{DIFFERENCES}?day=2026-06-14", username="olga")).json()["items"]
    assert one["case"]["id"] == id_
    assert {name: one[name] for name in one if name != "case"} == {
        "day": "2026-06-14",
        "file_id": str(UUID(int=7)),
        "line": 12,
        "whys": ["rounding"],
        "erp_cashback": "5.05",
        "our_cashback": None,
        "sale_id": None,
        "closed_why": None,
    }
    assert (await api.get(f"{DIFFERENCES}?class=not_told", username="olga")).json()["items"] == []


@pytest.mark.parametrize(
    ("act", "body", "faults"),
    [
        ("assign", {}, [("/assigned_to", "assigned_or_nobody")]),
        (
            "assign",
            {"assigned_to": "bia", "nobody": True},
            [("/assigned_to", "assigned_or_nobody")],
        ),
        ("assign", {"assigned_to": "Bia !"}, [("/assigned_to", "username_format")]),
        ("assign", {"nobody": True, "note": " "}, [("/note", "reason_format")]),
        ("note", {}, [("/note", "required")]),
        ("note", {"note": "of 529.982.247-25"}, [("/note", "reason_document")]),
        ("resolve", {"reason": ""}, [("/reason", "reason_format")]),
        ("resolve", {"why": "x"}, [("/reason", "required"), ("/why", "unknown_field")]),
    ],
)
async def test_what_is_no_act_is_refused_with_why(
    api: Api, act: str, body: dict[str, object], faults: list[tuple[str, str]]
) -> None:
    id_ = differing(api)
    answer = await say(api, f"{CASES}/{id_}/{act}", body)
    assert answer.status == 422
    assert sorted(codes(answer)) == sorted(faults)
    history = (await api.get(f"{CASES}/{id_}", username="olga")).json()
    assert len(history["events"]) == 1


@given(st.binary(max_size=60) | st.sampled_from([b"day=2026-02-30", b"min_amount=x", b"state=no"]))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    with suppress(InvalidQueryError):
        read_case_list(query, ZoneInfo("UTC"))
    with suppress(InvalidQueryError):
        read_difference_list(query)
