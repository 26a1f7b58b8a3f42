"""The routes of a resource, out of its declaration and its store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import msgspec
from litestar import HttpMethod, Request, delete, patch, post, put, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.resources.answers import (
    Versioned,
    answer_changed,
    answer_created,
    answer_deleted,
    answer_read,
    read_document,
    read_patch,
)
from adapters.http.resources.merge_patch import merge
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.queries import QueryReader
from adapters.http.wire.refusals import InvalidRequestError
from adapters.http.wire.versions import read_if_match
from cashback_core.administration.resources import Conflict, Missing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.resources.resource import Listing, Resource
    from cashback_core.administration.resources import (
        Caller,
        Done,
        Page,
        Refusal,
        ResourceStore,
        Slice,
        Versions,
    )

    Handler = Callable[[Request[Any, Any, Any]], Awaitable[ASGIApp]]

MAX_TRIES: Final = 5
"""A patch of whichever version is there (`If-Match: *`) is merged anew so often."""

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)


Row = TypeVar("Row")
Known = TypeVar("Known", bound=Versioned)
Key = TypeVar("Key")
Which = TypeVar("Which")
New = TypeVar("New")
State = TypeVar("State")

Which_contra = TypeVar("Which_contra", contravariant=True)


class Lists(Protocol[Row, Which_contra]):
    """What a list is read from."""

    async def page(
        self, caller: Caller, wanted: Slice, which: Which_contra, /
    ) -> Page[Row] | Missing:
        """Those that the filter leaves; Missing for a filter that names somebody unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoute(Generic[Row, Which]):
    """The route of a list."""

    listing: Listing[Row, Which]
    store: Lists[Row, Which]
    admit: Admission
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The one route."""
        listing = self.listing
        return [route(listing.path, http_method=READ, name=listing.id)(self.page)]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List them."""
        _, principal = await self.admit(request)
        orders, filters = self.listing.orders, self.listing.filters
        ordering = orders.ordering(self.listing.path)
        query = QueryReader(request.scope["query_string"], ordering, *filters.names)
        zone = await self.zones.of(principal.home, needed=filters.is_zoned)
        which, wanted = filters.read(query, zone), query.slice()
        page = await self.store.page(principal.caller, wanted, which)
        if isinstance(page, Missing):
            raise NotFoundException
        cursor = None
        if page.more:
            last = page.items[-1]
            value = orders.columns[wanted.sort].of(last)
            cursor = query.cursor_after(value, orders.key.of(last))
        items = [self.listing.answer.of(item) for item in page.items]
        return Answer(200, encode({"items": items, "next_cursor": cursor}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRoutes(Generic[Known, Key, Which, New, State]):
    """The six routes of a resource."""

    resource: Resource[Known, Key, Which, New, State]
    store: ResourceStore[Known, Key, Which, New, State, Any]
    admit: Admission
    zones: MerchantZones

    def handlers(self, *, create: Handler | None = None) -> list[HTTPRouteHandler]:
        """The routes, each under its address; `create` in the place of the common one."""
        resource = self.resource
        one = f"{resource.path}/{{{resource.key.name}:str}}"
        listed = ListRoute(
            listing=resource.listing, store=self.store, admit=self.admit, zones=self.zones
        )
        return [
            post(resource.path, name=f"create{resource.name}")(create or self.create),
            *listed.handlers(),
            route(one, http_method=READ, name=f"read{resource.name}")(self.read),
            put(one, name=f"replace{resource.name}")(self.replace),
            patch(one, name=f"patch{resource.name}")(self.patch),
            # 200 for Litestar alone: the answer says 204.
            delete(one, name=f"delete{resource.name}", status_code=200)(self.delete),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Make one."""
        fields, principal = await self.admit(request)
        body = self.resource.new
        document = await read_document(request, fields)
        zone = await self.zones.of(principal.home, needed=body.is_zoned)
        new = body.read(document, zone, by_platform=principal.home is None)
        outcome = await self.store.create(principal.caller, new)
        answer = self.resource.made or self.resource.answer
        return answer_created(outcome, answer.of, location=self.resource.location)

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Read it, or learn that it is still the version that one has."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, self.resource.key.read(request))
        return answer_read(found, self.resource.answer.of, fields)

    async def replace(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Replace what of it can be changed."""
        fields, principal = await self.admit(request)
        caller, key = principal.caller, self.resource.key.read(request)
        versions = read_if_match(fields)
        state = self.resource.state.read(await read_document(request, fields))
        if self.resource.refuses is not None:
            found = await self.store.find(caller, key)
            if found is not None:
                self._check_change(found, state)
        outcome = await self.store.replace(caller, key, state, versions)
        return answer_changed(outcome, self.resource.answer.of)

    async def patch(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Change some of it."""
        fields, principal = await self.admit(request)
        key, versions = self.resource.key.read(request), read_if_match(fields)
        change = await read_patch(request, fields)
        outcome = await self.merged(principal.caller, key, change, versions)
        return answer_changed(outcome, self.resource.answer.of)

    async def delete(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Delete it, or learn why it stays."""
        fields, principal = await self.admit(request)
        key, versions = self.resource.key.read(request), read_if_match(fields)
        return answer_deleted(await self.store.delete(principal.caller, key, versions))

    async def merged(
        self, caller: Caller, key: Key, change: object, versions: Versions
    ) -> Done[Known] | Refusal:
        """Merge, check the whole, and store it only over the very version that was merged into."""
        for _ in range(MAX_TRIES):
            found = await self.store.find(caller, key)
            if found is None:
                return Missing()
            if versions is not None and found.version not in versions:
                return Conflict()
            state = self.resource.state.read(merge(self._as_sent(found), change))
            if self.resource.patched is not None:
                state = self.resource.patched(state, change)
            self._check_change(found, state)
            outcome = await self.store.replace(caller, key, state, frozenset({found.version}))
            if versions is not None or not isinstance(outcome, Conflict):
                return outcome
        return Conflict()

    def _as_sent(self, found: Known) -> dict[str, object]:
        """What a PUT of it as it is would send: of its answer what can be changed."""
        answered = msgspec.to_builtins(self.resource.answer.of(found))
        return {name: answered[name] for name in self.resource.state.fields}

    def _check_change(self, found: Known, state: State) -> None:
        """Raise InvalidRequestError with what is wrong with this change of this one."""
        refuses = self.resource.refuses
        wrong = None if refuses is None else refuses(found, state)
        if wrong is not None:
            raise InvalidRequestError((wrong,))
