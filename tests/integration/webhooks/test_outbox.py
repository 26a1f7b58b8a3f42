"""An endpoint is one process's at a time, and what another has taken over is not stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.postgres.operators.probe import PostgresProbe
from adapters.postgres.webhooks.outbox import PostgresWebhookOutbox
from cashback_core.administration.resources import Caller, Done
from cashback_core.webhooks.endpoints import WebhookState
from cashback_core.webhooks.policy import Because, Health, ReceiverAnswer
from cashback_core.webhooks.sending import Lease, Round, Sent
from cashback_gateway.processes.administered import administered

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

ADAM = Caller(actor="user:adam", merchant_id=1)


async def endpoint(database: Database, name: str) -> None:
    """One that a test waits to be sent to."""
    webhooks = administered(database).webhooks
    made = await webhooks.create(ADAM, WebhookState(url=f"https://erp.example.com/{name}"))
    assert isinstance(made, Done)
    assert isinstance(await webhooks.test(ADAM, made.resource.id), Done)


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
    found = await asyncio.gather(*(box.lease(limit=2, lease_s=60) for box in boxes))
    rest = [await box.lease(limit=6, lease_s=60) for box in boxes]
    leased = [lease.webhook_id for taken in (*found, *rest) for lease in taken]
    assert len(leased) == len(set(leased)) == 6


async def test_a_round_counts_only_over_its_own_lease(database: Database, dsn: str) -> None:
    await endpoint(database, "a")
    box = PostgresWebhookOutbox(database)
    [lost] = await box.lease(limit=1, lease_s=0)
    [lease] = await box.lease(limit=1, lease_s=60)
    assert lost.token != lease.token
    assert not await box.conclude(lost, failed(lost, disable=Because.GONE))
    with psycopg.connect(dsn) as connection:
        query = "select count(*), max(disabled_because) from webhooks, webhook_messages"
        assert connection.execute(query).fetchone() == (1, None)
    assert await box.conclude(lease, failed(lease))
    assert not await box.conclude(lease, failed(lease))
    [again] = await box.lease(limit=1, lease_s=60)
    # Two tests wait, and stop no feed.
    assert (again.health.failures, again.waiting) == (1, 0)


async def test_a_test_wakes_no_endpoint_that_rests(database: Database) -> None:
    await endpoint(database, "resting")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, lease_s=60)
    [kept] = await box.due(lease, limit=9)
    ended = failed(lease)
    given_up = replace(ended.sent[0], id=kept.id, due_at=None, was_kept=True)
    resting = replace(ended.health, rests_until=ended.now + timedelta(minutes=5))
    assert await box.conclude(lease, replace(ended, sent=(given_up,), health=resting))
    webhooks = administered(database).webhooks
    assert isinstance(await webhooks.test(ADAM, lease.webhook_id), Done)
    assert await box.lease(limit=1, lease_s=60) == ()


async def test_what_ended_long_ago_is_dropped_until_nothing_is_left(
    database: Database, dsn: str
) -> None:
    await endpoint(database, "old")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """
            insert into webhook_messages (merchant_id, webhook_id, message_id, result, attempts,
                created_at, ended_at)
            select merchant_id, webhook_id, 'old.' || n, 'given_up', 2, now() - interval '31 days',
                now() - case when n = 7 then interval '29 days' else interval '30 days 1 hour' end
            from webhooks, generate_series(1, 7) as n
            """
        )
    box = PostgresWebhookOutbox(database)
    assert await box.drop_ended(limit=2) == 6
    assert await box.drop_ended(limit=2) == 0
    with psycopg.connect(dsn) as connection:
        query = "select count(*), max(message_id) filter (where ended_at is not null)"
        left = connection.execute(f"{query} from webhook_messages").fetchone()
    assert left == (2, "old.7")


async def test_who_disables_is_in_the_trail_and_nothing_is_sent_then(
    database: Database, dsn: str
) -> None:
    await endpoint(database, "b")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, lease_s=60)
    assert await box.conclude(lease, failed(lease, disable=Because.FAILING))
    assert await box.lease(limit=1, lease_s=60) == ()
    told = await administered(database).webhooks.find(ADAM, lease.webhook_id)
    assert told is not None
    assert (told.state.active, told.disabled_because) == (False, Because.FAILING)
    with psycopg.connect(dsn) as connection:
        query = "select actor, after from audit where resource = 'webhooks' and action = 'update'"
        actor, after = connection.execute(query).fetchall()[-1]
    assert (actor, after["disabled_because"]) == ("worker", "failing")


async def test_what_administrators_change_and_the_end_of_a_round_wait_for_each_other(
    database: Database, dsn: str
) -> None:
    """Both lock the endpoint before its progress, so that neither ends in a deadlock."""
    await endpoint(database, "both")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, lease_s=60)
    async with await psycopg.AsyncConnection.connect(dsn) as administrator:
        await administrator.execute("select from webhooks for no key update")
        ending = asyncio.create_task(box.conclude(lease, failed(lease, disable=Because.GONE)))
        async with asyncio.timeout(0.9):
            while not await waits_for(administrator):
                await asyncio.sleep(0.01)
        await administrator.execute("update webhook_progress set rests_until = null")
    assert await ending


async def waits_for(blocking: psycopg.AsyncConnection[Any]) -> bool:
    found = await blocking.execute(
        """
        select exists (
            select from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))
        )
        """
    )
    return (await found.fetchall()) == [(True,)]


async def test_administrators_do_not_wait_for_who_names_their_endpoint(
    database: Database, dsn: str
) -> None:
    """A message names its endpoint in a foreign key: it is not changed by that."""
    await endpoint(database, "named")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, lease_s=60)
    async with await psycopg.AsyncConnection.connect(dsn) as other:
        await other.execute("select from webhooks for key share")
        webhooks = administered(database).webhooks
        asked = await webhooks.rotate(ADAM, lease.webhook_id, overlap=timedelta(hours=1))
    assert isinstance(asked, Done)


async def test_nobody_looks_after_what_a_disabled_merchant_is_not_told(
    database: Database, dsn: str
) -> None:
    await endpoint(database, "waits")
    await endpoint(database, "gone")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, lease_s=60)
    assert await box.conclude(lease, failed(lease, disable=Because.GONE))
    probe = PostgresProbe(database=database, backlog=True)

    async def told() -> tuple[int, int]:
        backlog = (await probe()).backlog
        assert backlog is not None
        return backlog.webhooks.waiting, backlog.webhooks.disabled

    assert await told() == (1, 1)
    with psycopg.connect(dsn) as connection:
        connection.execute("update merchants set disabled_at = now() where merchant_id = 1")
    assert await told() == (0, 0)


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
