"""A report as one page: which questions it asks, and what whoever draws it is given.

Whoever draws pages is a `DrawReport`; routes and commands are handed one.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.figures.figures import Dimension, FiguresQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cashback_core.figures.figures import Balance, Figures
    from cashback_core.words.locales import Language

DAYS_BY_DAY: Final = 62
"""A range of more days is told by month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastClose:
    """The last closed day of a report's range; `sha256` is its close's hash, in hexadecimal."""

    day: date
    number: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHead:
    """Whose report it is: the merchant's name and slug."""

    name: str
    slug: str
    last_close: LastClose | None = None


class DrawReport(Protocol):
    """Draws a page: a section for each of the figures, which are of one range; the first leads."""

    def __call__(
        self,
        head: ReportHead,
        figures: Sequence[Figures],
        balance: Balance | None,
        language: Language,
    ) -> str:
        """One HTML document, whole by itself. Raises ValueError without any figures."""
        ...


class ReportHeads(Protocol):
    """Where heads come from."""

    @abstractmethod
    async def head(self, merchant_id: int, closed_through: date | None) -> ReportHead:
        """Whose report it is, with the close of that day, if it is told one.

        Raises UnknownMerchant, StoreUnavailable.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPages:
    """Pages of reports: `policy` is the content security policy that they hold themselves to."""

    heads: ReportHeads
    draw: DrawReport
    policy: str

    async def __call__(
        self,
        merchant_id: int,
        figures: Sequence[Figures],
        balance: Balance | None,
        language: Language,
    ) -> str:
        """One HTML document. Raises UnknownMerchant, StoreUnavailable."""
        head = await self.heads.head(merchant_id, figures[0].closed_through)
        # Beside whatever else goes on: a page of thousands of rows takes a while.
        return await asyncio.to_thread(self.draw, head, figures, balance, language)


def report_questions(
    since: date, through: date, *, only: Mapping[Dimension, str] | None = None
) -> tuple[FiguresQuestion, ...]:
    """What a whole report asks: over time, by type, store, hour of the day and sender.

    Without what is filtered to one value. Raises ValueError for a range that is none.
    """
    days = (through - since).days + 1
    over_time = Dimension.DAY if days <= DAYS_BY_DAY else Dimension.MONTH
    by = (over_time, Dimension.TYPE, Dimension.STORE, Dimension.HOUR, Dimension.CLIENT)
    filters: Mapping[Dimension, str] = {} if only is None else only
    return tuple(
        FiguresQuestion(since=since, through=through, by=(one,), only=filters)
        for one in by
        if one not in filters
    )
