"""One reconciliation: what it begins with, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cashback_core.reconciliation import Explanations, Finding, Reconciliation


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a reconciliation begins with, all read in one transaction.

    `open_since` is None while nothing is in doubt, nor was tried and may be sent again;
    `asked_at` is the database's clock.
    """

    open_since: datetime | None
    asked_at: datetime
    explanations: Explanations


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a reconciliation came to."""

    reconciliation: Reconciliation
    findings: Sequence[Finding]
    begun: Begun
