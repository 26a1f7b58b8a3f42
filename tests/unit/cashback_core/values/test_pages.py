from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.values.pages import MAX_PARTS, fitting

PARTS = st.lists(st.integers(min_value=0, max_value=MAX_PARTS + 5))
LIMITS = st.integers(min_value=1, max_value=50)


@given(parts=PARTS, limit=LIMITS)
def test_a_page_is_the_longest_that_fits_and_has_one_item_at_least(
    parts: list[int], limit: int
) -> None:
    count = fitting(parts, limit=limit)
    assert count <= min(limit, len(parts))
    assert count >= min(1, len(parts))
    assert count == 1 or sum(parts[:count]) <= MAX_PARTS
    if count < min(limit, len(parts)):
        assert sum(parts[: count + 1]) > MAX_PARTS


@given(parts=PARTS, limit=LIMITS)
def test_pages_that_follow_one_another_come_to_the_end(parts: list[int], limit: int) -> None:
    left = parts
    for _ in range(len(parts)):
        left = left[fitting(left, limit=limit) :]
    assert left == []
