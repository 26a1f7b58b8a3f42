"""Endpoints of webhooks over HTTP: where a merchant's own system is told of its changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, cast

from msgspec import Meta

from adapters.http.identity.roles import ADMINS
from adapters.http.resources.resource import (
    Answered,
    Examples,
    Listing,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    UuidKey,
)
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body as BodyOf
from adapters.http.wire.fields import Choices, Field, Name, TextField, Truth, pattern
from adapters.http.wire.filters import ChoiceFilter, Filters, TruthFilter
from adapters.http.wire.shapes import Instant, Shape, Uuid, Version, instant_or_none
from cashback_core.changes.telling import TYPES
from cashback_core.values.instants import format_instant
from cashback_core.webhooks import endpoints
from cashback_core.webhooks.addresses import MAX_URL_CHARS, URL_FORM
from cashback_core.webhooks.endpoints import DeliveryResult

PATH: Final = "/api/webhooks"
KEY: Final = UuidKey("id", "The endpoint's id.")


class SecretOfWebhook(Shape, frozen=True, kw_only=True):
    """What may be told of a secret that signs; `expires_at` is null for the current one."""

    number: int
    created_at: Instant
    expires_at: Instant | None


class Webhook(Shape, frozen=True, kw_only=True):
    """An endpoint that is told of changes, and how it fares."""

    id: Uuid
    url: str
    description: str | None
    types: Annotated[list[str] | None, Meta(description="Null: of all changes.")]
    active: bool
    secrets: list[SecretOfWebhook]
    version: Version
    created_at: Instant
    created_by: str
    updated_at: Instant
    disabled_at: Instant | None
    disabled_because: Annotated[
        str | None,
        Meta(description="`person`, `gone` (it said 410) or `failing` (for five days)."),
    ]
    failing_since: Instant | None
    delivered_at: Annotated[Instant | None, Meta(description="When it last took a message.")]
    waiting: Annotated[int, Meta(description="Messages that wait for another attempt.")]
    last_failure: str | None


class IssuedWebhook(Shape, frozen=True, kw_only=True):
    """An endpoint with its new secret, which is told this once: give it to the receiver."""

    webhook: Webhook
    number: int
    secret: str


class WebhookDelivery(Shape, frozen=True, kw_only=True):
    """A message that did not go through at once, was sent again, or is a test."""

    id: Annotated[str, Meta(description="Its `webhook-id`.")]
    result: Annotated[str, Meta(description="`waiting`, `delivered` or `given_up`.")]
    attempts: int
    created_at: Instant
    tried_at: Instant | None
    due_at: Instant | None
    status: Annotated[int | None, Meta(description="Of the last answer, if there was one.")]
    reason: str | None


class WebhookResend(Shape, frozen=True, kw_only=True):
    """How many changes are meant, and whether they are sent again."""

    count: int
    done: bool


def webhook_shape(webhook: endpoints.Webhook) -> Webhook:
    """An endpoint as it goes out."""
    state = webhook.state
    return Webhook(
        id=str(webhook.id),
        url=state.url,
        description=state.description,
        types=sorted(state.types) or None,
        active=state.active,
        secrets=[
            SecretOfWebhook(
                number=secret.number,
                created_at=format_instant(secret.created_at),
                expires_at=instant_or_none(secret.expires_at),
            )
            for secret in webhook.secrets
        ],
        version=webhook.version,
        created_at=format_instant(webhook.created_at),
        created_by=webhook.created_by,
        updated_at=format_instant(webhook.updated_at),
        disabled_at=instant_or_none(webhook.disabled_at),
        disabled_because=webhook.disabled_because,
        failing_since=instant_or_none(webhook.failing_since),
        delivered_at=instant_or_none(webhook.delivered_at),
        waiting=webhook.waiting,
        last_failure=webhook.last_failure,
    )


def issued_shape(issued: endpoints.IssuedWebhook) -> IssuedWebhook:
    """An endpoint with its new secret as it goes out."""
    return IssuedWebhook(
        webhook=webhook_shape(issued.webhook), number=issued.number, secret=issued.secret
    )


def delivery_shape(delivery: endpoints.WebhookDelivery) -> WebhookDelivery:
    """A message as it is told."""
    return WebhookDelivery(
        id=delivery.id,
        result=delivery.result,
        attempts=delivery.attempts,
        created_at=format_instant(delivery.created_at),
        tried_at=instant_or_none(delivery.tried_at),
        due_at=instant_or_none(delivery.due_at),
        status=delivery.status,
        reason=delivery.reason,
    )


_STATE: Final[dict[str, Field[Any]]] = {
    "url": TextField(
        form=URL_FORM,
        code="bad_webhook_url",
        says={
            "description": "`https`, and no address of a private network.",
            "pattern": pattern(URL_FORM),
            "maxLength": MAX_URL_CHARS,
        },
    ),
    "description": Name(must=False),
    "types": Choices(
        TYPES, must=False, about="Only these changes; null for all, also those to come."
    ),
    "active": Truth(
        default=True,
        about="False: nothing is sent, and what comes meanwhile is sent when it is true again.",
    ),
}


def _patched(state: endpoints.WebhookState, change: object) -> endpoints.WebhookState:
    told = cast("dict[str, object]", change) if isinstance(change, dict) else {}
    return replace(state, stopped=told.get("active") is False)


_URL: Final = f"https://erp.example.com/{fresh.NAME}"

WEBHOOKS: Final = Resource(
    path=PATH,
    name="Webhook",
    key=KEY,
    answer=Answered(Webhook, webhook_shape),
    made=Answered(IssuedWebhook, issued_shape),
    new=BodyOf("A new endpoint.", endpoints.WebhookState, **_STATE),
    state=BodyOf("All that can be changed.", endpoints.WebhookState, **_STATE),
    orders=Orders(
        default="created_at",
        key=SortKey[endpoints.Webhook](Kind.UUID, lambda webhook: webhook.id),
        columns={"created_at": SortKey(Kind.INSTANT, lambda webhook: webhook.created_at)},
    ),
    patched=_patched,
    filters=Filters(endpoints.WebhookFilter, active=TruthFilter(about="Only these.")),
    may=May(read=ADMINS, write=ADMINS),
    says=Says(
        tag="Webhooks",
        one="an endpoint",
        many="endpoints",
        created="It is told of every change from now on, each a POST signed by the rules of"
        " Standard Webhooks, at least once. The secret is told this once.",
        deleted="Nothing is sent to it any more; what waits is dropped.",
        create_problems=("in_use",),
        change_problems=("already_exists",),
    ),
    examples=Examples(
        new={"url": _URL, "types": ["cashback.applied", "cashback.rejected"]},
        state={"url": f"{_URL}/2", "description": "ERP da matriz", "active": True},
        patch={"active": False},
    ),
)

DELIVERIES: Final = Listing(
    path=f"{PATH}/{{id}}/deliveries",
    id="listWebhookDeliveries",
    tag="Webhooks",
    many="messages of an endpoint",
    more=": what did not go through at once, was sent again, or is a test",
    answer=Answered(WebhookDelivery, delivery_shape),
    orders=Orders(
        default="-created_at",
        key=SortKey[endpoints.WebhookDelivery](Kind.TEXT, lambda one: one.id),
        columns={"created_at": SortKey(Kind.INSTANT, lambda one: one.created_at)},
    ),
    filters=Filters(
        dict[str, Any],
        result=ChoiceFilter(about="Only these.", choices=tuple(map(str, DeliveryResult))),
    ),
    may=ADMINS,
    problems=("not_found",),
    key=KEY,
)
