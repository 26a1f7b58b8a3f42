"""Resources as they come and go: bodies in, answers with their versions out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from litestar.exceptions import NotFoundException

from adapters.http.wire.answers import Answer, bare, encode
from adapters.http.wire.body import decode_json, read_body
from adapters.http.wire.refusals import RefusedError
from adapters.http.wire.versions import is_known, write_etag
from cashback_core.administration.resources import Done

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Request

    from adapters.http.wire.headers import Fields
    from adapters.http.wire.shapes import Shape
    from cashback_core.administration.resources import Refusal


class Versioned(Protocol):
    """What is kept in versions."""

    @property
    def version(self) -> int:
        """Raised by every change."""
        ...


R = TypeVar("R", bound=Versioned)


async def read_document(request: Request[Any, Any, Any], fields: Fields) -> object:
    """The JSON value in the body of a create or a replacement."""
    return decode_json(await read_body(fields, request.receive))


async def read_patch(request: Request[Any, Any, Any], fields: Fields) -> object:
    """The merge patch in the body, under either of its media types."""
    return decode_json(await read_body(fields, request.receive, merge_patch=True))


def answer_read(resource: R | None, shape: Callable[[R], Shape], fields: Fields) -> Answer:
    """The resource with its version; 304 for whoever has it already.

    Raises NotFoundException where there is none.
    """
    if resource is None:
        raise NotFoundException
    headers = (write_etag(resource.version),)
    if is_known(fields, resource.version):
        return bare(304, headers)
    return Answer(200, encode(shape(resource)), headers=headers)


def answer_changed(outcome: Done[R] | Refusal, shape: Callable[[R], Shape]) -> Answer:
    """The resource as it is now, or RefusedError with why it is not changed."""
    if not isinstance(outcome, Done):
        raise RefusedError(outcome)
    resource = outcome.resource
    return Answer(200, encode(shape(resource)), headers=(write_etag(resource.version),))


def answer_created(
    outcome: Done[R] | Refusal,
    shape: Callable[[R], Shape],
    *,
    location: Callable[[R], str],
) -> Answer:
    """The new resource and where it is, or RefusedError with why there is none."""
    if not isinstance(outcome, Done):
        raise RefusedError(outcome)
    resource = outcome.resource
    headers = (
        (b"location", location(resource).encode("ascii")),
        write_etag(resource.version),
    )
    return Answer(201, encode(shape(resource)), headers=headers)


def answer_deleted(refusal: Refusal | None) -> Answer:
    """Nothing, since nothing is left; or RefusedError with why it is still there."""
    if refusal is not None:
        raise RefusedError(refusal)
    return bare(204)
