"""An endpoint is one process's at a time, and what another has taken over is not stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from adapters.postgres.operators.probe import PostgresProbe
from adapters.postgres.webhooks.outbox import PostgresWebhookOutbox
from cashback_core.administration.resources import Caller, Done
from cashback_core.changes.changes import FeedPosition
from cashback_core.webhooks.endpoints import WebhookState
from cashback_core.webhooks.policy import Because, Health, ReceiverAnswer
from cashback_core.webhooks.sending import Lease, Round, Sent
from cashback_gateway.processes.administered import administered

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database

REST = timedelta(minutes=5)
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
        ((other,),) = connection.execute(added).fetchall()
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
    # Two tests wait, and stop no feed.
    assert (again.health.failures, again.waiting) == (1, 0)


async def test_a_test_wakes_no_endpoint_that_rests(database: Database) -> None:
    await endpoint(database, "resting")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    [kept] = await box.due(lease, limit=9)
    ended = failed(lease)
    given_up = replace(ended.sent[0], id=kept.id, due_at=None, was_kept=True)
    resting = replace(ended.health, rests_until=ended.now + timedelta(minutes=5))
    assert await box.conclude(lease, replace(ended, sent=(given_up,), health=resting))
    webhooks = administered(database).webhooks
    assert isinstance(await webhooks.test(ADAM, lease.webhook_id), Done)
    assert await box.lease(limit=1, of_one=9, lease_s=60) == ()


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


async def test_what_an_old_address_answered_judges_no_new_one(database: Database) -> None:
    """Gone and failing for days, both told of the former url: the new one is active, and well."""
    await endpoint(database, "old")
    box = PostgresWebhookOutbox(database)
    webhooks = administered(database).webhooks
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert await box.stands(lease)
    new = WebhookState(url="https://erp.example.com/new")
    assert isinstance(await webhooks.replace(ADAM, lease.webhook_id, new, None), Done)
    assert not await box.stands(lease)
    assert await box.conclude(lease, failed(lease, disable=Because.GONE))
    told = await webhooks.find(ADAM, lease.webhook_id)
    assert told is not None
    assert (told.state, told.failing_since) == (new, None)
    assert "503" in (told.last_failure or "")
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert (lease.url, lease.health) == (new.url, Health())


async def test_a_new_url_is_tried_at_once_and_has_its_days_anew(database: Database) -> None:
    await endpoint(database, "ill")
    box = PostgresWebhookOutbox(database)
    webhooks = administered(database).webhooks
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    now = datetime.now(UTC)
    ill = Health(failures=9, failing_since=now - timedelta(days=4), rests_until=now + REST)
    assert await box.conclude(lease, replace(failed(lease), health=ill))
    same = WebhookState(url=lease.url, description="no new url")
    assert isinstance(await webhooks.replace(ADAM, lease.webhook_id, same, None), Done)
    assert await box.lease(limit=1, of_one=9, lease_s=60) == ()
    mended = WebhookState(url="https://erp.example.com/mended")
    assert isinstance(await webhooks.replace(ADAM, lease.webhook_id, mended, None), Done)
    [again] = await box.lease(limit=1, of_one=9, lease_s=60)
    assert (again.url, again.health) == (mended.url, Health())


async def test_a_lease_that_is_let_go_is_anybodys_and_only_its_own(database: Database) -> None:
    await endpoint(database, "let-go")
    box = PostgresWebhookOutbox(database)
    [lost] = await box.lease(limit=1, of_one=9, lease_s=0)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
    await box.release(lost)
    assert (await box.stands(lost), await box.stands(lease)) == (False, True)
    assert await box.lease(limit=1, of_one=9, lease_s=60) == ()
    await box.release(lease)
    [again] = await box.lease(limit=1, of_one=9, lease_s=60)
    webhooks = administered(database).webhooks
    assert await webhooks.delete(ADAM, again.webhook_id, None) is None
    assert not await box.stands(again)
    assert not await box.conclude(again, failed(again))


async def test_what_administrators_change_and_the_end_of_a_round_wait_for_each_other(
    database: Database, dsn: str
) -> None:
    """Both lock the endpoint before its progress, so that neither ends in a deadlock."""
    await endpoint(database, "both")
    box = PostgresWebhookOutbox(database)
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
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
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
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
    [lease] = await box.lease(limit=1, of_one=9, lease_s=60)
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
