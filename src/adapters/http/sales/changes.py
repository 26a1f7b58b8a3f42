"""The feed of changes: read on from where one was, and wait there for what comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.queries import DEFAULT_LIMIT, MAX_LIMIT, Ordering, QueryReader
from cashback_core.changes.changes import ChangePage, FeedPlace, FeedPosition
from cashback_core.changes.telling import change_shape
from cashback_core.changes.waiting import MOST_OF_CALLER, MOST_OF_MERCHANT

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler
    from litestar.types import Receive

    from adapters.http.identity.admission import Admission
    from adapters.http.wire.fields import Schema
    from cashback_core.changes.changes import ChangeFeed
    from cashback_core.changes.waiting import ChangeWaiting

PATH: Final = "/api/changes"
MAX_WAIT_S: Final = 30
MAX_STRIDES: Final = 5
"""Most pages of other groups' changes that one answer passes over."""

NOW: Final = "now"

CHANGE_PARAMETERS: Final[tuple[Schema, ...]] = (
    {
        "name": "after",
        "in": "query",
        "description": "`next_cursor` of the answer before; `now` begins with what comes from now"
        " on; without it, with the first change that there is. Of one merchant alone.",
        "schema": {"type": "string"},
    },
    {
        "name": "wait",
        "in": "query",
        "description": "Where nothing follows, wait so many seconds for it, at most"
        f" {MAX_WAIT_S}. Whoever would be one of more than {MOST_OF_CALLER} of one caller, or"
        f" {MOST_OF_MERCHANT} of one merchant, is told 429.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0},
    },
    {
        "name": "limit",
        "in": "query",
        "description": "Most changes of an answer; fewer may be followed by more.",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "default": DEFAULT_LIMIT,
        },
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPart:
    """Which changes are wanted, and how long they are waited for; `from_now` has no position."""

    query: QueryReader
    after: FeedPosition | None
    from_now: bool
    limit: int
    wait_s: int

    def cursor(self, position: FeedPosition) -> str:
        """The cursor of what follows a position."""
        key = f"{position.cashback_id}.{position.sequence}"
        return self.query.cursor_after(position.position, key)


def read_changes(query: bytes, merchant_id: int) -> ChangesPart:
    """The changes that a query asks for; raises InvalidQueryError."""
    feed = Ordering(
        resource=f"changes of {merchant_id}",
        columns={"position": Kind.INTEGER},
        key=Kind.TEXT,
        default="position",
        fixed=True,
        cursor="after",
        words=(NOW,),
        asides=("wait",),
    )
    reader = QueryReader(query, feed)
    wait_s = reader.whole("wait", lowest=0, highest=MAX_WAIT_S)
    wanted = reader.slice()
    after = None
    if wanted.after is not None:
        after = _position(*wanted.after)
        if after is None:
            reader.tell("after", "cursor_of_another_list")
            reader.slice()  # which tells it
    return ChangesPart(
        query=reader,
        after=after,
        from_now=reader.says("after", NOW),
        limit=wanted.limit,
        wait_s=wait_s or 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRoutes:
    """Reading the feed, and waiting for it to go on."""

    admit: Admission
    feed: ChangeFeed
    waiting: ChangeWaiting

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [route(PATH, http_method=read, name="list_changes")(self.page)]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """The next changes; if there are none, what comes within the time that is waited."""
        _, principal = await self.admit(request)
        merchant_id, group = principal.merchant_id, principal.reads_only
        caller = principal.subject
        part = read_changes(request.scope["query_string"], merchant_id)
        after = await self.feed.end(merchant_id) if part.from_now else part.after
        page = await self._next(merchant_id, after, limit=part.limit, group=group)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + part.wait_s
        while not page.changes and loop.time() < until_s:
            place = FeedPlace(merchant_id=merchant_id, position=page.next)
            if not await self._grown(request.receive, place, caller, until_s - loop.time()):
                break
            page = await self._next(merchant_id, page.next, limit=part.limit, group=group)
        told = [change_shape(change) for change in page.changes]
        return Answer(200, encode({"items": told, "next_cursor": part.cursor(page.next)}))

    async def _next(
        self, merchant_id: int, after: FeedPosition | None, *, limit: int, group: str | None
    ) -> ChangePage:
        """The next changes, past those of other groups; none where there are too many of these."""
        page = await self.feed.read(merchant_id, after, limit=limit, group=group)
        for _ in range(MAX_STRIDES - 1):
            if page.changes or not page.more:
                break
            page = await self.feed.read(merchant_id, page.next, limit=limit, group=group)
        return page

    async def _grown(
        self, receive: Receive, place: FeedPlace, caller: str, within_s: float
    ) -> bool:
        """Whether the feed goes on in time; not for somebody who has hung up."""
        waiting = asyncio.create_task(self.waiting.grown(place, caller=caller, within_s=within_s))
        gone = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            return await waiting if waiting.done() else False
        finally:
            for task in (waiting, gone):
                task.cancel()
            await asyncio.gather(waiting, gone, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _position(position: str, key: str) -> FeedPosition | None:
    try:
        return FeedPosition.parse(f"{position}.{key}")
    except ValueError:
        return None
