from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.wire.cursors import Kind, read_cursor, write_cursor, write_value
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.administration.resources import Slice

THINGS = Ordering(
    resource="things",
    columns={"name": Kind.TEXT, "created_at": Kind.INSTANT, "size": Kind.INTEGER},
    key=Kind.UUID,
    default="-created_at",
)
KEY = "0190a0a0-0000-7000-8000-000000000001"
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=120)


def listing(**parameters: str) -> QueryReader:
    return QueryReader(urlencode(parameters).encode(), THINGS, "role", "open")


def codes(query: QueryReader) -> dict[str, str]:
    with pytest.raises(InvalidQueryError) as raised:
        query.slice()
    return {fault.pointer: fault.code for fault in raised.value.violations}


def cursor(value: object, **parameters: str) -> str:
    query = listing(**parameters)
    query.slice()
    return query.cursor_after(value, KEY)


def test_without_parameters_a_list_has_its_own_order() -> None:
    assert listing().slice() == Slice(sort="created_at", descending=True, limit=50)


def test_an_order_and_a_limit_may_be_asked() -> None:
    assert listing(sort="name", limit="200").slice() == Slice(
        sort="name", descending=False, limit=200
    )


@pytest.mark.parametrize("query", [b"role=A+B", b"role=A%2BB"])
def test_a_name_has_no_blank_so_a_bare_plus_is_one(query: bytes) -> None:
    assert QueryReader(query, THINGS, "role").name("role") == "A+B"
    assert QueryReader(b"", THINGS, "role").name("role") is None


def test_everything_wrong_is_told_at_once() -> None:
    query = listing(sort="password", limit="201", cursor="x", colour="red", open="maybe", role="\n")
    assert (query.truth("open"), query.text("role")) == (None, None)
    assert codes(query) == {
        "/sort": "no_such_choice",
        "/limit": "limit_invalid",
        "/cursor": "cursor_of_another_list",
        "/colour": "unknown_parameter",
        "/open": "no_such_choice",
        "/role": "plain_text",
    }


@pytest.mark.parametrize("sort", ["", "-", "--name", "name desc", "name,size", "NAME"])
def test_no_order_but_those_that_are_named(sort: str) -> None:
    assert codes(listing(sort=sort)) == {"/sort": "no_such_choice"}


def test_a_parameter_comes_once() -> None:
    query = QueryReader(b"role=a&role=b", THINGS, "role")
    assert codes(query) == {"/role": "repeated_parameter"}


@given(INSTANTS)
def test_a_cursor_leads_to_the_microsecond_behind_its_row(instant: datetime) -> None:
    place = listing(cursor=cursor(instant)).slice().after
    assert place is not None
    assert (datetime.fromisoformat(place[0]), place[1]) == (instant, KEY)


@given(TEXTS)
def test_a_cursor_holds_any_text_that_can_be_stored(name: str) -> None:
    sort = {"sort": "name"}
    assert listing(cursor=cursor(name, **sort), **sort).slice().after == (name, KEY)


def test_a_cursor_is_good_for_its_own_list_alone() -> None:
    mine = {"sort": "name", "role": "admin"}
    given_out = cursor("Ana", **mine)
    assert listing(cursor=given_out, limit="7", **mine).slice().after == ("Ana", KEY)
    for other in (
        {"sort": "-name", "role": "admin"},
        {"sort": "size", "role": "admin"},
        {"sort": "name", "role": "erp"},
        {"sort": "name"},
        {"sort": "name", "role": "admin", "open": "true"},
    ):
        assert codes(listing(cursor=given_out, **other)) == {"/cursor": "cursor_of_another_list"}


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.hex()))
def test_any_other_text_is_no_cursor(text: str) -> None:
    assert read_cursor(text, "list", value=Kind.TEXT, key=Kind.UUID) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTEGER, "1e3"),
        (Kind.INTEGER, "99999999999999999999"),
        (Kind.INTEGER, "\N{ARABIC-INDIC DIGIT ONE}"),
        (Kind.INSTANT, "now"),
        (Kind.INSTANT, "infinity"),
        (Kind.INSTANT, "1999-12-31T23:59:59.000000+00:00"),
        (Kind.INSTANT, "2026-01-01T00:00:00.0+00:00"),
        (Kind.TEXT, "a\0b"),
        (Kind.TEXT, "\ud800"),
        (Kind.UUID, "x"),
    ],
)
def test_a_forged_value_never_reaches_the_database(kind: Kind, value: str) -> None:
    forged = write_cursor("list", value, KEY)
    assert read_cursor(forged, "list", value=kind, key=Kind.UUID) is None
    forged = write_cursor("list", "fine", value)
    assert read_cursor(forged, "list", value=Kind.TEXT, key=kind) is None


def test_values_are_written_as_they_are_read() -> None:
    for value, kind in ((7, Kind.INTEGER), (-7, Kind.INTEGER), (datetime.now(UTC), Kind.INSTANT)):
        written = write_value(value)
        packed = write_cursor("list", written, KEY)
        assert read_cursor(packed, "list", value=kind, key=Kind.UUID) == (written, KEY)


@pytest.mark.parametrize(
    "instant",
    [
        "\u09e8\u09e6\u09e8\u09ec-11-30T00:00:00.000000+00:00",
        "\u09e8\u09e626-11-30T00:00:00.000000+00:00",
        "2026-11-30T00:00:00.00000\u0663+00:00",
        "2026-11-30T00:00:0 .000000+00:00",
    ],
)
def test_a_forged_instant_of_other_digits_is_no_cursor(instant: str) -> None:
    assert read_cursor(write_cursor("a", instant, KEY), "a", value=Kind.INSTANT, key=Kind.UUID) is (
        None
    )
