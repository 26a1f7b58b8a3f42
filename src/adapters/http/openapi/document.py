"""The OpenAPI 3.1 document, out of the table of operations, the shapes and the problems."""

from __future__ import annotations

import secrets
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.http.openapi.operations import OPERATIONS
from adapters.http.openapi.parts import ACCEPT_LANGUAGE
from adapters.http.openapi.schemas import FRESH_SALE_ID, FRESH_SOLD_AT, Schema, schemas
from adapters.http.problems.answering import Problem, answer_problem
from adapters.http.problems.texts import KINDS
from cashback_core.messages import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from adapters.http.openapi.parts import Operation, Success

_DESCRIPTION: Final = """\
Takes each sale of a retail chain, computes its cashback, passes it to the provider and remembers \
what the provider answered.

To try it here: `POST /api/token`, then **Authorize** with the `access` token, then \
`POST /api/cashbacks`. The example has a fresh `sale_id` and instant each time this page is \
loaded; sent twice, it is answered twice and recorded once.

Every error is an RFC 9457 problem in English or Portuguese (`Accept-Language`). An unknown \
address is a 404, another method a 405 with `Allow`. Trailing slashes are accepted everywhere."""

TAGS: Final = (
    "Cashbacks", "Operators", "Product types", "Products", "Customers", "Merchants", "Stops",
    "Users", "Audit", "Tokens", "Health",
)  # fmt: skip

_SECURITY: Final[Schema] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_HEADERS: Final[dict[str, Schema]] = {
    "Location": {"description": "Where the record is.", "schema": {"type": "string"}},
    "ETag": {
        "description": "The version, for `If-Match` and `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "There when the sale was recorded before, under the same name.",
        "schema": {"const": "true"},
    },
    "Preference-Applied": {
        "description": "What was granted of `Prefer`.",
        "schema": {"type": "string"},
    },
    "Content-Language": {
        "description": "The language of the texts.",
        "schema": {"enum": ["en", "pt"]},
    },
    "WWW-Authenticate": {"description": "Bearer (RFC 6750).", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
}
_PROBLEM_HEADERS: Final = {
    401: ("WWW-Authenticate",),
    409: ("Location",),
    429: ("Retry-After",),
    502: ("Retry-After",),
    503: ("Retry-After",),
    504: ("Retry-After",),
}


def build_document(*, version: str) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cashback Gateway", "version": version, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in TAGS],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "headers": _HEADERS,
            "securitySchemes": {"bearer": _SECURITY},
        },
    }


class ServedDocument:
    """The document as bytes, each copy with an example that was never sent before."""

    __slots__ = ("_encoded", "_now")

    def __init__(self, *, version: str, now: Callable[[], datetime]) -> None:
        self._encoded = _encoded(version)
        self._now = now

    def copy(self) -> bytes:
        """The document, its example of this moment and under a fresh sale id."""
        fresh = f"try-{secrets.token_hex(8)}"
        now = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._encoded.replace(FRESH_SALE_ID.encode("ascii"), fresh.encode("ascii")).replace(
            FRESH_SOLD_AT.encode("ascii"), now.encode("ascii")
        )


@cache
def _encoded(version: str) -> bytes:
    """A third of what making an application takes, and the same for each of them."""
    return msgspec.json.encode(build_document(version=version))


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*operation.parameters, ACCEPT_LANGUAGE],
        "security": [{"bearer": []}] if operation.secured else [],
        "responses": {
            **{str(status): _success(one) for status, one in operation.successes.items()},
            **_problems(operation.problems),
        },
    }
    if operation.body is not None:
        content: Schema = {
            "schema": _reference("schemas", operation.body),
            "example": operation.example,
        }
        media_types = ["application/json"]
        if operation.merge_patch:
            media_types.append("application/merge-patch+json")
        described["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(media_types, content),
        }
    return described


def _success(success: Success) -> Schema:
    described = {"description": success.description, "headers": _references(success.headers)}
    if success.schema is None:
        return described
    content = {"application/json": {"schema": _reference("schemas", success.schema)}}
    return {**described, "content": content}


def _problems(codes: Iterable[str]) -> dict[str, Schema]:
    """The answers of problems: one for each status, with an example for each code."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        str(status): {
            "description": " · ".join(f"`{code}`" for code in found),
            "headers": _references(("Content-Language", *_PROBLEM_HEADERS.get(status, ()))),
            "content": {
                "application/problem+json": {
                    "schema": _reference("schemas", "Problem"),
                    "examples": {code: {"value": _example(code)} for code in found},
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def _example(code: str) -> Any:
    return msgspec.json.decode(answer_problem(Problem(code=code), Language.EN).body)


def _references(headers: Iterable[str]) -> dict[str, Schema]:
    return {name: _reference("headers", name) for name in headers}


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
