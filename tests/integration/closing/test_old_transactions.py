"""Nothing is ever moved into a closed day, however slow whoever writes is.

An event's instant is when its transaction began. So a day is not closed while anything runs that
began before the day's end: one that has written, one that has only looked so far, a prepared one.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing import chains, old_transactions, store
from adapters.postgres.closing.old_transactions import OldTransactions
from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.embedded import EmbeddedPostgres
from cashback_core.closing.canonical import sha256_of
from cashback_core.closing.closing import CloseDays
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.testing.memory_closes import MemoryNotes
from contract.builders import a_sale, accepted, submitted
from contract.closing import SIGNER, body, file_of
from integration.closing.days import NO_GRACE, as_owner, ends_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.closing.closing import ClosedRound
    from cashback_core.closing.kept import KeptClose

_SINCE: Final = r"(before )?2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"
LOOK: Final = "select count(*) from sales"
EVENT: Final = """
    insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name, from_status,
        to_status, attempt, reason)
    values (1, %s, 2, now(), 'operator', 'ana', 'pending', 'cancelled', 0, 'x')
"""


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(store, "WAITED_S", 0.2)
    # Days that end in a moment have a zone that no close could name.
    asked = chains.OPEN_DAYS.replace("day_zone(o.merchant_id, n.day)", "'UTC'")
    monkeypatch.setattr(chains, "OPEN_DAYS", asked)


@pytest.fixture
def closes(database: Database) -> PostgresCloseStore:
    return PostgresCloseStore(database)


@pytest.fixture
def close_days(closes: PostgresCloseStore) -> CloseDays:
    return CloseDays(store=closes, signer=SIGNER, notes=MemoryNotes(), grace=NO_GRACE)


@pytest.fixture
async def sale(database: Database) -> UUID:
    """A cashback of merchant 1 that waits to be sent."""
    cashbacks = PostgresCashbackStore(database, DeliveryPolicy())
    return (await accepted(cashbacks, submitted(a_sale(), lease_s=None))).id


@pytest.fixture
def slow(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn) as connection:
        yield connection
        connection.rollback()


async def over(end: datetime) -> None:
    """Until the day has ended."""
    while time.time() <= end.timestamp():
        await asyncio.sleep(0.02)


def theirs(found: ClosedRound) -> list[KeptClose]:
    return [kept for kept in found.closed if kept.owner.merchant_id == 1]


@pytest.mark.parametrize("writes_first", [True, False], ids=["wrote", "only looked"])
async def test_whoever_began_before_the_end_is_waited_for_and_belongs_to_the_day(
    dsn: str, sale: UUID, slow: psycopg.Connection[Any], close_days: CloseDays,
    closes: PostgresCloseStore, *, writes_first: bool,
) -> None:  # fmt: skip
    end = ends_in(dsn, 1.2)
    if writes_first:
        slow.execute(EVENT, [sale])
    else:
        slow.execute(LOOK)  # no number of its own yet, and its instants are of now
    await over(end)
    found = await close_days()
    assert (theirs(found), found.waits) == ([], True)
    with psycopg.connect(dsn, autocommit=True) as newer:
        newer.execute("begin")
        newer.execute(LOOK)  # began afterwards: nobody waits for it
        if not writes_first:
            slow.execute(EVENT, [sale])
        slow.commit()
        [kept] = theirs(await close_days())
    assert (kept.ends_at, kept.lines, kept.late) == (end, 2, 0)
    assert body(kept)["liability"]["cancelled"] == {"count": 1, "centavos": 500}
    assert kept.hash == (await closes.closes(1, limit=1))[0].hash
    assert len((await file_of(closes, kept)).splitlines()) == 3


async def test_what_it_would_have_missed_is_seen_without_the_wait(
    dsn: str, sale: UUID, slow: psycopg.Connection[Any], close_days: CloseDays,
    closes: PostgresCloseStore, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The mutant that waits for numbers alone closes too early: the horizon passes the reader."""
    monkeypatch.setattr(old_transactions, "_RUNNING", "select null::jsonb")
    end = ends_in(dsn, 1.2)
    slow.execute(LOOK)
    await over(end)
    [kept] = theirs(await close_days())
    assert kept.lines == 1
    slow.execute(EVENT, [sale])
    slow.commit()
    missed = "select count(*) from events where merchant_id = 1 and at < %s and position >= %s"
    with psycopg.connect(dsn) as owner:
        assert owner.execute(missed, [end, kept.below]).fetchone() == (1,)
    # It is in no closed day, and will be in the next one: the document stays what it was.
    assert len((await file_of(closes, kept)).splitlines()) == 2


async def test_the_same_ones_are_waited_for_by_the_next_round(
    dsn: str, slow: psycopg.Connection[Any], close_days: CloseDays
) -> None:
    """Whoever notes anew in each round waits for a new one in each."""
    end = ends_in(dsn, 1.2)
    slow.execute(LOOK)
    await over(end)
    assert (await close_days()).waits
    with psycopg.connect(dsn) as newer:
        newer.execute(LOOK)
        slow.rollback()
        assert theirs(await close_days())


async def test_a_prepared_transaction_is_waited_for(quick_home: Path) -> None:
    """It holds no virtual transaction any more, and its events come when somebody commits it."""
    server = EmbeddedPostgres(quick_home)
    with psycopg.connect(server.start(), autocommit=True) as owner:
        owner.execute("alter system set max_prepared_transactions = 2")
    server.stop()
    dsn = server.start()
    try:
        async with await psycopg.AsyncConnection[Any].connect(dsn, autocommit=True) as closer:
            with psycopg.connect(dsn, autocommit=True) as slow:
                slow.execute("create table events ()")
                slow.execute("begin")
                slow.execute("create table of_the_slow ()")
                old = await OldTransactions.note(closer)
                assert not await old.have_ended(closer)
                slow.execute("prepare transaction 'slow'")
                assert not await old.have_ended(closer), "it is prepared, and not over"
                slow.execute("begin")
                slow.execute("create table of_the_newer ()")
                slow.execute("prepare transaction 'newer'")
                assert not await old.have_ended(closer)
                slow.execute("commit prepared 'slow'")
                assert await old.have_ended(closer), "the newer one is nobody's concern"
                slow.execute("rollback prepared 'newer'")
    finally:
        server.stop()


async def test_other_databases_and_vacuums_keep_no_day_open(dsn: str, postgres_server: Any) -> None:
    other = postgres_server.create_database("another_one")
    try:
        with psycopg.connect(other) as busy:
            busy.execute("select 1")
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as closer:
                assert await (await OldTransactions.note(closer)).have_ended(closer)
    finally:
        postgres_server.drop_database("another_one")


@pytest.mark.parametrize(
    ("member_of", "waited_for"),
    [(None, False), ("cashback_reporting", False), ("cashback_serving", True)],
)
async def test_whoever_may_write_nothing_keeps_no_day_open(
    dsn: str, close_days: CloseDays, member_of: str | None, *, waited_for: bool
) -> None:
    """A login of finance may leave its transaction open for days; it is named where one waits."""
    end = ends_in(dsn, 1.2)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create role finance_of_test login noinherit password 'secret'")
        try:
            owner.execute(
                f"grant connect on database {owner.info.dbname} to finance_of_test".encode()
            )
            if member_of is not None:
                owner.execute(f"grant {member_of} to finance_of_test".encode())
            login = make_conninfo(dsn, user="finance_of_test", password="secret")
            with psycopg.connect(login) as finance:
                finance.execute("select 1")
                await over(end)
                found = await close_days()
                pid = finance.info.backend_pid
            assert (found.waits, len(theirs(found))) == (waited_for, 0 if waited_for else 1)
            waits_for = [one.partition(" since ") for one in found.waits_for]
            named = [f"session {pid} of finance_of_test"] if waited_for else []
            assert [who for who, _, _ in waits_for] == named
            assert all(re.fullmatch(_SINCE, since) for _, _, since in waits_for)
        finally:
            owner.execute("drop owned by finance_of_test")
            owner.execute("drop role finance_of_test")


async def test_an_event_at_a_running_transactions_position_is_awaited(
    dsn: str, sale: UUID, slow: psycopg.Connection[Any], close_days: CloseDays
) -> None:
    """It took over a later one's position, above the horizon; its instant is of the day."""
    end = ends_in(dsn, 1.2)
    slow.execute(LOOK)
    await over(end)
    assert (await close_days()).waits
    with psycopg.connect(dsn) as holds:
        holds.execute("select pg_current_xact_id()")  # the horizon stays below it
        with as_owner(dsn) as owner:
            owner.execute(EVENT.replace("now()", "now() - interval '5 s'"), [sale])
        slow.rollback()
        found = await close_days()
        assert (theirs(found), found.waits) == ([], False)
        [held] = found.waits_for
        who, _, since = held.partition(" since ")
        assert who == f"session {holds.info.backend_pid} of {holds.info.user}"
        assert re.fullmatch(_SINCE, since)
        holds.rollback()
    [kept] = theirs(await close_days())
    assert (kept.lines, kept.late) == (2, 0)


async def test_a_clock_that_jumps_back_moves_nothing_into_a_closed_day(
    dsn: str, sale: UUID, close_days: CloseDays, closes: PostgresCloseStore
) -> None:
    """What it says happened yesterday is told as late today, once."""
    await over(ends_in(dsn, 1.2))
    [kept] = theirs(await close_days())
    before = await file_of(closes, kept)
    with as_owner(dsn) as owner:
        owner.execute(EVENT.replace("now()", "now() - interval '1 hour'"), [sale])
    assert await file_of(closes, kept) == before
    await over(ends_in(dsn, 1.2, since=kept.day + timedelta(days=1)))
    [late] = theirs(await close_days())
    assert (late.number, late.late, late.lines) == (2, 1, 1)
    assert body(late)["liability"]["cancelled"]["count"] == 1
    assert await file_of(closes, kept) == before
    assert sha256_of(await file_of(closes, late)) == body(late)["lines"]["sha256"]
