"""A list of what became of many, over HTTP: shown first, done only as it was shown."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.finance.resolve_many import MAX_LINES, read_resolve_many
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.operators.resolution_lines import LineFault
from cashback_core.operators.resolution_plans import LineRefusal
from cashback_core.words.locales import languages, phrase
from contract.builders import a_cpf
from fakes.api import SALE, Api
from fakes.scripted_provider import answered, unanswered

if TYPE_CHECKING:
    from cashback_core.delivery.evidence import Evidence
    from fakes.api import Answered

PATH = "/api/cashbacks/resolve-many"
MAIL = "their mail of 3 June"


async def say(api: Api, body: object, username: str = "olga") -> Answered:
    return await api.call("POST", PATH, body=json.dumps(body).encode(), username=username)


async def a_cashback(api: Api, evidence: Evidence, **more: object) -> str:
    """The id of a cashback of 1.40 whose first attempt left this evidence."""
    api.provider.script.append(evidence)
    sale = {**SALE, "customer": {"document": str(a_cpf()), "name": "ANA"}, **more}
    return str((await api.submit(sale)).json()["id"])


def line(**told: object) -> dict[str, object]:
    return {"status": "applied", "evidence": MAIL, **told}


async def status_of(api: Api, id_: str) -> str:
    return str((await api.get(f"/api/cashbacks/{id_}", username="olga")).json()["status"])


async def test_a_list_is_shown_then_done_and_then_so_already(api: Api) -> None:
    first = await a_cashback(api, unanswered(), sale_id="NF-1")
    second = await a_cashback(api, unanswered())
    refused = await a_cashback(api, answered(422))
    body: dict[str, Any] = {
        "file": "june.csv",
        "lines": [
            line(sale_id="NF-1"),
            line(id=second, status="rejected"),
            line(id=refused),
            line(id="x"),
        ],
    }
    shown = (await say(api, body)).json()
    assert (shown["done"], shown["count"], shown["cashback"]) == (False, 2, "2.80")
    assert shown["totals"] == [
        {"from": "in_doubt", "to": "applied", "count": 1, "cashback": "1.40"},
        {"from": "in_doubt", "to": "rejected", "count": 1, "cashback": "1.40"},
    ]
    assert [(m["line"], m["id"], m["to"]) for m in shown["moves"]] == [
        (1, first, "applied"),
        (2, second, "rejected"),
    ]
    assert [(r["line"], r["why"], r["status"]) for r in shown["refused"]] == [
        (3, "not_credited_there", "rejected"),
        (4, "line_name", None),
    ]
    assert await status_of(api, first) == "in_doubt"
    done = (await say(api, {**body, "dry_run": False, "token": shown["token"]})).json()
    assert (done["done"], done["count"], done["token"]) == (True, 2, None)
    assert (done["moves"], done["refused"]) == (shown["moves"], shown["refused"])
    latest = (await api.get(f"/api/cashbacks/{second}", username="olga")).json()["events"][-1]
    assert (latest["to_status"], latest["reason"]) == ("rejected", f"june.csv, line 2: {MAIL}")
    assert latest["actor_name"] == "olga"
    again = (await say(api, body)).json()
    assert (again["count"], again["already"]) == (0, [1, 2])


async def test_what_is_not_as_it_was_shown_is_not_done(api: Api) -> None:
    id_ = await a_cashback(api, unanswered())
    body: dict[str, Any] = {"file": "june.csv", "lines": [line(id=id_)]}
    token = (await say(api, body)).json()["token"]
    for changed in (
        {**body, "lines": [line(id=id_, status="rejected")]},
        {**body, "lines": [line(id=id_, evidence="another mail")]},
    ):
        answer = await say(api, {**changed, "dry_run": False, "token": token})
        assert (answer.status, answer.json()["code"]) == (409, "plan_changed")
    assert await status_of(api, id_) == "in_doubt"
    for username, status in (("otto", 409), ("anna", 403), ("petra", 403), ("demo", 403)):
        answer = await say(api, {**body, "dry_run": False, "token": token}, username)
        assert answer.status == status, username
    assert (await say(api, body, "otto")).json()["refused"][0]["why"] == "unknown"
    assert await status_of(api, id_) == "in_doubt"


WRONG: Final[list[tuple[dict[str, object], str, str]]] = [
    ({"lines": []}, "/lines", "list_count"),
    ({"lines": [{"id": "x"}] * (MAX_LINES + 1)}, "/lines", "list_count"),
    ({"lines": "x"}, "/lines", "wrong_type"),
    ({"lines": [7]}, "/lines/0", "wrong_type"),
    ({"file": "x" * 65}, "/file", "plain_text"),
    ({"file": "52998224725.csv"}, "/file", "reason_document"),
    ({"file": "a\nb"}, "/file", "reason_format"),
    ({"dry_run": False}, "/token", "required"),
    ({"dry_run": False, "token": 7}, "/token", "wrong_type"),
]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    WRONG,
)
async def test_a_body_that_is_no_list_is_refused(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    answer = await say(api, {"file": "june.csv", "lines": [line(id="x")], **changes})
    assert answer.status == 422, answer.body
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


@given(
    st.dictionaries(
        st.sampled_from(["file", "lines", "dry_run", "token", "x"]),
        st.none()
        | st.booleans()
        | st.text(max_size=5)
        | st.lists(st.dictionaries(st.sampled_from(["id", "status"]), st.text(max_size=3))),
    )
)
def test_any_body_is_read_or_refused(body: dict[str, object]) -> None:
    with suppress(InvalidRequestError):
        read_resolve_many(body)


def test_every_reason_has_its_words() -> None:
    for language in languages():
        for why in (*LineFault, *LineRefusal):
            assert phrase(language, f"resolution.{why}")
