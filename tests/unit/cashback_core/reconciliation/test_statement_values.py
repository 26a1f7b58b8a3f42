from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation.statement_values import (
    NotRead,
    count,
    earliest_instant,
    instant,
    latest_instant,
    signed_centavos,
)


@pytest.mark.parametrize(
    ("value", "centavos"),
    [
        ("1.40", 140), ("1.4", 140), ("1.4000", 140), (" 1.40 ", 140), ("-1.40", -140),
        ("1", 100), (1, 100), (-1, -100), (Decimal("1.4"), 140), (Decimal("1.40"), 140),
        (Decimal("-1.4"), -140), (Decimal("1.4E+2"), 14_000), (Decimal("140E-2"), 140),
        ("0001.40", 140), ("0.00", 0), ("-0.00", 0),
        ("999999999999999999.99", 99_999_999_999_999_999_999),
    ],
)  # fmt: skip
def test_an_amount_is_read_by_value(value: str | int | Decimal, centavos: int) -> None:
    assert signed_centavos(value) == centavos


@pytest.mark.parametrize(
    "value",
    [
        None, True, "", " ", "1,40", "R$ 1.40", "1.405", Decimal("1.405"), "1e2", "+1.40", "--1",
        Decimal("1e400"), Decimal("1e-400"), Decimal("1e999999"), "\u0661.\u0664\u0660", "1_0",
        "0x10", ".5",
        "1.", "NaN", "Infinity", "9" * 19, 10**30, "1." + "0" * 100, "1.40\n2",
        Decimal("1.4000000000000000000000000001"), Decimal("1." + "0" * 200),
    ],
)  # fmt: skip
def test_what_is_no_exact_amount_is_refused(value: str | int | Decimal | None) -> None:
    with pytest.raises(NotRead):
        signed_centavos(value)


@given(st.integers(-(10**17), 10**17), st.integers(0, 4))
def test_text_and_number_are_the_same_amount(centavos: int, zeros: int) -> None:
    text = f"{'-' if centavos < 0 else ''}{abs(centavos) // 100}.{abs(centavos) % 100:02d}"
    padded = text + "0" * zeros
    assert signed_centavos(padded) == signed_centavos(Decimal(padded)) == centavos


@pytest.mark.parametrize(("value", "number"), [(3, 3), ("3", 3), (Decimal("3.0"), 3), ("0", 0)])
def test_a_count_is_read_by_value(value: str | int | Decimal, number: int) -> None:
    assert count(value) == number


@pytest.mark.parametrize("value", [None, False, "-1", -1, Decimal("1.5"), "three", "1e3", 10**20])
def test_what_is_no_count_is_refused(value: str | int | Decimal | None) -> None:
    with pytest.raises(NotRead):
        count(value)


NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T12:00:00Z", "2026-01-02 12:00:00Z", "2026-01-02t12:00:00z",
        "2026-01-02T09:00:00-03:00", "2026-01-02T09:00:00-0300", "2026-01-02T09:00-03",
        "2026-01-02T12:00:00.000000000+00:00", "2026-01-02T12:00:00",
    ],
)  # fmt: skip
def test_an_instant_is_read_in_any_form_of_its_offset(text: str) -> None:
    assert instant(text) == NOON


@pytest.mark.parametrize(
    "value",
    [
        None, 1_767_355_200, True, "", "now", "20260102", "2026-W01-5", "2026-02-30", "02/01/2026",
        "2026-01-02T25:00:00Z", "2026-01-02X12:00:00Z", "1999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+10:00", "2000-01-01T00:00:00+01:00",
        "2026-01-02T12:00:00Z" + "0" * 100, "\uff12026-01-02",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused(value: str | int | None) -> None:
    with pytest.raises(NotRead):
        instant(value)


def test_without_an_offset_a_start_is_read_late_and_a_watermark_early() -> None:
    midnight = datetime(2026, 1, 2, tzinfo=UTC)
    assert instant("2026-01-02") == midnight
    assert latest_instant("2026-01-02") == datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert earliest_instant("2026-01-02 12:00:00") == datetime(2026, 1, 1, 22, tzinfo=UTC)
    sure = "2026-01-02T12:00:00Z"
    assert latest_instant(sure) == earliest_instant(sure) == NOON


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
def test_for_ever_is_an_instant(text: str) -> None:
    assert latest_instant(text).year == earliest_instant(text).year == 9999
