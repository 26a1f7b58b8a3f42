"""Nobody brings history in over HTTP, where what was brought in is told as it is, for good."""

from __future__ import annotations

import ast
import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import adapters.http
from cashback_core.delivery.states import Status
from cashback_core.intake.submission import Recorded, SaleRequest, SubmitSale
from cashback_core.values.ids import new_id
from fakes.api import SALE, Answered, Api

_NAMES = ("as_recorded", "as-recorded", "recorded", "status", "history")


async def brought_in(api: Api) -> None:
    """The sale, as an operator's import brings it in."""
    submit = SubmitSale(store=api.store, under_way=api.under_way, now=api.clock.now, new_id=new_id)
    done = await submit(
        SaleRequest(
            merchant_id=1,
            document={**SALE, "sale_id": "1801"},
            raw_body=b"a line of a file",
            idempotency_key=None,
            wait_s=0.0,
            submitted_by="user:demo",
            as_recorded=True,
        )
    )
    assert isinstance(done, Recorded)


def test_its_erp_is_told_that_it_is_recorded_and_asks_no_more() -> None:
    async def main() -> None:
        api = Api()
        await brought_in(api)
        sent = [await api.submit({**SALE, "sale_id": "1801"}) for _ in range(2)]
        assert [answered.status for answered in sent] == [201, 201]
        first = sent[0].json()
        assert (first["status"], first["cashback"]) == ("recorded", "1.40")
        assert sent[0].headers["idempotent-replayed"] == "true"
        assert "waiting" not in first
        assert sent[0].body == sent[1].body
        read = await api.get(f"/api/cashbacks/{first['id']}")
        assert (read.status, read.json()["status"]) == (200, "recorded")
        listed = (await api.get("/api/cashbacks?status=recorded&sale_id=1801")).json()
        assert [item["id"] for item in listed["items"]] == [first["id"]]
        confirmed = await api.call("POST", f"/api/cashbacks/{first['id']}/confirm")
        assert (confirmed.status, confirmed.json()["status"]) == (201, "recorded")
        assert (await api.submit(SALE)).status == 409
        assert rows(api) == [Status.RECORDED]
        assert api.provider.payments == []

    asyncio.run(main())


def rows(api: Api) -> list[Status]:
    return [row.status for row in api.store.rows.values()]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("where", ["sale", "customer", "line", "metadata"])
def test_no_member_of_a_sale_asks_for_it(name: str, where: str) -> None:
    asked: dict[str, Any] = {name: "recorded" if name == "status" else True}
    document: dict[str, Any] = {
        "sale": {**SALE, **asked},
        "customer": {**SALE, "customer": {**SALE["customer"], **asked}},
        "line": {**SALE, "products": [{**line, **asked} for line in SALE["products"]]},
        "metadata": {**SALE, "metadata": {name: "true"}},
    }[where]
    api = Api()
    answered = asyncio.run(api.submit(document))
    if where == "metadata":
        assert answered.status == 201
        assert rows(api) == [Status.APPLIED]
    else:
        assert answered.status == 422
        assert rows(api) == []


@pytest.mark.parametrize("name", _NAMES)
def test_no_query_and_no_header_asks_for_it(name: str) -> None:
    async def main() -> list[Answered]:
        return [
            await api.exchange(
                "POST",
                f"/api/cashbacks?{name}=true",
                parts=[json.dumps(SALE).encode()],
                headers=headers,
            ),
            await api.submit(SALE, **{name.replace("-", "_"): "true", "prefer": name}),
        ]

    api = Api()
    headers = [
        (b"host", b"testserver"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(json.dumps(SALE))).encode()),
        (b"authorization", f"Bearer {api.token()}".encode()),
    ]
    answers = asyncio.run(main())
    assert all(answered.status in {201, 400, 409, 422} for answered in answers)
    assert set(rows(api)) == {Status.APPLIED}


def test_no_code_of_http_names_it() -> None:
    """Whoever reads a request could not even by mistake."""
    folder = Path(adapters.http.__file__).parent
    naming = [
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.keyword) and node.arg == "as_recorded")
        or (isinstance(node, ast.Attribute) and node.attr == "as_recorded")
    ]
    assert naming == []
