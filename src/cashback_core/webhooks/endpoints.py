"""Endpoints, as a merchant's administrators keep them: where its system is told of changes."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import base64
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.administration.resources import (
    Caller,
    Done,
    Page,
    Refusal,
    ResourceStore,
    Slice,
)
from cashback_core.webhooks.policy import Because

MAX_ENDPOINTS: Final = 50
"""Of one merchant."""

DEFAULT_OVERLAP_S: Final = 86_400
MAX_OVERLAP_S: Final = 7 * 86_400
"""How long the former secret signs, too, after its successor came."""

MAX_RESENT: Final = 10_000
"""Most changes that one act sends again."""

KEPT: Final = timedelta(days=30)
"""How long it is told what became of a message that did not go through at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """What of an endpoint can be changed."""

    url: str
    description: str | None = None
    types: frozenset[str] = frozenset()
    """Only these changes; none of them means all."""

    active: bool = True
    """Whether anything is sent. What comes meanwhile is sent when it is active again."""

    stopped: bool = field(default=False, compare=False)
    """Whether a person asked for `active` false just now: one that was disabled already, as its
    receiver was gone or failed, is so by that person then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret:
    """What may be told of a secret: never itself; `expires_at` is None for the current one."""

    number: int
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint, and how it fares."""

    id: UUID
    state: WebhookState
    secrets: tuple[WebhookSecret, ...]
    """Those that sign, the latest first."""

    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    disabled_at: datetime | None
    disabled_because: Because | None
    failing_since: datetime | None
    """Since when nothing has been delivered, of what was tried."""

    delivered_at: datetime | None
    """When it last took a message."""

    waiting: int
    """How many messages wait for another attempt."""

    last_failure: str | None
    """What came of the last attempt that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedWebhook:
    """An endpoint with its new secret, told this once."""

    webhook: Webhook
    number: int
    secret: str = field(repr=False)

    @property
    def id(self) -> UUID:
        """The endpoint's."""
        return self.webhook.id

    @property
    def version(self) -> int:
        """The endpoint's."""
        return self.webhook.version


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFilter:
    """Which endpoints are wanted; None wants all."""

    active: bool | None = None


class DeliveryResult(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """A message that did not go through at once, a test, or one that was sent again.

    `id` is its `webhook-id`: `<cashback>.<sequence>`, or `test.<id>`. `status` is the last
    answer's, None where there was none, and `reason` says why.
    """

    id: str
    result: DeliveryResult
    attempts: int
    created_at: datetime
    tried_at: datetime | None
    due_at: datetime | None
    """When it is tried next; None once it has ended."""

    status: int | None
    reason: str | None

    @property
    def version(self) -> int:
        """It has no versions."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """What is to be sent again: one change, or all since an instant that the endpoint is told of.

    With `expect` it is done if so many are meant still, without it they are only counted.
    """

    change: tuple[UUID, int] | None = None
    since: datetime | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """How many are meant, and whether they are sent again."""

    count: int
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendCountChanged:
    """Another number is meant than was expected: look again."""

    count: int


class WebhookStore(
    ResourceStore[Webhook, UUID, WebhookFilter, WebhookState, WebhookState, IssuedWebhook],
    Protocol,
):
    """Endpoints of the caller's merchant by id, sorted by `created_at`.

    A new one is told of what comes from then on, and comes with its first secret. An address that
    may not be sent to is Invalid. More than MAX_ENDPOINTS of a merchant is InUse. A URL is taken
    once in a merchant.
    """

    @abstractmethod
    async def rotate(
        self, caller: Caller, webhook_id: UUID, *, overlap: timedelta
    ) -> Done[IssuedWebhook] | Refusal:
        """A further secret; the one until now signs for `overlap` yet.

        InUse while two sign, but for no overlap: then both end at once.
        """

    @abstractmethod
    async def test(self, caller: Caller, webhook_id: UUID) -> Done[WebhookDelivery] | Refusal:
        """A message of the type `webhook.test` is sent soon.

        InUse where the endpoint is not active, and while another test of it waits.
        """

    @abstractmethod
    async def deliveries(
        self,
        caller: Caller,
        webhook_id: UUID,
        wanted: Slice,
        result: DeliveryResult | None,
    ) -> Page[WebhookDelivery] | Refusal:
        """What did not go through at once, sorted by `created_at`."""

    @abstractmethod
    async def resend(
        self, caller: Caller, webhook_id: UUID, wanted: Resend
    ) -> Done[Resent] | ResendCountChanged | Refusal:
        """Count what is meant, or send it again.

        InUse for more than MAX_RESENT, or where the endpoint is not active.
        """


def secret_text(derive: Callable[[str], bytes], webhook_id: UUID, secret_id: UUID) -> str:
    """A secret as receivers are given it: `whsec_` and the base64 of 32 bytes.

    It is kept nowhere: whoever has the key that `derive` knows makes it anew of two ids.
    """
    key = derive(f"webhook {webhook_id} secret {secret_id}")
    return "whsec_" + base64.b64encode(key).decode("ascii")
