"""For every test: readable failures in shared code, and Hypothesis without a stopwatch."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import Phase, is_hypothesis_test, settings

# Assertions in the contract suites and the fakes tell as much as those in test files.
pytest.register_assert_rewrite("contract", "fakes")

# On a shared machine a deadline measures the neighbours. Each run draws others: what fifty miss, a
# later run meets.
settings.register_profile("cashback", deadline=None, max_examples=50)
# For `make mutation`: the same verdict every time, and no search for the smallest example.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("cashback")

LONG_UNITS: Final = {
    "test_worlds.py",
    "test_validation.py",
    "test_calculation.py",
    "test_alerts.py",
}
"""Each computes for a quarter of a minute and more."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first: a file left alone at the end lets the other cores wait.

    So do the few files of units that take as long as a service. Under mutation the quick examples:
    most mutants never meet a generated one.
    """
    if config.getoption("--hypothesis-profile") == "mutation":
        items.sort(key=lambda item: is_hypothesis_test(getattr(item, "obj", None)))
    else:
        items.sort(
            key=lambda item: "/unit/" in item.path.as_posix() and item.path.name not in LONG_UNITS
        )
