"""The settings of reconciliation with the provider's statement."""

from __future__ import annotations

from datetime import timedelta

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, setting


@concern
class MarginSettings:
    """The margin: what must have passed, beyond lease - deadline, before absence is proved."""

    freeze_s: float = setting(
        "CASHBACK_FREEZE_S", kinds.seconds(0, 30 * kinds.DAY_S), default=3_600.0
    )
    """The settler's margin: the longest that a process of ours may stand still and go on."""
    provider_delay_s: float = setting(
        "CASHBACK_PROVIDER_DELAY_S", kinds.seconds(0, 30 * kinds.DAY_S), default=79_200.0
    )
    """The settler's margin: the longest from a request to its line in the statement."""
    clock_skew_s: float = setting(
        "CASHBACK_CLOCK_SKEW_S", kinds.seconds(0, 30 * kinds.DAY_S), default=3_600.0
    )
    """The settler's margin: how far the provider's clock may be from ours."""


@concern
class ReconciliationSettings:
    """Reconciliation: when and how far back statements are read, what may come of it how often."""

    open_s: float = setting("CASHBACK_SETTLER_S", kinds.seconds(0.05, kinds.DAY_S), default=3_600.0)
    """How often what is in doubt is reconciled with the provider's statement."""
    recent_s: float = setting(
        "CASHBACK_RECONCILE_RECENT_S", kinds.seconds(0.05, 30 * kinds.DAY_S), default=86_400.0
    )
    """How often the last days are reconciled with the provider's statement, in doubt or not."""
    recent_days: int = setting("CASHBACK_RECONCILE_RECENT_DAYS", kinds.whole(1, 366), default=3)
    """How many days those are; more are read while an older incident stands open."""
    precedes_s: float = setting(
        "CASHBACK_CREDIT_PRECEDES_S", kinds.seconds(0, 30 * kinds.DAY_S), default=172_800.0
    )
    """How long before its first attempt a credit may be dated: some statements carry dates
    alone.
    """
    max_rounds: int = setting("CASHBACK_MAX_ROUNDS", kinds.whole(1, 1_000), default=3)
    """A cashback that statements proved unpaid so often is held, not sent again."""
    max_rounds_s: float = setting(
        "CASHBACK_MAX_ROUNDS_S", kinds.seconds(0.1, 365 * kinds.DAY_S), default=259_200.0
    )
    """The same, proved unpaid again this long after the first time."""
    furthest_s: float = setting(
        "CASHBACK_STATEMENT_WINDOW_S", kinds.seconds(60, 3650 * kinds.DAY_S), default=7_776_000.0
    )
    """How far back the schedule asks for statements; what was first tried before is left to an
    operator.
    """
    statement_lines: int = setting(
        "CASHBACK_STATEMENT_LINES", kinds.whole(1, 100_000_000), default=1_000_000
    )
    """The most lines of a statement, over all its pages; one with more is not read."""
    statement_deadline_s: float = setting(
        "CASHBACK_STATEMENT_DEADLINE_S", kinds.seconds(1, kinds.DAY_S), default=600.0
    )
    """How long fetching and reading a statement may take, all its pages together."""

    @property
    def precedes(self) -> timedelta:
        """How long before its first attempt a credit may be dated, for whoever asks."""
        return timedelta(seconds=self.precedes_s)
