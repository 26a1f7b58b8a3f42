from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_gateway.commands.confirming import ShownFigures, read_figures


@given(st.integers(0, 999_999_999), st.integers(0, 10**15 - 1))
def test_figures_are_read_as_they_are_shown(count: int, centavos: int) -> None:
    shown = ShownFigures(count, centavos, f"{count % 2**32:08x}")
    assert read_figures(str(shown)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "2", "2:10.00", "2:10.00:", "2:10.00:3fa1c2d", "2:10.00:3fa1c2d00", "2:10.00:3FA1C2D0",
     *(f"{one}:3fa1c2d0" for one in ("", "2", "2:", "2:10", "2:10.0", "2:10.000", "2:10,00",
       "-2:10.00", "2:-1.00", " 2:10.00", "٢:10.00", "2:1_0.00", "9999999999:1.00")),
     "2:10.00:3fa1c2d0\n"],
)  # fmt: skip
def test_what_says_less_than_was_shown_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="COUNT:AMOUNT"):
        read_figures(text)
