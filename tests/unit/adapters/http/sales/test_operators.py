from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.sales.lists import read_open_list
from adapters.http.sales.operator_acts import ACTS
from adapters.http.sales.resend_many import read_resend_many
from adapters.http.wire.refusals import InvalidQueryError, InvalidRequestError
from cashback_core.delivery.brakes import Ceilings
from cashback_core.delivery.states import Status
from contract.builders import a_cpf
from fakes.api import SALE, Api
from fakes.scripted_provider import answered, nothing_sent, unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.evidence import Evidence
    from fakes.api import Answered

WHY = {"reason": "the outage is over"}
OPEN = "/api/cashbacks/open"
RESEND_MANY = "/api/cashbacks/resend"


async def act(api: Api, path: str, body: object, *, username: str = "olga") -> Answered:
    return await api.call("POST", path, body=json.dumps(body).encode(), username=username)


async def a_cashback(api: Api, evidence: Evidence) -> str:
    """The id of a cashback of 1.40 whose first attempt left this evidence."""
    api.provider.script.append(evidence)
    sale = {**SALE, "customer": {"document": str(a_cpf()), "name": "ANA"}}
    submitted = await api.submit(sale)
    assert submitted.status == 202
    return str(submitted.json()["id"])


def errors_of(answer: Answered) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in answer.json()["errors"]]


async def test_what_waits_is_listed_with_its_reason(api: Api) -> None:
    doubtful = await a_cashback(api, unanswered())
    refused = await a_cashback(api, answered(422))
    await api.submit()
    answer = await api.get(OPEN, username="olga")
    assert answer.status == 200
    listed = [(i["id"], i["status"], i["reason"], i["status_code"]) for i in answer.json()["items"]]
    assert listed == [
        (doubtful, "in_doubt", "no certain answer", None),
        (refused, "rejected", "the provider refused it for good", 422),
    ]


async def test_pages_of_what_waits_follow_one_another(api: Api) -> None:
    ids = [await a_cashback(api, unanswered()) for _ in range(3)]
    first = (await api.get(f"{OPEN}?limit=2", username="olga")).json()
    path = f"{OPEN}?limit=2&cursor={first['next_cursor']}"
    second = (await api.get(path, username="olga")).json()
    assert [i["id"] for i in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None


async def test_what_is_listed_is_chosen_by_status_document_and_instant(api: Api) -> None:
    await a_cashback(api, unanswered())
    pending = await a_cashback(api, nothing_sent())
    answer = await api.get(f"{OPEN}?status=pending&sold_from=2026-01", username="adam")
    assert answer.status == 422
    for found, day in ((1, "2026-01-02"), (0, "2026-01-01")):
        path = f"{OPEN}?status=pending&sold_from={day}&sold_to={day}"
        assert len((await api.get(path, username="adam")).json()["items"]) == found
    path = f"{OPEN}?status=pending&sold_from=2026-01-02%2000:00:00"
    (item,) = (await api.get(path, username="adam")).json()["items"]
    assert item["id"] == pending
    none = await api.get(f"{OPEN}?document={a_cpf()}", username="adam")
    assert none.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("status", ["applied", "not_due", "gone"])
async def test_what_ended_well_is_not_open(api: Api, status: str) -> None:
    answer = await api.get(f"{OPEN}?status={status}", username="olga")
    assert (answer.status, errors_of(answer)) == (422, [("/status", "status_unknown")])


async def test_a_resent_one_shows_who_and_why_and_is_due(api: Api) -> None:
    id_ = await a_cashback(api, answered(422))
    answer = await act(api, f"/api/cashbacks/{id_}/resend/", WHY)
    assert answer.status == 200
    record = answer.json()
    assert record["status"] == "pending"
    event = record["events"][-1]
    assert (event["actor"], event["actor_name"], event["reason"]) == (
        "operator",
        "olga",
        "the outage is over",
    )
    assert await api.store.next_due_s() == 0


async def test_resending_what_is_in_doubt_states_the_risk_in_words(api: Api) -> None:
    id_ = await a_cashback(api, unanswered())
    path = f"/api/cashbacks/{id_}/resend"
    for body in (WHY, {**WHY, "accept_risk": False}):
        answer = await act(api, path, body)
        assert (answer.status, answer.json()["code"]) == (409, "risk_not_accepted")
        assert "pay the customer a second time" in answer.json()["detail"]
        assert errors_of(answer) == [("/accept_risk", "risk")]
    portuguese = await api.call(
        "POST",
        path,
        body=json.dumps(WHY).encode(),
        headers={"Accept-Language": "pt"},
        username="olga",
    )
    assert "segunda vez" in portuguese.json()["detail"]
    assert api.store.rows[1, next(iter(api.store.rows))[1]].status is Status.IN_DOUBT
    accepted = await act(api, path, {**WHY, "accept_risk": True})
    assert (accepted.status, accepted.json()["status"]) == (200, "pending")
    (item,) = (await api.get(f"{OPEN}?status=pending", username="olga")).json()["items"]
    assert item["risk_accepted_at"] is not None


@pytest.mark.parametrize("status", ["applied", "rejected"])
async def test_what_is_in_doubt_is_resolved_on_evidence(api: Api, status: str) -> None:
    id_ = await a_cashback(api, unanswered())
    body = {"status": status, "reason": "  statement of June, line 7 "}
    answer = await act(api, f"/api/cashbacks/{id_}/resolve", body)
    assert (answer.status, answer.json()["status"]) == (200, status)
    assert answer.json()["events"][-1]["reason"] == "statement of June, line 7"


async def test_an_unpaid_one_is_cancelled_and_one_in_doubt_never(api: Api) -> None:
    refused, doubtful = await a_cashback(api, answered(422)), await a_cashback(api, unanswered())
    cancelled = await act(api, f"/api/cashbacks/{refused}/cancel", WHY)
    assert (cancelled.status, cancelled.json()["status"]) == (200, "cancelled")
    answer = await act(api, f"/api/cashbacks/{doubtful}/cancel", WHY)
    assert (answer.status, answer.json()["code"]) == (409, "act_not_allowed")
    (error,) = answer.json()["errors"]
    assert error["received"] == "in_doubt"
    assert error["expected"] == "one of: unconfirmed, pending, rejected, held"


async def test_what_was_resent_out_of_a_doubt_is_cancelled_at_that_risk_only(api: Api) -> None:
    id_ = await a_cashback(api, unanswered())
    risky = {**WHY, "accept_risk": True}
    assert (await act(api, f"/api/cashbacks/{id_}/resend", risky)).status == 200
    refused = await act(api, f"/api/cashbacks/{id_}/cancel", WHY)
    assert (refused.status, refused.json()["code"]) == (409, "risk_not_accepted")
    assert "call unpaid" in refused.json()["detail"]
    assert (await act(api, f"/api/cashbacks/{id_}/cancel", risky)).json()["status"] == "cancelled"


@pytest.mark.parametrize(("verb", "more"), [("resend", {}), ("cancel", {})])
async def test_an_act_done_twice_is_refused_the_second_time(
    api: Api, verb: str, more: dict[str, Any]
) -> None:
    id_ = await a_cashback(api, answered(422))
    first = await act(api, f"/api/cashbacks/{id_}/{verb}", {**WHY, **more})
    second = await act(api, f"/api/cashbacks/{id_}/{verb}", {**WHY, **more})
    assert (first.status, second.status) == (200, 409)
    assert len(api.store.rows[1, next(iter(api.store.rows))[1]].events) == 4


@pytest.mark.parametrize("verb", ["resend", "cancel", "resolve"])
@pytest.mark.parametrize("username", ["demo", "anna"])
async def test_neither_an_erp_nor_an_analyst_may_act(api: Api, verb: str, username: str) -> None:
    id_ = await a_cashback(api, unanswered())
    body = {"status": "applied", "reason": "x"} if verb == "resolve" else WHY
    answer = await act(api, f"/api/cashbacks/{id_}/{verb}", body, username=username)
    assert (answer.status, answer.json()["code"]) == (403, "forbidden")
    listed = await api.get(OPEN, username=username)
    many = await act(api, RESEND_MANY, {"status": ["held"]}, username=username)
    assert (listed.status, many.status) == (200 if username == "anna" else 403, 403)


async def test_without_a_token_nothing_is_told(api: Api) -> None:
    assert (await api.get(OPEN, username=None)).status == 401


@pytest.mark.parametrize("verb", ["resend", "cancel", "resolve"])
async def test_another_merchants_cashback_looks_like_one_that_never_was(
    api: Api, verb: str
) -> None:
    theirs = await a_cashback(api, unanswered())
    body = {"status": "applied", "reason": "x"} if verb == "resolve" else WHY
    for id_ in (theirs, str(uuid4()), "x"):
        answer = await act(api, f"/api/cashbacks/{id_}/{verb}", body, username="otto")
        assert (answer.status, answer.json()["code"]) == (404, "not_found")
    listed = await api.get(OPEN, username="otto")
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    ("verb", "body", "expected"),
    [
        ("resend", [], [("", "wrong_type")]),
        ("resend", {}, [("/reason", "required")]),
        ("resend", {"reason": None}, [("/reason", "wrong_type")]),
        ("resend", {"reason": " "}, [("/reason", "reason_format")]),
        ("resend", {"reason": "a\nb"}, [("/reason", "reason_format")]),
        ("resend", {"reason": "x" * 501}, [("/reason", "reason_format")]),
        *(
            (verb, {"reason": "52998224725 gave it back"} | more, [("/reason", "reason_document")])
            for verb, more in (
                ("resend", {}),
                ("cancel", {}),
                ("resolve", {"status": "applied"}),
                ("take-back", {"accept_risk": True}),
            )
        ),
        ("resend", {**WHY, "accept_risk": 1}, [("/accept_risk", "not_boolean")]),
        ("resend", {**WHY, "accept_risk": "true"}, [("/accept_risk", "not_boolean")]),
        ("resend", {"reason": 5, "a": 1}, [("/a", "unknown_field"), ("/reason", "wrong_type")]),
        ("cancel", {**WHY, "accept_risk": "yes"}, [("/accept_risk", "not_boolean")]),
        ("cancel", {**WHY, "status": "held"}, [("/status", "unknown_field")]),
        ("resolve", WHY, [("/status", "required")]),
        ("resolve", {**WHY, "status": "pending"}, [("/status", "no_such_choice")]),
        ("resolve", {**WHY, "status": ["applied"]}, [("/status", "wrong_type")]),
    ],
)
async def test_every_fault_of_an_act_is_told_and_nothing_is_done(
    api: Api, verb: str, body: object, expected: list[tuple[str, str]]
) -> None:
    id_ = await a_cashback(api, unanswered())
    answer = await act(api, f"/api/cashbacks/{id_}/{verb}", body)
    assert (answer.status, answer.json()["code"]) == (422, "invalid_request")
    assert errors_of(answer) == expected
    assert (await api.get(f"/api/cashbacks/{id_}")).json()["status"] == "in_doubt"


async def shown(api: Api, wanted: dict[str, object]) -> dict[str, object]:
    """The body that does to what a filter means what is shown of it now, but for its reason."""
    told = (await act(api, RESEND_MANY, wanted)).json()
    return {**wanted, "dry_run": False, "token": told["token"]}


async def test_many_are_counted_first_and_resent_as_counted(api: Api) -> None:
    doubtful, refused = await a_cashback(api, unanswered()), await a_cashback(api, answered(422))
    wanted = {"status": ["in_doubt", "rejected"]}
    counted = await act(api, RESEND_MANY, wanted)
    tally = counted.json()
    assert tally["risk"].startswith("Nobody here can tell")
    assert tally == {
        "count": 2,
        "cashback": "2.80",
        "in_doubt": 1,
        "above_ceiling": 0,
        "resent": False,
        "risk": tally["risk"],
        "token": tally["token"],
    }
    doing = {**wanted, **WHY, "dry_run": False, "token": tally["token"]}
    refusal = await act(api, RESEND_MANY, doing)
    assert (refusal.status, refusal.json()["code"]) == (409, "risk_not_accepted")
    wrong = await act(api, RESEND_MANY, {**doing, "accept_risk": True, "token": "x"})
    assert (wrong.status, wrong.json()["code"]) == (409, "plan_changed")
    (fault,) = wrong.json()["errors"]
    assert (fault["pointer"], "move 2" in fault["detail"]) == ("/token", True)
    done = await act(api, RESEND_MANY, {**doing, "accept_risk": True})
    assert (done.status, done.json()) == (200, {**tally, "resent": True, "token": None})
    for id_ in (doubtful, refused):
        assert (await api.get(f"/api/cashbacks/{id_}")).json()["status"] == "pending"


async def test_what_is_surely_unpaid_needs_no_risk_and_tells_of_none(api: Api) -> None:
    await a_cashback(api, answered(422))
    body = {**WHY, **await shown(api, {"status": ["rejected"]})}
    done = await act(api, RESEND_MANY, body)
    assert done.json() == {
        "count": 1,
        "cashback": "1.40",
        "in_doubt": 0,
        "above_ceiling": 0,
        "resent": True,
        "risk": None,
        "token": None,
    }


async def test_what_a_ceiling_holds_is_left_out_unless_it_is_asked_for(api: Api) -> None:
    api.store.set_ceilings(1, Ceilings(max_cashback_centavos=0))
    id_ = (await api.submit()).json()["id"]
    body = {"status": ["held"], **WHY, "dry_run": False, "accept_risk": True}
    told = (await act(api, RESEND_MANY, {"status": ["held"]})).json()
    assert (told["count"], told["above_ceiling"]) == (0, 1)
    done = await act(api, RESEND_MANY, {**body, "token": told["token"]})
    assert (done.status, done.json()["count"]) == (200, 0)
    assert (await api.get(f"/api/cashbacks/{id_}")).json()["status"] == "held"
    wrong = await act(api, RESEND_MANY, {**body, "above_ceiling": 1, "token": "x"})
    assert errors_of(wrong) == [("/above_ceiling", "not_boolean")]
    asked = {**body, **await shown(api, {"status": ["held"], "above_ceiling": True})}
    assert (await act(api, RESEND_MANY, asked)).status == 200
    assert (await api.get(f"/api/cashbacks/{id_}")).json()["status"] == "pending"


async def test_too_many_at_once_are_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashback_core.operators.open_cashbacks.MAX_AT_ONCE", 1)
    for _ in range(2):
        await a_cashback(api, answered(422))
    body = {**WHY, **await shown(api, {"status": ["rejected"]})}
    refusal = await act(api, RESEND_MANY, body)
    assert (refusal.status, refusal.json()["code"]) == (409, "too_many_at_once")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/status", "required")]),
        ({"status": "held"}, [("/status", "wrong_type")]),
        ({"status": None}, [("/status", "wrong_type")]),
        ({"status": []}, [("/status", "no_such_choice")]),
        ({"status": ["held", "pending"]}, [("/status", "no_such_choice")]),
        ({"status": [["held"]]}, [("/status", "no_such_choice")]),
        ({"status": ["held"], "document": "1"}, [("/document", "document_invalid")]),
        ({"status": ["held"], "sold_to": "today"}, [("/sold_to", "bound_invalid")]),
        ({"status": ["held"], "dry_run": 0}, [("/dry_run", "not_boolean")]),
        (
            {"status": ["held"], "dry_run": False},
            [("/reason", "required"), ("/token", "required")],
        ),
        (
            {"status": ["held"], **WHY, "dry_run": False, "token": 7},
            [("/token", "wrong_type")],
        ),
    ],
)
async def test_every_fault_of_a_filter_is_told(
    api: Api, body: object, expected: list[tuple[str, str]]
) -> None:
    answer = await act(api, RESEND_MANY, body)
    assert (answer.status, errors_of(answer)) == (422, expected)


async def test_choices_are_told_without_the_marks_of_an_array(api: Api) -> None:
    for wrong in ([], ["pending"]):
        answer = await act(api, RESEND_MANY, {"status": wrong})
        (told,) = answer.json()["errors"]
        assert told["expected"] == "rejected, in_doubt, held"
    (told,) = (await act(api, RESEND_MANY, {"status": None})).json()["errors"]
    assert (told["expected"], told["received"]) == ("an array", "null")


async def test_a_filter_reads_documents_and_instants_as_the_list_does(api: Api) -> None:
    await a_cashback(api, answered(422))
    document = str(a_cpf())
    wanted = {"status": ["rejected"], "sold_from": "2026-01-02 00:00:00", "document": None}
    assert (await act(api, RESEND_MANY, wanted)).json()["count"] == 1
    assert (await act(api, RESEND_MANY, {**wanted, "document": document})).json()["count"] == 0
    assert (await act(api, RESEND_MANY, {**wanted, "sold_to": "2026-01-02 00:00:00"})).json()[
        "count"
    ] == 0


async def test_a_database_that_is_away_is_a_503_also_for_operators(api: Api) -> None:
    id_ = await a_cashback(api, unanswered())
    api.identities.away = True
    assert (await api.get(OPEN, username="olga")).status == 503
    api.identities.away = False
    assert (await api.get(OPEN, username="olga")).status == 200
    api.store.away = True
    answers = [
        await api.get(OPEN, username="olga"),
        await act(api, f"/api/cashbacks/{id_}/resend", WHY),
        await act(api, RESEND_MANY, {"status": ["held"]}),
    ]
    assert [a.status for a in answers] == [503] * 3


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "status",
    "reason",
    "accept_risk",
    "dry_run",
    "token",
    "document",
    "sold_from",
    "sold_to",
)
ZONE = ZoneInfo("America/Sao_Paulo")


@given(ANYTHING | st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
def test_no_body_makes_reading_it_fail_otherwise(document: object) -> None:
    reads: list[Callable[[object], object]] = [one.body.read for one in ACTS]
    reads.append(partial(read_resend_many, zone=ZONE, by="olga"))
    for read in reads:
        try:
            read(document)
        except InvalidRequestError as error:
            assert error.violations  # noqa: PT017 (either end is right)


@given(st.binary(max_size=200))
def test_no_query_makes_reading_it_fail_otherwise(query: bytes) -> None:
    try:
        wanted, _ = read_open_list(query, ZONE)
    except InvalidQueryError as error:
        assert error.violations  # noqa: PT017 (either end is right)
    else:
        assert Status.APPLIED not in wanted.statuses
