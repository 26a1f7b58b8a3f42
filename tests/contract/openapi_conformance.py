"""Holds answers against the OpenAPI document: what is answered must be what is documented."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker

from adapters.http.openapi.document import build_document

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT: Final = build_document(version="test")
OWN_HEADERS: Final = (
    "location", "etag", "idempotent-replayed", "preference-applied", "retry-after",
)  # fmt: skip
PROBLEM: Final = "application/problem+json"

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
    media_type = headers["content-type"]
    assert media_type in response["content"]
    if media_type == PROBLEM:
        # Only a sale that is known by its content alone has a place to point to.
        assert documented - {"location"} <= headers.keys()
        problem = json.loads(body)
        assert problem["status"] == status
        assert problem["code"] in response["content"][PROBLEM]["examples"]
    if method != "HEAD":
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
