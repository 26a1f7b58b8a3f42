"""An endpoint is one process's at a time, and what another has taken over is not stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from adapters.postgres.webhooks.outbox import PostgresWebhookOutbox
from cashback_core.administration.resources import Caller, Done
from cashback_core.changes.changes import FeedPosition
from cashback_core.webhooks.endpoints import WebhookState
from cashback_core.webhooks.policy import Because, Health, ReceiverAnswer
from cashback_core.webhooks.sending import Lease, Round, Sent
from cashback_gateway.processes.administered import administered

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

ADAM = Caller(actor="user:adam", merchant_id=1)


async def endpoint(database: Database, name: str, by: Caller = ADAM) -> None:
    """One that a test waits to be sent to."""
    webhooks = administered(database).webhooks
    made = await webhooks.create(by, WebhookState(url=f"https://erp.example.com/{name}"))
    assert isinstance(made, Done)
    assert isinstance(await webhooks.test(by, made.resource.id), Done)


def failed(lease: Lease, *, disable: Because | None = None) -> Round:
    now = datetime.now(UTC)
    sent = Sent(
        id=f"test.{lease.webhook_id}",
        at=None,
        attempts=1,
        answer=ReceiverAnswer(status=503),
        due_at=now,
        was_kept=False,
    )
    health = Health(failures=1, failing_since=now)
    return Round(after=lease.after, sent=(sent,), health=health, disable=disable, now=now)


async def test_of_many_who_ask_each_endpoint_is_leased_to_one(database: Database) -> None:
    for n in range(6):
        await endpoint(database, str(n))
    boxes = [PostgresWebhookOutbox(database) for _ in range(4)]
    found = await asyncio.gather(*(box.lease(limit=2, of_one=9, lease_s=60) for box in boxes))
    rest = [await box.lease(limit=6, of_one=9, lease_s=60) for box in boxes]
    leased = [lease.webhook_id for taken in (*found, *rest) for lease in taken]
    assert len(leased) == len(set(leased)) == 6


async def test_no_merchant_has_more_than_its_places_and_others_come_in_turn(
    database: Database, dsn: str
) -> None:
    """Of one all wait, and for longer: another's is leased nevertheless."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        added = "insert into merchants (slug, name) values ('far', 'Far') returning merchant_id"
        [other] = connection.execute(added).fetchone() or ()
    for n in range(6):
        await endpoint(database, str(n))
    await endpoint(database, "other", Caller(actor="user:eve", merchant_id=other))
    box = PostgresWebhookOutbox(database)
    first = await box.lease(limit=3, of_one=4, lease_s=60)
    assert sorted(lease.merchant_id for lease in first) == [1, 1, other]
    assert [each.merchant_id for each in await box.lease(limit=9, of_one=4, lease_s=60)] == [1, 1]
    assert await box.lease(limit=9, of_one=4, lease_s=60) == ()
    [one] = [lease for lease in first if lease.merchant_id == other]
    assert await box.conclude(one, failed(one))
    [again] = await box.lease(limit=9, of_one=4, lease_s=60)
    assert again.webhook_id == one.webhook_id


async def test_a_round_counts_only_over_its_own_lease(database: Database, dsn: str) -> None:
    await endpoint(database, "a")
    box = PostgresWebhookOutbox(database)
    [lost] = await box.lease(limit=1, of_one=9, lease_s=0)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert lost.token != lease.token
    assert not await box.conclude(lost, failed(lost, disable=Because.GONE))
    with psycopg.connect(dsn) as connection:
        query = "select count(*), max(disabled_because) from webhooks, webhook_messages"
        assert connection.execute(query).fetchone() == (1, None)
    assert await box.conclude(lease, failed(lease))
    assert not await box.conclude(lease, failed(lease))
    [again] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert (again.health.failures, again.waiting) == (1, 2)


async def test_what_was_not_sent_for_want_of_time_is_kept_untried(
    database: Database, dsn: str
) -> None:
    await endpoint(database, "c")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    at = FeedPosition(position=1, cashback_id=UUID(int=1), sequence=2)
    ended = failed(lease)
    held = replace(ended.sent[0], id="held.2", at=at, attempts=0, answer=None)
    assert await box.conclude(lease, replace(ended, sent=(held,), health=Health()))
    with psycopg.connect(dsn) as connection:
        query = """
            select result, attempts, tried_at, status, reason, last_failure
            from webhook_messages join webhook_progress using (merchant_id, webhook_id)
            where message_id = 'held.2'
        """
        assert connection.execute(query).fetchall() == [("waiting", 0, None, None, None, None)]
    [again] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert ("held.2", 0, at) in [
        (kept.id, kept.attempts, kept.at) for kept in await box.due(again, limit=9)
    ]


async def test_who_disables_is_in_the_trail_and_nothing_is_sent_then(
    database: Database, dsn: str
) -> None:
    await endpoint(database, "b")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert await box.conclude(lease, failed(lease, disable=Because.FAILING))
    assert await box.lease(limit=1, of_one=9, lease_s=60) == ()
    told = await administered(database).webhooks.find(ADAM, lease.webhook_id)
    assert told is not None
    assert (told.state.active, told.disabled_because) == (False, Because.FAILING)
    with psycopg.connect(dsn) as connection:
        query = "select actor, after from audit where resource = 'webhooks' and action = 'update'"
        actor, after = connection.execute(query).fetchall()[-1]
    assert (actor, after["disabled_because"]) == ("worker", "failing")


async def test_no_secret_is_in_the_database(database: Database, dsn: str) -> None:
    webhooks = administered(database).webhooks
    made = await webhooks.create(ADAM, WebhookState(url="https://erp.example.com/secret"))
    assert isinstance(made, Done)
    secret = made.resource.secret
    assert secret.startswith("whsec_")
    assert secret not in repr(made)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select webhooks::text from webhooks").fetchall()
        trail = connection.execute("select audit::text from audit").fetchall()
    assert secret.removeprefix("whsec_") not in f"{rows}{trail}"
    again = await webhooks.create(
        ADAM, replace(made.resource.webhook.state, url="https://erp.example.com/other")
    )
    assert isinstance(again, Done)
    assert again.resource.secret != secret
