"""Merchants: who uses the gateway, and the terms that its sales are taken on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.administration.resources import ResourceStore
from cashback_core.delivery.brakes import Ceilings
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.values.rounding import Rounding

MAX_SALE_AGE_DAYS: Final = 36_524
DEFAULT_MAX_SALE_AGE_DAYS: Final = 30
"""A new merchant's: what a wrong clock or an old file brings is told, and not paid."""

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantState:
    """What of a merchant can be changed.

    All of it counts for sales from now on: each sale keeps what it was taken on.
    """

    name: str
    zone: str
    rounding: Rounding
    max_sale_age_days: int
    disabled: bool = False
    """Nobody of theirs gets in any more; what is recorded already is still delivered."""
    equal_content: EqualContent = EqualContent.SALE_ID
    """Which of its sales may have the content of another one: the merchant's own to decide."""
    name_difference: NameDifference = NameDifference.REFUSE
    ceilings: Ceilings = field(default_factory=Ceilings)
    """Above them cashbacks are held. A day's counts the day on which it is set from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A merchant; its slug is its address and never changes."""

    slug: str
    state: MerchantState
    version: int
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMerchant:
    """A merchant to be added; it starts enabled, whatever the state says."""

    slug: str
    state: MerchantState


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantFilter:
    """Which merchants are wanted; None wants all."""

    slug: str | None = None
    disabled: bool | None = None


class MerchantStore(
    ResourceStore[Merchant, str, MerchantFilter, NewMerchant, MerchantState, Merchant], Protocol
):
    """Merchants by slug, sorted by `slug`, `name` or `created_at`; its people see theirs alone.

    Zone, rounding and whether it is disabled are the platform's to change: else Invalid. None is
    ever deleted, whatever its version: all that was ever sold hangs on it, so it is InUse.
    """
