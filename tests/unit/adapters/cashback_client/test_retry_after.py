from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cashback_client.retry_after import parse_retry_after

EIGHT = "Sun, 06 Nov 1994 08:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 400, 1e12),
        ("Sun, 06 Nov 1994 08:01:30 GMT", 90.0),
        ("Sunday, 06-Nov-94 08:01:30 GMT", 90.0),
        ("Sun Nov  6 08:01:30 1994", 90.0),
        ("Sun, 06 Nov 1994 07:00:00 GMT", 0.0),
    ],
)
def test_both_forms_are_read_as_seconds_from_the_answer(value: str, seconds: float) -> None:
    assert parse_retry_after(value, answered=EIGHT) == seconds


@pytest.mark.parametrize("answered", [None, "", "some day"])
def test_without_a_readable_date_of_the_answer_our_own_clock_serves(answered: str | None) -> None:
    found = parse_retry_after(formatdate(time.time() + 100, usegmt=True), answered=answered)
    assert found is not None
    assert 90 < found <= 100


@pytest.mark.parametrize("value", ["", "-1", "1.5", "1e3", "+5", "soon", "١٢", "NaN"])
def test_anything_else_is_no_time(value: str) -> None:
    assert parse_retry_after(value, answered=None) is None


@given(value=st.text(max_size=60), answered=st.none() | st.text(max_size=60))
def test_no_header_can_raise(value: str, answered: str | None) -> None:
    found = parse_retry_after(value, answered=answered)
    assert found is None or found >= 0
