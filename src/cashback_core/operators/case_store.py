"""Which cases are meant, whose they are, how days differ; the port that keeps all of it."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from cashback_core.operators.cases import (
    AssignedToAnother,
    Case,
    CaseAct,
    CaseHistory,
    CaseKind,
    CaseRefusal,
    CaseState,
)
from cashback_core.values.pages import Position

UNRESOLVED: Final = frozenset({CaseState.OPEN, CaseState.ASSIGNED})
"""What waits for somebody, or for whoever has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are meant; all that is told must fit.

    `opened_before` tells the age, exclusive; `least_centavos` what is at stake at least.
    """

    states: frozenset[CaseState] = UNRESOLVED
    kind: CaseKind | None = None
    cls: str | None = None
    assigned_to: str | None = None
    cashback_id: UUID | None = None
    opened_before: datetime | None = None
    least_centavos: int | None = None


EVERY_UNRESOLVED: Final = CaseFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Cases and the position to go on from, None at the end."""

    items: tuple[Case, ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLoad:
    """How many cases one person has, None: nobody; worth how much, the oldest from when."""

    assigned_to: str | None
    count: int
    centavos: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDifference:
    """Where an ERP's day file and our records differ; `line` is the file's, None: not on it.

    `erp_centavos` and
    `our_centavos` are what either side says, None where it says nothing; `whys` what can be told of
    why.
    """

    case: Case
    day: date
    file_id: UUID
    line: int | None
    whys: tuple[str, ...]
    erp_centavos: int | None
    our_centavos: int | None
    closed_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceFilter:
    """Which differences are meant."""

    day: date | None = None
    cls: str | None = None
    standing_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencePage:
    """Differences and the position to go on from, None at the end."""

    items: tuple[DayDifference, ...]
    next: Position | None


def at_stake(
    erp_centavos: int | None,
    our_centavos: int | None,
    *,
    erp_total_centavos: int | None = None,
    our_total_centavos: int | None = None,
) -> int:
    """What a difference is worth: by how much both differ; all of it where one says nothing.

    Where neither tells a cashback it is the sale's total, the file's or ours: nobody can tell how
    little of it is at stake. Centavos.
    """
    if erp_centavos is not None and our_centavos is not None:
        return abs(erp_centavos - our_centavos)
    told = (erp_centavos, our_centavos, erp_total_centavos, our_total_centavos)
    return next((one for one in told if one is not None), 0)


class CaseStore(Protocol):
    """Who looks after what. One method is one transaction.

    `merchant_id` None means every merchant's and nobody's: for the platform, which has no part in
    differences, and for whoever has the machine. Every method raises StoreUnavailable when the
    database is away.
    """

    @abstractmethod
    async def cases(
        self,
        merchant_id: int | None,
        wanted: CaseFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> CasePage:
        """Up to `limit` cases, oldest opened first, after a position."""

    @abstractmethod
    async def loads(self, merchant_id: int | None, wanted: CaseFilter) -> tuple[CaseLoad, ...]:
        """Who has how many of those, nobody first, then by name."""

    @abstractmethod
    async def case(self, merchant_id: int | None, id: UUID) -> CaseHistory | None:  # noqa: A002
        """One by its incident's, or its difference's, id, with its history.

        None: there is none, or it is another's.
        """

    @abstractmethod
    async def work(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: CaseAct,
    ) -> CaseHistory | CaseRefusal | AssignedToAnother | None:
        """Do what `work_on` says, and tell the case as it is then; None: there is none.

        Of two at once the second sees what the first did.
        """

    @abstractmethod
    async def differences(
        self,
        merchant_id: int | None,
        wanted: DifferenceFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> DifferencePage:
        """Up to `limit` differences, oldest opened first, after a position."""
