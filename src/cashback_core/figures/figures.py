"""Figures of a merchant's business: what is asked, what is answered, and the port that answers.

A figure counts events of a range of days (by the merchant's zone): what was accrued, paid,
cancelled or adjusted then, whatever became of it later. So a figure of closed days never changes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from cashback_core.delivery.states import Status

MAX_DAYS: Final = 400
"""The longest range that is asked at once, in days."""
MAX_ROWS: Final = 10_000
"""The most rows of one answer; more is refused, with what would make it less."""
MAX_DIMENSIONS: Final = 3


class Dimension(StrEnum):
    """By what figures are told apart; `HOUR` is the hour of the day in the merchant's zone."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TYPE = "type"
    STORE = "store"
    CLIENT = "client"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresQuestion:
    """Which figures: days from `since` to `through`, both included; filters name what is taken."""

    since: date
    through: date
    by: tuple[Dimension, ...] = (Dimension.DAY,)
    only: Mapping[Dimension, str] = field(default_factory=dict[Dimension, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is counted, amounts in centavos.

    `sales` are those accepted, `total` what they were worth (by type: what its lines were, net).
    The four movements are those of `cashback_core.closing.movements`. `not_due` are sales that
    earn nothing, `recorded` history.
    """

    sales: int = 0
    total_centavos: int = 0
    not_due: int = 0
    recorded: int = 0
    accrued: int = 0
    accrued_centavos: int = 0
    paid: int = 0
    paid_centavos: int = 0
    cancelled: int = 0
    cancelled_centavos: int = 0
    adjusted: int = 0
    adjusted_centavos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRow:
    """One row: a value for each dimension that was asked by, in that order."""

    keys: tuple[str, ...]
    measures: Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What became of the calls to the provider: by reason, and how long it took to answer.

    `failures` counts attempts that did not pay, by `result` and reason; `latency_s` the quantiles
    0.5, 0.95 and 0.99 of the calls that were answered, None without any.
    """

    attempts: int
    applied: int
    failures: Mapping[str, int]
    latency_s: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The answer; up to `closed_through`, the last closed day of the range, it never changes."""

    question: FiguresQuestion
    zone: str
    rows: tuple[FiguresRow, ...]
    total: Measures
    calls: Calls
    closed_through: date | None
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Cashbacks of one state, and their centavos."""

    cashbacks: int
    centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a merchant owes, has paid, and does not know of, as of an instant."""

    at: datetime
    owed_centavos: int
    paid_centavos: int
    in_doubt_centavos: int
    by_status: Mapping[Status, Standing]


class FiguresStore(Protocol):
    """Where figures come from. Each method is one snapshot; all raise StoreUnavailable."""

    @abstractmethod
    async def figures(self, merchant_id: int, question: FiguresQuestion) -> Figures:
        """Answer a question; raises TooManyRows where it has more than MAX_ROWS."""

    @abstractmethod
    async def balance(self, merchant_id: int, at: datetime) -> Balance:
        """What was owed, paid and in doubt as of an instant, not later than now."""
