"""Days of zones: every instant is of exactly one, whatever the zone changes to, and how often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cashback_core.closing.movements import OWED, Movement, movements_of
from cashback_core.delivery.states import TRANSITIONS, Status
from integration.closing.days import as_owner

if TYPE_CHECKING:
    from collections.abc import Iterator


FURTHEST: Final = ("Pacific/Pago_Pago", "Pacific/Kiritimati")
ZONES: Final = (
    *FURTHEST, "America/Sao_Paulo", "Asia/Tokyo", "America/New_York", "America/Havana",
    "Africa/Casablanca", "Australia/Lord_Howe", "UTC",
)  # fmt: skip
FIRST: Final = date(2026, 3, 1)


@pytest.fixture
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn) as connection:
        yield connection
        connection.rollback()


def zoned(owner: psycopg.Connection[Any], zones: dict[date, str]) -> None:
    owner.execute("delete from day_zones where merchant_id = 1")
    for day, zone in zones.items():
        owner.execute("insert into day_zones values (1, %s, %s)", [day, zone])


def bounds(
    owner: psycopg.Connection[Any], first: date, days: int
) -> list[tuple[date, datetime, datetime]]:
    return owner.execute(
        "select d::date, day_begins_at(1, d::date), day_ends_at(1, d::date)"
        " from generate_series(%s::date, %s::date, '1 day') as d order by 1",
        [first, first + timedelta(days=days)],
    ).fetchall()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.dictionaries(
        st.integers(min_value=1, max_value=25), st.sampled_from(ZONES), max_size=8
    ),
    first=st.sampled_from([date(2026, 3, 1), date(2026, 10, 20), date(2018, 11, 1)]),
)
@example(changes={5: FURTHEST[1], 6: FURTHEST[0], 7: FURTHEST[1]}, first=FIRST)
@example(changes={5: FURTHEST[0], 10: FURTHEST[1]}, first=FIRST)
def test_days_follow_one_another_whatever_the_zones(
    owner: psycopg.Connection[Any], changes: dict[int, str], first: date
) -> None:
    """With days on which clocks change, in zones where they do so at midnight, too."""
    zoned(
        owner,
        {date(1999, 1, 1): FURTHEST[0], **{first + timedelta(d): z for d, z in changes.items()}},
    )
    found = bounds(owner, first, 30)
    for (_, begins, ends), (_, next_begins, _) in pairwise(found):
        assert begins <= ends == next_begins
    for day, begins, ends in found:
        for instant in {begins, begins + (ends - begins) / 2, ends - timedelta(microseconds=1)}:
            if begins <= instant < ends:
                row = owner.execute("select day_of(1, %s)", [instant]).fetchone()
                assert row == (day,), instant


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Tokyo", "America/New_York"])
def test_a_day_is_what_the_zones_wall_clocks_say(owner: psycopg.Connection[Any], zone: str) -> None:
    zoned(owner, {date(1999, 1, 1): zone})
    there = ZoneInfo(zone)
    for day, begins, ends in bounds(owner, FIRST, 30):  # New York's clocks go forward within
        assert begins == datetime(day.year, day.month, day.day, tzinfo=there)
        after = day + timedelta(days=1)
        assert ends == datetime(after.year, after.month, after.day, tzinfo=there)


def test_a_zone_that_the_server_does_not_know_is_utc_for_days(
    owner: psycopg.Connection[Any],
) -> None:
    """One merchant's zone must not keep everybody's days from being closed."""
    owner.execute("update merchants set zone = 'Mars/Olympus_Mons' where merchant_id = 1")
    row = owner.execute("select day_zone(1, current_date + 3), day_ends_at(1, '2099-01-01')")
    assert row.fetchone() == ("UTC", datetime(2099, 1, 2, tzinfo=UTC))


def test_the_account_has_days_of_utc(owner: psycopg.Connection[Any]) -> None:
    row = owner.execute(
        "select day_begins_at(null, '2026-03-01'), day_of(null, '2026-03-01T23:59:59Z')"
    ).fetchone()
    assert row == (datetime(2026, 3, 1, tzinfo=UTC), FIRST)


def test_a_changed_zone_counts_from_the_next_day_on_and_the_last_change_of_a_day(
    owner: psycopg.Connection[Any],
) -> None:
    def ends() -> list[datetime]:
        row = owner.execute(
            "select array_agg(day_ends_at(1, day_of(1, now()) + n) order by n)"
            " from generate_series(0, 2) as n"
        ).fetchone()
        assert row is not None
        return row[0]  # type: ignore[no-any-return]

    before = ends()
    for zone in ("Asia/Tokyo", "America/New_York", "Asia/Tokyo"):
        owner.execute("update merchants set zone = %s where merchant_id = 1", [zone])
        assert ends()[0] == before[0], "today ends as it was to end"
    assert ends()[1] == before[1] - timedelta(hours=12)
    assert owner.execute("select count(*) from day_zones where merchant_id = 1").fetchone() == (2,)
    owner.execute("update merchants set zone = 'America/Sao_Paulo' where merchant_id = 1")
    assert ends() == before


def test_no_change_reaches_a_day_that_is_closed(dsn: str, owner: psycopg.Connection[Any]) -> None:
    """Nor one that another change has fixed: a clock may have been ahead when it was made."""
    with as_owner(dsn) as late:
        late.execute("insert into day_zones values (1, current_date + 40, 'Asia/Tokyo')")
    owner.execute("update merchants set zone = 'America/New_York' where merchant_id = 1")
    rows = owner.execute(
        "select from_day - current_date, zone from day_zones where merchant_id = 1 order by 1"
    ).fetchall()
    assert rows[1:] == [(40, "America/New_York")]


def test_what_a_move_does_to_what_is_owed_is_the_same_in_sql(
    owner: psycopg.Connection[Any],
) -> None:
    moves = {(was, to) for was, to, _ in TRANSITIONS}
    asked = (
        "select accrues(%(f)s, %(t)s), pays(%(f)s, %(t)s), cancels(%(f)s, %(t)s),"
        " takes_back(%(f)s, %(t)s)"
    )
    for was, to in moves:
        row = owner.execute(asked, {"f": was and was.value, "t": to.value}).fetchone()
        assert row is not None
        found = {m for m, does in zip(Movement, row, strict=True) if does}
        assert found == set(movements_of(was, to)), (was, to)
    for status in Status:
        row = owner.execute("select is_owed(%s)", [status.value]).fetchone()
        assert row == (status in OWED,)
