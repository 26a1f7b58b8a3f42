"""Endpoints of webhooks in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cashback_core.administration.resources import Done, InUse, Missing, Page, Taken
from cashback_core.testing.memory_shelf import MemoryShelf, utc_now
from cashback_core.values.ids import new_id
from cashback_core.webhooks.endpoints import (
    MAX_ENDPOINTS,
    DeliveryResult,
    IssuedWebhook,
    Resent,
    Webhook,
    WebhookDelivery,
    WebhookSecret,
    WebhookState,
    WebhookStore,
    secret_text,
)
from cashback_core.webhooks.policy import Because

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from uuid import UUID

    from cashback_core.administration.resources import Caller, Refusal, Slice, Versions
    from cashback_core.webhooks.endpoints import Resend, ResendCountChanged, WebhookFilter


class MemoryWebhooks(WebhookStore):
    """Endpoints that nothing is sent to: a test is all that waits, and nothing has passed."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        self.owners: dict[UUID, int | None] = {}
        self.queued: dict[UUID, list[WebhookDelivery]] = {}
        self.shelf: MemoryShelf[Webhook] = MemoryShelf(
            {"created_at": lambda w: w.created_at.isoformat()}, lambda w: str(w.id), now
        )

    async def page(self, caller: Caller, wanted: Slice, which: WebhookFilter) -> Page[Webhook]:
        return self.shelf.page(caller, wanted, lambda w: which.active in {None, w.state.active})

    async def find(self, caller: Caller, webhook_id: UUID) -> Webhook | None:
        return self.shelf.find(caller, webhook_id)

    async def create(self, caller: Caller, new: WebhookState) -> Done[IssuedWebhook] | Refusal:
        if self._taken(caller.merchant_id, new.url):
            return Taken(name="url")
        if len(self.shelf.seen(caller)) >= MAX_ENDPOINTS:
            return InUse(reason="too_many_webhooks", values={"limit": str(MAX_ENDPOINTS)})
        made = Webhook(
            id=new_id(),
            state=new,
            secrets=(),
            created_by=caller.actor,
            disabled_at=None,
            disabled_because=None,
            failing_since=None,
            delivered_at=None,
            waiting=0,
            last_failure=None,
            **self.shelf.first(),
        )
        self.owners[made.id] = caller.merchant_id
        self.shelf.make(caller.merchant_id, made.id, _as_active(made, self.now()))
        return self._issue(_as_active(made, self.now()))

    async def replace(
        self, caller: Caller, webhook_id: UUID, state: WebhookState, versions: Versions
    ) -> Done[Webhook] | Refusal:
        present = self.shelf.changing(caller, webhook_id, versions)
        if not isinstance(present, Webhook):
            return present
        if self._taken(self.owners[webhook_id], state.url, but=webhook_id):
            return Taken(name="url")
        changed = replace(present, state=state, **self.shelf.next(present))
        return self.shelf.change(webhook_id, _as_active(changed, self.now()))

    async def delete(self, caller: Caller, webhook_id: UUID, versions: Versions) -> Refusal | None:
        present = self.shelf.changing(caller, webhook_id, versions)
        if not isinstance(present, Webhook):
            return present
        del self.shelf.rows[webhook_id]
        return None

    async def rotate(
        self, caller: Caller, webhook_id: UUID, *, overlap: timedelta
    ) -> Done[IssuedWebhook] | Refusal:
        present = self.shelf.changing(caller, webhook_id, None)
        if not isinstance(present, Webhook):
            return present
        live = _live(present, self.now())
        if len(live) > 1 and overlap:
            return InUse(reason="two_secrets")
        former = tuple(replace(secret, expires_at=self.now() + overlap) for secret in live)
        return self._issue(replace(present, secrets=former, **self.shelf.next(present)))

    async def test(self, caller: Caller, webhook_id: UUID) -> Done[WebhookDelivery] | Refusal:
        present = self.shelf.changing(caller, webhook_id, None)
        if not isinstance(present, Webhook):
            return present
        if not present.state.active:
            return InUse(reason="webhook_not_active")
        if self.queued.get(webhook_id):
            return InUse(reason="test_waits")
        queued = WebhookDelivery(
            id=f"test.{new_id()}",
            result=DeliveryResult.WAITING,
            attempts=0,
            created_at=self.now(),
            tried_at=None,
            due_at=self.now(),
            status=None,
            reason=None,
        )
        self.queued.setdefault(webhook_id, []).append(queued)
        waiting = present.waiting + 1
        self.shelf.change(webhook_id, replace(present, waiting=waiting))
        return Done(queued)

    async def deliveries(
        self, caller: Caller, webhook_id: UUID, wanted: Slice, result: DeliveryResult | None
    ) -> Page[WebhookDelivery] | Refusal:
        if self.shelf.find(caller, webhook_id) is None:
            return Missing()
        found = [one for one in self.queued.get(webhook_id, []) if result in {None, one.result}][
            : wanted.limit
        ]
        return Page(items=tuple(found), more=False)

    async def resend(
        self, caller: Caller, webhook_id: UUID, wanted: Resend
    ) -> Done[Resent] | ResendCountChanged | Refusal:
        present = self.shelf.changing(caller, webhook_id, None)
        if not isinstance(present, Webhook):
            return present
        return Done(Resent(count=0, done=wanted.expect == 0))

    def _taken(self, owner: int | None, url: str, *, but: UUID | None = None) -> bool:
        return any(
            (of, row.state.url) == (owner, url) and row.id != but
            for of, row in self.shelf.rows.values()
        )

    def _issue(self, webhook: Webhook) -> Done[IssuedWebhook]:
        number = 1 + max((secret.number for secret in webhook.secrets), default=0)
        secret = WebhookSecret(number=number, created_at=self.now(), expires_at=None)
        issued = replace(webhook, secrets=(secret, *_live(webhook, self.now())))
        self.shelf.change(webhook.id, issued)
        text = secret_text(lambda purpose: purpose.encode()[:32], webhook.id, new_id())
        return Done(IssuedWebhook(webhook=issued, number=number, secret=text))


def _as_active(webhook: Webhook, now: datetime) -> Webhook:
    if webhook.state.active:
        return replace(webhook, disabled_at=None, disabled_because=None)
    at = webhook.disabled_at or now
    return replace(webhook, disabled_at=at, disabled_because=Because.PERSON)


def _live(webhook: Webhook, now: datetime) -> tuple[WebhookSecret, ...]:
    return tuple(s for s in webhook.secrets if s.expires_at is None or s.expires_at > now)
