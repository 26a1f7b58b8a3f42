"""The tests that docs/testing.md shows are tests: they pass on a double, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from cashback_kit.double import Double
from contract.http.gateways import a_sale

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGES: Final = ("testing.md", "testing.pt.md")
SHOWN: Final = 3


def shown(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return [block for block in blocks if block.startswith("def test_")]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("number", range(SHOWN))
def test_a_test_that_the_page_shows_passes(page: str, number: int) -> None:
    sale = a_sale("52998224725")
    names: dict[str, Any] = {"sale": sale, "venda": sale, "timedelta": timedelta}
    exec(compile(shown(page)[number], page, "exec"), names)  # noqa: S102 (our own page)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    with Double() as double:
        test(double)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_no_more_and_no_less(page: str) -> None:
    assert len(shown(page)) == SHOWN
