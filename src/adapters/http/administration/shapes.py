"""The shapes of administered resources in answers."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from adapters.http.wire.shapes import Instant, Shape, Uuid
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding

ClientId = Annotated[str, Meta(pattern="^cli_[A-Za-z0-9_-]{22}$")]
Version = Annotated[int, Meta(ge=1, description="Also the ETag; raised by every change.")]


class Merchant(Shape, frozen=True, kw_only=True):
    """A merchant and the terms that its sales are taken on."""

    slug: str
    name: str
    zone: str
    rounding: Rounding
    max_sale_age_days: int
    equal_content: EqualContent
    name_difference: NameDifference
    max_cashback_centavos: Annotated[int | None, Meta(description="Above it one is held.")]
    max_day_centavos: Annotated[
        int | None, Meta(description="What a day accepts; what would be more is held.")
    ]
    disabled: bool
    version: Version
    created_at: Instant
    updated_at: Instant
    disabled_at: Instant | None


class MerchantPage(Shape, frozen=True, kw_only=True):
    """Merchants, and the cursor of the next page, null at the end."""

    items: list[Merchant]
    next_cursor: str | None


class Stop(Shape, frozen=True, kw_only=True):
    """A stop of a product type, or of the whole merchant (`type` null); what it is of waits."""

    id: Uuid
    merchant: str
    type: str | None
    by_platform: Annotated[bool, Meta(description="The platform's: it alone lifts it.")]
    stopped_at: Instant
    stopped_by: str
    reason: str
    lifted_at: Instant | None
    lifted_by: str | None
    lift_reason: str | None


class StopPage(Shape, frozen=True, kw_only=True):
    """Stops, and the cursor of the next page, null at the end."""

    items: list[Stop]
    next_cursor: str | None


class User(Shape, frozen=True, kw_only=True):
    """Somebody who may sign in; no password and no hash of one is ever told."""

    username: str
    merchant: str | None
    role: str
    disabled: bool
    version: Version
    created_at: Instant
    updated_at: Instant
    disabled_at: Instant | None


class UserPage(Shape, frozen=True, kw_only=True):
    """Users, and the cursor of the next page, null at the end."""

    items: list[User]
    next_cursor: str | None


class TrailLine(Shape, frozen=True, kw_only=True):
    """A change: what is secret or personal is told as "changed", never by its value."""

    number: int
    at: Instant
    merchant: str | None
    actor: str
    action: str
    resource: str
    key: str
    before: dict[str, Any]
    after: dict[str, Any]
    request_id: str | None


class TrailPage(Shape, frozen=True, kw_only=True):
    """Changes, and the cursor of the next page, null at the end."""

    items: list[TrailLine]
    next_cursor: str | None


class ClientSecret(Shape, frozen=True, kw_only=True):
    """What may be told of a secret; `expires_at` is null for the current one."""

    number: int
    created_at: Instant
    created_by: str
    expires_at: Instant | None


class RegisteredClient(Shape, frozen=True, kw_only=True):
    """An API client with those of its secrets that are still good, the latest first."""

    id: str
    merchant: str
    name: str
    role: str
    disabled: bool
    group: Annotated[ClientId, Meta(description="Whose own group it is in: its own by default.")]
    secrets: list[ClientSecret]
    version: Version
    created_at: Instant
    created_by: str
    updated_at: Instant
    disabled_at: Instant | None


class IssuedSecret(Shape, frozen=True, kw_only=True):
    """A client with its new secret, which is told this once: keep it where the ERP reads it."""

    client: RegisteredClient
    number: int
    secret: str


class RegisteredClientPage(Shape, frozen=True, kw_only=True):
    """API clients, and the cursor of the next page, null at the end."""

    items: list[RegisteredClient]
    next_cursor: str | None
