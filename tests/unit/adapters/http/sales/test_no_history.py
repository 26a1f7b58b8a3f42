"""Nobody brings history in over HTTP: a sale that is told there is paid, or refused."""

from __future__ import annotations

import ast
import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import adapters.http
from cashback_core.delivery.states import Status
from fakes.api import SALE, Answered, Api

_NAMES = ("as_recorded", "as-recorded", "recorded", "status", "history")


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
