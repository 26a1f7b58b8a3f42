"""Nothing is skipped, and no cashback's moves change places, however slow somebody commits."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery import changes
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.delivery.feed_renewal import FeedRenewal
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import a_sale, accepted, submitted
from contract.feeding import all_changes
from integration.changes.interleavings import Reader, World, Writer, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from adapters.postgres.connection.database import Database

SEEDS: Final = 25
STEPS: Final = 60
ANA: Final = "user:ana"
BIA: Final = "user:bia"
NO_HORIZON: Final = "update feed set raised = 1::bigint << 60"
NO_FOLLOWING: Final = "drop trigger events_follow on events"


@pytest.fixture
def feed(database: Database) -> PostgresChanges:
    return PostgresChanges(database)


@pytest.fixture
async def ids(database: Database) -> list[UUID]:
    """Four cashbacks, each of which has its first event."""
    store = PostgresCashbackStore(database, DeliveryPolicy())
    made = [
        await accepted(store, submitted(a_sale(), lease_s=None, submitted_by=who))
        for who in (ANA, BIA, ANA, BIA)
    ]
    return [record.id for record in made]


@pytest.fixture
def writers(dsn: str) -> Iterator[list[Writer]]:
    with ExitStack() as stack:
        made = [Writer.to(dsn) for _ in range(4)]
        for writer in made:
            stack.enter_context(writer.connection)
        yield made


async def test_what_commits_behind_a_slow_transaction_waits_for_it(
    feed: PostgresChanges, ids: list[UUID], writers: list[Writer]
) -> None:
    reader = Reader(feed)
    await reader.read()
    assert len(reader.told) == len(ids)
    slow, quick, *_ = writers
    slow.move(ids[0], 2)  # it has the lower number, and is not committed
    quick.move(ids[1], 2)
    quick.end(commit=True)
    await reader.read()
    assert len(reader.told) == len(ids), "nothing behind the slow one is told yet"
    end = await feed.end(1)
    slow.end(commit=True)
    await reader.read()
    assert reader.told[len(ids) :] == [(ids[0], 2), (ids[1], 2)]
    after_end = [(change.id, change.sequence) for change in await all_changes(feed, after=end)]
    assert after_end == [(ids[0], 2), (ids[1], 2)], "neither had been told when the end was asked"


async def test_a_transaction_that_has_a_number_and_wrote_nothing_is_waited_for_too(
    feed: PostgresChanges, ids: list[UUID], writers: list[Writer]
) -> None:
    reader = Reader(feed)
    await reader.read()
    slow, quick, *_ = writers
    slow.number_itself()
    quick.move(ids[0], 2)
    quick.end(commit=True)
    await reader.read()
    slow.move(ids[0], 3)  # after it in the cashback's life, before it by number
    slow.end(commit=True)
    await reader.read()
    assert reader.told[len(ids) :] == [(ids[0], 2), (ids[0], 3)]


async def explore(
    feed: PostgresChanges,
    ids: list[UUID],
    writers: list[Writer],
    *,
    group: str | None = None,
) -> str | None:
    """The first fault that some random interleaving shows."""
    own = ids if group is None else ids[::2]
    world = World(writers, ids, random.Random(0))
    reader = Reader(feed, group)
    for seed in range(SEEDS):
        world.chance = random.Random(seed)
        for _ in range(STEPS):
            world.step()
            if world.chance.random() < 0.5:
                await reader.read()
        for writer in writers:
            world.end(writer, commit=True)
        await reader.read()
        fault = fault_of(world, reader.told, own)
        if fault is not None:
            return fault
    assert len(reader.told) > SEEDS * STEPS / 5 * len(own) / len(ids)
    return None


async def test_nothing_is_skipped_or_out_of_order_in_any_interleaving(
    feed: PostgresChanges, ids: list[UUID], writers: list[Writer]
) -> None:
    assert await explore(feed, ids, writers) is None


async def test_nothing_of_a_group_is_skipped_in_any_interleaving(
    feed: PostgresChanges,
    ids: list[UUID],
    writers: list[Writer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(changes, "STRIDE", 2)
    assert await explore(feed, ids, writers, group=ANA) is None


@pytest.mark.parametrize("mutant", [NO_HORIZON, NO_FOLLOWING])
async def test_the_interleavings_notice_what_guards_the_order(
    dsn: str, feed: PostgresChanges, ids: list[UUID], writers: list[Writer], mutant: LiteralString
) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(mutant)
    assert await explore(feed, ids, writers) is not None


async def test_in_another_cluster_the_feed_goes_on_above_what_was_given_out(
    dsn: str, database: Database, feed: PostgresChanges, ids: list[UUID], writers: list[Writer]
) -> None:
    reader = Reader(feed)
    await reader.read()
    renewal = FeedRenewal(database)
    assert not await renewal.check(), "it is where it was"
    assert reader.position is not None
    with psycopg.connect(dsn) as owner:
        # As if the numbers had been far ahead there, and this were its backup.
        owner.execute("update feed set system_identifier = 1")
    lost = reader.position.position + 10**9
    reader.position = type(reader.position)(
        position=lost, cashback_id=reader.position.cashback_id, sequence=1
    )
    assert await renewal.check()
    assert not await renewal.check(), "once"
    writers[0].move(ids[0], 2)
    writers[0].end(commit=True)
    await reader.read()
    assert reader.told[-1] == (ids[0], 2)
    assert len(await all_changes(feed)) == len(ids) + 1, "and what was before is before"


async def test_without_being_raised_another_clusters_changes_would_be_skipped(
    feed: PostgresChanges, ids: list[UUID], writers: list[Writer]
) -> None:
    end = await feed.end(1)
    ahead = type(end)(position=end.position + 10**9, cashback_id=ids[0], sequence=1)
    writers[0].move(ids[0], 2)
    writers[0].end(commit=True)
    assert await all_changes(feed, after=ahead) == []


async def test_whoever_serves_cannot_choose_a_position(dsn: str, ids: list[UUID]) -> None:
    with (
        psycopg.connect(dsn, options="-c role=cashback_serving") as serving,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        serving.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, to_status,"
            " attempt, reason, position) values (1, %s, 9, now(), 'api', 'pending', 0, 'x', 1)",
            [ids[0]],
        )
