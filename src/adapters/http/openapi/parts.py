"""What operations of the OpenAPI document are written with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adapters.http.wire.queries import DEFAULT_LIMIT, MAX_LIMIT
from cashback_core.words.locales import ENGLISH, languages

if TYPE_CHECKING:
    from adapters.http.wire.fields import Schema

ANY: Final = (
    "bad_request",
    "request_timeout",
    "uri_too_long",
    "too_many_requests",
    "head_too_large",
    "internal_error",
    "bad_gateway",
    "overloaded",
    "gateway_timeout",
)
BODY: Final = ("body_incomplete", "not_json", "body_too_large", "unsupported_media_type")
TOKEN: Final = ("unauthenticated", "invalid_token", "rate_exceeded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A successful answer: its schema's name, None for no body, and the headers it may carry."""

    description: str
    schema: str | None = None
    headers: tuple[str, ...] = ()
    streamed: tuple[str, ...] = ()
    """Media types of texts that it may be asked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; `problems` are codes out of `problems.codes`."""

    id: str
    tag: str
    summary: str
    description: str = ""
    secured: bool = True
    parameters: tuple[Schema, ...] = ()
    body: str | None = None
    example: Any = None
    successes: dict[int, Success] = field(default_factory=dict[int, Success])
    problems: tuple[str, ...] = ()
    merge_patch: bool = False
    files: tuple[str, ...] = ()
    """Media types of a file that is the body."""
    form: tuple[str, Any] | None = None
    """The body as a form, too: its schema's name and an example; `form_errors` are its own."""
    form_errors: dict[int, str] = field(default_factory=dict[int, str])


def parameter(name: str, place: str, description: str, schema: Schema, **more: Any) -> Schema:
    """A parameter; `place` is path, query or header. Only those of a path must be there."""
    must = {"required": True} if place == "path" else {}
    return {**more, "name": name, "in": place, "description": description, **must, "schema": schema}


_LANGUAGES: Final = (f"{ENGLISH} (default)", *languages()[1:])
ACCEPT_LANGUAGE: Final = parameter(
    "Accept-Language",
    "header",
    f"Language of problems and explanations: {' or '.join(_LANGUAGES)}.",
    {"type": "string"},
)
LIMIT: Final = parameter(
    "limit",
    "query",
    "Most records on a page. One of large records is shorter (1,000 lines, rates, periods, attempts"
    " and events together, or one record): only `next_cursor` tells whether more follow.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
CURSOR: Final = parameter(
    "cursor",
    "query",
    "`next_cursor` of the page before, with its filters and order; null alone says that it was the"
    " last.",
    {"type": "string"},
)
ID: Final = parameter("id", "path", "The record's id.", {"type": "string", "format": "uuid"})
