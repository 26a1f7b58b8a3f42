"""What is done to the processes, how often, and under which settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chaos.sales import cpf

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(StrEnum):
    """One thing that is done to the running system; the value is what the report calls it."""

    KILL_API = "kill -9 of an API"
    KILL_WORKER = "kill -9 of a worker"
    FREEZE_API = "freeze of an API"
    FREEZE_WORKER = "freeze of a worker"
    CRASH = "crash of the database"
    DISCONNECT = "mass disconnect"


PROCESS_FAULTS: Final = frozenset(Fault) - {Fault.DISCONNECT}
"""Those that take a process; a disconnect only takes sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How long, how often (seconds between faults, from and to) and how likely each fault is."""

    name: str
    seconds: float
    gap_s: tuple[float, float]
    weights: Mapping[Fault, int]
    least_process_faults: int
    least_tellings: int
    """What a run of the full length must reach to count as a proof."""


PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            name="mixed",
            seconds=120,
            gap_s=(0.4, 1.4),
            weights={
                Fault.KILL_API: 4,
                Fault.KILL_WORKER: 4,
                Fault.FREEZE_API: 2,
                Fault.FREEZE_WORKER: 3,
                Fault.CRASH: 3,
                Fault.DISCONNECT: 1,
            },
            least_process_faults=100,
            least_tellings=8,
        ),
        Profile(
            name="database",
            seconds=60,
            gap_s=(0.4, 0.6),
            weights={Fault.CRASH: 1, Fault.DISCONNECT: 1},
            least_process_faults=0,
            least_tellings=4,
        ),
        # Where every process is killed all the time, few statements are read while they are false.
        Profile(
            name="statements",
            seconds=120,
            gap_s=(3.0, 5.0),
            weights={Fault.KILL_API: 1, Fault.FREEZE_WORKER: 2, Fault.DISCONNECT: 2},
            least_process_faults=0,
            least_tellings=8,
        ),
    )
}

DEADLINE_S: Final = 1.0
LEASE_S: Final = 3.0
MAX_FREEZE_S: Final = 2.8
"""Below what the settler is told: the thawing of a process on a busy machine comes a bit late."""

LATE_S: Final = 2.0
"""From an order to a late credit; the settler's margin for the provider is longer."""

BACKOFF_S: Final = 0.5

SETTINGS: Final[Mapping[str, str]] = {
    "CASHBACK_DEADLINE_S": f"{DEADLINE_S:g}",
    "CASHBACK_LEASE_S": f"{LEASE_S:g}",
    "CASHBACK_REAPER_S": "0.5",
    "CASHBACK_BACKOFF_BASE_S": f"{BACKOFF_S:g}",
    "CASHBACK_BACKOFF_MAX_S": "1",
    "CASHBACK_BREAKER_PAUSE_S": "0.3",
    "CASHBACK_BREAKER_PAUSE_MAX_S": "1",
    "CASHBACK_SETTLER_S": "0.5",
    "CASHBACK_RECONCILE_RECENT_S": "5",
    # Half of all calls fail here: what is held needs a person, and there is none.
    "CASHBACK_MAX_ROUNDS": "1000",
    "CASHBACK_FREEZE_S": "3",
    "CASHBACK_PROVIDER_DELAY_S": "3",
    "CASHBACK_CLOCK_SKEW_S": "0.1",
    # The one ERP here speaks for many.
    "CASHBACK_RATE_PER_S": "0",
}
"""Hours of operation pressed into seconds; docs/settings.md tells each one's meaning."""

MISBEHAVIOURS: Final = (
    "refused_422",
    "busy_429",
    "too_early_425",
    "unauthorized_401",
    "timeout_408",
    "conflict_409_applied",
    "error_500",
    "error_500_applied",
    "gateway_502",
    "unavailable_503_applied",
    "gateway_timeout_504_applied",
    "redirect_302",
    "redirect_307",
    "reset_before_apply",
    "reset_after_apply",
    "close_before_apply",
    "close_after_apply",
    "hang",
    "hang_applied",
    "late_apply",
    "garbage_201",
    "short_201",
    "empty_201",
    "ok_200",
    "dripped_201",
    "broken_chunk_201",
    "status_then_reset",
    "another_amount_201",
    "not_http",
    "failed_201",
    "failed_201_applied",
)
MISBEHAVING_SHARE: Final = 0.5

BROKEN_ANSWERS: Final[Mapping[str, str]] = {
    cpf(customer): behaviour
    for customer, behaviour in enumerate(("short_201", "broken_chunk_201") * 5)
}
"""Customers whose every answer is a 201 with a broken body, to see that its status is kept."""


def instructions(seed: int) -> dict[str, object]:
    """The sandbox's instructions: every misbehaviour equally likely on half the calls."""
    rate = MISBEHAVING_SHARE / len(MISBEHAVIOURS)
    return {
        "rates": dict.fromkeys(MISBEHAVIOURS, rate),
        "seed": seed,
        "late_s": LATE_S,
        "hang_s": 2 * DEADLINE_S,
        "drip_s": 0.02,
        "retry_after_s": 1,
    }
