"""The OpenAPI 3.1 document, out of the table of operations, the shapes and the problems.

What many operations share stands once, in its components: parameters, and answers.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.http.access import ACCESS
from adapters.http.openapi.examples import problem_examples, with_examples
from adapters.http.openapi.operations import OPERATIONS
from adapters.http.openapi.parts import ACCEPT_LANGUAGE
from adapters.http.openapi.problem_answers import ProblemAnswer, problem_answers
from adapters.http.openapi.references import reference, references
from adapters.http.openapi.schemas import schemas
from adapters.http.openapi.shared import Shared
from adapters.http.wire.fresh import freshened
from cashback_core.people.roles import Role
from cashback_core.words.locales import language_name, languages

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.http.identity.roles import Roles
    from adapters.http.openapi.parts import Operation, Success
    from adapters.http.wire.fields import Schema

_DESCRIPTION: Final = """\
Takes each sale of a retail chain, computes its cashback, passes it to the provider and remembers \
what the provider answered.

To try it here: `POST /api/token`, then **Authorize** with the `access` token, then \
`POST /api/cashbacks`. `make run` prints a user of each role. The examples have fresh names and \
instants each time this page is loaded; a sale that is sent twice is recorded once.

Every error is an RFC 9457 problem in LANGUAGES (`Accept-Language`; `Content-Language` tells \
which); its `type` is the address of a page about it. An unknown address is a 404, another method \
a 405 with `Allow`. Trailing slashes are accepted everywhere.

**What a client must bear.** Without notice an answer may have new fields and headers, a list of \
values (`status`, `code`, `class` …) a new value, an operation a new optional field, parameter \
or error. So: ignore fields that you do not know; an unknown `status` of a cashback is not final; \
an unknown `code`, or a status that is not listed, goes by its status: 4xx is yours to mend, 429 \
and 5xx are tried again under the same `sale_id` or `Idempotency-Key`. Texts (`detail` …) may \
improve: never compare them. Ids, cursors and ETags mean nothing but themselves. What is there \
keeps its address, name, type and meaning, and nothing optional becomes needed."""


def _description() -> str:
    *first, last = (language_name(language) for language in languages())
    return _DESCRIPTION.replace("LANGUAGES", f"{', '.join(first)} or {last}")


TAGS: Final = (
    "Cashbacks", "Operators", "Product types", "Products", "Customers", "Merchants", "Stops",
    "Users", "API clients", "Webhooks", "Figures", "Audit", "Tokens", "Health",
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
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {
        "description": "What was granted of `Prefer`.",
        "schema": {"type": "string"},
    },
    "Content-Language": {
        "description": "The language of the texts.",
        "schema": {"type": "string", "enum": list(languages())},
    },
    "WWW-Authenticate": {"description": "Bearer (RFC 6750).", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
}


def build_document(*, version: str) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    problems: dict[str, ProblemAnswer] = {}
    parameters = Shared(
        "parameters",
        (
            (one["name"], path, one)
            for (_, path), operation in OPERATIONS.items()
            for one in _taken(operation)
        ),
    )
    answers = Shared(
        "responses",
        (
            (f"{status}_{one.schema}" if one.schema else str(status), path, _success(one))
            for (_, path), operation in OPERATIONS.items()
            for status, one in operation.successes.items()
        ),
    )
    for (method, path), operation in OPERATIONS.items():
        refused = problem_answers(operation)
        problems |= {answer.name: answer for answer in refused}
        paths.setdefault(path, {})[method] = {
            **_operation(operation, ACCESS[method, path]),
            "responses": {
                **{str(at): answers.told(_success(one)) for at, one in operation.successes.items()},
                **{answer.status: reference("responses", answer.name) for answer in refused},
            },
            "parameters": [parameters.told(one) for one in _taken(operation)],
        }
    for item in paths.values():
        _take_together(item)
    codes = {code for answer in problems.values() for code in answer.codes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cashback Gateway", "version": version, "description": _description()},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in TAGS],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": with_examples(schemas()),
            "responses": {
                **answers.components,
                **{name: problems[name].described() for name in sorted(problems)},
            },
            "parameters": parameters.components,
            "examples": problem_examples(sorted(codes)),
            "headers": _HEADERS,
            "securitySchemes": {"bearer": _SECURITY},
        },
    }


class ServedDocument:
    """The document as bytes, each copy with examples that were never sent before."""

    __slots__ = ("_now", "_version")

    def __init__(self, *, version: str, now: Callable[[], datetime]) -> None:
        self._version = version
        self._now = now

    def copy(self) -> bytes:
        """The document, its examples with what nobody sent yet."""
        return freshened(_encoded(self._version))


@cache
def _encoded(version: str) -> bytes:
    """Written for whoever asks first: it would be a tenth of a start, and most never ask."""
    return msgspec.json.encode(build_document(version=version))


def _operation(operation: Operation, roles: Roles) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _described(operation, roles),
        **({} if operation.secured else {"security": []}),
        "x-roles": [role.value for role in Role if role in roles],
    }
    if operation.body is not None:
        content: Schema = {
            "schema": reference("schemas", operation.body),
            "example": operation.example,
        }
        taken: dict[str, Schema] = {"application/json": content}
        if operation.merge_patch:
            taken["application/merge-patch+json"] = {"schema": content["schema"]}
        if operation.form is not None:
            name, example = operation.form
            form: Schema = {"schema": reference("schemas", name), "example": example}
            taken["application/x-www-form-urlencoded"] = form
        described["requestBody"] = {"required": True, "content": taken}
    return described


def _take_together(item: dict[str, Any]) -> None:
    """What every operation of a path takes is said of the path."""
    operations = [*item.values()]
    first, *others = [operation["parameters"] for operation in operations]
    common = [one for one in first if all(one in taken for taken in others)]
    for operation in operations:
        operation["parameters"] = [one for one in operation["parameters"] if one not in common]
    item["parameters"] = common


def _taken(operation: Operation) -> tuple[Schema, ...]:
    return (*operation.parameters, ACCEPT_LANGUAGE)


def _described(operation: Operation, roles: Roles) -> str:
    """What it does, and for whom it is."""
    named = ", ".join(f"`{role.value}`" for role in Role if role in roles)
    return "\n\n".join(filter(None, (operation.description, named and f"For {named}.")))


def _success(success: Success) -> Schema:
    described: Schema = {"description": success.description}
    if success.headers:
        described["headers"] = references("headers", success.headers)
    if success.schema is None:
        return described
    content = {"application/json": {"schema": reference("schemas", success.schema)}}
    texts = {name: {"schema": {"type": "string"}} for name in success.streamed}
    return {**described, "content": {**content, **texts}}
