"""Figures of a merchant's business: what is asked, what is answered, and the port that answers.

A figure counts events of a range of days (by the merchant's zone): what was accrued, paid,
cancelled or adjusted then, whatever became of it later. So a figure of closed days never changes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from cashback_core.delivery.states import Status

MAX_DAYS: Final = 400
"""The longest range that is asked at once, in days."""
MAX_ROWS: Final = 10_000
"""The most rows of one answer; more is refused, with what would make it less."""
MAX_DIMENSIONS: Final = 3


class Dimension(StrEnum):
    """By what figures are told apart.

    `HOUR` is the hour of the day in the merchant's zone; `CLIENT` who sent the sale; `STATUS` the
    status that a cashback moved to: what it accrued under, was paid, cancelled or doubted in.
    """

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TYPE = "type"
    STORE = "store"
    CLIENT = "client"
    STATUS = "status"


FILTERS: Final = frozenset({Dimension.TYPE, Dimension.STORE, Dimension.CLIENT, Dimension.STATUS})
"""The dimensions of which one value alone may be asked for."""


class TooManyRows(Exception):  # noqa: N818 (named by what is wrong)
    """An answer of more than MAX_ROWS rows: fewer dimensions, fewer days, or a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresQuestion:
    """Which figures: days from `since` to `through`, both included; filters name what is taken.

    In `only` an empty text is what told none (a sale without a store). Raises ValueError.
    """

    since: date
    through: date
    by: tuple[Dimension, ...] = (Dimension.DAY,)
    only: Mapping[Dimension, str] = field(default_factory=dict[Dimension, str])

    def __post_init__(self) -> None:
        if not 0 <= (self.through - self.since).days < MAX_DAYS:
            raise ValueError(f"a range is of 1 to {MAX_DAYS} days")
        if len(self.by) > MAX_DIMENSIONS or len(set(self.by)) != len(self.by):
            raise ValueError(f"figures are told apart by at most {MAX_DIMENSIONS} dimensions")
        if not set(self.only) <= FILTERS:
            raise ValueError("a filter names a type, a store, a client or a status")

    @property
    def is_typed(self) -> bool:
        """Whether it is asked of lines by their type, and not of whole sales."""
        return Dimension.TYPE in self.by or Dimension.TYPE in self.only


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is counted, amounts in centavos.

    `sales` are those accepted, history apart, `total` what they were worth (by type: what its lines
    were, net; a sale counts once for each type that it has). The four movements are those of
    `cashback_core.closing.movements`; `doubted` are moves into doubt. `not_due` are sales that earn
    nothing, `recorded` history. `tried` are first attempts that ended, `accepted` those of them
    that paid at once.
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
    doubted: int = 0
    doubted_centavos: int = 0
    tried: int = 0
    accepted: int = 0

    def __add__(self, other: Measures) -> Measures:
        return Measures(**{name: getattr(self, name) + getattr(other, name) for name in MEASURES})

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(getattr(self, name) for name in MEASURES)

    @property
    def owed_more_centavos(self) -> int:
        """By how much what is owed grew: accrued - paid - cancelled + adjusted."""
        return (
            self.accrued_centavos
            - self.paid_centavos
            - self.cancelled_centavos
            + self.adjusted_centavos
        )

    @property
    def effective_rate(self) -> Fraction | None:
        """What was accrued of each centavo sold; None where nothing was."""
        return Fraction(self.accrued_centavos, self.total_centavos) if self.total_centavos else None

    @property
    def acceptance(self) -> Fraction | None:
        """Of first attempts the part that paid at once; None without any."""
        return Fraction(self.accepted, self.tried) if self.tried else None


MEASURES: Final = tuple(one.name for one in fields(Measures))
"""The names of the measures, in their order; columns of `day_figures`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRow:
    """One row: a value for each dimension that was asked by, in that order.

    Days are `2026-11-29`, months `2026-11`, hours `00` to `23`; empty is what was not told.
    """

    keys: tuple[str, ...]
    measures: Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What became of the calls to the provider: by reason, and how long it took to answer.

    Of all of a merchant's in the range, whatever is filtered. `failures` counts attempts that did
    not pay, by result and reason (`refused: status 422`), most first; `latency_s` the quantiles
    `0.5`, `0.95` and `0.99` of the calls that were answered, to a twentieth, None without any.
    """

    attempts: int
    applied: int
    failures: Mapping[str, int]
    latency_s: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The answer; up to `closed_through`, the last closed day of the range, it never changes.

    Rows are in the order of their keys. `total` is of whole sales, unless one type was asked for.
    """

    question: FiguresQuestion
    zone: str
    rows: tuple[FiguresRow, ...]
    total: Measures
    calls: Calls
    closed_through: date | None
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSum:
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
    by_status: Mapping[Status, StatusSum]


class FiguresStore(Protocol):
    """Where figures come from. Each method is one snapshot; all raise StoreUnavailable."""

    @abstractmethod
    async def figures(self, merchant_id: int, question: FiguresQuestion) -> Figures:
        """Answer a question; raises TooManyRows where it has more than MAX_ROWS."""

    @abstractmethod
    async def balance(self, merchant_id: int, at: datetime) -> Balance:
        """What was owed, paid and in doubt as of an instant, not later than now."""

    @abstractmethod
    async def report(
        self, merchant_id: int, questions: Sequence[FiguresQuestion]
    ) -> tuple[tuple[Figures, ...], Balance]:
        """Answer questions, and tell what is owed by then, all of one snapshot.

        There is a question at least. Raises TooManyRows as `figures` does.
        """
