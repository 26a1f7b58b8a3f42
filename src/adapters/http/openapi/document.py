"""The OpenAPI 3.1 document, out of the table of operations, the shapes and the problems."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.http.access import ACCESS
from adapters.http.identity.admission import ForbiddenError, forbidden
from adapters.http.openapi.operations import OPERATIONS
from adapters.http.openapi.parts import ACCEPT_LANGUAGE
from adapters.http.openapi.schemas import Schema, schemas
from adapters.http.problems.codes import PROBLEMS
from adapters.http.problems.problem import Problem, answer_problem
from adapters.http.wire.fresh import freshened
from cashback_core.people.roles import Role
from cashback_core.words.locales import ENGLISH, language_name, languages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from adapters.http.identity.roles import Roles
    from adapters.http.openapi.parts import Operation, Success

_DESCRIPTION: Final = """\
Takes each sale of a retail chain, computes its cashback, passes it to the provider and remembers \
what the provider answered.

To try it here: `POST /api/token`, then **Authorize** with the `access` token, then \
`POST /api/cashbacks`. `make run` prints a user of each role; each operation tells for which it \
is. The examples have fresh names and instants each time this page is loaded; a sale that is sent \
twice is answered twice and recorded once.

Every error is an RFC 9457 problem in LANGUAGES (`Accept-Language`); its `type` is the \
address of a page about it. An unknown address is a 404, another method a 405 with `Allow`. \
Trailing slashes are accepted everywhere."""


def _description() -> str:
    *first, last = (language_name(language) for language in languages())
    return _DESCRIPTION.replace("LANGUAGES", f"{', '.join(first)} or {last}")


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
        "schema": {"enum": list(languages())},
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
        paths.setdefault(path, {})[method] = _operation(operation, ACCESS[method, path])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cashback Gateway", "version": version, "description": _description()},
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
    """The document as bytes, each copy with examples that were never sent before."""

    __slots__ = ("_encoded", "_now")

    def __init__(self, *, version: str, now: Callable[[], datetime]) -> None:
        self._encoded = _encoded(version)
        self._now = now

    def copy(self) -> bytes:
        """The document, its examples with what nobody sent yet."""
        return freshened(self._encoded)


@cache
def _encoded(version: str) -> bytes:
    """A third of what making an application takes, and the same for each of them."""
    return msgspec.json.encode(build_document(version=version))


def _operation(operation: Operation, roles: Roles) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _described(operation, roles),
        "parameters": [*operation.parameters, ACCEPT_LANGUAGE],
        "security": [{"bearer": []}] if operation.secured else [],
        "x-roles": [role.value for role in Role if role in roles],
        "responses": {
            **{str(status): _success(one) for status, one in operation.successes.items()},
            **_problems(operation.problems, roles),
        },
    }
    for status, schema in operation.form_errors.items():
        answer = described["responses"][str(status)]
        answer["content"]["application/json"] = {"schema": _reference("schemas", schema)}
    if operation.body is not None:
        content: Schema = {
            "schema": _reference("schemas", operation.body),
            "example": operation.example,
        }
        media_types = ["application/json"]
        if operation.merge_patch:
            media_types.append("application/merge-patch+json")
        taken: dict[str, Schema] = dict.fromkeys(media_types, content)
        if operation.form is not None:
            name, example = operation.form
            form: Schema = {"schema": _reference("schemas", name), "example": example}
            taken["application/x-www-form-urlencoded"] = form
        described["requestBody"] = {"required": True, "content": taken}
    return described


def _described(operation: Operation, roles: Roles) -> str:
    """What it does, and for whom it is."""
    named = ", ".join(f"`{role.value}`" for role in Role if role in roles)
    return "\n\n".join(filter(None, (operation.description, named and f"For {named}.")))


def _success(success: Success) -> Schema:
    described = {"description": success.description, "headers": _references(success.headers)}
    if success.schema is None:
        return described
    content = {"application/json": {"schema": _reference("schemas", success.schema)}}
    return {**described, "content": content}


def _problems(codes: Iterable[str], roles: Roles) -> dict[str, Schema]:
    """The answers of problems: one for each status, with an example for each code."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": " · ".join(f"`{code}`" for code in found),
            "headers": _references(("Content-Language", *_PROBLEM_HEADERS.get(status, ()))),
            "content": {
                "application/problem+json": {
                    "schema": _reference("schemas", "Problem"),
                    "examples": {code: {"value": _example(code, roles)} for code in found},
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def _example(code: str, roles: Roles) -> Any:
    problem = forbidden(ForbiddenError(roles)) if code == "forbidden" else Problem(code=code)
    return msgspec.json.decode(answer_problem(problem, ENGLISH).body)


def _references(headers: Iterable[str]) -> dict[str, Schema]:
    return {name: _reference("headers", name) for name in headers}


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
