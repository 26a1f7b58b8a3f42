from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.openapi.document import build_document
from contract.openapi_conformance import spelt_out
from infra import openapi_diff

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = build_document(version="test")


def told(after: dict[str, Any], *, before: dict[str, Any] = DOCUMENT) -> list[str]:
    return list(openapi_diff.differences(before, after))


@pytest.fixture
def changed() -> dict[str, Any]:
    return copy.deepcopy(DOCUMENT)


def test_a_document_does_not_differ_from_itself_nor_by_its_texts(changed: dict[str, Any]) -> None:
    changed["paths"]["/api/cashbacks"]["post"]["description"] = "Another."
    assert told(changed) == []
    (line,) = openapi_diff.differences(DOCUMENT, changed, texts=True)
    assert line.startswith("~ POST /api/cashbacks: /description")


def test_where_something_stands_is_no_difference() -> None:
    """But that answers are open, which only the document of our own tests does not have."""
    lines = told(spelt_out(DOCUMENT))
    assert [line.partition(": ")[2] for line in lines] == ["/additionalProperties new false"]


def test_operations_that_come_and_go_are_told(changed: dict[str, Any]) -> None:
    changed["paths"]["/api/cashbacks/new"] = changed["paths"].pop("/api/cashbacks/quote")
    assert told(changed) == ["- POST /api/cashbacks/quote", "+ POST /api/cashbacks/new"]


def test_a_code_that_is_gone_is_told_once_for_all_that_had_it(changed: dict[str, Any]) -> None:
    content = changed["components"]["responses"]["no_good_token"]["content"]
    del content["application/problem+json"]["examples"]["invalid_token"]
    (line,) = told(changed)
    assert line.endswith('/responses/401/codes gone ["invalid_token"]')
    assert "more: " in line


def test_parameters_and_fields_are_told_by_their_names(changed: dict[str, Any]) -> None:
    changed["components"]["parameters"]["limit"]["schema"]["maximum"] = 7
    sale = changed["components"]["schemas"]["SaleInput"]
    sale["required"].append("sale_id")
    sale["properties"]["shop"] = {"type": "string"}
    assert [line.partition(": ")[2] for line in told(changed)] == [
        "/parameters/query limit/schema/maximum 200 → 7",
        '/properties/shop new {"type": "string"}',
        '/required new ["sale_id"]',
    ]


def test_a_schema_of_another_name_is_the_same(changed: dict[str, Any]) -> None:
    text = json.dumps(changed).replace("RecordedSalePage", "SalePage")
    assert told(json.loads(text)) == ["~ schema RecordedSalePage is named SalePage"]


def test_the_command_tells_by_its_exit_code(
    changed: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    after.write_text(json.dumps(changed), encoding="utf-8")
    assert openapi_diff.main([str(before), str(after)]) == 0
    del changed["paths"]["/health/live"]
    after.write_text(json.dumps(changed), encoding="utf-8")
    assert openapi_diff.main([str(before), str(after)]) == 1
    assert capsys.readouterr().out.startswith("- GET /health/live")
