"""A merchant's terms: read in one look, kept for a short while by an API process."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.same_sale import EqualContent
from cashback_core.sales.terms import Terms, UnusableTerms
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import UnknownZone, zone_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from psycopg import AsyncConnection

TERMS_AGE_S: Final = 30.0
"""How long terms are kept; new rates start at least ten minutes ahead, so none is missed."""

MAX_TERMS: Final = 1000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class TermsCache:
    """The terms of merchants, each with the moment at which they were asked for."""

    _known: dict[int, tuple[float, Terms]] = field(default_factory=dict[int, tuple[float, Terms]])

    def get(self, merchant_id: int) -> Terms | None:
        """A merchant's, if they are known and fresh."""
        known = self._known.get(merchant_id)
        fresh = known is not None and time.monotonic() - known[0] < TERMS_AGE_S
        return known[1] if known is not None and fresh else None

    def keep(self, terms: Terms, asked_at_s: float) -> None:
        """Remember what was asked for at a moment."""
        if len(self._known) >= MAX_TERMS:
            self._known.clear()
        self._known[terms.merchant_id] = (asked_at_s, terms)

    def forget(self, merchant_id: int) -> None:
        """Ask anew for a merchant's."""
        self._known.pop(merchant_id, None)


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
