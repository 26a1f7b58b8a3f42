"""Incidents of the statement over HTTP: who sees which, and who may say what they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.sales.incident_routes import read_explain
from adapters.http.sales.lists import read_incident_list
from adapters.http.wire.refusals import InvalidQueryError, InvalidRequestError
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.documents import mask
from cashback_core.values.ids import new_id
from cashback_core.words.locales import ENGLISH, phrases
from contract.builders import a_cpf
from fakes.api import SALE, Api
from fakes.scripted_provider import answered

if TYPE_CHECKING:
    from fakes.api import Answered

AT = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
INCIDENTS = "/api/incidents"
FOREIGN = {"meaning": "foreign", "reason": "their own campaign", "dry_run": False}


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


async def say(
    api: Api, path: str, body: object, username: str = "petra", **headers: str
) -> Answered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.call(
        "POST", path, body=json.dumps(body).encode(), headers=named, username=username
    )


async def a_rejected(api: Api) -> str:
    """The id of a rejected cashback of merchant 1."""
    api.provider.script.append(answered(422))
    sale = {**SALE, "customer": {"document": str(a_cpf()), "name": "ANA"}}
    return str((await api.submit(sale)).json()["id"])


def codes(answer: Answered) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in answer.json()["errors"]]


async def test_an_incident_is_told_with_masked_customer_amount_line_and_instant(api: Api) -> None:
    id_ = told(api)
    (item,) = (await api.get(INCIDENTS, username="petra")).json()["items"]
    assert item == {
        "id": id_,
        "class": "unknown_here",
        "what": "a credit that no cashback explains",
        "merchant": None,
        "cashback_id": None,
        "document": mask("52998224725"),
        "amount": "7.77",
        "line": 7,
        "credited_at": "2026-06-15T15:00:00Z",
        "reference": "NF 1",
        "why": "no cashback explains it",
        "since": "2026-06-15T15:00:00Z",
        "statement_at": "2026-06-15T15:00:00Z",
        "closed_at": None,
        "closed_why": None,
    }


async def test_a_merchant_never_sees_what_is_nobodys_or_anothers(api: Api) -> None:
    mine = told(api, 1, cashback_id=UUID(await a_rejected(api)))
    theirs, nobodys = told(api, 2), told(api)
    for username, seen in (
        ("olga", {mine}),
        ("adam", {mine}),
        ("anna", {mine}),
        ("otto", {theirs}),
        ("petra", {mine, theirs, nobodys}),
    ):
        for query in ("", "?standing=false", "?class=unknown_here"):
            page = (await api.get(INCIDENTS + query, username=username)).json()
            assert {item["id"] for item in page["items"]} == seen, username
            assert [one["count"] for one in page["standing"]] == [len(seen)]
    assert (await api.get(INCIDENTS, username="demo")).status == 403


async def test_what_stands_is_counted_and_pages_follow_one_another(api: Api) -> None:
    ids = [told(api, opened_at=AT + timedelta(minutes=n)) for n in range(3)]
    told(api, cls=FindingClass.UNREADABLE, centavos=0, document=None)
    path = f"{INCIDENTS}?limit=2&class=unknown_here"
    first = (await api.get(path, username="petra")).json()
    second = (await api.get(f"{path}&cursor={first['next_cursor']}", username="petra")).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None
    portuguese = await api.call(
        "GET", INCIDENTS, headers={"Accept-Language": "pt"}, username="petra"
    )
    assert portuguese.json()["standing"] == [
        {
            "class": "unknown_here",
            "what": "um crédito que nenhum cashback explica",
            "count": 3,
            "amount": "23.31",
        },
        {
            "class": "unreadable",
            "what": "uma linha que não se consegue ler",
            "count": 1,
            "amount": "0.00",
        },
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("class=lost", [("/class", "no_such_choice")]),
        ("standing=1", [("/standing", "no_such_choice")]),
        ("limit=201", [("/limit", "limit_invalid")]),
        ("cursor=x", [("/cursor", "cursor_of_another_list")]),
        ("status=held", [("/status", "unknown_parameter")]),
    ],
)
async def test_every_fault_of_the_query_is_told(
    api: Api, query: str, expected: list[tuple[str, str]]
) -> None:
    answer = await api.get(f"{INCIDENTS}?{query}", username="petra")
    assert (answer.status, codes(answer)) == (422, expected)


async def test_the_platform_explains_after_a_dry_run_and_under_its_own_name(api: Api) -> None:
    id_ = told(api)
    path = f"{INCIDENTS}/{id_}/explain"
    dry = await say(api, path, {"meaning": "foreign", "reason": "their own campaign"})
    assert (dry.status, dry.json()["explained"]) == (200, False)
    assert dry.json()["incident"]["closed_at"] is None
    assert api.incidents.lines == {}
    done = await say(api, path, FOREIGN)
    assert (done.status, done.json()["explained"]) == (200, True)
    assert done.json()["incident"]["closed_why"] == "their own campaign"
    assert api.incidents.kept[UUID(id_)].events == [("explained", "petra")]
    again = await say(api, path, FOREIGN, Accept_Language="pt")
    assert (again.status, again.json()["code"]) == (409, "incident_closed")
    assert again.json()["title"] == "Já explicado"
    assert (await api.get(INCIDENTS, username="petra")).json()["items"] == []
    closed = await api.get(f"{INCIDENTS}?standing=false", username="petra")
    assert [item["id"] for item in closed.json()["items"]] == [id_]


async def test_a_line_of_ours_names_a_cashback_that_is_there(api: Api) -> None:
    path = f"{INCIDENTS}/{told(api)}/explain"
    ours = {"meaning": "ours", "reason": "their mail", "dry_run": False}
    unknown = await say(api, path, {**ours, "cashback_id": str(new_id())})
    assert (unknown.status, codes(unknown)) == (422, [("/cashback_id", "no_such_cashback")])
    done = await say(api, path, {**ours, "cashback_id": await a_rejected(api)})
    assert done.json()["explained"]


async def test_a_line_whose_reference_names_a_cashback_is_foreign_only_with_the_risk_accepted(
    api: Api,
) -> None:
    named = await a_rejected(api)
    line = told(api, reference=f"ref {named.upper()}")
    path = f"{INCIDENTS}/{line}/explain"
    for dry_run in (True, False):
        refused = await say(api, path, {**FOREIGN, "dry_run": dry_run})
        assert (refused.status, refused.json()["code"]) == (409, "names_a_cashback")
        assert codes(refused) == [("/accept_risk", "names_cashback")]
        assert named in refused.json()["errors"][0]["detail"]
    in_portuguese = await say(api, path, FOREIGN, Accept_Language="pt")
    assert in_portuguese.json()["title"] == "A referência nomeia um cashback daqui"
    assert api.incidents.lines == {}
    risky = {**FOREIGN, "accept_risk": True}
    dry = await say(api, path, {**risky, "dry_run": True})
    assert (dry.status, dry.json()["explained"]) == (200, False)
    done = await say(api, path, risky)
    assert (done.status, done.json()["explained"]) == (200, True)
    assert api.incidents.risks == {UUID(line)}


async def test_an_explanation_that_does_not_go_with_the_incident_is_refused(api: Api) -> None:
    line = told(api)
    absent = told(api, cls=FindingClass.APPLIED_ABSENT, line=None, line_key=None)
    known = await say(api, f"{INCIDENTS}/{line}/explain", {**FOREIGN, "meaning": "known_absent"})
    assert (known.status, codes(known)) == (409, [("/meaning", "not_absent")])
    foreign = await say(api, f"{INCIDENTS}/{absent}/explain", FOREIGN)
    assert (foreign.status, codes(foreign)) == (409, [("/meaning", "not_a_line")])
    assert foreign.json()["code"] == "explanation_unfit"


@pytest.mark.parametrize("username", ["olga", "adam", "anna", "demo"])
async def test_only_the_platform_explains(api: Api, username: str) -> None:
    id_ = told(api, 1)
    answer = await say(api, f"{INCIDENTS}/{id_}/explain", FOREIGN, username)
    assert (answer.status, answer.json()["code"]) == (403, "forbidden")
    assert api.incidents.lines == {}


async def test_what_is_not_there_is_not_explained(api: Api) -> None:
    for id_ in (str(new_id()), "x"):
        answer = await say(api, f"{INCIDENTS}/{id_}/explain", FOREIGN)
        assert (answer.status, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], [("", "wrong_type")]),
        ({}, [("/meaning", "required"), ("/reason", "required")]),
        ({**FOREIGN, "meaning": "lost"}, [("/meaning", "no_such_choice")]),
        ({**FOREIGN, "reason": " "}, [("/reason", "reason_format")]),
        ({**FOREIGN, "reason": "of 529.982.247-25"}, [("/reason", "reason_document")]),
        ({**FOREIGN, "dry_run": "no"}, [("/dry_run", "not_boolean")]),
        ({**FOREIGN, "accept_risk": 1}, [("/accept_risk", "not_boolean")]),
        ({**FOREIGN, "by": "somebody else"}, [("/by", "unknown_field")]),
        ({**FOREIGN, "meaning": "ours"}, [("/cashback_id", "only_with_ours")]),
        ({**FOREIGN, "cashback_id": str(new_id())}, [("/cashback_id", "only_with_ours")]),
        ({**FOREIGN, "cashback_id": "1"}, [("/cashback_id", "not_an_id")]),
    ],
)
async def test_every_fault_of_an_explanation_is_told_and_nothing_is_done(
    api: Api, body: object, expected: list[tuple[str, str]]
) -> None:
    answer = await say(api, f"{INCIDENTS}/{told(api)}/explain", body)
    assert (answer.status, codes(answer)) == (422, expected)
    assert api.incidents.lines == {}


async def test_what_is_credited_there_is_resolved_and_resent_only_at_a_risk(api: Api) -> None:
    id_ = await a_rejected(api)
    path = f"/api/cashbacks/{id_}"
    applied = {"status": "applied", "reason": "line 7"}
    refused = await say(api, f"{path}/resolve", applied, "olga", Accept_Language="pt")
    assert (refused.status, refused.json()["code"]) == (409, "not_credited_there")
    assert refused.json()["title"] == "Não creditado no provedor"
    told(api, 1, cls=FindingClass.CREDITED_UNPAID, cashback_id=UUID(id_))
    (item,) = (await api.get("/api/cashbacks/open", username="olga")).json()["items"]
    assert item["suspected"]
    resend = await say(api, f"{path}/resend", {"reason": "again"}, "olga")
    assert (resend.status, resend.json()["code"]) == (409, "risk_not_accepted")
    counted = await say(api, "/api/cashbacks/resend", {"status": ["rejected"]}, "olga")
    assert counted.json()["in_doubt"] == 1
    done = await say(api, f"{path}/resolve", applied, "olga")
    assert (done.status, done.json()["status"]) == (200, "applied")

    back = {"reason": "another customer's line", "accept_risk": True}
    own = await say(api, f"{path}/take-back", back, "olga", Accept_Language="pt")
    assert (own.status, own.json()["code"]) == (409, "own_mark")
    assert own.json()["title"] == "Sua própria marca"
    careless = await say(api, f"{path}/take-back", {"reason": "wrong"}, "adam")
    assert (careless.status, careless.json()["code"]) == (409, "risk_not_accepted")
    assert (await say(api, f"{path}/take-back", back, "otto")).status == 404
    taken = await say(api, f"{path}/take-back", back, "adam")
    assert (taken.status, taken.json()["status"]) == (200, "in_doubt")
    assert taken.json()["events"][-1]["actor_name"] == "adam"


async def test_what_no_operator_marked_is_not_taken_back(api: Api) -> None:
    back = {"reason": "wrong", "accept_risk": True}
    answer = await say(api, f"/api/cashbacks/{await a_rejected(api)}/take-back", back, "olga")
    assert (answer.status, answer.json()["code"]) == (409, "no_mark")


async def test_a_database_that_is_away_is_a_503_for_incidents_too(api: Api) -> None:
    id_ = told(api)
    api.store.away = True
    assert (await api.get(INCIDENTS, username="petra")).status == 503
    assert (await say(api, f"{INCIDENTS}/{id_}/explain", FOREIGN)).status == 503


def test_every_class_has_words_in_both_languages() -> None:
    told = {name for name in phrases(ENGLISH) if name.startswith("finding.")}
    assert told == {f"finding.{cls}" for cls in FindingClass}


ANYTHING = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(
    st.dictionaries(
        st.sampled_from(("meaning", "cashback_id", "reason", "dry_run", "accept_risk")),
        ANYTHING | st.sampled_from(("foreign", "ours", "known_absent", str(new_id()))),
    )
)
def test_no_body_makes_reading_it_fail_otherwise(document: object) -> None:
    try:
        read_explain(document, by="petra")
    except InvalidRequestError as error:
        assert error.violations  # noqa: PT017 (either end is right)


@given(st.binary(max_size=200))
def test_no_query_makes_reading_it_fail_otherwise(query: bytes) -> None:
    try:
        read_incident_list(query)
    except InvalidQueryError as error:
        assert error.violations  # noqa: PT017 (either end is right)
