"""Endpoints of webhooks as their administrators keep them."""

# ruff: noqa: D102 (the port, cashback_core.webhooks.endpoints.WebhookStore, has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from adapters.postgres.webhooks.resending import DELIVERIES, queue, resend
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Page, Taken
from cashback_core.values.ids import new_id
from cashback_core.webhooks.addresses import AddressPolicy, UrlRefused
from cashback_core.webhooks.endpoints import (
    MAX_ENDPOINTS,
    IssuedWebhook,
    ResendCountChanged,
    Resent,
    Webhook,
    WebhookSecret,
    WebhookState,
    WebhookStore,
    secret_text,
)
from cashback_core.webhooks.policy import Because

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from uuid import UUID

    from adapters.postgres.administration.shelf import ShelfAct
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Refusal, Slice, Versions
    from cashback_core.changes.changes import ChangeFeed
    from cashback_core.webhooks.endpoints import (
        DeliveryResult,
        Resend,
        WebhookDelivery,
        WebhookFilter,
    )

_REFUSALS: Final[Mapping[str, Refusal]] = {UNIQUE: Taken(name="url")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresWebhooks(WebhookStore):
    """Endpoints, each method one transaction; `derive` makes keys of the one that all share."""

    administration: Administration
    feed: ChangeFeed
    derive: Callable[[str], bytes]
    addresses: AddressPolicy

    async def page(self, caller: Caller, wanted: Slice, which: WebhookFilter) -> Page[Webhook]:
        return await _SHELF.page(self.administration, caller, wanted, {"active": which.active})

    async def find(self, caller: Caller, webhook_id: UUID) -> Webhook | None:
        return await _SHELF.find(self.administration, caller, webhook_id)

    async def create(self, caller: Caller, new: WebhookState) -> Done[IssuedWebhook] | Refusal:
        refused = self._why_not(new.url)
        if refused is not None or caller.merchant_id is None:
            return refused or Missing()
        # Before it is there: what is committed meanwhile is told, too.
        end = await self.feed.end(caller.merchant_id)
        webhook_id, secret_id = new_id(), new_id()
        async with _SHELF.making(self.administration, caller, webhook_id, _REFUSALS) as making:
            # One after the other, or two would both find one place left.
            await making.execute(
                "select pg_advisory_xact_lock(hashtextextended('webhooks ' || %(of)s, 0))",
                of=str(caller.merchant_id),
            )
            there = await making.execute(
                "select count(*) from webhooks where merchant_id = %(merchant_id)s"
            )
            if there[0][0] >= MAX_ENDPOINTS:
                raise RolledBack(
                    InUse(reason="too_many_webhooks", values={"limit": str(MAX_ENDPOINTS)})
                )
            await making.execute(
                """
                insert into webhooks (merchant_id, webhook_id, url, description, types, created_by,
                    disabled_at, disabled_because, secret_id)
                values (%(merchant_id)s, %(key)s, %(url)s, %(description)s, %(types)s, %(by)s,
                    case when not %(active)s then now() end,
                    case when not %(active)s then 'person' end, %(secret_id)s)
                """,
                **_columns(new),
                by=caller.actor,
                secret_id=secret_id,
            )
            await making.execute(
                """
                insert into webhook_progress (merchant_id, webhook_id, after_position,
                    after_cashback_id, after_sequence)
                values (%(merchant_id)s, %(key)s, %(position)s, %(cashback_id)s, %(sequence)s)
                """,
                position=end.position,
                cashback_id=end.cashback_id,
                sequence=end.sequence,
            )
        return self._issued(making, secret_id)

    async def replace(
        self, caller: Caller, webhook_id: UUID, state: WebhookState, versions: Versions
    ) -> Done[Webhook] | Refusal:
        refused = self._why_not(state.url)
        if refused is not None:
            return refused
        changing = _SHELF.changing(self.administration, caller, webhook_id, versions, _REFUSALS)
        async with changing as change:
            back = change.row["disabled_at"] is not None and state.active
            moved = change.row["url"] != state.url
            await change.update(
                """
                url = %(url)s, description = %(description)s, types = %(types)s,
                disabled_at = case when not %(active)s then coalesce(disabled_at, now()) end,
                disabled_because = case
                    when %(active)s then null
                    when %(stopped)s then 'person'
                    else coalesce(disabled_because, 'person')
                end
                """,
                **_columns(state),
                stopped=state.stopped,
            )
            if back or moved:  # it is tried at once, and has its days anew
                await change.execute(
                    """
                    update webhook_progress
                    set failures = 0, failing_since = null, rests_until = null
                    where merchant_id = %(merchant_id)s and webhook_id = %(key)s
                    """
                )
        return change.outcome

    async def delete(self, caller: Caller, webhook_id: UUID, versions: Versions) -> Refusal | None:
        async with _SHELF.ending(self.administration, caller, webhook_id, versions) as ending:
            await ending.delete()
        return ending.refusal

    async def rotate(
        self, caller: Caller, webhook_id: UUID, *, overlap: timedelta
    ) -> Done[IssuedWebhook] | Refusal:
        secret_id = new_id()
        async with _SHELF.changing(self.administration, caller, webhook_id, None) as change:
            if change.row["two_sign"] and overlap:
                raise RolledBack(InUse(reason="two_secrets"))
            await change.update(
                """
                secret_id = %(secret_id)s, secret_number = secret_number + 1,
                secret_made_at = now(), former_secret_id = secret_id,
                former_made_at = secret_made_at, former_ends_at = now() + %(overlap)s
                """,
                secret_id=secret_id,
                overlap=overlap,
            )
        return self._issued(change, secret_id)

    async def test(self, caller: Caller, webhook_id: UUID) -> Done[WebhookDelivery] | Refusal:
        async with _SHELF.changing(self.administration, caller, webhook_id, None) as change:
            _refuse_inactive(change)
            delivery = await queue(change, f"test.{new_id()}")
        return change.refusal or Done(delivery)

    async def deliveries(
        self, caller: Caller, webhook_id: UUID, wanted: Slice, result: DeliveryResult | None
    ) -> Page[WebhookDelivery] | Refusal:
        async with self.administration.transaction(caller) as connection:
            if await _SHELF.find_within(connection, caller, webhook_id) is None:
                return Missing()
            return await DELIVERIES.page_within(
                connection,
                wanted,
                {"merchant_id": caller.merchant_id, "webhook_id": webhook_id, "result": result},
            )

    async def resend(
        self, caller: Caller, webhook_id: UUID, wanted: Resend
    ) -> Done[Resent] | ResendCountChanged | Refusal:
        outcomes: list[Resent | ResendCountChanged] = []
        async with _SHELF.changing(self.administration, caller, webhook_id, None) as change:
            if wanted.expect is not None:
                _refuse_inactive(change)
            outcomes.append(await resend(change, wanted))
        if change.refusal is not None:
            return change.refusal
        [outcome] = outcomes
        return outcome if isinstance(outcome, ResendCountChanged) else Done(outcome)

    def _why_not(self, url: str) -> Invalid | None:
        try:
            self.addresses.check(url)
        except UrlRefused as refused:
            return Invalid(name="url", fault=refused.fault)
        return None

    def _issued(self, act: ShelfAct[Webhook], secret_id: UUID) -> Done[IssuedWebhook] | Refusal:
        outcome = act.outcome
        if not isinstance(outcome, Done):
            return outcome
        webhook = outcome.resource
        return Done(
            IssuedWebhook(
                webhook=webhook,
                number=webhook.secrets[0].number,
                secret=secret_text(self.derive, webhook.id, secret_id),
            )
        )


def _refuse_inactive(change: ShelfAct[Webhook]) -> None:
    if change.row["disabled_at"] is not None:
        raise RolledBack(InUse(reason="webhook_not_active"))


def _columns(state: WebhookState) -> dict[str, Any]:
    return {
        "url": state.url,
        "description": state.description,
        "types": sorted(state.types) or None,
        "active": state.active,
    }


def _webhook(row: tuple[Any, ...]) -> Webhook:
    (
        id_, url, description, types, version, created_at, created_by, updated_at, disabled_at,
        because, number, made_at, former_made_at, former_ends_at, failing_since, delivered_at,
        last_failure, waiting,
    ) = row  # fmt: skip
    secrets = [WebhookSecret(number=number, created_at=made_at, expires_at=None)]
    if former_made_at is not None:
        secrets.append(
            WebhookSecret(number=number - 1, created_at=former_made_at, expires_at=former_ends_at)
        )
    return Webhook(
        id=id_,
        state=WebhookState(
            url=url,
            description=description,
            types=frozenset(types or ()),
            active=disabled_at is None,
        ),
        secrets=tuple(secrets),
        version=version,
        created_at=created_at,
        created_by=created_by,
        updated_at=updated_at,
        disabled_at=disabled_at,
        disabled_because=None if because is None else Because(because),
        failing_since=failing_since,
        delivered_at=delivered_at,
        waiting=waiting,
        last_failure=last_failure,
    )


_SHELF: Final = Shelf(
    select="""
        select w.webhook_id, w.url, w.description, w.types, w.version, w.created_at, w.created_by,
            w.updated_at, w.disabled_at, w.disabled_because, w.secret_number, w.secret_made_at,
            case when w.former_ends_at > clock_timestamp() then w.former_made_at end,
            case when w.former_ends_at > clock_timestamp() then w.former_ends_at end,
            p.failing_since, p.delivered_at, p.last_failure,
            (
                select count(*) from webhook_messages as d
                where d.merchant_id = w.merchant_id and d.webhook_id = w.webhook_id
                    and d.due_at is not null
            )
        from webhooks as w
        join webhook_progress as p
            on p.merchant_id = w.merchant_id and p.webhook_id = w.webhook_id
        where w.merchant_id = %(merchant_id)s
        """,
    this=" and w.webhook_id = %(key)s",
    filters="""
            and (%(active)s::boolean is null or (w.disabled_at is null) = %(active)s)
        """,
    read=_webhook,
    orders={"created_at": Column(sql="w.created_at", type="timestamptz")},
    key=Column(sql="w.webhook_id", type="uuid"),
    table="webhooks",
    row="webhook_id = %(key)s and merchant_id = %(merchant_id)s",
    locks="""
        version, disabled_at, types, url,
        coalesce(former_ends_at > clock_timestamp(), false) as two_sign
        """,
    lock="for no key update",  # its progress and its messages name it in a foreign key
)
