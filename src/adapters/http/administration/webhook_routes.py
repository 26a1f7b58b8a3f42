"""The routes of endpoints, and what is done with them beside changing them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from litestar import Request, post, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration.webhooks import (
    DELIVERIES,
    KEY,
    WEBHOOKS,
    WebhookResend,
    delivery_shape,
    issued_shape,
)
from adapters.http.resources.answers import answer_created, read_document
from adapters.http.resources.routes import READ, ResourceRoutes
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, Bound, TextField, Whole, pattern
from adapters.http.wire.queries import QueryReader
from adapters.http.wire.refusals import RefusedError
from cashback_core.administration.resources import Done, Page
from cashback_core.webhooks.endpoints import (
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
    MAX_RESENT,
    DeliveryResult,
    Resend,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.webhooks.endpoints import WebhookStore

_CHANGE: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9][0-9]{0,8}\Z", re.ASCII
)


def _overlap(*, overlap_s: int) -> timedelta:
    return timedelta(seconds=overlap_s)


NEXT_WEBHOOK_SECRET: Final = Body(
    "How long the secret that there is signs yet.",
    _overlap,
    overlap_s=Whole(
        lowest=0,
        highest=MAX_OVERLAP_S,
        default=DEFAULT_OVERLAP_S,
        about="For so many seconds a message is signed by both.",
    ),
)


def _resend(*, change: str | None, since: datetime | None, expect: int | None) -> Resend:
    if change is None:
        return Resend(since=since, expect=expect)
    id_, _, sequence = change.partition(".")
    return Resend(change=(UUID(id_), int(sequence)), expect=expect)


def _one_of_both(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    if reader.has("change") == reader.has("since"):
        reader.tell("since" if values["change"] else "change", "change_or_since")


RESEND_WEBHOOKS: Final = Body(
    "What is to be sent again; without `expect` it is only counted.",
    _resend,
    _one_of_both,
    change=TextField(
        form=_CHANGE,
        code="not_a_change",
        must=False,
        says={
            "description": "One change, by its id: `<cashback>.<sequence>`.",
            "pattern": pattern(_CHANGE),
        },
    ),
    since=Bound(about="All that were made then, that day, or later."),
    expect=Whole(
        lowest=0, highest=MAX_RESENT, about="The `count` that was told: so many are sent, or none."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRoutes:
    """A merchant's administrators for its own endpoints."""

    admit: Admission
    store: WebhookStore
    zones: MerchantZones

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        routes = ResourceRoutes(
            resource=WEBHOOKS, store=self.store, admit=self.admit, zones=self.zones
        )
        one = f"{WEBHOOKS.path}/{{id:str}}"
        return [
            *routes.handlers(),
            post(f"{one}/secrets", name="rotateWebhookSecret")(self.rotate),
            # 202, and 200, as their answers say; Litestar is told nothing of them.
            post(f"{one}/test", name="testWebhook")(self.test),
            post(f"{one}/resend", name="resendWebhooks")(self.resend),
            route(f"{one}/deliveries", http_method=READ, name=DELIVERIES.id)(self.deliveries),
        ]

    async def rotate(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """A further secret, told this once."""
        fields, principal = await self.admit(request)
        id_ = KEY.read(request)
        overlap = NEXT_WEBHOOK_SECRET.read(await read_document(request, fields))
        outcome = await self.store.rotate(principal.caller, id_, overlap=overlap)
        return answer_created(outcome, issued_shape, location=WEBHOOKS.location)

    async def test(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Have a message of no change sent."""
        _, principal = await self.admit(request)
        outcome = await self.store.test(principal.caller, KEY.read(request))
        if not isinstance(outcome, Done):
            raise RefusedError(outcome)
        return Answer(202, encode(delivery_shape(outcome.resource)))

    async def resend(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Count, or send again."""
        fields, principal = await self.admit(request)
        id_, document = KEY.read(request), await read_document(request, fields)
        asked = RESEND_WEBHOOKS.read(document, await self.zones.of(principal.home))
        outcome = await self.store.resend(principal.caller, id_, asked)
        if not isinstance(outcome, Done):
            raise RefusedError(outcome)
        resent = outcome.resource
        return Answer(200, encode(WebhookResend(count=resent.count, done=resent.done)))

    async def deliveries(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What did not go through at once."""
        _, principal = await self.admit(request)
        id_, orders, filters = KEY.read(request), DELIVERIES.orders, DELIVERIES.filters
        # A cursor is of this endpoint's list alone.
        ordering = orders.ordering(f"{DELIVERIES.path} {id_}")
        query = QueryReader(request.scope["query_string"], ordering, *filters.names)
        result, wanted = filters.read(query)["result"], query.slice()
        page = await self.store.deliveries(
            principal.caller, id_, wanted, None if result is None else DeliveryResult(result)
        )
        if not isinstance(page, Page):
            raise NotFoundException
        cursor = None
        if page.more:
            last = page.items[-1]
            cursor = query.cursor_after(orders.columns[wanted.sort].of(last), orders.key.of(last))
        items = [delivery_shape(item) for item in page.items]
        return Answer(200, encode({"items": items, "next_cursor": cursor}))
