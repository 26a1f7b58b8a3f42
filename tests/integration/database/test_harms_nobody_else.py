"""What goes wrong with one row, one commit or one host stays there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.sender import PostgresSender
from cashback_core.delivery.leases import ClaimsUnacknowledged
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.intake.acceptance import Accepted
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.processes.database_guard import DatabaseGuard
from integration.database.test_group_writer import applied, count, submission
from integration.stalling_proxy import stalling_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from cashback_core.delivery.evidence import Outcome


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


async def test_a_cashback_that_somebody_holds_keeps_nobody_else_waiting(
    store: PostgresCashbackStore, dsn: str
) -> None:
    held, *others = [submission(n, key=f"k{n}") for n in range(20)]
    await asyncio.gather(*map(store.accept, (held, *others)))
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute("select from cashbacks where cashback_id = %s for update", [held.id])
        began_s = time.monotonic()
        waiting = asyncio.create_task(store.conclude(applied(held)))
        await asyncio.gather(*(store.conclude(applied(s)) for s in others))
        new = await store.accept(submission(100, key="new"))
        assert isinstance(new, Accepted)
        assert time.monotonic() - began_s < 5
        assert not waiting.done()
        await holder.rollback()
    assert (await waiting).status is Status.APPLIED


async def test_a_bug_of_ours_on_one_result_costs_no_neighbour_its_own(
    store: PostgresCashbackStore, dsn: str
) -> None:
    sales = [submission(n, key=f"k{n}") for n in range(10)]
    await asyncio.gather(*map(store.accept, sales))
    results = [applied(s) for s in sales]
    results[4] = replace(results[4], outcome=cast("Outcome", "no outcome at all"))
    answers = await asyncio.gather(
        *map(store.conclude, results),
        store.accept(submission(100, key="new")),
        return_exceptions=True,
    )
    assert [isinstance(a, Exception) for a in answers] == [n == 4 for n in range(11)]
    assert count(dsn, "select count(*) from cashbacks where status = 'applied'") == 9


async def test_claims_whose_commit_was_not_acknowledged_are_told_as_such(
    store: PostgresCashbackStore, dsn: str
) -> None:
    await store.accept(replace(submission(1, key="k1"), lease_s=None))
    with psycopg.connect(dsn) as connection:
        # The backend dies at the commit, when all deferred triggers fire.
        connection.execute(
            "create function die() returns trigger language plpgsql security definer as"
            " $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$"
        )
        connection.execute(
            "create constraint trigger dies after insert on attempts"
            " deferrable initially deferred for each row execute function die()"
        )
    with pytest.raises(ClaimsUnacknowledged) as raised:
        await store.claim_due(limit=10, lease_s=30)
    [claim] = raised.value.claims
    assert claim.attempt == 1


async def test_claims_after_which_nobody_knows_how_far_the_log_was_are_told_as_such(
    store: PostgresCashbackStore, dsn: str
) -> None:
    await store.accept(replace(submission(1, key="k1"), lease_s=None))
    with stalling_proxy(dsn) as proxy:
        database = Database(proxy.dsn)
        async with database:
            claiming = PostgresCashbackStore(database, DeliveryPolicy())
            assert await claiming.next_due_s() == 0
            proxy.last_words = b"C\0\0\0\x0bCOMMIT\0"  # the answer
            with pytest.raises(ClaimsUnacknowledged) as raised:
                await claiming.claim_due(limit=10, lease_s=30)
            known = database.position
    [claim] = raised.value.claims
    assert claim.attempt == 1
    with psycopg.connect(dsn) as connection:
        [(status,)] = connection.execute("select status from cashbacks").fetchall()
    assert status == "sending", "committed, and nothing is sent for it"
    assert known is not None, "of all that is sent for it is known how far the log was"


async def test_a_guard_whose_file_cannot_be_used_lets_nobody_send(dsn: str, tmp_path: Path) -> None:
    database = Database(dsn)
    file = tmp_path / "state.json"
    file.write_text("half a fi")
    guard = DatabaseGuard(sender=PostgresSender(database), file=file)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    await database.open(before_use=guard.check)
    try:
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.accept(submission(1, key="k"))
        writers = (
            "select count(*) from pg_stat_activity"
            " where application_name = %s and datname = current_database()"
        )
        with psycopg.connect(dsn) as connection:
            row = connection.execute(writers, ["cashback-writer"]).fetchone()
        assert row == (0,), "a refused connection is closed"
    finally:
        await database.close()


async def test_a_guards_finding_joins_a_pause_that_is_there(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "state.json"
    sender = PostgresSender(database)
    guard = DatabaseGuard(sender=sender, file=file)
    assert await guard.check()
    await sender.pause(by="ana", reason="maintenance")
    file.write_text(file.read_text().replace('"timeline": 1', '"timeline": 9'))
    assert not await guard.check()
    assert await guard.check(), "told once, and noted"
    state = await sender.state()
    assert state.reason is not None
    assert "maintenance" in state.reason
    assert "timeline" in state.reason


async def test_the_highest_position_seen_stays_whoever_notes_late(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "state.json"
    guard = DatabaseGuard(sender=PostgresSender(database), file=file)
    results: list[Any] = await asyncio.gather(*(guard.check() for _ in range(10)))
    assert results == [True] * 10
    assert await guard.check()
