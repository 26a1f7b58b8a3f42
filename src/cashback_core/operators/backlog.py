"""What a process asks the database about everybody's work, to be measured and alarmed about."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cashback_core.delivery.states import Status
from cashback_core.operators.cases import CaseState
from cashback_core.operators.clocks import ClockAhead
from cashback_core.reconciliation.findings import FindingClass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCount:
    """The cashbacks in one status: how many, worth how much, and how long the oldest has waited."""

    count: int = 0
    centavos: int = 0
    oldest_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """The incidents of one class that stand: how many, and worth how much."""

    count: int = 0
    centavos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What the provider's statements came to.

    `standing` has every class that needs a person. `trusted_age_s` is how long ago the latest
    reconciliation ended whose silence proves something; without one since the first run, 0 before
    any; `ledger_age_s` is how long ago what the provider's ledger is complete through was, by the
    same. `doubts_overdue` are cashbacks in doubt for longer than a statement needs to decide them.
    """

    standing: Mapping[FindingClass, ClassCount]
    trusted_age_s: float
    distrusted: bool
    doubts_overdue: int
    ledger_age_s: float = 0.0


OVERDUE_DOUBT_S: Final = 26 * 3600.0
"""A statement decides a doubt a day after its last attempt, and one is read every hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBacklog:
    """What endpoints were not told of yet: since when, and how many messages are tried again.

    `disabled` are endpoints that are sent nothing any more because they failed, and not because
    somebody wanted it so.
    """

    oldest_s: float
    waiting: int
    disabled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is open over all merchants and processes, at one instant.

    `counts` has every status that is not final. `overdue_s` and `lease_expired_s` are how long the
    most overdue cashback and the oldest expired lease have waited. `clocks_ahead` are those of the
    last hour, the MOST_CLOCKS furthest ones.
    """

    counts: Mapping[Status, OpenCount]
    overdue_s: float
    lease_expired_s: float
    incidents: int
    reconciled: Reconciled
    webhooks: WebhookBacklog
    risk_accepted: int
    name_differences: int
    clocks_ahead: tuple[ClockAhead, ...]
    paused: bool
    database_bytes: int
    sessions: int
    most_sessions: int
    cases: Mapping[CaseState, OpenCount]
    """Incidents and differences that need somebody: what nobody has, and what somebody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One answer of the database; its clock is `clock_ahead_s` ahead, give or take the error."""

    clock_ahead_s: float
    clock_error_s: float
    backlog: Backlog | None
