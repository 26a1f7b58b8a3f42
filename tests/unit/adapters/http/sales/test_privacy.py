"""What a person may ask for, over HTTP: admitted by role, told in full, refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cashback_core.delivery.states import Status
from cashback_core.privacy.data_subjects import SubjectReport
from cashback_core.testing.memory_privacy import SINCE
from cashback_core.values.documents import BuyerDocument, Cnpj, Cpf, ForeignDocument

if TYPE_CHECKING:
    from fakes.api import Answered, Api

WHO = UUID("01a206ad-d214-74e1-b424-16bd3a459632")
OLDER = UUID("01a206ad-d214-74e1-b424-16bd3a459631")
REPORT = f"/api/customers/{WHO}/report"
ERASE = f"/api/customers/{WHO}/erase"
MARIA = SubjectReport(
    customer_id=WHO,
    document=Cpf("52998224725"),
    name="MARIA",
    known_since_at=SINCE,
    erased_at=None,
    sales=(),
    next=OLDER,
)


async def erase(api: Api, body: Any = None, **headers: str) -> Answered:
    sent = json.dumps({"reason": "asked for it"} if body is None else body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.call("POST", ERASE, body=sent, username="adam", headers=named)


async def test_a_report_tells_everything_and_who_asked(api: Api) -> None:
    submitted = await api.submit()
    history = await api.store.history(1, UUID(submitted.json()["id"]))
    assert history is not None
    assert history.record.status is Status.APPLIED
    api.privacy.customers[1, WHO] = (replace(MARIA, sales=(history,)), 0)
    answer = await api.get(f"{REPORT}?limit=1", username="olga")
    assert answer.status == 200
    told = answer.json()
    assert (told["document"], told["document_type"]) == ("52998224725", "cpf")
    assert (told["name"], told["erased_at"]) == ("MARIA", None)
    assert [sale["id"] for sale in told["sales"]] == [submitted.json()["id"]]
    assert told["sales"][0]["attempts"]
    await api.get(f"{REPORT}?limit=1&cursor={told['next_cursor']}", username="olga")
    asked = [("user:olga", "report 1 None"), ("user:olga", f"report 1 {OLDER}")]
    assert api.privacy.asked == asked
    other = REPORT.replace(str(WHO), str(OLDER))
    answer = await api.get(f"{other}?limit=1&cursor={told['next_cursor']}", username="olga")
    assert answer.json()["errors"][0]["code"] == "cursor_of_another_list"


@pytest.mark.parametrize(
    ("document", "document_type"),
    [(ForeignDocument("AB-123456"), "foreign"), (Cnpj("11222333000181"), "cnpj"), (None, None)],
)
async def test_a_report_tells_a_document_as_it_was_told(
    api: Api, document: BuyerDocument | None, document_type: str | None
) -> None:
    api.privacy.customers[1, WHO] = (replace(MARIA, document=document), 0)
    told = (await api.get(f"{REPORT}?limit=1", username="olga")).json()
    assert (told["document"], told["document_type"]) == (document, document_type)


async def test_an_erasure_needs_a_reason_and_is_told_with_its_instant(api: Api) -> None:
    api.privacy.customers[1, WHO] = (MARIA, 0)
    assert (await erase(api, {})).status == 422
    assert (await erase(api, {"reason": " "})).status == 422
    assert (await erase(api, {"reason": "x", "more": 1})).status == 422
    assert api.privacy.asked == []
    answer = await erase(api)
    assert answer.status == 200
    assert answer.json() == {"customer_id": str(WHO), "erased_at": "2026-01-02T03:00:00Z"}
    assert api.privacy.asked == [("user:adam", "erase: asked for it")]


async def test_open_cashbacks_are_a_conflict_in_both_languages(api: Api) -> None:
    api.privacy.customers[1, WHO] = (MARIA, 3)
    english, portuguese = await erase(api), await erase(api, Accept_Language="pt")
    assert (english.status, portuguese.status) == (409, 409)
    assert english.json()["code"] == "customer_has_open_cashbacks"
    assert "3 cashbacks" in english.json()["errors"][0]["detail"]
    assert "em aberto" in portuguese.json()["title"]


@pytest.mark.parametrize("path", [REPORT, ERASE])
async def test_another_merchants_customer_is_as_unknown_as_nobody(api: Api, path: str) -> None:
    method = "GET" if path == REPORT else "POST"
    body = b"" if path == REPORT else b'{"reason": "x"}'
    api.privacy.customers[2, WHO] = (MARIA, 0)
    theirs = await api.call(method, path, body=body, username="adam")
    nobodys = await api.call(method, path.replace(str(WHO), str(OLDER)), body=body, username="adam")
    assert theirs.status == nobodys.status == 404
    assert theirs.body == nobodys.body


async def test_a_database_that_is_away_is_a_503(api: Api) -> None:
    api.privacy.away = True
    assert (await api.get(REPORT, username="adam")).status == 503
    assert (await erase(api)).status == 503


@pytest.mark.parametrize(
    "query", ["limit=0", "cursor=x", "document=52998224725", "limit=1&limit=2"]
)
async def test_a_query_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert (await api.get(f"{REPORT}?{query}", username="adam")).status == 422
