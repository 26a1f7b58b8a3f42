"""Holds answers against the OpenAPI document: what is answered must be what is documented."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker

from adapters.http.openapi.document import build_document
from adapters.http.problems.codes import PROBLEMS
from cashback_core.words.locales import ENGLISH
from infra.openapi_diff import whole_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVED: Final = build_document(version="test")
"""As clients get it."""

OWN_HEADERS: Final = (
    "location", "etag", "idempotent-replayed", "preference-applied", "retry-after",
)  # fmt: skip
PROBLEM: Final = "application/problem+json"


def inlined(value: Any, document: dict[str, Any]) -> Any:
    """A part of the document with its answers, parameters and examples in their own places."""
    if isinstance(value, list):
        return [inlined(inner, document) for inner in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, Any]", value)
    _, _, kind, name = (found.get("$ref") or "///").split("/")
    if kind in {"responses", "parameters", "examples"}:
        return inlined(document["components"][kind][name], document)
    return {key: inlined(inner, document) for key, inner in found.items()}


def spelt_out(document: dict[str, Any]) -> dict[str, Any]:
    """The document with all that it says: to the status of every problem, in its own place.

    Answers are closed: a client must not mind a field that it does not know, but we send none that
    is not documented.
    """
    components = document["components"]
    paths = inlined(document["paths"], document)
    for operations in paths.values():
        common = operations.pop("parameters")
        for operation in operations.values():
            operation["parameters"] = [*common, *operation["parameters"]]
            operation.setdefault("security", document["security"])
            other = operation["responses"].pop("default")
            by_status: dict[str, dict[str, Any]] = {}
            for code, example in other["content"][PROBLEM]["examples"].items():
                by_status.setdefault(str(example["value"]["status"]), {})[code] = example
            for status, examples in by_status.items():
                content = {PROBLEM: {**other["content"][PROBLEM], "examples": examples}}
                headers = {
                    name: header
                    for name, header in other["headers"].items()
                    if name != "Retry-After" or status in {"429", "502", "503", "504"}
                }
                alone = {**other, "headers": headers, "content": content}
                operation["responses"].setdefault(status, alone)
    schemas = {
        name: {**schema, "additionalProperties": schema.get("additionalProperties", False)}
        if schema.get("type") == "object"
        else schema
        for name, schema in whole_schemas(components["schemas"]).items()
    }
    return {**document, "paths": paths, "components": {**components, "schemas": schemas}}


DOCUMENT: Final = spelt_out(SERVED)

_FORMATS: Final = FormatChecker(["uuid"])


@_FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    # The document promises UTC, always written with a Z.
    return not isinstance(value, str) or (
        value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None
    )


def assert_conforms(
    method: str, path: str, *, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Fail unless the document foresees this answer of this request; header names in lower case."""
    operation = operation_of(method, path)
    if operation is None:  # 404 and 405 belong to no operation, the documentation page to itself
        return
    assert str(status) in operation["responses"], f"{method} {path} never answers {status}"
    response = operation["responses"][str(status)]
    documented = {name.lower() for name in response.get("headers", {})}
    assert {name for name in OWN_HEADERS if name in headers} <= documented
    if "content" not in response:
        assert (body, headers.get("content-type")) == (b"", None)
        return
    media_type = headers["content-type"].partition(";")[0]
    assert media_type in response["content"]
    if media_type == PROBLEM:
        # Only a sale that is known by its content alone has a place to point to.
        assert documented - {"location"} <= headers.keys()
        problem = json.loads(body)
        assert problem["status"] == status
        example = response["content"][PROBLEM]["examples"][problem["code"]]["value"]
        if headers["content-language"] == ENGLISH and not PROBLEMS[problem["code"]].faults:
            # What depends on nobody is answered as its example says, to the letter.
            told = {name: example[name] for name in ("type", "title", "errors")}
            assert {name: problem[name] for name in told} == told
    if media_type == "application/jsonl" and "application/json" not in response["content"]:
        assert method == "HEAD" or all(json.loads(line) for line in body.splitlines())
    elif media_type == "application/jsonl" and method != "HEAD":
        for line in body.splitlines():
            told = {**json.loads(line), "customer": None}  # masked for some
            assert faults("#/components/schemas/RecordedSale", told) == []
    elif media_type not in {"text/csv", "text/html"} and method != "HEAD":
        reference = response["content"][media_type]["schema"]["$ref"]
        assert faults(reference, json.loads(body)) == []


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The documented operation that serves a request; HEAD is GET without a body."""
    wanted = "get" if method == "HEAD" else method.lower()
    plain = path.partition("?")[0].rstrip("/")
    for template in sorted(DOCUMENT["paths"], key=lambda t: t.count("{")):
        pattern = re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, plain) and wanted in DOCUMENT["paths"][template]:
            found: dict[str, Any] = DOCUMENT["paths"][template][wanted]
            return found
    return None


def faults(reference: str, value: object) -> list[str]:
    """Why a value does not fit one of the document's schemas; empty when it does."""
    found: Any = _validator(reference).iter_errors(cast("Any", value))
    return [f"{error.json_path}: {error.message}" for error in found]


@cache
def _validator(reference: str) -> Any:
    schema = {"$ref": reference, "components": DOCUMENT["components"]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=_FORMATS)
