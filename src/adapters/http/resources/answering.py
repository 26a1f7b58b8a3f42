"""What the routes of administered resources have in common: bodies in, versions and answers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.http.answers import Answer, bare
from adapters.http.body import decode_json, read_body
from adapters.http.fields import read_language
from adapters.http.problems.answering import answer_problem, problem_of
from adapters.http.resources.versions import is_known, write_etag
from adapters.http.sales.wire import encode
from cashback_core.administration.resources import Caller, Done
from cashback_core.tracing import TRAIL

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from litestar import Request

    from adapters.http.fields import Fields
    from adapters.http.identity.admission import Principal
    from adapters.http.resources.merging import Versioned
    from adapters.http.shapes import Shape
    from cashback_core.administration.resources import Refusal

    R = TypeVar("R", bound=Versioned)


def caller_of(principal: Principal) -> Caller:
    """The caller of a store's method; the audit trail has their name and the request's id."""
    trail = TRAIL.get()
    return Caller(
        actor=principal.subject,
        merchant_id=principal.home,
        request_id=None if trail is None else trail.request_id,
    )


async def read_document(request: Request[Any, Any, Any], fields: Fields) -> object:
    """The JSON value in the body of a create or a replacement."""
    return decode_json(await read_body(fields, request.receive))


async def read_patch(request: Request[Any, Any, Any], fields: Fields) -> object:
    """The merge patch in the body, under either of its media types."""
    return decode_json(await read_body(fields, request.receive, merge_patch=True))


def answer_read(resource: R, shape: Callable[[R], Shape], fields: Fields) -> Answer:
    """The resource with its version; 304 for whoever has it already."""
    headers = (write_etag(resource.version),)
    if is_known(fields, resource.version):
        return bare(304, headers)
    return Answer(200, encode(shape(resource)), headers=headers)


def answer_changed(
    outcome: Done[R] | Refusal, shape: Callable[[R], Shape], fields: Fields
) -> Answer:
    """The resource as it is now, or why it is not changed."""
    if not isinstance(outcome, Done):
        return answer_problem(problem_of(outcome), read_language(fields))
    resource = outcome.resource
    return Answer(200, encode(shape(resource)), headers=(write_etag(resource.version),))


def answer_created(
    outcome: Done[R] | Refusal,
    shape: Callable[[R], Shape],
    fields: Fields,
    *,
    location: Callable[[R], str],
) -> Answer:
    """The new resource and where it is, or why there is none."""
    if not isinstance(outcome, Done):
        return answer_problem(problem_of(outcome), read_language(fields))
    resource = outcome.resource
    headers = (
        (b"location", location(resource).encode("ascii")),
        write_etag(resource.version),
    )
    return Answer(201, encode(shape(resource)), headers=headers)


def answer_deleted(refusal: Refusal | None, fields: Fields) -> Answer:
    """Nothing, since nothing is left; or why it is still there."""
    if refusal is not None:
        return answer_problem(problem_of(refusal), read_language(fields))
    return bare(204)
