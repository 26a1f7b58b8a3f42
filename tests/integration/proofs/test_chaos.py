"""Short chaos runs on real processes; `make chaos` does them at full length."""

from __future__ import annotations

import pytest

from chaos.mutants import caught
from chaos.profile import PROFILES, Fault
from chaos.report import MOST_CONVERGENCE_S
from chaos.roles import Options
from chaos.run import run


@pytest.mark.parametrize(("profile", "seed"), [("mixed", 20261123), ("database", 20261124)])
def test_no_sale_is_lost_and_none_is_paid_twice(profile: str, seed: int) -> None:
    """An odd seed's provider echoes references, an even one's does not."""
    outcome = run(Options(profile=PROFILES[profile], seconds=10, seed=seed))
    assert not outcome.violations, "\n".join(outcome.violations)
    assert outcome.converged_s <= MOST_CONVERGENCE_S
    assert outcome.credits > 0
    # How many faults fit in depends on the machine; the database profile has two a second.
    assert sum(outcome.faults.values()) > 0
    if profile == "database":
        assert outcome.faults.get(Fault.CRASH, 0) > 0, "the database has crashed at least once"
    assert set(outcome.attempts) > {"applied", "unknown"}, "the provider has misbehaved"


def test_a_client_that_sends_a_broken_request_again_is_caught() -> None:
    assert any(
        v.startswith(("3/5", "during: 3/5")) for v in caught("resend-in-transport", seconds=5)
    )
