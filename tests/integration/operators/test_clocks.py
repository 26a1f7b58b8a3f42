"""Whose clock is ahead, as the sales of a real database tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.clocks import CLOCKS_AHEAD
from adapters.postgres.operators.open_work import examine_backlog
from adapters.postgres.operators.probe import PostgresProbe
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.sales.refused_clocks import PostgresRefusedClocks
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted
from cashback_core.intake.refused_clocks import RefusedClock
from cashback_core.operators.clocks import EXAMINED_S, MEASURED_S, MOST_CLOCKS
from cashback_core.privacy.data_subjects import Retention
from cashback_gateway.commands.backlog_health import check_backlog
from cashback_gateway.commands.health import Level
from contract.builders import a_sale, submitted

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.operators.clocks import ClockAhead

SHOP, OTHER = "client:cli_0123456789012345678901", "client:cli_abcdefghijklmnopqrstuv"
MINUTE_S = 60.0


async def sold(
    database: Database, client: str | None, *, ahead_s: float, merchant_id: int = 1
) -> UUID:
    """The id of a sale of a till whose clock is so far ahead, as it came just now."""
    store = PostgresCashbackStore(database, DeliveryPolicy())
    sale = a_sale(sold_at=datetime.now(UTC) + timedelta(seconds=ahead_s))
    asked = submitted(sale, merchant_id=merchant_id, submitted_by=client, lease_s=None)
    accepted = await store.accept(replace(asked, group=client))
    assert isinstance(accepted, Accepted)
    return accepted.record.id


def hours_ago(dsn: str, id_: UUID, hours: int) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            "update sales set accepted_at = accepted_at - make_interval(hours => %(hours)s),"
            " sold_at = sold_at - make_interval(hours => %(hours)s) where cashback_id = %(id)s",
            {"hours": hours, "id": id_},
        )


async def measured(database: Database) -> tuple[ClockAhead, ...]:
    probed = await PostgresProbe(database=database, backlog=True)()
    assert probed.backlog is not None
    return probed.backlog.clocks_ahead


def close(ahead_s: float) -> object:
    return pytest.approx(ahead_s, abs=5)


async def test_the_furthest_is_told_of_each_client_and_how_many(
    database: Database, dsn: str
) -> None:
    assert await measured(database) == ()
    for ahead_s in (3 * MINUTE_S, 58 * MINUTE_S, 20.0):
        await sold(database, SHOP, ahead_s=ahead_s)
    await sold(database, OTHER, ahead_s=2 * MINUTE_S, merchant_id=2)
    await sold(database, None, ahead_s=MINUTE_S)
    for fine_s in (5.0, 0.0, -3600.0):  # clocks as they are, and a sale that comes late
        await sold(database, "client:cli_fine", ahead_s=fine_s)
    told = await measured(database)
    assert [(one.client, one.merchant, one.ahead_s, one.sales) for one in told] == [
        (SHOP, "demo", close(58 * MINUTE_S), 3),
        (OTHER, "other", close(2 * MINUTE_S), 1),
        ("none", "demo", close(MINUTE_S), 1),
    ]
    assert told[0].first_at < told[0].last_at
    assert examine_backlog(dsn).clocks_ahead == told


async def test_an_hour_is_measured_and_a_day_examined(database: Database, dsn: str) -> None:
    hours_ago(dsn, await sold(database, SHOP, ahead_s=MINUTE_S), 2)
    hours_ago(dsn, await sold(database, OTHER, ahead_s=MINUTE_S), 25)
    assert await measured(database) == ()
    assert [one.client for one in examine_backlog(dsn).clocks_ahead] == [SHOP]


async def test_the_doctor_names_who_is_ahead_how_far_and_since_when(
    database: Database, dsn: str
) -> None:
    for _ in range(2):
        await sold(database, SHOP, ahead_s=58 * MINUTE_S + 45)
    checks = check_backlog(examine_backlog(dsn), datetime.now(UTC))
    (told,) = (check for check in checks if check.name == "client clocks")
    assert told.level is Level.WARN
    assert told.found.startswith(
        f"{SHOP} of demo is ahead by 58 min: 2 sales taken, 0 refused since 20"
    )
    assert "max_ahead_s" in told.advice


def refused(
    client: str, *, ahead_s: float, sales: int = 1, ago_s: float = 0.0, merchant_id: int = 1
) -> RefusedClock:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    return RefusedClock(
        merchant_id=merchant_id,
        client=client,
        ahead_s=ahead_s,
        sales=sales,
        first_at=at - timedelta(seconds=30),
        last_at=at,
    )


async def test_what_was_refused_is_told_beside_what_was_taken(database: Database, dsn: str) -> None:
    await sold(database, SHOP, ahead_s=3 * MINUTE_S)
    clocks = PostgresRefusedClocks(database)
    for sales in (5, 7):  # of one process, and of another
        await clocks.note_refused_clocks(
            [
                refused(SHOP, ahead_s=sales * 10 * MINUTE_S, sales=sales),
                refused(SHOP, ahead_s=4 * MINUTE_S, sales=sales, merchant_id=2),
                refused("client:cli_fine", ahead_s=1.0),  # a merchant may let pass nothing
            ]
        )
    told = await measured(database)
    assert [(one.merchant, one.ahead_s, one.sales, one.refused) for one in told] == [
        ("demo", 70 * MINUTE_S, 1, 12),
        ("other", 4 * MINUTE_S, 0, 12),
    ]
    assert examine_backlog(dsn).clocks_ahead == told
    (line,) = (
        check.found
        for check in check_backlog(examine_backlog(dsn), datetime.now(UTC))
        if check.name == "client clocks"
    )
    assert f"{SHOP} of demo is ahead by 70 min: 1 sale taken, 12 refused since 20" in line
    assert f"{SHOP} of other is ahead by 4 min: 0 sales taken, 12 refused since 20" in line


async def test_how_far_ahead_is_of_the_last_hour_and_the_count_begins_anew_after_a_day(
    database: Database,
) -> None:
    clocks, day_s = PostgresRefusedClocks(database), 86_400.0
    for ago_s, ahead_s, expected in (
        (2 * day_s, 500.0, ()),
        (7_000.0, 900.0, ()),  # two days after: the first is forgotten
        (3_300.0, 400.0, ((400.0, 2),)),  # an hour after: that one was further, then
        (3_200.0, 700.0, ((700.0, 3),)),
        (0.0, 300.0, ((700.0, 4),)),
    ):
        await clocks.note_refused_clocks([refused(SHOP, ahead_s=ahead_s, ago_s=ago_s)])
        found = tuple((one.ahead_s, one.refused) for one in await measured(database))
        assert found == expected, ago_s


async def test_what_is_a_day_old_is_dropped(database: Database, dsn: str) -> None:
    clocks = PostgresRefusedClocks(database)
    await clocks.note_refused_clocks(
        [
            refused(SHOP, ahead_s=600.0, ago_s=EXAMINED_S + 60),
            refused(OTHER, ahead_s=600.0, ago_s=EXAMINED_S - 60),
        ]
    )
    privacy = PostgresPrivacyStore(database)
    assert await privacy.retain(Retention(), limit=10) == 1
    assert await privacy.retain(Retention(), limit=10) == 0
    with psycopg.connect(dsn) as owner:
        assert owner.execute("select client from refused_clocks").fetchall() == [(OTHER,)]


async def test_only_sales_that_are_ahead_are_looked_at(database: Database, dsn: str) -> None:
    await sold(database, SHOP, ahead_s=MINUTE_S)
    for within_s in (MEASURED_S, EXAMINED_S):
        with psycopg.connect(dsn) as connection:
            connection.execute("set role cashback_worker")
            connection.execute("set enable_seqscan = off")
            plan = connection.execute(
                "explain " + CLOCKS_AHEAD, {"within_s": within_s, "most": MOST_CLOCKS}
            ).fetchall()
        assert any("sales_from_ahead" in line for (line,) in plan), plan
