"""A merchant's terms: read in one look, kept for a short while by an API process."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.same_sale import EqualContent
from cashback_core.sales.terms import Terms, UnusableTerms
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import UnknownZone, zone_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from zoneinfo import ZoneInfo

    from psycopg import AsyncConnection

TERMS_AGE_S: Final = 30.0
"""How long terms are kept; new rates start at least ten minutes ahead, so none is missed."""

MAX_TERMS: Final = 1000

_log = logging.getLogger(__name__)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked(Generic[T]):
    """Something, and when it was asked for, on the monotonic clock."""

    at_s: float
    what: T


@dataclass(slots=True)
class TermsCache:
    """The terms of merchants, each asked for once, however many of their sales wait for it.

    Each on its own, 256 clients that came in one moment would take turns on four connections, and
    those that waited longest be told that the database does not answer (seen in November 2026).
    """

    read: Callable[[int], Awaitable[Terms | None]]
    now_s: Callable[[], float] = time.monotonic
    _known: dict[int, _Asked[Terms]] = field(default_factory=dict[int, "_Asked[Terms]"])
    _asked: dict[int, _Asked[asyncio.Task[Terms | None]]] = field(
        default_factory=dict[int, "_Asked[asyncio.Task[Terms | None]]"]
    )
    _forgotten: dict[int, float] = field(default_factory=dict[int, float])
    """When each was forgotten: what was asked for before is told to nobody who comes after."""

    async def get(self, merchant_id: int) -> Terms | None:
        """A merchant's, of the last TERMS_AGE_S; None for an unknown one. Raises as `read` does."""
        since_s = self._forgotten.get(merchant_id, -math.inf)
        known = self._known.get(merchant_id)
        fresh_s = max(since_s, self.now_s() - TERMS_AGE_S)
        if known is not None and known.at_s >= fresh_s:
            return known.what
        # At most two: one that was under way, too old for us, and the next, shared as well.
        while True:
            asked = self._asked.get(merchant_id) or self._ask(merchant_id)
            try:
                # A client that hangs up takes nobody's answer away.
                terms = await asyncio.shield(asked.what)
            except StoreUnavailable:
                if asked.at_s >= since_s:
                    raise
            else:
                if asked.at_s >= since_s:
                    return terms

    def forget(self, merchant_id: int) -> None:
        """Ask anew for a merchant's: whoever comes from now on is told nothing older."""
        self._known.pop(merchant_id, None)
        self._forgotten[merchant_id] = self.now_s()

    def _ask(self, merchant_id: int) -> _Asked[asyncio.Task[Terms | None]]:
        at_s = self.now_s()
        task = asyncio.get_running_loop().create_task(self._read(merchant_id, at_s))
        asked = self._asked[merchant_id] = _Asked(at_s, task)
        task.add_done_callback(_heard)
        return asked

    async def _read(self, merchant_id: int, asked_at_s: float) -> Terms | None:
        try:
            terms = await self.read(merchant_id)
        finally:
            # Here, and not once the task has ended: whoever came in between would find an old
            # question that is done, and ask it for ever without letting anybody else on.
            del self._asked[merchant_id]
        if terms is not None:
            if len(self._known) >= MAX_TERMS:
                self._known.clear()
            self._known[merchant_id] = _Asked(asked_at_s, terms)
        return terms


def _heard(task: asyncio.Task[Terms | None]) -> None:
    if not task.cancelled():
        task.exception()  # whoever waits for it is told; perhaps they have hung up


async def read_terms(connection: AsyncConnection[Any], merchant_id: int) -> Terms | None:
    """A merchant's terms; None for an unknown one. Raises UnusableTerms."""
    terms = await connection.execute(
        """
        select rounding, equal_content, zone, max_sale_age_days, name_difference, line_rounding,
            line_tolerance_centavos, sale_tolerance_centavos, surcharge_earns, company_buyers,
            foreign_buyers, nobody_buyers, confirm_within_h, max_ahead_s, numbers
        from merchants
        where merchant_id = %s
        """,
        [merchant_id],
    )
    found = await connection.execute(
        "select type, rate_bp, version, starts_at, excluded from rates where merchant_id = %s",
        [merchant_id],
    )
    merchant, rates = await terms.fetchone(), await found.fetchall()
    if merchant is None:
        return None
    rounding, equal_content, *rules = merchant
    return Terms(
        merchant_id=merchant_id,
        rules=_rules(merchant_id, *rules),
        programme=Programme(
            tuple(
                Rate(type=t, rate_bp=bp, version=v, starts_at=at, excluded=excluded)
                for t, bp, v, at, excluded in rates
            ),
            Rounding(rounding),
        ),
        equal_content=EqualContent(equal_content),
    )


def _rules(  # noqa: PLR0913, PLR0917 (columns of a row)
    merchant_id: int,
    zone: str,
    max_age_days: int,
    name_difference: str,
    line_rounding: str,
    line_tolerance_centavos: int,
    sale_tolerance_centavos: int,
    surcharge_earns: bool,  # noqa: FBT001
    company: str,
    foreign: str,
    nobody: str,
    confirm_within_h: int,
    max_ahead_s: int,
    numbers: str,
) -> SaleRules:
    return SaleRules(
        zone=_zone(merchant_id, zone),
        max_age=timedelta(days=max_age_days),
        name_difference=NameDifference(name_difference),
        line_rounding=Rounding(line_rounding),
        line_tolerance_centavos=line_tolerance_centavos,
        sale_tolerance_centavos=sale_tolerance_centavos,
        surcharge_earns=surcharge_earns,
        buyers=Buyers(
            company=BuyerRule(company), foreign=BuyerRule(foreign), nobody=BuyerRule(nobody)
        ),
        confirm_within=timedelta(hours=confirm_within_h),
        max_ahead=timedelta(seconds=max_ahead_s),
        numbers=NumberScope(numbers),
    )


def _zone(merchant_id: int, name: str) -> ZoneInfo:
    """Raises UnusableTerms, and says so in the log."""
    try:
        return zone_of(name)
    except UnknownZone as error:
        _log.error(
            "this machine does not know the zone %s of merchant %d: each of their requests gets 503"
            " until the zone is corrected or tzdata is installed here",
            name,
            merchant_id,
        )
        raise UnusableTerms(f"unknown zone {name}") from error
