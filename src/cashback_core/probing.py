"""What a process asks the database about everybody's work, to be measured and alarmed about."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cashback_core.delivery import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCount:
    """The cashbacks in one status: how many, worth how much, and how long the oldest has waited."""

    count: int = 0
    centavos: int = 0
    oldest_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is open over all merchants and processes, at one instant.

    `counts` has every status that is not final. `overdue_s` and `lease_expired_s` are how long the
    most overdue cashback and the oldest expired lease have waited.
    """

    counts: Mapping[Status, OpenCount]
    overdue_s: float
    lease_expired_s: float
    incidents: int
    risk_accepted: int
    name_differences: int
    paused: bool
    database_bytes: int
    sessions: int
    most_sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One answer of the database; its clock is `clock_ahead_s` ahead, give or take the error."""

    clock_ahead_s: float
    clock_error_s: float
    backlog: Backlog | None
