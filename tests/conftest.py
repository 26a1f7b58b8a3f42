"""For every test: readable failures in shared code, and Hypothesis without a stopwatch."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Assertions in the contract suites and the fakes tell as much as those in test files.
pytest.register_assert_rewrite("contract", "fakes")

# On a shared machine a deadline measures the neighbours.
settings.register_profile("cashback", deadline=None)
settings.load_profile("cashback")
