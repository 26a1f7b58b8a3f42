"""A merchant's terms: read in one look, kept for a short while by an API process."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.same_sale import EqualContent
from cashback_core.sales.terms import Terms, UnusableTerms
from cashback_core.sales.validation import SaleRules
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
        "select zone, rounding, max_sale_age_days, name_difference, equal_content"
        " from merchants"
        " where merchant_id = %s",
        [merchant_id],
    )
    found = await connection.execute(
        "select type, rate_bp, version, starts_at from rates where merchant_id = %s",
        [merchant_id],
    )
    merchant, rates = await terms.fetchone(), await found.fetchall()
    if merchant is None:
        return None
    zone, rounding, days, name_difference, equal_content = merchant
    return Terms(
        merchant_id=merchant_id,
        rules=SaleRules(
            zone=_zone(merchant_id, zone),
            max_age=timedelta(days=days),
            name_difference=NameDifference(name_difference),
        ),
        programme=Programme(
            tuple(Rate(type=t, rate_bp=bp, version=v, starts_at=at) for t, bp, v, at in rates),
            Rounding(rounding),
        ),
        equal_content=EqualContent(equal_content),
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
