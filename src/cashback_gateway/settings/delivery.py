"""The settings of delivery."""

from __future__ import annotations

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting
from cashback_gateway.settings.rules import at_most, below


@concern
class DeliverySettings:
    """The times of delivery.

    Full jitter: retry n waits U(0, min(backoff_max_s, backoff_base_s * 2**n)).
    """

    deadline_s: float = setting(
        "CASHBACK_DEADLINE_S", kinds.seconds(0.1, 300), default=10.0, rule=below("CASHBACK_LEASE_S")
    )
    """The whole call to the provider, from connecting to the last byte, ends within this."""
    lease_s: float = setting("CASHBACK_LEASE_S", kinds.seconds(0.2, 3_600), default=30.0)
    """How long an attempt belongs to its deliverer."""
    reaper_s: float = setting("CASHBACK_REAPER_S", kinds.seconds(0.05, 600), default=5.0)
    """How often expired leases are looked for."""
    worker_poll_s: float = setting("CASHBACK_WORKER_POLL_S", kinds.seconds(0.01, 60), default=5.0)
    """How long an idle worker sleeps at most; the database wakes it when something is due."""
    give_up_s: float = setting(
        "CASHBACK_GIVE_UP_S", kinds.seconds(0.1, 30 * kinds.DAY_S), default=86_400.0
    )
    """A cashback that could not be sent for this long is held for an operator."""
    backoff_base_s: float = setting(
        "CASHBACK_BACKOFF_BASE_S",
        kinds.seconds(0.01, 3_600),
        default=2.0,
        rule=at_most("CASHBACK_BACKOFF_MAX_S"),
    )
    """The first retry waits up to this (full jitter), doubling each time."""
    backoff_max_s: float = setting(
        "CASHBACK_BACKOFF_MAX_S", kinds.seconds(0.01, kinds.DAY_S), default=900.0
    )
    """No retry waits longer than this."""


@concern
class BreakerSettings:
    """The breaker: when nothing is sent for a while, and for how long."""

    failures: int = setting("CASHBACK_BREAKER_FAILURES", kinds.whole(1, 1000), default=5)
    """Failures in a row, on different customers, that open the breaker."""
    unknowns: int = setting("CASHBACK_BREAKER_UNKNOWNS", kinds.whole(1, 1000), default=3)
    """Uncertain answers or refused credentials in a row that open the breaker."""
    pause_s: float = setting(
        "CASHBACK_BREAKER_PAUSE_S",
        kinds.seconds(0.01, 3600),
        default=5.0,
        rule=at_most("CASHBACK_BREAKER_PAUSE_MAX_S"),
    )
    """How long an open breaker sends nothing; doubled at each failed probe."""
    pause_max_s: float = setting(
        "CASHBACK_BREAKER_PAUSE_MAX_S", kinds.seconds(0.01, 3600), default=60.0
    )
    """The longest such pause."""
