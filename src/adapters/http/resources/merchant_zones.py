"""The clocks of merchants: days, and instants without an offset, are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.intake.submission import UnknownMerchant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cashback_core.sales.terms import TermsStore


@dataclass(frozen=True, slots=True)
class MerchantZones:
    """The time zones of merchants."""

    store: TermsStore

    async def __call__(self, merchant_id: int) -> ZoneInfo:
        """Raises UnknownMerchant, StoreUnavailable."""
        terms = await self.store.terms(merchant_id)
        if terms is None:
            raise UnknownMerchant(merchant_id)
        return terms.rules.zone
