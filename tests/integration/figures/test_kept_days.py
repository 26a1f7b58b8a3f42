"""Days that are closed: what is kept of them is what their events say, and stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest

from adapters.postgres.figures.store import PostgresFigures
from benchmarks.report_days import make_open_day
from cashback_core.delivery.states import Status
from cashback_core.figures.calls import bucket_of, failure_of
from cashback_core.figures.figures import Dimension, FiguresQuestion, Measures, TooManyRows
from integration.figures.closed_days import close_at, close_days

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.connection.database import Database

DAY: Final = date(2026, 3, 10)
SALES: Final = 400
LATE: Final[LiteralString] = """
    insert into events (merchant_id, cashback_id, sequence, at, actor, from_status, to_status,
        attempt, reason, position)
    select merchant_id, cashback_id, 4, %(at)s, 'settler', 'in_doubt', 'applied', 1, 'late',
        %(position)s
    from events where merchant_id = 1 and to_status = 'in_doubt' and at < %(before)s
    on conflict do nothing
"""


@pytest.fixture
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as owner:
        make_open_day(owner, 1, DAY, sales=SALES, position=1)
        yield owner


def question(
    *by: Dimension, since: date = DAY, through: date = DAY, store: str | None = None
) -> FiguresQuestion:
    only = {} if store is None else {Dimension.STORE: store}
    return FiguresQuestion(since=since, through=through, by=by, only=only)


ONLY: Final[tuple[dict[Dimension, str], ...]] = (
    {},
    {Dimension.STORE: "7"},
    {Dimension.TYPE: "B"},
    {Dimension.CLIENT: "client:cli_1"},
)


async def test_a_closed_day_tells_what_it_told_while_it_was_open(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    """By every one, two and three dimensions, and each filter."""
    figures = PostgresFigures(database)
    asked = [
        replace(question(*by), only=only)
        for count in (0, 1, 2, 3)
        for by in combinations(Dimension, count)
        for only in ONLY
        if count < 3 or not only
    ]
    open_ = [await figures.figures(1, one) for one in asked]
    await close_days(database, owner, first=DAY, through=DAY)
    for one, before in zip(asked, open_, strict=True):
        after = await figures.figures(1, one)
        assert after == replace(before, closed_through=DAY, as_of=after.as_of), one
    total = open_[0].total
    assert (total.sales, total.accrued, total.paid, total.doubted) == (SALES, SALES, 400, 0)
    assert owner.execute("select count(*) from day_figures").fetchall()[0][0] < 10 * SALES


async def test_what_comes_late_is_of_the_first_open_day_and_moves_no_closed_one(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    figures = PostgresFigures(database)
    owner.execute("set session_replication_role = replica")
    owner.execute(
        "update events set to_status = 'in_doubt' where sequence = 3 and cashback_id in ("
        "select cashback_id from sales where sale_id in ('day-1', 'day-2'))"
    )
    close_at(owner, 1, DAY, below=10_000)
    closed = await figures.figures(1, question())
    assert (closed.total.paid, closed.total.doubted) == (SALES - 2, 2)
    doubted = closed.total.doubted_centavos
    late = {"at": datetime(2026, 3, 10, 12, tzinfo=UTC), "before": "2027-01-01"}
    owner.execute(LATE, {**late, "position": 20_000})
    assert (await figures.figures(1, question())).total == closed.total
    tomorrow = DAY + timedelta(days=1)
    both = await figures.figures(1, question(Dimension.DAY, through=tomorrow))
    assert [row.keys for row in both.rows] == [("2026-03-10",), ("2026-03-11",)]
    assert both.rows[1].measures == Measures(paid=2, paid_centavos=doubted)
    close_at(owner, 1, tomorrow, below=30_000)
    kept = await figures.figures(1, question(Dimension.DAY, through=tomorrow))
    assert kept.rows == both.rows
    assert kept.closed_through == tomorrow
    assert (await figures.figures(1, question(since=tomorrow, through=tomorrow))).total.paid == 2


async def test_what_ends_beyond_the_horizon_of_a_close_is_not_in_it(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    """It is there already, and within the day: yet the close has not seen all of its like."""
    figures = PostgresFigures(database)
    horizon = 1 + SALES // 16
    close_at(owner, 1, DAY, below=horizon)
    kept = await figures.figures(1, question())
    assert kept.total.sales == SALES // 2 - 1
    tomorrow = DAY + timedelta(days=1)
    both = await figures.figures(1, question(Dimension.DAY, through=tomorrow))
    assert both.total.sales == both.total.paid == SALES
    evening = datetime(2026, 3, 11, 2, tzinfo=UTC)
    applied = (await figures.balance(1, evening)).by_status[Status.APPLIED].cashbacks
    assert applied == SALES // 2 - 1
    close_at(owner, 1, tomorrow, below=10_000)
    assert (await figures.figures(1, question(Dimension.DAY, through=tomorrow))).rows == both.rows
    after = await figures.balance(1, evening + timedelta(days=1))
    assert after.by_status[Status.APPLIED].cashbacks == SALES


async def test_balances_are_kept_closings_and_what_came_since(
    database: Database, owner: psycopg.Connection[Any]
) -> None:
    """At every instant the same, whether the day is closed or open, or its morning is asked for."""
    figures = PostgresFigures(database)
    begins = datetime(2026, 3, 10, 3, tzinfo=UTC)
    instants = [begins + timedelta(hours=hours) for hours in (0, 1, 7, 23, 24, 30)]
    before = [await figures.balance(1, at) for at in instants]
    await close_days(database, owner, first=DAY - timedelta(days=1), through=DAY)
    after = [await figures.balance(1, at) for at in instants]
    assert after == before
    assert before[0].by_status == {}
    assert [one.paid_centavos for one in before] == sorted(one.paid_centavos for one in before)
    owed = owner.execute(
        "select sum(cashback_centavos) from cashbacks where status = 'applied'"
    ).fetchall()
    assert before[-1].paid_centavos == owed[0][0]
    assert (await figures.balance(2, instants[-1])).by_status == {}


async def test_more_rows_than_anybody_reads_are_refused(
    database: Database,
    owner: psycopg.Connection[Any],  # noqa: ARG001 (its sales)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.postgres.figures.rows.MAX_ROWS", 49)
    figures = PostgresFigures(database)
    assert (await figures.figures(1, question(store="1"))).total.sales == SALES // 50
    with pytest.raises(TooManyRows):
        await figures.figures(1, question(Dimension.STORE))
    # Each store is there twice, whole and for its type: what is cut may be either.
    for most in range(5, 50, 5):
        monkeypatch.setattr("adapters.postgres.figures.rows.MAX_ROWS", most)
        with pytest.raises(TooManyRows):
            await figures.figures(1, question(Dimension.TYPE, Dimension.STORE))


def test_sql_counts_calls_under_the_cores_words(owner: psycopg.Connection[Any]) -> None:
    for status_code, reason in (
        (422, "Ana said no"), (None, "connection refused"), (None, "the lease was too old to send"),
        (None, "Ana 1"), (None, None), (None, "x" * 61), (None, "deadline\n"), (None, "\u00e9"),
    ):  # fmt: skip
        told = owner.execute(
            "select call_failure('unknown', %s::integer, %s::text)", [status_code, reason]
        ).fetchall()
        assert told[0][0] == failure_of("unknown", status_code, reason), reason
    for elapsed_s in (0.0, 0.0005, 0.001, 0.0011, 0.02, 0.25, 1.0, 10.0, 1e9):
        told = owner.execute("select latency_bucket(%s)", [elapsed_s]).fetchall()
        assert told[0][0] == bucket_of(elapsed_s)


async def test_what_is_kept_stays(database: Database, owner: psycopg.Connection[Any]) -> None:
    await close_days(database, owner, first=DAY, through=DAY)
    for statement in (
        "update figure_days set below = 1",
        "delete from figure_days",
        "update day_figures set sales = 1",
        "delete from day_figures",
        "truncate day_figures",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(statement.encode())
    with pytest.raises(psycopg.errors.UniqueViolation):
        owner.execute(
            "select keep_day_figures(c.merchant_id, c.day, c.begins_at, c.ends_at, c.below)"
            " from closes as c where c.merchant_id = %s and c.day = %s",
            [1, DAY],
        )
