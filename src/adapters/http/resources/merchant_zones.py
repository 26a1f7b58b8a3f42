"""The clocks of merchants: days, and instants without an offset, are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cashback_core.intake.submission import UnknownMerchant

if TYPE_CHECKING:
    from cashback_core.sales.terms import TermsStore

_UTC: Final = ZoneInfo("UTC")


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

    async def of(self, merchant_id: int | None, *, needed: bool = True) -> ZoneInfo:
        """The merchant's, asked for only where it is needed; the platform has no day: UTC.

        Raises UnknownMerchant, StoreUnavailable.
        """
        return _UTC if merchant_id is None or not needed else await self(merchant_id)
