"""Every event is in exactly one day, whatever its instant and position; and a crash moves none."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing import lines as pages
from adapters.postgres.closing.store import PostgresCloseStore
from cashback_core.closing.canonical import sha256_of
from cashback_core.closing.closing import CloseDays
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.testing.memory_closes import MemoryNotes
from cashback_core.values.availability import StoreUnavailable
from contract.builders import CREATED, a_sale, ended, leased
from contract.closing import SIGNER, body, file_of
from integration.closing.days import happened, known_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.postgres.connection.database import Database

BEGIN: Final = datetime(2026, 3, 1, tzinfo=UTC)
LATEST: Final = 20
"""Of hours and of positions, which are few, so that they meet."""

events = st.lists(
    st.tuples(st.integers(0, LATEST), st.integers(0, LATEST)), min_size=1, max_size=12
)
cuts = st.lists(st.tuples(st.integers(0, LATEST), st.integers(0, LATEST)), min_size=1, max_size=4)


@pytest.fixture
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=events, cuts=cuts)
def test_every_event_is_in_exactly_one_day(
    owner: psycopg.Connection[Any], events: list[tuple[int, int]], cuts: list[tuple[int, int]]
) -> None:
    owner.execute("truncate events")
    for number, (hour, position) in enumerate(events, start=1):
        owner.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason, position) values (1, gen_random_uuid(), %s,"
            " %s, 'operator', 'ana', 'held', 'pending', 0, 'x', %s)",
            [number + 1, BEGIN + timedelta(hours=hour), position],
        )
    ends = [*sorted(hour for hour, _ in cuts), LATEST + 1]
    belows = [*sorted(below for _, below in cuts), LATEST + 1]
    found = Counter[int]()
    begins, before = -1, 0
    for end, below in zip(ends, belows, strict=True):
        row = owner.execute(
            "select array_agg(sequence::integer - 1) from day_events(1, %s, %s, %s, %s)",
            [BEGIN + timedelta(hours=begins), BEGIN + timedelta(hours=end), before, below],
        ).fetchone()
        assert row is not None
        for sequence in row[0] or list[int]():
            hour, position = events[int(sequence) - 1]
            assert hour < end
            assert position < below
            found[sequence] += 1
        begins, before = end, below
    assert found == Counter(range(1, len(events) + 1))


class BrokenError(BaseException):  # as whatever ends a process
    pass


@pytest.fixture
async def closes(database: Database, dsn: str) -> PostgresCloseStore:
    known_since(dsn, 2)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    for _ in range(3):
        claim = await leased(store, a_sale())
        await store.conclude(ended(claim, CREATED))
        happened(dsn, claim.id, days_ago=1)
    return PostgresCloseStore(database)


async def test_whoever_dies_in_the_middle_leaves_nothing_that_the_next_one_does_not_take(
    closes: PostgresCloseStore, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    steps = 0

    def dying_at(step: int) -> Callable[[Callable[[], None]], Any]:
        async def beside(work: Callable[[], None]) -> None:
            nonlocal steps
            steps += 1
            if steps > step:
                raise BrokenError
            work()

        return beside

    for step in range(5):
        steps = 0
        use = CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes(), beside=dying_at(step))
        with pytest.raises(BrokenError):
            await use()
    with psycopg.connect(dsn) as owner:
        before = owner.execute("select * from day_persons order by customer_id").fetchall()
    assert len(before) == 3, "what was made for persons stays, and is of nobody's close yet"
    await CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes())()
    with psycopg.connect(dsn) as owner:
        assert owner.execute("select * from day_persons order by customer_id").fetchall() == before
    [kept] = [one for one in await closes.closes(1, limit=9) if one.lines]
    assert sha256_of(await file_of(closes, kept)) == body(kept)["lines"]["sha256"]
    assert kept.lines == 9


async def test_whoever_lost_the_lock_closes_nothing(closes: PostgresCloseStore, dsn: str) -> None:
    async def lose(work: Callable[[], None]) -> None:
        work()
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'cashback-closer' and datname = current_database()"
            )

    with pytest.raises(StoreUnavailable):
        await CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes(), beside=lose)()
    with psycopg.connect(dsn) as owner:
        assert owner.execute("select count(*) from closes where lines > 0").fetchone() == (0,)
    found = await CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes())()
    assert sum(kept.lines for kept in found.closed) == 9
