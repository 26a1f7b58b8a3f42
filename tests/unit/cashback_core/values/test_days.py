"""Days as they are written: of the years in which there are sales."""

from __future__ import annotations

from datetime import date

import pytest

from cashback_core.values.days import read_day


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-30", "2026-W01-1", "20260101", "0001-01-01", "1999-12-31", "2200-01-01",
     "9999-12-31", " 2026-01-1", "2026-01-0\u0661"],
)  # fmt: skip
def test_what_is_no_day_of_ours_is_none(text: str) -> None:
    assert read_day(text) is None


def test_a_day_is_read_as_it_is_written() -> None:
    assert read_day("2000-01-01") == date(2000, 1, 1)
    assert read_day("2199-12-31") == date(2199, 12, 31)
