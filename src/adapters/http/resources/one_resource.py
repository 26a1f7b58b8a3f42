"""One administered resource by its key: read, replaced, patched, deleted, each by its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from litestar import HttpMethod, Request, delete, patch, put, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.resources.answering import (
    answer_changed,
    answer_deleted,
    answer_read,
    read_document,
    read_patch,
)
from adapters.http.resources.merging import Patching, Versioned
from adapters.http.wire.versions import read_if_match

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.wire.shapes import Shape
    from cashback_core.administration.resources import Caller, Done, Refusal, Versions

K = TypeVar("K")
R = TypeVar("R", bound=Versioned)
N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneResource(Generic[K, R, N]):
    """The four routes of a sort of resource, over the store's methods.

    `key` reads the address and raises NotFoundException for what names none. `document` is what a
    PUT of the resource as it is would send, `check` reads a whole document (and raises with
    everything wrong with it) into what `replace_by` stores; `shape` is how the resource goes out.
    """

    admit: Admission
    key: Callable[[Request[Any, Any, Any]], K]
    find: Callable[[Caller, K], Awaitable[R | None]]
    replace_by: Callable[[Caller, K, N, Versions], Awaitable[Done[R] | Refusal]]
    delete_by: Callable[[Caller, K, Versions], Awaitable[Refusal | None]]
    document: Callable[[R], object]
    check: Callable[[object], N]
    shape: Callable[[R], Shape]

    def handlers(self, path: str, name: str) -> list[HTTPRouteHandler]:
        """The routes at the resource's address; `name` is what their names end with."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route(path, http_method=read, name=f"read_{name}")(self.read),
            put(path, name=f"replace_{name}")(self.replace),
            patch(path, name=f"patch_{name}")(self.patch),
            # 200 for Litestar alone: the answer says 204.
            delete(path, name=f"delete_{name}", status_code=200)(self.delete),
        ]

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Read it, or learn that it is still the version that one has."""
        fields, principal = await self.admit(request)
        found = await self.find(principal.caller, self.key(request))
        if found is None:
            raise NotFoundException
        return answer_read(found, self.shape, fields)

    async def replace(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Replace what of it can be changed."""
        fields, principal = await self.admit(request)
        key, versions = self.key(request), read_if_match(fields)
        new = self.check(await read_document(request, fields))
        outcome = await self.replace_by(principal.caller, key, new, versions)
        return answer_changed(outcome, self.shape)

    async def patch(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Change some of it."""
        fields, principal = await self.admit(request)
        key, versions = self.key(request), read_if_match(fields)
        caller = principal.caller
        patching: Patching[R, N] = Patching(
            read=lambda: self.find(caller, key),
            document=self.document,
            check=self.check,
            replace=lambda over, new: self.replace_by(caller, key, new, over),
        )
        outcome = await patching(await read_patch(request, fields), versions)
        return answer_changed(outcome, self.shape)

    async def delete(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Delete it, or learn why it stays."""
        fields, principal = await self.admit(request)
        key, versions = self.key(request), read_if_match(fields)
        return answer_deleted(await self.delete_by(principal.caller, key, versions))
