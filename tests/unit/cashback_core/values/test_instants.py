"""Instants: wall clocks that were set forward and back, offsets, fractions, and what never was."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashback_core.values.instants import (
    NoSuchInstant,
    NotAnInstant,
    format_instant,
    parse_bound,
    parse_instant,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-02 00:00:00", "2026-01-02T03:00:00Z"),
        ("2026-01-02T00:00:00", "2026-01-02T03:00:00Z"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("2026-01-02 00:00:00-03:00", "2026-01-02T03:00:00Z"),
        ("2026-01-02T00:00:00+05:45", "2026-01-01T18:15:00Z"),
        ("2026-01-02T00:00:00-00:00", "2026-01-02T00:00:00Z"),
        ("2026-01-02T00:00:00+23:59", "2026-01-01T00:01:00Z"),
        ("2021-09-19 21:12:31", "2021-09-20T00:12:31Z"),
        ("2018-01-15 12:00:00", "2018-01-15T14:00:00Z"),  # summer time, until 2019
        ("2024-02-29 12:00:00", "2024-02-29T15:00:00Z"),
        ("2026-01-02T00:00:00.000+0000", "2026-01-02T00:00:00Z"),
        ("2026-01-02T00:00:00-0330", "2026-01-02T03:30:00Z"),
        ("2026-01-02T00:00:00+00", "2026-01-02T00:00:00Z"),
        ("2026-01-02 00:00:00-03", "2026-01-02T03:00:00Z"),
        ("2026-01-02t00:00:00z", "2026-01-02T00:00:00Z"),
        ("2026-01-02 00:00", "2026-01-02T03:00:00Z"),
        ("2026-01-02T00:00-0330", "2026-01-02T03:30:00Z"),
    ],
)
def test_instants_are_told_in_utc(text: str, utc: str) -> None:
    assert format_instant(parse_instant(text, SAO_PAULO)) == utc


@pytest.mark.parametrize(
    ("fraction", "microsecond"),
    [
        (".5", 500_000),
        (".000001", 1),
        (".123456", 123_456),
        (".123456789", 123_456),
        (".0000009", 0),
        (".999999999", 999_999),
        (",5", 500_000),
        (".1234567890123456789012345678901"[:31], 123_456),
    ],
)
def test_fractions_are_kept_to_the_microsecond(fraction: str, microsecond: int) -> None:
    assert parse_instant(f"2026-01-02 00:00:00{fraction}Z", SAO_PAULO).microsecond == microsecond


@pytest.mark.parametrize(
    "text", ["2018-11-04 00:00:00", "2018-11-04 00:30:00", "2018-11-04T00:59:59.9"]
)
def test_a_local_time_that_the_clocks_jumped_over_never_was(text: str) -> None:
    with pytest.raises(NoSuchInstant):
        parse_instant(text, SAO_PAULO)


def test_around_a_jump_every_time_is_told_apart() -> None:
    before = parse_instant("2018-11-03 23:59:59", SAO_PAULO)
    after = parse_instant("2018-11-04 01:00:00", SAO_PAULO)
    assert after - before == timedelta(seconds=1)
    with_offset = parse_instant("2018-11-04 00:30:00-03:00", SAO_PAULO)
    assert format_instant(with_offset) == "2018-11-04T03:30:00Z", "an offset needs no zone"


def test_of_a_local_time_that_came_twice_the_earlier_instant_is_meant() -> None:
    # On 2018-02-18 at 0:00 the clocks went back to 23:00: 23:30 came at -02:00, then at -03:00.
    instant = parse_instant("2018-02-17 23:30:00", SAO_PAULO)
    assert instant == datetime(2018, 2, 18, 1, 30, tzinfo=UTC)
    assert parse_instant("2018-02-17 23:30:00-03:00", SAO_PAULO) == instant + timedelta(hours=1)
    assert parse_instant("2018-02-18 00:00:00", SAO_PAULO) == datetime(2018, 2, 18, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "2026-02-30 00:00:00",
            "2025-02-29 10:00:00",
            "2026-13-01 00:00:00",
            "2026-00-01 00:00:00",
        ],
        *["2026-01-00 00:00:00", "2026-01-02 24:00:00", "2026-01-02 00:60:00"],
        *["2025-12-31T23:59:60Z", "2016-12-31T23:59:60Z", "0000-01-01 00:00:00"],
        *["2026-01-02T00:00:00+24:00", "2026-01-02T00:00:00+25:00", "2026-01-02T00:00:00-03:60"],
        *["9999-12-31T23:59:59-03:00", "9999-12-31 23:59:59", "0001-01-01T00:00:00+00:01"],
    ],
)
def test_a_well_formed_instant_that_does_not_exist_is_told_so(text: str) -> None:
    with pytest.raises(NoSuchInstant):
        parse_instant(text, SAO_PAULO)


@pytest.mark.parametrize(
    "text",
    [
        *["", "now", "1767312000", "02/01/2026 00:00:00", "2026-01-02", "2026-1-2 0:0:0"],
        *["2026-01-02T10", "2026-01-02_10:00:00", "2026-01-02T10Z", "20260102T100000Z"],
        *["2026-01-02T10:00:", "2026-01-02T10:00.5", "2026-01-02T10:00:Z", "2026-01-02 10:0"],
        *["2026-01-02  10:00:00", " 2026-01-02 10:00:00", "2026-01-02 10:00:00\n"],
        *["2026-01-02 10:00:00.", f"2026-01-02 10:00:00.{'0' * 31}", "2026-01-02 10:00:00;5"],
        *["2026-01-02T10:00:00+3", "2026-01-02T10:00:00+03:0", "2026-01-02T10:00:00 +03:00"],
        *["2026-01-02T10:00:00[America/Sao_Paulo]", "2026-W01-5T10:00:00", "2026-002T10:00:00"],
        *["\uff12026-01-02 10:00:00", "2026-01-02 10:00:0\u0661", "-2026-01-02 10:00:00"],
        "9" * 100_000,
    ],
)
def test_any_other_form_is_no_instant(text: str) -> None:
    with pytest.raises(NotAnInstant):
        parse_instant(text, SAO_PAULO)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_an_instant_is_read_back_as_it_was_written(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    assert parse_instant(format_instant(instant), SAO_PAULO) == instant


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
@example(datetime(2018, 11, 4, 0, 30))  # noqa: DTZ001
@example(datetime(2018, 2, 17, 23, 30))  # noqa: DTZ001
def test_a_wall_clock_time_is_the_first_instant_that_showed_it(wall: datetime) -> None:
    def shows(instant: datetime) -> bool:
        return instant.astimezone(SAO_PAULO).replace(tzinfo=None) == wall

    # Looked for without the zone's own arithmetic: among all offsets that Brazil ever had.
    offsets = {timedelta(hours=-2), timedelta(hours=-3), timedelta(seconds=-11_188)}
    showing = sorted(filter(shows, [(wall - o).replace(tzinfo=UTC) for o in offsets]))
    try:
        instant = parse_instant(wall.isoformat(), SAO_PAULO)
    except NoSuchInstant:
        assert showing == []
    else:
        assert instant == showing[0]


@pytest.fixture
def machine_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine_in_tokyo")
def test_the_machines_own_zone_says_nothing() -> None:
    assert time.localtime(0).tm_hour == 9, "the machine really is in Tokyo"
    for text in ("2026-01-02 00:00:00", "2026-01-02T00:00:00-03:00", "2026-01-02T03:00:00Z"):
        instant = parse_instant(text, SAO_PAULO)
        assert instant.utcoffset() == timedelta(0)
        assert format_instant(instant) == "2026-01-02T03:00:00Z"
        assert format_instant(instant.astimezone(SAO_PAULO)) == "2026-01-02T03:00:00Z"


@given(st.text(max_size=40) | st.text("0123456789-:TZ+. ", min_size=15, max_size=35))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(NotAnInstant, NoSuchInstant):
        assert parse_instant(text, SAO_PAULO).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("day", "zone", "start", "hours"),
    [
        ("2026-01-02", "America/Sao_Paulo", "2026-01-02T03:00:00Z", 24),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", 23),  # no midnight
        ("2018-02-17", "America/Sao_Paulo", "2018-02-17T02:00:00Z", 25),  # 23:00 twice
        ("2023-11-05", "America/Havana", "2023-11-05T04:00:00Z", 25),  # midnight twice
        ("1919-03-31", "America/Toronto", "1919-03-31T04:30:00Z", 23.5),  # from 23:30 to 0:30
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z", 0),  # a day that never was
    ],
)
def test_a_day_is_all_of_it_in_its_zone(day: str, zone: str, start: str, hours: float) -> None:
    first = parse_bound(day, ZoneInfo(zone), end=False)
    assert format_instant(first) == start
    assert parse_bound(day, ZoneInfo(zone), end=True) - first == timedelta(hours=hours)


@given(st.dates(date(1970, 1, 1), date(2090, 1, 1)), st.sampled_from(sorted(available_timezones())))
def test_days_follow_one_another_without_gap_or_overlap(day: date, name: str) -> None:
    zone, tomorrow = ZoneInfo(name), day + timedelta(days=1)
    start, end = (parse_bound(day.isoformat(), zone, end=end) for end in (False, True))
    assert end == parse_bound(tomorrow.isoformat(), zone, end=False)
    assert start <= end
    if start < end:
        assert start.astimezone(zone).date() == day
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() < day


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "0000-01-01", "9999-12-31"])
def test_a_day_that_does_not_exist_is_told_so(text: str) -> None:
    with pytest.raises(NoSuchInstant):
        parse_bound(text, SAO_PAULO, end=True)


def test_a_bound_may_be_any_instant() -> None:
    for end in (False, True):
        bound = parse_bound("2026-01-02 10:00:00", SAO_PAULO, end=end)
        assert format_instant(bound) == "2026-01-02T13:00:00Z"
        with pytest.raises(NotAnInstant):
            parse_bound("2026-1-2", SAO_PAULO, end=end)
