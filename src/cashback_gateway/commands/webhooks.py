"""`webhooks`: how a merchant's endpoints fare, a test, and what is sent again."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

from cyclopts import Parameter

from adapters.postgres.administration.transactions import Administration
from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.webhooks.store import PostgresWebhooks
from cashback_core.values.instants import format_instant
from cashback_core.webhooks.addresses import PUBLIC_ALONE
from cashback_core.webhooks.endpoints import (
    MAX_RESENT,
    Resend,
    ResendCountChanged,
    WebhookFilter,
)
from cashback_gateway.commands.as_platform import all_by, caller_for, done
from cashback_gateway.commands.parameters import FROM, Json, Limit, Slug
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.readers import read_by, whole_from
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError
from cashback_gateway.commands.tables import TableColumn, listing_of, show_listing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cashback_core.administration.resources import Caller
    from cashback_core.webhooks.endpoints import Webhook

WebhookId = Annotated[UUID, read_by(UUID, "the endpoint's id")]
_CHANGE: Final = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,8})\Z", re.ASCII)
_COLUMNS: Final = (
    TableColumn("id"),
    TableColumn("url"),
    TableColumn("active"),
    TableColumn("because", "DISABLED"),
    TableColumn("waiting"),
    TableColumn("delivered_at", "DELIVERED"),
    TableColumn("last_failure", "LAST FAILURE"),
)


def _change(text: str) -> tuple[UUID, int]:
    found = _CHANGE.match(text)
    if found is None:
        raise ValueError("no change's id, CASHBACK.SEQUENCE")
    return UUID(found[1]), int(found[2])


async def list_all(
    *,
    merchant: Slug,
    active: Annotated[bool | None, Parameter(help="only those")] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List a merchant's endpoints, and how they fare."""
    async with _opened(here, merchant) as (store, by):
        page = await store.page(by, all_by("created_at"), WebhookFilter(active=active))
    records = [*map(_record, page.items)]
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=page.more), as_json=json)


async def test(webhook_id: WebhookId, /, *, merchant: Slug, here: Here) -> None:
    """Send an endpoint a message that tells of no change."""
    async with _opened(here, merchant) as (store, by):
        queued = done(await store.test(by, webhook_id), f"endpoint {webhook_id}")
    print(f"{queued.id} is sent within seconds; `webhooks list` tells what came of it")


async def resend(
    webhook_id: WebhookId,
    /,
    *,
    merchant: Slug,
    change: Annotated[
        tuple[UUID, int] | None, read_by(_change, "one change, CASHBACK.SEQUENCE")
    ] = None,
    since: Annotated[datetime | None, FROM] = None,
    expect: Annotated[
        int | None, whole_from(0, MAX_RESENT, "the number that was told; without it: only count")
    ] = None,
    here: Here,
) -> None:
    """Count changes, then send them again."""
    if (change is None) == (since is None):
        raise WrongUseError("either --change or --since")
    wanted = Resend(change=change, since=since, expect=expect)
    async with _opened(here, merchant) as (store, by):
        outcome = await store.resend(by, webhook_id, wanted)
    if isinstance(outcome, ResendCountChanged):
        raise ActRefusedError(f"they are {outcome.count} now: nothing was sent")
    resent = done(outcome, f"endpoint {webhook_id}")
    if resent.done:
        print(f"{resent.count} are sent again")
    else:
        print(f"{resent.count} are meant; to send them again: --expect {resent.count}")


@asynccontextmanager
async def _opened(
    here: Workplace, merchant: str
) -> AsyncGenerator[tuple[PostgresWebhooks, Caller], None]:
    """The store of endpoints and who asks: no secret is made here, and no address kept."""
    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            administration = Administration(database)
            store = PostgresWebhooks(
                administration=administration,
                feed=PostgresChanges(database),
                derive=_no_secrets,
                addresses=PUBLIC_ALONE,
            )
            yield store, await caller_for(administration, merchant)


def _no_secrets(purpose: str) -> bytes:
    raise LookupError(purpose)


def _record(webhook: Webhook) -> dict[str, object]:
    at = webhook.delivered_at
    return {
        "id": str(webhook.id),
        "url": webhook.state.url,
        "active": webhook.state.active,
        "because": webhook.disabled_because,
        "waiting": webhook.waiting,
        "delivered_at": None if at is None else format_instant(at),
        "last_failure": webhook.last_failure,
    }
