"""When a change is to start, on the merchant's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cashback_core.intake.submission import UnknownMerchant
from cashback_core.sales.effective_dates import BEGINNING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from adapters.http.resources.resource_body import ResourceBody
    from cashback_core.delivery.ports import CashbackStore


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zones of merchants."""

    store: CashbackStore

    async def __call__(self, merchant_id: int) -> ZoneInfo:
        """Raises UnknownMerchant, StoreUnavailable."""
        terms = await self.store.terms(merchant_id)
        if terms is None:
            raise UnknownMerchant(merchant_id)
        return terms.rules.zone


def read_starts_at(body: ResourceBody, zone: ZoneInfo) -> datetime:
    """The field `starts_at`; left out, it is the beginning, which only a first one may start at."""
    return body.instant("starts_at", zone) or BEGINNING
