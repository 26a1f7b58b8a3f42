"""The checks of closed days after a chaos run, each given the very defect that it must see."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chaos.closed_days import ClosedDays, wrong_days

GOOD = ClosedDays(
    behind=0,
    verdict=0,
    said="All that was given holds.",
    closes=(
        {
            "owner": "demo",
            "number": 1,
            "liability": {"closing": {"count": 1, "centavos": 640}},
            "provider": [{"class": "matched", "closing": {"count": 2, "centavos": 1_000}}],
        },
        {"owner": None, "number": 1, "provider": []},
    ),
    lines=Counter({("a", 1): 1, ("a", 2): 1}),
    events=Counter({("a", 1): 1, ("a", 2): 1}),
    owed={"demo": 640},
    there={("demo", "matched"): 1_000},
    late=0,
)


def test_what_holds_is_not_told() -> None:
    assert list(wrong_days(GOOD)) == []


@pytest.mark.parametrize(
    ("defect", "told"),
    [
        ({"behind": 1}, "1 chains are not closed"),
        ({"verdict": 1, "said": "x\ndemo: FIRST BAD LINK: number 2"}, "FIRST BAD LINK: number 2"),
        ({"verdict": 2}, "does not hold (2)"),
        ({"late": 3}, "3 events are of a day that was closed without them"),
        ({"lines": Counter({("a", 1): 2, ("a", 2): 1})}, "1 events are in two days, 0 in none"),
        ({"lines": Counter({("a", 1): 1})}, "0 events are in two days, 1 in none"),
        ({"owed": {"demo": 641}}, "demo owes 641, and its last close says 640"),
        ({"owed": {}}, "demo owes None"),
        ({"there": {("demo", "matched"): 1}}, "the provider's ledger comes to"),
        ({"there": {}}, "the provider's ledger comes to"),
    ],
)
def test_a_defect_is_told(defect: dict[str, Any], told: str) -> None:
    [found] = wrong_days(replace(GOOD, **defect))
    assert found.startswith("19: ")
    assert told in found
